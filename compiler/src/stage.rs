//! Stages: the operators between two exchanges, as one loop over a chunk.
//!
//! Code is push-style: each operator's code holds that of its consumers, so that a record goes
//! through all of them in registers. A closure becomes a block with its parameter bound; only one
//! with a `return` or `?` of its own is called.

use crate::fields::{self, Read};
use crate::ir::{Each, Graph, NodeIndex, Op};
use crate::lower::text;
use crate::var;
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use std::collections::BTreeSet;
use syn::{Expr, ExprClosure, ReturnType};

/// A stage's tokens.
pub struct Stage {
    /// The source or `finals` that feeds it.
    pub head: NodeIndex,
    /// The operators in it.
    pub operators: Vec<NodeIndex>,
    /// The closure that runs a chunk.
    pub run: TokenStream,
}

struct Emitter<'a> {
    graph: &'a Graph,
    operators: BTreeSet<NodeIndex>,
    keyed: BTreeSet<NodeIndex>,
    outputs: BTreeSet<usize>,
}

/// The stage that a source or `finals` feeds.
pub fn stage(graph: &Graph, head: NodeIndex) -> Stage {
    let mut emitter = Emitter {
        graph,
        operators: BTreeSet::new(),
        keyed: BTreeSet::new(),
        outputs: BTreeSet::new(),
    };
    let body = emitter.push(head, &var("record", head).to_token_stream());
    let Emitter { operators, keyed, outputs, .. } = emitter;
    let ports = keyed.iter().map(|node| {
        let span = graph.span(*node);
        let (port, handle) = (var("port", *node), var("keyed", *node));
        quote_spanned!(span=> let mut #port = #handle.port(__ports); let #port = &mut *#port;)
    });
    let span = graph.span(head);
    let rows = outputs.iter().map(|output| {
        let (port, handle) = (var("rows", *output), var("output", *output));
        quote_spanned!(span=> let mut #port = #handle.port(__ports); let #port = &mut *#port;)
    });
    let needs = needs(graph, head);
    let (value, record, stream) = (var("value", head), var("record", head), var("stream", head));
    let (open, time) = match &graph.nodes[head].op {
        Op::Source(_) => {
            let times = needs.time.then(|| {
                quote_spanned! {span=>
                    let __times = ::ouzel::dsl::data::times(#stream, &__chunk.batch, &mut __bad);
                    let __times: &[i64] = __times.as_deref().unwrap_or_default();
                }
            });
            let open = quote_spanned! {span=>
                let __columns = ::ouzel::dsl::data::open(#stream, &__chunk.batch, &mut __bad);
                #times
            };
            let time = needs
                .time
                .then(|| quote_spanned!(span=> let __time = __times.get(__row).copied().unwrap_or_default();));
            (open, time)
        }
        _ => {
            let open = quote_spanned!(span=> let __columns = ::ouzel::private::engine::open_finals(#stream, &__chunk.batch, &mut __bad););
            let time = needs
                .time
                .then(|| quote_spanned!(span=> let __time = __columns.event_time(__row);));
            (open, time)
        }
    };
    let source = matches!(graph.nodes[head].op, Op::Source(_));
    let (seen_start, seen) = match (needs.seen, source) {
        (true, true) => (
            Some(quote_spanned!(span=> let mut __seen = __cx.seen;)),
            Some(quote_spanned!(span=> __seen = __seen.max(__time);)),
        ),
        // What a final row has seen is its own event time, whatever came before it.
        (true, false) => (None, Some(quote_spanned!(span=> let __seen = __time;))),
        (false, _) => (None, None),
    };
    let count = graph.nodes.len();
    let run = quote_spanned! {span=>
        |__cx, __ports, __chunk| {
            let mut __bad = ::ouzel::dsl::data::Bad::default();
            #open
            let __all_good = __bad.is_empty();
            let mut __out = [0u64; #count];
            let mut __late = [0u64; #count];
            #(#ports)*
            #(#rows)*
            #seen_start
            __cx.reject(__chunk, #head)?;
            let __done = __cx.rows(__chunk, |__cx, __row| {
                if !__all_good && __bad.contains(__row) {
                    return __cx.undecodable(__chunk, #head, &__bad);
                }
                #time
                #seen
                let #value = ::ouzel::dsl::data::get(#stream, &__columns, __row);
                let #record = &#value;
                #body
                ::core::result::Result::Ok(())
            });
            __cx.tally.add(&__out, &__late);
            __done
        }
    };
    Stage { head, operators: operators.into_iter().collect(), run }
}

/// What the operators of a stage need of each record.
#[derive(Clone, Copy, Default)]
pub struct Needs {
    pub time: bool,
    pub seen: bool,
}

/// What the operators need that a source or `finals` feeds directly.
pub fn needs(graph: &Graph, head: NodeIndex) -> Needs {
    let mut needs = Needs::default();
    let mut todo = vec![head];
    while let Some(node) = todo.pop() {
        for consumer in graph.consumers(node) {
            match graph.nodes[consumer].op {
                Op::Finals => continue,
                Op::Window(_) => needs.time = true,
                Op::Lateness(_) => needs = Needs { time: true, seen: true },
                _ => {}
            }
            todo.push(consumer);
        }
    }
    needs
}

/// The fields that a stage's source must decode, as tokens of an option of a slice.
pub fn projection(graph: &Graph, source: NodeIndex) -> TokenStream {
    match fields::read(graph, source) {
        Read::All => quote!(::core::option::Option::None),
        Read::Fields(names) => {
            let names = names.iter();
            quote!(::core::option::Option::Some(&[#(#names),*]))
        }
    }
}

impl Emitter<'_> {
    /// Hands a record, bound to `record` as a reference to its view, to all consumers of a node.
    fn push(&mut self, node: NodeIndex, record: &TokenStream) -> TokenStream {
        self.operators.insert(node);
        let span = self.graph.span(node);
        let mut consumers: Vec<TokenStream> = Vec::new();
        let shown: Vec<usize> = self.graph.shown(node).collect();
        for output in shown {
            self.outputs.insert(output);
            let rows = var("rows", output);
            consumers.push(quote_spanned!(span=> #rows.push(*#record);));
        }
        for consumer in self.graph.consumers(node) {
            consumers.push(self.operator(consumer, record));
        }
        let consumers = branches(span, consumers);
        quote_spanned!(span=> __out[#node] += 1; #consumers)
    }

    fn operator(&mut self, node: NodeIndex, record: &TokenStream) -> TokenStream {
        self.operators.insert(node);
        let graph = self.graph;
        match &graph.nodes[node].op {
            Op::Each(each, closure) => self.each(node, *each, closure, record),
            Op::Merge => self.push(node, record),
            Op::KeyBy(closure) => self.key_by(node, closure, record),
            _ => TokenStream::new(),
        }
    }

    fn each(
        &mut self,
        node: NodeIndex,
        each: Each,
        closure: &ExprClosure,
        record: &TokenStream,
    ) -> TokenStream {
        let span = self.graph.span(node);
        let at = quote_spanned!(span=> __cx.at = #node;);
        let body = apply(closure, record);
        let tie = var("tie", node);
        let (made, value, next) = (var("made", node), var("value", node), var("record", node));
        let bind = quote_spanned! {span=>
            let #value = ::ouzel::dsl::Produce::produce(&#made);
            let #next = &#value;
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
                quote_spanned!(span=> #at for #made in #tie.are(#body) { #items })
            }
            Each::TryFlatMap => {
                let items = self.items(node, &next.to_token_stream());
                quote_spanned! {span=>
                    #at
                    match #tie.try_are(#body) {
                        ::core::result::Result::Ok(__items) => for #made in __items { #items },
                        #fail
                    }
                }
            }
        }
    }

    /// What happens to each record that a `flat_map` makes: it fails alone.
    fn items(&mut self, node: NodeIndex, next: &TokenStream) -> TokenStream {
        let span = self.graph.span(node);
        let (made, value) = (var("made", node), var("value", node));
        let then = self.push(node, next);
        quote_spanned! {span=>
            let #value = ::ouzel::dsl::Produce::produce(&#made);
            let #next = &#value;
            __cx.branch(__chunk, |__cx| { #then ::core::result::Result::Ok(()) })?;
            __cx.at = #node;
        }
    }

    fn key_by(
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
        let values = fields::shape(&aggregate.shape, &|i| {
            let argument = &aggregate.arguments[i];
            let (place, body) = (&argument.place, apply(&argument.closure, record));
            quote_spanned!(span=> #place.is(#body))
        });
        quote_spanned! {span=>
            __cx.at = #node;
            let __arguments = #values;
            __cx.at = ::ouzel::dsl::stage::in_add(#node);
            #port.add(#key, #windows, ::ouzel::dsl::Produce::produce(&__arguments));
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

/// One consumer runs as it is; of several, none must keep the others from running.
fn branches(span: Span, consumers: Vec<TokenStream>) -> TokenStream {
    match consumers.as_slice() {
        [] => TokenStream::new(),
        [only] => only.clone(),
        several => {
            quote_spanned!(span=> #(__cx.branch(__chunk, |__cx| { #several ::core::result::Result::Ok(()) })?;)*)
        }
    }
}

/// A closure applied to a record: inlined, unless it has a `return` or `?` of its own.
fn apply(closure: &ExprClosure, record: &TokenStream) -> TokenStream {
    let span = crate::at(closure.inputs_begin.span);
    if leaves(&closure.body) {
        return quote_spanned!(span=> ::ouzel::dsl::stage::call(#record, #closure));
    }
    let parameter = closure.inputs.first();
    let body = &closure.body;
    match &closure.output {
        ReturnType::Default => quote_spanned!(span=> { let #parameter = #record; #body }),
        ReturnType::Type(_, ty) => {
            quote_spanned!(span=> { let #parameter = #record; let __result: #ty = #body; __result })
        }
    }
}

/// Whether an expression leaves the closure it stands in.
fn leaves(expression: &Expr) -> bool {
    struct Leaves(bool);
    impl<'ast> syn::visit::Visit<'ast> for Leaves {
        fn visit_expr_return(&mut self, _: &'ast syn::ExprReturn) {
            self.0 = true;
        }

        fn visit_expr_try(&mut self, _: &'ast syn::ExprTry) {
            self.0 = true;
        }

        // Rustc says what is wrong with a loop's end outside of it once, if both copies are closures.
        fn visit_expr_break(&mut self, _: &'ast syn::ExprBreak) {
            self.0 = true;
        }

        fn visit_expr_continue(&mut self, _: &'ast syn::ExprContinue) {
            self.0 = true;
        }

        // What an inner closure or function leaves is itself.
        fn visit_expr_closure(&mut self, _: &'ast ExprClosure) {}

        fn visit_item(&mut self, _: &'ast syn::Item) {}

        // A macro may hold either, in what it is given or in what it makes of it.
        fn visit_macro(&mut self, mac: &'ast syn::Macro) {
            let name = mac.path.segments.last().map(|segment| text(&segment.ident));
            let stays = name.is_some_and(|name| STAY.contains(&name.as_str()));
            self.0 |= !stays || holds_exit(mac.tokens.clone());
        }
    }
    let mut leaves = Leaves(false);
    syn::visit::Visit::visit_expr(&mut leaves, expression);
    leaves.0
}

/// Macros of std that leave nothing by themselves.
const STAY: [&str; 22] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "concat",
    "dbg",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "eprint",
    "eprintln",
    "format",
    "format_args",
    "matches",
    "panic",
    "print",
    "println",
    "todo",
    "unimplemented",
    "unreachable",
    "vec",
    "write",
    "writeln",
];

/// Whether a macro is given a `return` or `?`.
fn holds_exit(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "return",
        TokenTree::Punct(punct) => punct.as_char() == '?',
        TokenTree::Group(group) => holds_exit(group.stream()),
        TokenTree::Literal(_) => false,
    })
}
