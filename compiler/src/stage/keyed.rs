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
        let consumers = self.takers(node, record, &key.to_token_stream());
        quote_spanned! {span=>
            __cx.at = #node;
            let #made = #tie.is(#body);
            let #key = ::ouzel::dsl::Produce::produce(&#made);
            __out[#node] += 1;
            #consumers
        }
    }

    /// What the consumers of a keyed stream without windows do.
    fn takers(&mut self, node: NodeIndex, record: &TokenStream, key: &TokenStream) -> TokenStream {
        let span = self.graph.span(node);
        let consumers = self.graph.uses(node).into_iter().map(|(consumer, position)| {
            self.operators.insert(consumer);
            match self.graph.nodes[consumer].op {
                Op::Window(_) => self.window(consumer, record, key),
                Op::Lateness(_) => self.lateness(consumer, record, key),
                Op::Between(..) | Op::AtEnd => {
                    let next = self.takers(consumer, record, key);
                    let span = self.graph.span(consumer);
                    quote_spanned!(span=> __out[#consumer] += 1; #next)
                }
                _ => self.taker(consumer, position, record, key, &every(self.graph.span(consumer))),
            }
        });
        branches(span, consumers.collect())
    }

    /// Without windows, a record that is late is so once.
    fn lateness(
        &mut self,
        node: NodeIndex,
        record: &TokenStream,
        key: &TokenStream,
    ) -> TokenStream {
        let (span, micros) = (self.graph.span(node), var("micros", node));
        let late = self.graph.consumers(node).into_iter();
        let late = late.filter(|c| matches!(self.graph.nodes[*c].op, Op::Late)).collect::<Vec<_>>();
        let late = late.into_iter().map(|late| self.push(late, record)).collect();
        let late = branches(span, late);
        let takers = self.takers(node, record, key);
        quote_spanned! {span=>
            __cx.at = #node;
            if ::ouzel::dsl::stage::is_late(__time, #micros, __seen) {
                __late[#node] += 1;
                #late
            } else {
                __out[#node] += 1;
                #takers
            }
        }
    }

    /// A keyed operator, which takes a record into its windows.
    fn taker(
        &mut self,
        node: NodeIndex,
        position: u32,
        record: &TokenStream,
        key: &TokenStream,
        windows: &TokenStream,
    ) -> TokenStream {
        match self.graph.nodes[node].op {
            Op::Aggregate(_) => self.aggregate(node, record, key, windows),
            Op::Join(_) | Op::AsOf => self.put(node, position, key, windows, &quote!(*#record)),
            Op::Ordered(ref ordered) if ordered.aggregate.is_some() => {
                self.aggregate(node, record, key, windows)
            }
            Op::Ordered(_) => self.put(node, position, key, windows, &quote!(*#record)),
            _ => TokenStream::new(),
        }
    }

    /// A row of a table, for an operator that takes it by its own key.
    pub(super) fn rows(
        &mut self,
        node: NodeIndex,
        position: u32,
        record: &TokenStream,
    ) -> TokenStream {
        let span = self.graph.span(node);
        let key = quote_spanned!(span=> (*#record).0);
        self.put(node, position, &key, &every(span), &quote_spanned!(span=> (*#record).1))
    }

    /// A row of a table for a join by a foreign key: of the left table it is kept whole.
    pub(super) fn foreign(
        &mut self,
        node: NodeIndex,
        position: u32,
        closure: &ExprClosure,
        record: &TokenStream,
    ) -> TokenStream {
        if position > 0 {
            return self.rows(node, position, record);
        }
        let span = self.graph.span(node);
        let (tie, made, key) = (var("tie", node), var("made", node), var("value", node));
        let body = apply(closure, record);
        let put = self.put(node, 0, &key.to_token_stream(), &every(span), &quote!(*#record));
        quote_spanned! {span=>
            __cx.at = #node;
            let #made = #tie.is(#body);
            let #key = ::ouzel::dsl::Produce::produce(&#made);
            #put
        }
    }

    /// Adds a value to the combiner of a keyed operator, at one of its sides.
    fn put(
        &mut self,
        node: NodeIndex,
        position: u32,
        key: &TokenStream,
        windows: &TokenStream,
        value: &TokenStream,
    ) -> TokenStream {
        self.keyed.insert(node);
        let (span, port) = (self.graph.span(node), var("port", node));
        let side = position as usize;
        quote_spanned! {span=>
            __cx.at = ::ouzel::dsl::stage::in_add(#node);
            if __weight != 0 {
                #port.add::<#side>(
                    #key,
                    #windows,
                    #value,
                    ::ouzel::private::engine::Moment {
                        place: ::ouzel::dsl::Place {
                            time: __time,
                            log: __log,
                            offset: __offset,
                            path: __path,
                        },
                        seen: __seen,
                        weight: __weight,
                    },
                );
            }
        }
    }

    /// A window's direct consumers have no lateness; those after a `lateness` do.
    fn window(&mut self, node: NodeIndex, record: &TokenStream, key: &TokenStream) -> TokenStream {
        let span = self.graph.span(node);
        let (late, direct): (Vec<_>, Vec<_>) = self
            .graph
            .uses(node)
            .into_iter()
            .partition(|(c, _)| matches!(self.graph.nodes[*c].op, Op::Lateness(_)));
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
        for (position, (lateness, _)) in late.into_iter().enumerate() {
            self.operators.insert(lateness);
            let lateness_micros = var("micros", lateness);
            let windows = quote_spanned!(span=> ::ouzel::dsl::Windows::assign(__windows, __time, __seen, ::core::option::Option::Some(#lateness_micros)));
            // Windows are counted once, whoever takes them, and so is a record that has none.
            let first = direct.is_empty() && position == 0;
            let count_windows = first.then(
                || quote_spanned!(span=> __out[#node] += u64::from(__assigned.live) + u64::from(__assigned.late);),
            );
            let takers = self.assigned(node, &self.graph.uses(lateness), record, key);
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
        consumers: &[(NodeIndex, u32)],
        record: &TokenStream,
        key: &TokenStream,
    ) -> TokenStream {
        let span = self.graph.span(node);
        let mut code = Vec::new();
        for (consumer, position) in consumers {
            self.operators.insert(*consumer);
            code.push(match self.graph.nodes[*consumer].op {
                Op::Late => {
                    let next = self.push(*consumer, record);
                    quote_spanned!(span=> for _ in 0..__assigned.late {
                        __cx.branch(__chunk, |__cx| { #next ::core::result::Result::Ok(()) })?;
                    })
                }
                _ => {
                    let windows = quote_spanned!(span=> __assigned);
                    let add = self.taker(*consumer, *position, record, key, &windows);
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
        let op = &self.graph.nodes[node].op;
        let Some(aggregate) = op.aggregate() else { return TokenStream::new() };
        let values = shape(span, &aggregate.shape, &|i| {
            let argument = &aggregate.arguments[i];
            let (place, body) = (&argument.place, apply(&argument.closure, record));
            quote_spanned!(span=> #place.is(#body))
        });
        let mut value = quote_spanned!(span=> ::ouzel::dsl::Produce::produce(&__arguments));
        if let Op::Ordered(_) = op {
            value = quote_spanned!(span=> (*#record, #value));
        }
        let put = self.put(node, 0, key, windows, &value);
        quote_spanned! {span=>
            __cx.at = #node;
            let __arguments = #values;
            #put
        }
    }
}

/// The one window of where there are none.
fn every(span: Span) -> TokenStream {
    quote_spanned!(span=> ::ouzel::dsl::Assigned { first: 0, step: 0, late: 0, live: 1 })
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
