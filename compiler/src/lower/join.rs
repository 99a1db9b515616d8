//! Joins of streams and of tables.

use super::arguments::{closure_of, one_argument};
use super::ordered::pair;
use super::{Lowering, Stop};
use crate::idents::text;
use crate::ir::{Gives, Joining, Names, NodeIndex, Op, Windowing};
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
        let other = one_argument(call)?;
        let right = self.other_side(left, &other, call)?;
        let sides = [left, right].map(|side| self.graph.windowing(side));
        if let Some(between) = sides.iter().find_map(|side| side.between) {
            let message =
                "`as_of_join` meets the last record up to each one: `between` is for other joins";
            return Err(Error::new(self.graph.nodes[between].ident.span(), message).into());
        }
        if let Some(window) = sides.iter().find_map(|side| side.window) {
            let message = "`as_of_join` takes streams without windows";
            return Err(Error::new(self.graph.nodes[window].ident.span(), message).into());
        }
        self.lateness_of(
            &sides,
            call,
            &other,
            "it waits for updates that are as early as a record",
        )?;
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
            (Gives::Table | Gives::Grouped, true) if call.method == "as_of_join" => {
                "a table, of which only the last rows are known: give it the keyed stream of updates that the table is made of"
            }
            (Gives::Early, _) => "a table before it is final, which goes to an output only",
            (Gives::Table | Gives::Grouped, true) => {
                "a table, whose rows change: make one of the stream as well, by `.latest()` or `.aggregate(..)`"
            }
            (Gives::Branches, _) => "several streams: bind them by `let (name, rest) = ...` first",
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
        let name = &call.method;
        let sides = sides.map(|side| self.graph.windowing(side));
        let [left, right] = &sides;
        if let Some(at_end) = left.at_end.or(right.at_end) {
            let message =
                format!("`{name}` waits for no order: `at_end` is for operators that depend on it");
            return Err(Error::new(self.graph.nodes[at_end].ident.span(), message));
        }
        if let Some(between) = left.between {
            let message = format!(
                "`between` belongs to the other side of `{name}`: it says how long after a record of this one those may be"
            );
            return Err(Error::new(self.graph.nodes[between].ident.span(), message));
        }
        let both = format!("`{name}` needs the same windows on both sides: put `.window(..)`");
        // What this side lacks is told of the operator, and what the other one lacks of itself.
        match (left.window, right.window) {
            (None, Some(_)) => {
                return Err(Error::new_spanned(name, format!("{both} before it too")));
            }
            (Some(_), None) => {
                return Err(Error::new_spanned(other, format!("{both} after this one too")));
            }
            _ => {}
        }
        match joining {
            Joining::Inner => Ok(()),
            _ => self.lateness_of(
                &sides,
                call,
                other,
                "without, no record is ever known to meet none",
            ),
        }
    }

    /// Both sides need a lateness; `why` they do.
    fn lateness_of(
        &self,
        [left, right]: &[Windowing; 2],
        call: &ExprMethodCall,
        other: &Expr,
        why: &str,
    ) -> syn::Result<()> {
        let name = &call.method;
        let both = format!("`{name}` needs a lateness on both sides: put `.lateness(..)`");
        match (left.lateness, right.lateness) {
            (Some(_), Some(_)) => Ok(()),
            (None, None) => Err(Error::new_spanned(name, format!("{both} on each; {why}"))),
            (None, _) => Err(Error::new_spanned(name, format!("{both} before it too; {why}"))),
            (_, None) => {
                Err(Error::new_spanned(other, format!("{both} after this one too; {why}")))
            }
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
