//! Records that go to one of several branches.

use super::Emitter;
use super::apply::apply;
use super::branches;
use crate::ir::{NodeIndex, Op};
use crate::var;
use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::ExprClosure;

impl Emitter<'_> {
    /// Finds a record's branch by as many conditions as it takes, then goes on with that alone.
    pub(super) fn split(
        &mut self,
        node: NodeIndex,
        conditions: &[ExprClosure],
        record: &TokenStream,
    ) -> TokenStream {
        let (span, tie) = (self.graph.span(node), var("tie", node));
        let rest = conditions.len();
        let found = conditions.iter().enumerate().map(|(position, condition)| {
            let body = apply(condition, record);
            quote_spanned!(span=> if #tie.is(#body) { #position } else)
        });
        let found: Vec<_> = found.collect();
        let arms = (0..=rest).map(|position| {
            let consumers = self.graph.consumers(node).into_iter();
            let taken = consumers.filter(|c| match self.graph.nodes[*c].op {
                Op::Branch(of) => of == position,
                _ => false,
            });
            let taken: Vec<_> = taken.collect();
            let next = taken.into_iter().map(|branch| self.push(branch, record)).collect();
            let next = branches(span, next);
            quote_spanned!(span=> #position => { #next })
        });
        let arms: Vec<_> = arms.collect();
        quote_spanned! {span=>
            __cx.at = #node;
            let __branch: usize = #(#found)* { #rest };
            __out[#node] += 1;
            match __branch { #(#arms)* _ => {} }
        }
    }
}
