//! Joins of streams and of tables.

use super::arguments::closure_of;
use super::{Lowering, Stop};
use crate::idents::text;
use crate::ir::{Gives, Joining, Names, NodeIndex, Op};
use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Error, Expr, ExprMethodCall};

impl Lowering {
    pub(super) fn join(
        &mut self,
        left: NodeIndex,
        joining: Joining,
        call: &ExprMethodCall,
    ) -> Result<NodeIndex, Stop> {
        let foreign = text(&call.method).ends_with("_on");
        let (closure, other) = match (foreign, call.args.iter().collect::<Vec<_>>().as_slice()) {
            (false, [other]) => (None, (*other).clone()),
            (true, [closure, other]) => {
                (Some(closure_of((*closure).clone(), call)?), (*other).clone())
            }
            _ => return Err(Stop::Unknown),
        };
        let right = self.other_side(left, &other, call)?;
        let names = match joining.pairs() {
            true => pair(call.method.span()),
            false => self.left_names(left),
        };
        let op = match (self.graph.gives(left), closure) {
            (Gives::Keyed, _) => {
                self.check_sides([left, right], joining, call)?;
                Op::Join(joining)
            }
            (_, None) => Op::JoinTables(joining),
            (_, Some(closure)) => Op::JoinForeign(joining, closure),
        };
        Ok(self.add(call, op, vec![left, right], names))
    }

    /// The other input of a join, which must be what the first is.
    fn other_side(
        &mut self,
        left: NodeIndex,
        other: &Expr,
        call: &ExprMethodCall,
    ) -> Result<NodeIndex, Stop> {
        let wanted = match self.graph.gives(left) {
            Gives::Keyed => "a keyed stream",
            _ => "a table",
        };
        let Some(right) = self.expression(other)? else {
            let message = format!("`{}` takes {wanted} of this job", call.method);
            return Err(Error::new_spanned(other, message).into());
        };
        let found = self.graph.gives(right);
        if found == self.graph.gives(left) {
            return Ok(right);
        }
        let found = match found {
            Gives::Stream => "a stream without a key: put `.key_by(..)` after it",
            Gives::Keyed => "a keyed stream: `.latest()` makes a table of it",
            Gives::Table => {
                "a table: its rows change, and a stream's records do not; make a table of the stream with `.latest()` or `.aggregate(..)`, or join the streams that they come from"
            }
            Gives::Grouped => "a table's rows with another key: put `.aggregate(..)` after it",
        };
        let message =
            format!("`{}` takes {wanted} on its other side, and this is {found}", call.method);
        Err(Error::new(other.span(), message).into())
    }

    /// What types cannot say of the sides of a join.
    fn check_sides(
        &self,
        sides: [NodeIndex; 2],
        joining: Joining,
        call: &ExprMethodCall,
    ) -> syn::Result<()> {
        let [left, right] = sides.map(|side| self.graph.windowing(side));
        if let Some(between) = left.between {
            let message = "`between` belongs to the other side of the join: it says how long after a record of this one those may be";
            return Err(Error::new(self.graph.nodes[between].ident.span(), message));
        }
        if joining != Joining::Inner && (left.lateness.is_none() || right.lateness.is_none()) {
            let name = &call.method;
            let message = format!(
                "`{name}` needs a lateness on both sides: without `.lateness(..)` before it, no record is ever known to meet none"
            );
            return Err(Error::new(name.span(), message));
        }
        Ok(())
    }

    /// The columns of what a join gives of its first input.
    fn left_names(&self, left: NodeIndex) -> Names {
        match self.graph.gives(left) {
            Gives::Keyed => self.record_names(left),
            _ => self.graph.nodes[left].names.clone(),
        }
    }
}

/// The columns of a pair.
fn pair(span: Span) -> Names {
    Names::Each(vec![(Some("left".to_owned()), span), (Some("right".to_owned()), span)])
}
