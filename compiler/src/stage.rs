//! Stages: the operators between two exchanges, as one loop over a chunk.
//!
//! Code is push-style: each operator's code holds that of its consumers, so that a record goes
//! through all of them in registers. A closure becomes a block with its parameter bound; only one
//! that something in it may leave, such as `return` or `?`, is called.

mod apply;
mod each;
mod errors;
mod keyed;
mod lookup;
mod split;

use crate::ir::{Gives, Graph, NodeIndex, Op};
use crate::var;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use std::collections::BTreeSet;

/// A stage's tokens.
pub struct Stage {
    /// The source, `finals` or keyed operator that feeds it.
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
    /// Those that find rows of a table.
    lookups: BTreeSet<NodeIndex>,
}

/// The stage that a source, `finals` or a keyed operator feeds.
pub fn stage(graph: &Graph, head: NodeIndex) -> Stage {
    let mut emitter = Emitter {
        graph,
        operators: BTreeSet::new(),
        keyed: BTreeSet::new(),
        outputs: BTreeSet::new(),
        lookups: BTreeSet::new(),
    };
    let body = emitter.push(head, &var("record", head).to_token_stream());
    let Emitter { operators, keyed, outputs, lookups, .. } = emitter;
    let ports = keyed.iter().map(|node| {
        let span = graph.span(*node);
        let (port, handle) = (var("port", *node), var("keyed", *node));
        quote_spanned!(span=> let mut #port = #handle.port(__ports); let #port = &mut *#port;)
    });
    let sides = lookups.iter().map(|node| {
        let (side, handle) = (var("side", *node), var("keyed", *node));
        quote_spanned!(graph.span(*node)=> let #side = #handle.open(__cx.sides)?;)
    });
    let span = graph.span(head);
    let rows = outputs.iter().map(|output| {
        let (port, handle) = (var("rows", *output), var("output", *output));
        quote_spanned!(span=> let mut #port = #handle.port(__ports); let #port = &mut *#port;)
    });
    let (value, record) = (var("value", head), var("record", head));
    let Opening { columns, before, each, get } = opening(graph, head);
    let count = graph.nodes.len();
    let run = quote_spanned! {span=>
        |__cx, __ports, __chunk| {
            let mut __bad = ::ouzel::dsl::data::Bad::default();
            #columns
            let __all_good = __bad.is_empty();
            let mut __out = [0u64; #count];
            let mut __late = [0u64; #count];
            #(#ports)*
            #(#rows)*
            #(#sides)*
            #before
            __cx.reject(__chunk, #head)?;
            let __done = __cx.rows(__chunk, |__cx, __row| {
                if !__all_good && __bad.contains(__row) {
                    return __cx.undecodable(__chunk, #head, &__bad);
                }
                #each
                let #value = #get;
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

/// How a stage comes by its records, and by the times that its operators need of them.
struct Opening {
    columns: TokenStream,
    /// What stands before the loop, and at the start of each round.
    before: TokenStream,
    each: TokenStream,
    /// The record.
    get: TokenStream,
}

fn opening(graph: &Graph, head: NodeIndex) -> Opening {
    let (span, stream) = (graph.span(head), var("stream", head));
    let needs = needs(graph, head);
    let (wanted, place) = (needs.time(span), needs.place);
    let get = quote_spanned!(span=> ::ouzel::dsl::data::get(#stream, &__columns, __row));
    let once = quote_spanned!(span=> let __weight = 1i64;);
    if let Op::Source(input) = graph.nodes[head].op {
        let valid = graph.inputs[input].valid_time.is_some();
        let only = valid.then(|| {
            let valid = var("valid", head);
            quote_spanned!(span=> ::ouzel::dsl::data::only(__times, #valid, &mut __bad);)
        });
        let rise = needs.seen.then(|| quote_spanned!(span=> __seen = __seen.max(__time);));
        return Opening {
            columns: quote_spanned! {span=>
                let __columns = ::ouzel::dsl::data::open(#stream, &__chunk.batch, &mut __bad);
                let __times = match #valid || #place || #wanted {
                    true => ::ouzel::dsl::data::times(#stream, &__chunk.batch, &mut __bad),
                    false => ::core::option::Option::None,
                };
                let __times: &[i64] = __times.as_deref().unwrap_or_default();
                #only
                let __log = __cx.log;
            },
            before: quote_spanned!(span=> #once let mut __seen = __cx.seen;),
            each: quote_spanned! {span=>
                let __time = __times.get(__row).copied().unwrap_or(i64::MIN);
                let __offset = ::core::option::Option::Some(__chunk.offsets.get(__row));
                let __path = ::ouzel::dsl::place::Path::new();
                #rise
            },
            get,
        };
    }
    if graph.nodes[head].op.is_keyed_stream() {
        return Opening {
            columns: quote_spanned! {span=>
                let __columns =
                    ::ouzel::private::engine::open_rows(#stream, &__chunk.batch, &mut __bad);
                let __moments = __cx.moments;
            },
            before: once,
            each: quote_spanned! {span=>
                let (__time, __seen, __log) = match __moments {
                    ::core::option::Option::Some(__moments) => {
                        (__moments.time(__row), __moments.seen(__row), __moments.address(__row))
                    }
                    ::core::option::Option::None => (i64::MIN, i64::MIN, &[][..]),
                };
                let __offset: ::core::option::Option<u64> = ::core::option::Option::None;
                let __path = ::ouzel::dsl::place::Path::new();
            },
            get,
        };
    }
    if graph.gives(head) == Gives::Table {
        let (key, row) = (var("tkey", head), var("trow", head));
        let get = quote_spanned! {span=>
            ::ouzel::private::engine::table_row(#row, &__columns, __row)
        };
        return Opening {
            columns: quote_spanned! {span=>
                let __columns =
                    ::ouzel::private::engine::open_table(#row, &__chunk.batch, &mut __bad);
            },
            before: quote_spanned!(span=> let __weight = __cx.weight;),
            // The rows of a table have no event time.
            each: quote_spanned! {span=>
                let (__time, __seen) = (0i64, i64::MIN);
                let __address = match #wanted {
                    true => ::ouzel::private::engine::row_address(#key, #head, #get.0),
                    false => ::std::vec::Vec::new(),
                };
                let __log: &[u8] = &__address;
                let __offset: ::core::option::Option<u64> = ::core::option::Option::None;
                let __path = ::ouzel::dsl::place::Path::new();
            },
            get,
        };
    }
    let of = graph.nodes[head].inputs[0];
    Opening {
        columns: quote_spanned! {span=>
            let __columns = ::ouzel::private::engine::open_finals(
                #stream,
                &__chunk.batch,
                &mut __bad,
            );
        },
        before: once,
        // What a final row has seen is its own event time, whatever came before it.
        each: quote_spanned! {span=>
            let __time = __columns.event_time(__row);
            let __seen = __time;
            let __address = match #wanted {
                true => ::ouzel::private::engine::final_address(#stream, #of, #get),
                false => ::std::vec::Vec::new(),
            };
            let __log: &[u8] = &__address;
            let __offset: ::core::option::Option<u64> = ::core::option::Option::None;
            let __path = ::ouzel::dsl::place::Path::new();
        },
        get,
    }
}

impl Emitter<'_> {
    /// Hands a record, bound to `record` as a reference to its view, to all consumers of a node.
    fn push(&mut self, node: NodeIndex, record: &TokenStream) -> TokenStream {
        self.operators.insert(node);
        let span = self.graph.span(node);
        let mut consumers: Vec<TokenStream> = Vec::new();
        let table = self.graph.gives(node) == Gives::Table;
        let shown: Vec<usize> = self.graph.shown(node).filter(|_| !table).collect();
        for output in shown {
            self.outputs.insert(output);
            let rows = var("rows", output);
            consumers.push(quote_spanned!(span=> #rows.push(*#record);));
        }
        for (consumer, position) in self.graph.row_uses(node) {
            consumers.push(self.operator(consumer, position, record));
        }
        let consumers = branches(span, consumers);
        // What a keyed operator gives is counted where it is given.
        let count = (!self.graph.nodes[node].op.is_keyed())
            .then(|| quote_spanned!(span=> __out[#node] += 1;));
        quote_spanned!(span=> #count #consumers)
    }

    fn operator(&mut self, node: NodeIndex, position: u32, record: &TokenStream) -> TokenStream {
        self.operators.insert(node);
        let graph = self.graph;
        match &graph.nodes[node].op {
            Op::Each(each, closure) => self.each(node, *each, closure, record),
            Op::Merge => {
                let next = self.push(node, record);
                let span = graph.span(node);
                quote_spanned!(span=> let __path = __path.merged(#position); #next)
            }
            Op::Split(conditions) => self.split(node, conditions, record),
            Op::Lookup(closure) => self.lookup(node, closure, record),
            Op::KeyBy(closure) | Op::GroupBy(closure) => self.key_by(node, closure, record),
            Op::JoinTables(_) | Op::Arrange => self.rows(node, position, record),
            Op::JoinForeign(_, closure) => self.foreign(node, position, closure, record),
            _ => TokenStream::new(),
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

/// What the operators of a stage need of each record.
#[derive(Default)]
pub struct Needs {
    time: bool,
    pub seen: bool,
    /// Its event time where it has one: a join is no window.
    pub place: bool,
    /// Aggregates, which say themselves whether they need the place in canonical order.
    aggregates: Vec<NodeIndex>,
}

impl Needs {
    /// Whether they need the event time, as an expression.
    pub fn time(&self, span: Span) -> TokenStream {
        let time = self.time;
        let ordered = self.aggregates.iter().map(|node| var("keyed", *node));
        quote_spanned!(span=> #time #(|| #ordered.ordered())*)
    }
}

/// What the operators need that come after a head, up to where times are of no more use.
pub fn needs(graph: &Graph, head: NodeIndex) -> Needs {
    let mut needs = Needs::default();
    let mut todo = vec![head];
    while let Some(node) = todo.pop() {
        for consumer in graph.consumers(node) {
            match graph.nodes[consumer].op {
                Op::Finals | Op::Early(_) => continue,
                Op::Lookup(_) if graph.streamed(consumer) != [node] => continue,
                Op::Window(_) => needs.time = true,
                Op::Lateness(_) => (needs.time, needs.seen) = (true, true),
                Op::Aggregate(_) => {
                    needs.aggregates.push(consumer);
                    continue;
                }
                Op::JoinTables(_) | Op::JoinForeign(..) | Op::Arrange => continue,
                Op::Join(_) => needs.place = true,
                Op::AsOf => needs.time = true,
                // Timers at the end of input go by the greatest event time of all.
                Op::Ordered(ref ordered) => {
                    needs.time = true;
                    needs.seen |= ordered.name == "process";
                }
                Op::Between(..) => needs.time = true,
                _ => {}
            }
            todo.push(consumer);
        }
    }
    needs
}
