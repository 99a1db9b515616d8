//! Operators on one record at a time.

use super::Emitter;
use super::apply::apply;
use crate::ir::{Each, Gives, NodeIndex};
use crate::var;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::ExprClosure;

impl Emitter<'_> {
    pub(super) fn each(
        &mut self,
        node: NodeIndex,
        each: Each,
        closure: &ExprClosure,
        record: &TokenStream,
    ) -> TokenStream {
        if !self.graph.handlers(node).is_empty() {
            return self.handled(node, each, closure, record);
        }
        let span = self.graph.span(node);
        let at = quote_spanned!(span=> __cx.at = #node;);
        let body = apply(closure, record);
        let tie = var("tie", node);
        let (made, value, next) = (var("made", node), var("value", node), var("record", node));
        // A row of a table keeps its key.
        let bind = match self.graph.gives(node) {
            Gives::Table => quote_spanned! {span=>
                let #value = ((*#record).0, ::ouzel::dsl::Produce::produce(&#made));
                let #next = &#value;
            },
            _ => quote_spanned! {span=>
                let #value = ::ouzel::dsl::Produce::produce(&#made);
                let #next = &#value;
            },
        };
        let fail = quote_spanned!(span=> ::core::result::Result::Err(__error) => __cx.fail(__chunk, #node, __error)?);
        match each {
            Each::Filter => {
                let next = self.push(node, record);
                quote_spanned!(span=> #at if #tie.is(#body) { #next })
            }
            Each::TryFilter => {
                let next = self.push(node, record);
                quote_spanned! {span=>
                    #at
                    match #tie.is(#body) {
                        ::core::result::Result::Ok(true) => { #next }
                        ::core::result::Result::Ok(false) => {}
                        #fail
                    }
                }
            }
            Each::Inspect => {
                let next = self.push(node, record);
                quote_spanned!(span=> #at #tie.is(#body); #next)
            }
            Each::Assert => {
                let next = self.push(node, record);
                let broken = format!("`{}` does not hold", source(&closure.body));
                quote_spanned! {span=>
                    #at
                    if #tie.is(#body) { #next } else { __cx.fail(__chunk, #node, #broken)?; }
                }
            }
            Each::Map => {
                let then = self.push(node, &next.to_token_stream());
                quote_spanned!(span=> #at let #made = #tie.is(#body); #bind #then)
            }
            Each::TryMap => {
                let then = self.push(node, &next.to_token_stream());
                quote_spanned! {span=>
                    #at
                    match #tie.is(#body) {
                        ::core::result::Result::Ok(#made) => { #bind #then }
                        #fail
                    }
                }
            }
            Each::FilterMap => {
                let then = self.push(node, &next.to_token_stream());
                quote_spanned!(span=> #at if let ::core::option::Option::Some(#made) = #tie.is(#body) { #bind #then })
            }
            Each::TryFilterMap => {
                let then = self.push(node, &next.to_token_stream());
                quote_spanned! {span=>
                    #at
                    match #tie.is(#body) {
                        ::core::result::Result::Ok(::core::option::Option::Some(#made)) => { #bind #then }
                        ::core::result::Result::Ok(::core::option::Option::None) => {}
                        #fail
                    }
                }
            }
            Each::FlatMap => {
                let items = self.items(node, &next.to_token_stream());
                quote_spanned!(span=> #at for (__number, #made) in #tie.are(#body).into_iter().enumerate() { #items })
            }
            Each::TryFlatMap => {
                let items = self.items(node, &next.to_token_stream());
                quote_spanned! {span=>
                    #at
                    match #tie.try_are(#body) {
                        ::core::result::Result::Ok(__items) => {
                            for (__number, #made) in __items.into_iter().enumerate() { #items }
                        }
                        #fail
                    }
                }
            }
        }
    }

    /// What happens to each record that a `flat_map` makes: it fails alone.
    pub(super) fn items(&mut self, node: NodeIndex, next: &TokenStream) -> TokenStream {
        let span = self.graph.span(node);
        let (made, value) = (var("made", node), var("value", node));
        let then = self.push(node, next);
        quote_spanned! {span=>
            let #value = ::ouzel::dsl::Produce::produce(&#made);
            let #next = &#value;
            let __path = __path.made(__number);
            __cx.branch(__chunk, |__cx| { #then ::core::result::Result::Ok(()) })?;
            __cx.at = #node;
        }
    }
}

/// Code on one line, without the braces around it.
pub(super) fn source(code: &syn::Expr) -> String {
    let tokens = match code {
        syn::Expr::Block(block) if block.label.is_none() => {
            let statements = crate::flow::uses::without(&block.block.stmts);
            if let [syn::Stmt::Expr(only, None)] = statements
                && statements.len() < block.block.stmts.len()
            {
                return source(only);
            }
            quote!(#(#statements)*)
        }
        other => other.to_token_stream(),
    };
    tokens.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}
