//! A split, and the names of its branches.

use super::arguments::{closure_of, one_argument};
use super::{Lowering, Stop};
use crate::idents::{name_of, text};
use crate::ir::{Node, NodeIndex, Op};
use syn::{Error, Expr, ExprMethodCall, Pat};

/// As many conditions as a split may have.
const CONDITIONS_MAX: usize = 8;

impl Lowering<'_> {
    pub(super) fn split(
        &mut self,
        receiver: NodeIndex,
        call: &ExprMethodCall,
    ) -> Result<NodeIndex, Stop> {
        let argument = one_argument(call)?;
        let Expr::Tuple(tuple) = &argument else {
            let message = "`split` takes its conditions in a tuple: `split((|r| .., |r| ..))`, or `split((|r| ..,))` for one";
            return Err(Error::new_spanned(&argument, message).into());
        };
        if !(1..=CONDITIONS_MAX).contains(&tuple.elems.len()) {
            let message = format!("`split` takes one to {CONDITIONS_MAX} conditions");
            return Err(Error::new_spanned(tuple, message).into());
        }
        let conditions = tuple.elems.iter().map(|element| closure_of(element.clone(), call));
        let conditions = conditions.collect::<Result<Vec<_>, Stop>>()?;
        let names = self.graph.nodes[receiver].names.clone();
        Ok(self.add(call, Op::Split(conditions), vec![receiver], names))
    }

    /// Makes a branch for each name of the pattern.
    pub(super) fn bind_branches(
        &mut self,
        split: NodeIndex,
        pattern: &Pat,
    ) -> Result<Vec<(String, NodeIndex)>, Stop> {
        let Op::Split(conditions) = &self.graph.nodes[split].op else { return Ok(Vec::new()) };
        let count = conditions.len() + 1;
        let Pat::Tuple(tuple) = pattern else {
            let message = format!(
                "`split` gives {count} streams, one for each condition and the rest: bind them by a tuple, `let ({}rest) = ...`",
                "name, ".repeat(count - 1)
            );
            return Err(Error::new_spanned(pattern, message).into());
        };
        if tuple.elems.len() != count {
            let message = format!(
                "`split` gives {count} streams, one for each condition and the rest, and this binds {}",
                tuple.elems.len()
            );
            return Err(Error::new_spanned(tuple, message).into());
        }
        let mut bound = Vec::new();
        for (position, element) in tuple.elems.iter().enumerate() {
            if let Pat::Wild(_) = element {
                continue;
            }
            let Some(name) = name_of(element) else {
                let message = "bind a branch of `split` to a plain name, or to `_`";
                return Err(Error::new_spanned(element, message).into());
            };
            let names = self.graph.nodes[split].names.clone();
            let id = self.free(self.frame.inner(&text(name)));
            self.graph.nodes.push(Node {
                op: Op::Branch(position),
                inputs: vec![split],
                ident: name.clone(),
                id,
                named: None,
                names,
                scope: self.frame.here,
            });
            bound.push((text(name), self.graph.nodes.len() - 1));
        }
        Ok(bound)
    }
}
