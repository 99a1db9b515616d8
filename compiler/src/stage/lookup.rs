//! Records with rows of a table that is there as a whole.

use super::Emitter;
use super::apply::apply;
use crate::ir::NodeIndex;
use crate::var;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};
use syn::ExprClosure;

impl Emitter<'_> {
    pub(super) fn lookup(
        &mut self,
        node: NodeIndex,
        closure: &ExprClosure,
        record: &TokenStream,
    ) -> TokenStream {
        self.lookups.insert(node);
        let (span, side) = (self.graph.span(node), var("side", node));
        let taken = var("stream", self.graph.nodes[node].inputs[0]);
        let (tie, made, key) = (var("tie", node), var("made", node), var("sought", node));
        let (value, next) = (var("value", node), var("record", node));
        let body = apply(closure, record);
        let then = self.push(node, &next.to_token_stream());
        quote_spanned! {span=>
            __cx.at = #node;
            let #made = #tie.is(#body);
            let #key = ::ouzel::dsl::Produce::produce(&#made);
            let #value = ::ouzel::private::engine::looked_up(#taken, #side, *#record, #key);
            let #next = &#value;
            #then
        }
    }
}
