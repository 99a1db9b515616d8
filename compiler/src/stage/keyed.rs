//! Keys, windows and aggregates.

use super::apply::apply;
use super::{Emitter, branches};
use crate::ir::{NodeIndex, Op, Shape};
use crate::var;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ExprClosure;

impl Emitter<'_> {
    pub(super) fn key_by(
        &mut self,
        node: NodeIndex,
        closure: &ExprClosure,
        record: &TokenStream,
    ) -> TokenStream {
        let span = self.graph.span(node);
        let body = apply(closure, record);
        let (tie, made, key) = (var("tie", node), var("made", node), var("value", node));
        let consumers = self.graph.consumers(node);
        let consumers = consumers.into_iter().map(|consumer| {
            self.operators.insert(consumer);
            match self.graph.nodes[consumer].op {
                Op::Window(_) => self.window(consumer, record, &key.to_token_stream()),
                _ => {
                    let every =
                        quote_spanned!(span=> ::ouzel::dsl::Assigned { first: 0, step: 0, late: 0, live: 1 });
                    self.aggregate(consumer, record, &key.to_token_stream(), &every)
                }
            }
        });
        let consumers = branches(span, consumers.collect());
        quote_spanned! {span=>
            __cx.at = #node;
            let #made = #tie.is(#body);
            let #key = ::ouzel::dsl::Produce::produce(&#made);
            __out[#node] += 1;
            #consumers
        }
    }

    /// A window's direct consumers have no lateness; those after a `lateness` do.
    fn window(&mut self, node: NodeIndex, record: &TokenStream, key: &TokenStream) -> TokenStream {
        let span = self.graph.span(node);
        let (late, direct): (Vec<_>, Vec<_>) = self
            .graph
            .consumers(node)
            .into_iter()
            .partition(|c| matches!(self.graph.nodes[*c].op, Op::Lateness(_)));
        let mut code = Vec::new();
        if !direct.is_empty() {
            let windows = quote_spanned!(span=> ::ouzel::dsl::Windows::assign(
                __windows,
                __time,
                __time,
                ::core::option::Option::None
            ));
            let takers = self.assigned(node, &direct, record, key);
            let then = quote_spanned!(span=> __out[#node] += u64::from(__assigned.live); #takers);
            code.push(assign(span, node, &windows, &then, true));
        }
        for (position, lateness) in late.into_iter().enumerate() {
            self.operators.insert(lateness);
            let lateness_micros = var("micros", lateness);
            let windows = quote_spanned!(span=> ::ouzel::dsl::Windows::assign(__windows, __time, __seen, ::core::option::Option::Some(#lateness_micros)));
            // Windows are counted once, whoever takes them, and so is a record that has none.
            let first = direct.is_empty() && position == 0;
            let count_windows = first.then(
                || quote_spanned!(span=> __out[#node] += u64::from(__assigned.live) + u64::from(__assigned.late);),
            );
            let takers = self.assigned(node, &self.graph.consumers(lateness), record, key);
            let then = quote_spanned! {span=>
                #count_windows
                __out[#lateness] += u64::from(__assigned.live);
                __late[#lateness] += u64::from(__assigned.late);
                #takers
            };
            code.push(assign(span, node, &windows, &then, first));
        }
        let windows = var("value", node);
        let code = branches(span, code);
        quote_spanned!(span=> __cx.at = #node; let __windows = #windows; #code)
    }

    /// What the consumers of a window do with the windows that a record is assigned to.
    fn assigned(
        &mut self,
        node: NodeIndex,
        consumers: &[NodeIndex],
        record: &TokenStream,
        key: &TokenStream,
    ) -> TokenStream {
        let span = self.graph.span(node);
        let mut code = Vec::new();
        for consumer in consumers {
            self.operators.insert(*consumer);
            code.push(match self.graph.nodes[*consumer].op {
                Op::Late => {
                    let next = self.push(*consumer, record);
                    quote_spanned!(span=> for _ in 0..__assigned.late {
                        __cx.branch(__chunk, |__cx| { #next ::core::result::Result::Ok(()) })?;
                    })
                }
                _ => {
                    let add =
                        self.aggregate(*consumer, record, key, &quote_spanned!(span=> __assigned));
                    quote_spanned!(span=> if __assigned.live > 0 { #add })
                }
            });
        }
        branches(span, code)
    }

    fn aggregate(
        &mut self,
        node: NodeIndex,
        record: &TokenStream,
        key: &TokenStream,
        windows: &TokenStream,
    ) -> TokenStream {
        let span = self.graph.span(node);
        let Op::Aggregate(aggregate) = &self.graph.nodes[node].op else {
            return TokenStream::new();
        };
        self.keyed.insert(node);
        let port = var("port", node);
        let values = shape(span, &aggregate.shape, &|i| {
            let argument = &aggregate.arguments[i];
            let (place, body) = (&argument.place, apply(&argument.closure, record));
            quote_spanned!(span=> #place.is(#body))
        });
        quote_spanned! {span=>
            __cx.at = #node;
            let __arguments = #values;
            __cx.at = ::ouzel::dsl::stage::in_add(#node);
            #port.add(
                #key,
                #windows,
                ::ouzel::dsl::Produce::produce(&__arguments),
                ::ouzel::dsl::Place { time: __time, log: __log, offset: __offset, path: __path },
            );
        }
    }
}

/// Assigns a record to windows. One that has none is an error of the operator once, although
/// consumers with and without a lateness assign it each for themselves.
fn assign(
    span: Span,
    node: NodeIndex,
    windows: &TokenStream,
    then: &TokenStream,
    fails: bool,
) -> TokenStream {
    let fail = fails.then(|| {
        quote_spanned!(span=> __cx.fail(__chunk, #node, "its event time is too far out for a window")?)
    });
    quote_spanned! {span=>
        match #windows {
            ::core::option::Option::Some(__assigned) => { #then }
            ::core::option::Option::None => { #fail }
        }
    }
}

/// The values of an aggregate's arguments, nested as the aggregate is.
fn shape(span: Span, shape: &Shape, value: &dyn Fn(usize) -> TokenStream) -> TokenStream {
    match shape {
        Shape::One(arguments) => match arguments.as_slice() {
            [] => quote!(()),
            [one] => value(*one),
            several => {
                let values = several.iter().map(|i| value(*i));
                quote!((#(#values,)*))
            }
        },
        Shape::Tuple(shapes) => {
            let values = shapes.iter().map(|s| self::shape(span, s, value));
            quote!((#(#values,)*))
        }
        Shape::Filtered(condition, within) => {
            let (condition, within) = (value(*condition), self::shape(span, within, value));
            quote_spanned! {span=>
                match ::ouzel::dsl::aggregate::holds(&#condition) {
                    true => ::core::option::Option::Some(#within),
                    false => ::core::option::Option::None,
                }
            }
        }
    }
}
