//! Operators on one record at a time whose errors the job handles.

use super::apply::apply;
use super::each::source;
use super::{Emitter, branches};
use crate::ir::{Each, NodeIndex};
use crate::var;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};
use syn::ExprClosure;

impl Emitter<'_> {
    /// What the closure gives is a result, also where it panics; one that is an error goes to those
    /// that handle it.
    pub(super) fn handled(
        &mut self,
        node: NodeIndex,
        each: Each,
        closure: &ExprClosure,
        record: &TokenStream,
    ) -> TokenStream {
        let span = self.graph.span(node);
        let (body, tie) = (apply(closure, record), var("tie", node));
        let (made, value, next) = (var("made", node), var("value", node), var("record", node));
        let caught = quote_spanned!(span=> ::ouzel::dsl::stage::caught(|| #tie.is(#body)));
        let tried = quote_spanned!(span=> ::ouzel::dsl::stage::tried(|| #tie.is(#body)));
        let bind = quote_spanned! {span=>
            let #value = ::ouzel::dsl::Produce::produce(&#made);
            let #next = &#value;
        };
        let ok = quote_spanned!(span=> ::core::result::Result::Ok);
        let some = quote_spanned!(span=> ::core::option::Option::Some);
        let next = next.to_token_stream();
        let (outcome, arms) = match each {
            Each::Filter | Each::TryFilter => {
                let then = self.push(node, record);
                let outcome = if each == Each::Filter { caught } else { tried };
                (outcome, quote_spanned!(span=> #ok(true) => { #then } #ok(false) => {}))
            }
            Each::Inspect => {
                let then = self.push(node, record);
                (caught, quote_spanned!(span=> #ok(()) => { #then }))
            }
            Each::Assert => {
                let then = self.push(node, record);
                let broken = format!("`{}` does not hold", source(&closure.body));
                let outcome = quote_spanned! {span=>
                    #caught.and_then(|__holds| match __holds {
                        true => #ok(()),
                        false => ::core::result::Result::Err(#broken.to_owned()),
                    })
                };
                (outcome, quote_spanned!(span=> #ok(()) => { #then }))
            }
            Each::Map | Each::TryMap => {
                let then = self.push(node, &next);
                let outcome = if each == Each::Map { caught } else { tried };
                (outcome, quote_spanned!(span=> #ok(#made) => { #bind #then }))
            }
            Each::FilterMap | Each::TryFilterMap => {
                let then = self.push(node, &next);
                let outcome = if each == Each::FilterMap { caught } else { tried };
                let none = quote_spanned!(span=> #ok(::core::option::Option::None) => {});
                (outcome, quote_spanned!(span=> #ok(#some(#made)) => { #bind #then } #none))
            }
            Each::FlatMap | Each::TryFlatMap => {
                let items = self.items(node, &next);
                let begun = match each {
                    Each::FlatMap => {
                        quote_spanned!(span=> ::ouzel::dsl::stage::caught(|| #tie.are(#body).into_iter()))
                    }
                    _ => {
                        quote_spanned!(span=> ::ouzel::dsl::stage::tried(|| #tie.try_are(#body).map(::core::iter::IntoIterator::into_iter)))
                    }
                };
                // Each is asked for alone: what was given before a panic stays.
                let outcome = quote_spanned! {span=>
                    match #begun {
                        #ok(mut __items) => {
                            let mut __number = 0usize;
                            loop {
                                match ::ouzel::dsl::stage::caught(|| __items.next()) {
                                    #ok(#some(#made)) => {
                                        { #items }
                                        __number += 1;
                                    }
                                    #ok(::core::option::Option::None) => break #ok(()),
                                    ::core::result::Result::Err(__error) => {
                                        break ::core::result::Result::Err(__error)
                                    }
                                }
                            }
                        }
                        ::core::result::Result::Err(__error) => ::core::result::Result::Err(__error),
                    }
                };
                (outcome, quote_spanned!(span=> #ok(()) => {}))
            }
        };
        let failed = self.failed(node, record);
        quote_spanned! {span=>
            __cx.at = #node;
            match #outcome {
                #arms
                ::core::result::Result::Err(__error) => { #failed }
            }
        }
    }

    /// What happens to a record on which an operator failed.
    fn failed(&mut self, node: NodeIndex, record: &TokenStream) -> TokenStream {
        let span = self.graph.span(node);
        let taken = var("stream", self.graph.nodes[node].inputs[0]);
        let handlers = self.graph.handlers(node).into_iter();
        let handlers = handlers.map(|handler| {
            self.operators.insert(handler);
            let (value, next) = (var("value", handler), var("record", handler));
            let then = self.push(handler, &next.to_token_stream());
            quote_spanned! {span=>
                let #value = ::ouzel::dsl::failed(#taken, *#record, &__error);
                let #next = &#value;
                #then
            }
        });
        let handlers = branches(span, handlers.collect());
        quote_spanned!(span=> __cx.handled(#node); #handlers)
    }
}
