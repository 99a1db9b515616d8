//! The errors of an operator, as a stream.

use super::{Lowering, Stop};
use crate::ir::{Gives, NodeIndex, Op};
use syn::{Error, ExprMethodCall};

impl Lowering<'_> {
    pub(super) fn errors(
        &mut self,
        of: NodeIndex,
        call: &ExprMethodCall,
    ) -> Result<NodeIndex, Stop> {
        if !call.args.is_empty() {
            return Err(Stop::Unknown);
        }
        let node = &self.graph.nodes[of];
        let wrong = match &node.op {
            Op::Each(..) if self.graph.gives(of) == Gives::Stream => {
                let taken = self.graph.nodes[node.inputs[0]].names.clone();
                return Ok(self.add(call, Op::Errors, vec![of], taken));
            }
            Op::Source(_) => {
                "`errors` takes what an operator with a closure gives, and this is an input: records that cannot be decoded follow the error policy".to_owned()
            }
            Op::Branch(_) => {
                "`errors` is not to be had of `split`: a panic in a condition follows the error policy".to_owned()
            }
            _ => format!(
                "`errors` is not to be had of `{}`: it takes what `filter`, `map`, `flat_map`, `filter_map`, their `try_` forms, `inspect` or `assert` give of a stream",
                node.ident
            ),
        };
        Err(Error::new_spanned(&call.method, wrong).into())
    }
}
