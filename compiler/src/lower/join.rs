//! Joins of streams and of tables.

use super::arguments::{closure_of, one_argument};
use super::ordered::pair;
use super::{Lowering, Stop};
use crate::idents::text;
use crate::ir::{Gives, Joining, Names, NodeIndex, Op};
use syn::{Error, Expr, ExprClosure, ExprMethodCall};

impl Lowering<'_> {
    pub(super) fn join(
        &mut self,
        left: NodeIndex,
        joining: Joining,
        call: &ExprMethodCall,
    ) -> Result<NodeIndex, Stop> {
        let (closure, other) = arguments(call)?;
        let right = self.other_side(left, &other, call)?;
        let names = match joining.pairs() {
            true => pair(["left", "right"], call.method.span()),
            false => self.left_names(left),
        };
        let op = match (self.graph.gives(left), closure) {
            (Gives::Keyed, _) => {
                self.check_sides([left, right], joining, call, &other)?;
                Op::Join(joining)
            }
            (_, None) => Op::JoinTables(joining),
            (_, Some(closure)) => Op::JoinForeign(joining, closure),
        };
        Ok(self.add(call, op, vec![left, right], names))
    }

    pub(super) fn as_of_join(
        &mut self,
        left: NodeIndex,
        call: &ExprMethodCall,
    ) -> Result<NodeIndex, Stop> {
        let right = self.other_side(left, &one_argument(call)?, call)?;
        for side in [left, right] {
            let windowing = self.graph.windowing(side);
            if windowing.between.is_some() {
                let message = "`as_of_join` meets the last record up to each one: `between` is for other joins";
                return Err(Error::new_spanned(&call.method, message).into());
            }
            if windowing.lateness.is_none() {
                let message = "`as_of_join` needs a lateness on both sides: it waits for updates that are as early as a record";
                return Err(Error::new_spanned(&call.method, message).into());
            }
        }
        Ok(self.add(call, Op::AsOf, vec![left, right], pair(["left", "right"], call.method.span())))
    }

    /// The other input of a join, which must be what the first is.
    fn other_side(
        &mut self,
        left: NodeIndex,
        other: &Expr,
        call: &ExprMethodCall,
    ) -> Result<NodeIndex, Stop> {
        let streams = self.graph.gives(left) == Gives::Keyed;
        let wanted = if streams { "a keyed stream" } else { "a table" };
        let Some(right) = self.expression(other)? else {
            let message = format!("`{}` takes {wanted} of this job", call.method);
            return Err(Error::new_spanned(other, message).into());
        };
        let found = match (self.graph.gives(right), streams) {
            (Gives::Keyed, true) | (Gives::Table, false) => return Ok(right),
            (Gives::Stream, true) => "a stream without a key: put `.key_by(..)` after it",
            (Gives::Stream, false) => "a stream: `.key_by(..).latest()` makes a table of it",
            (Gives::Keyed, false) => "a keyed stream: `.latest()` makes a table of it",
            (Gives::Table | Gives::Grouped, true) => {
                "a table, whose rows change: make one of the stream as well, by `.latest()` or `.aggregate(..)`"
            }
            (Gives::Grouped, false) => {
                "a table's rows with another key: put `.aggregate(..)` after it"
            }
        };
        let message =
            format!("`{}` takes {wanted} on its other side, and this is {found}", call.method);
        Err(Error::new_spanned(other, message).into())
    }

    /// What types cannot say of the sides of a join.
    fn check_sides(
        &self,
        sides: [NodeIndex; 2],
        joining: Joining,
        call: &ExprMethodCall,
        other: &Expr,
    ) -> syn::Result<()> {
        let [left, right] = sides.map(|side| self.graph.windowing(side));
        let name = &call.method;
        // What this side lacks is told of the operator, and what the other one lacks of itself.
        let lacks = |message: String, left: bool| match left {
            true => Err(Error::new_spanned(name, message)),
            false => Err(Error::new_spanned(other, message)),
        };
        if let Some(between) = left.between {
            let message = format!(
                "`between` belongs to the other side of `{name}`: it says how long after a record of this one those may be"
            );
            return Err(Error::new(self.graph.nodes[between].ident.span(), message));
        }
        if left.window.is_some() != right.window.is_some() {
            return match left.window {
                None => lacks(
                    format!(
                        "`{name}` needs the same windows on both sides: put `.window(..)` before it too"
                    ),
                    true,
                ),
                Some(_) => lacks(
                    format!(
                        "`{name}` needs the same windows on both sides: put `.window(..)` after this one too"
                    ),
                    false,
                ),
            };
        }
        let never = "without, no record is ever known to meet none";
        match (left.lateness, right.lateness) {
            _ if joining == Joining::Inner => Ok(()),
            (None, None) => lacks(
                format!(
                    "`{name}` needs a lateness on both sides: put `.lateness(..)` on each; {never}"
                ),
                true,
            ),
            (None, _) => lacks(
                format!(
                    "`{name}` needs a lateness on both sides: put `.lateness(..)` before it too; {never}"
                ),
                true,
            ),
            (_, None) => lacks(
                format!(
                    "`{name}` needs a lateness on both sides: put `.lateness(..)` after this one too; {never}"
                ),
                false,
            ),
            _ => Ok(()),
        }
    }

    /// The columns of what a join gives of its first input.
    fn left_names(&self, left: NodeIndex) -> Names {
        match self.graph.gives(left) {
            Gives::Keyed => self.record_names(left),
            _ => self.graph.nodes[left].names.clone(),
        }
    }
}

/// The closure that gives a foreign key, if the operator takes one, and the other side.
fn arguments(call: &ExprMethodCall) -> Result<(Option<ExprClosure>, Expr), Stop> {
    let name = text(&call.method);
    let arguments: Vec<&Expr> = call.args.iter().collect();
    let wrong = match (name.ends_with("_on"), arguments.as_slice()) {
        (false, [Expr::Closure(_), ..]) => match name.as_str() {
            "join" | "left_join" => format!("`{name}` takes no closure: `{name}_on` does"),
            _ => format!("`{name}` takes no closure"),
        },
        (false, [other]) => return Ok((None, (*other).clone())),
        (true, [closure, other]) => {
            return Ok((Some(closure_of((*closure).clone(), call)?), (*other).clone()));
        }
        (true, [_]) => format!(
            "`{name}` takes a closure that gives the other table's key, and that table: `{name}(|(key, row)| .., other)`"
        ),
        _ => return Err(Stop::Unknown),
    };
    Err(Error::new_spanned(&call.args, wrong).into())
}
