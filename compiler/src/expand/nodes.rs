//! Operators, sources, keyed operators and outputs, as calls of the builder.

use super::fingerprint::fingerprint;
use super::values;
use crate::idents::text;
use crate::ir::{Gives, Graph, Joining, Node, NodeIndex, Op, Ordered, Plain, Windowing};
use crate::stage::needs;
use crate::{fields, mixed, var};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use std::collections::BTreeSet;
use syn::Stmt;

pub fn operator(graph: &Graph, index: NodeIndex, items: &[&Stmt], plain: &[&Plain]) -> TokenStream {
    let node = &graph.nodes[index];
    let (id, inputs) = (&node.id, &node.inputs);
    let kind = match &node.op {
        Op::Source(_) => "source".to_owned(),
        Op::Branch(_) => "branch".to_owned(),
        _ => text(&node.ident),
    };
    let line = node.ident.span().start().line as u32;
    let file = match &graph.scopes[node.scope].file {
        Some(file) => quote!(#file),
        None => quote_spanned!(mixed()=> ::core::file!()),
    };
    let fingerprint = fingerprint(graph, index, items, plain);
    quote_spanned! {mixed()=>
        __builder.operator(::ouzel::private::engine::OperatorSpec {
            id: #id,
            kind: #kind,
            file: #file,
            line: #line,
            inputs: &[#(#inputs),*],
            fingerprint: #fingerprint,
        });
    }
}

/// What is known of an operator when the plan is made: windows, a lateness, where errors go.
pub fn check(graph: &Graph, index: NodeIndex) -> TokenStream {
    let (span, value) = (graph.span(index), var("value", index));
    match graph.nodes[index].op {
        Op::Window(_) => quote_spanned!(span=> __builder.windows(#index, #value)?;),
        Op::Errors => {
            let of = graph.nodes[index].inputs[0];
            quote_spanned!(span=> __builder.errors(#index, #of);)
        }
        Op::Lateness(_) => {
            let windowed = graph.windowing(index).window.is_some();
            quote_spanned!(span=> __builder.lateness(#index, #value, #windowed)?;)
        }
        _ => TokenStream::new(),
    }
}

pub fn source(graph: &Graph, index: NodeIndex) -> TokenStream {
    let node = &graph.nodes[index];
    let (stream, name) = (var("stream", index), text(&node.ident));
    let read = fields::projection(graph, index);
    let prune = fields::prune(graph, index);
    let needs = needs(graph, index);
    let (time, seen, place) = (needs.time(graph.span(index)), needs.seen, needs.place);
    let Op::Source(input) = graph.nodes[index].op else { return TokenStream::new() };
    let (says, value) = (&graph.inputs[input], var("value", index));
    let idle_after = says
        .idle_after
        .iter()
        .map(|_| quote_spanned!(graph.span(index)=> __builder.idle_after(#input, #value)?;));
    let valid_time = says.valid_time.iter().map(|_| {
        let valid = var("valid", index);
        quote_spanned!(graph.span(index)=> __builder.valid_time(#input, #valid)?;)
    });
    let timed = says.valid_time.is_some();
    let join_late =
        says.join_late.then(|| quote_spanned!(graph.span(index)=> __builder.join_late(#input);));
    quote_spanned! {graph.span(index)=>
        __builder.source(
            #index,
            #name,
            #stream,
            #read,
            &[#(#prune),*],
            ::ouzel::private::engine::Needs { time: #timed || #time, seen: #seen, place: #place },
        )?;
        #(#idle_after)*
        #(#valid_time)*
        #join_late
    }
}

/// What a keyed operator takes, and how.
pub fn keyed(graph: &Graph, index: NodeIndex, bound: &[Ident]) -> TokenStream {
    let span = graph.span(index);
    let (handle, spec) = (var("keyed", index), spec(graph, index));
    let inputs = &graph.nodes[index].inputs;
    let row = |input: NodeIndex| (var("tkey", input), var("tvalue", input));
    let call = match &graph.nodes[index].op {
        Op::Aggregate(_) => aggregate(graph, index, &spec),
        Op::Join(joining) => join(graph, index, *joining, &spec),
        Op::AsOf => as_of(graph, index, &spec),
        Op::Ordered(ordered) => self::ordered(graph, index, ordered, &spec, bound),
        Op::Arrange => {
            let (key, value) = row(inputs[0]);
            quote_spanned!(span=> arrange(#spec, #key, #value))
        }
        Op::JoinTables(joining) => {
            let ((key, left), (_, right)) = (row(inputs[0]), row(inputs[1]));
            let kind = kind(*joining);
            quote_spanned!(span=> join_tables(#spec, #key, #left, #right, #kind))
        }
        Op::JoinForeign(joining, _) => {
            let ((key, left), (_, right)) = (row(inputs[0]), row(inputs[1]));
            let (foreign, kind) = (var("key", index), kind(*joining));
            quote_spanned!(span=> join_foreign(#spec, #foreign, #key, #left, #right, #kind))
        }
        Op::Lookup(_) => {
            let ((key, value), side) = (row(inputs[1]), var("keyed", inputs[1]));
            return quote_spanned! {span=>
                let #handle = __builder.lookup(#index, #side.index, #key, #value);
            };
        }
        _ => return TokenStream::new(),
    };
    quote_spanned!(span=> let #handle = __builder.#call?;)
}

fn aggregate(graph: &Graph, index: NodeIndex, spec: &TokenStream) -> TokenStream {
    let (span, value) = (graph.span(index), var("value", index));
    let input = graph.nodes[index].inputs[0];
    if graph.gives(input) == Gives::Grouped {
        let key = var("key", input);
        return quote_spanned!(span=> aggregate_table(#spec, #key, #value));
    }
    let windowing = graph.windowing(index);
    let (key, windows) = (var("key", windowing.key_by), windows(&windowing));
    let lateness = lateness(&windowing);
    quote_spanned!(span=> aggregate(#spec, #key, #windows, #lateness, #value))
}

fn join(graph: &Graph, index: NodeIndex, joining: Joining, spec: &TokenStream) -> TokenStream {
    let span = graph.span(index);
    let sides = [0, 1].map(|side| graph.windowing(graph.nodes[index].inputs[side]));
    let records = sides.each_ref().map(|side| {
        let record = graph.nodes[side.key_by].inputs[0];
        var("stream", record)
    });
    let (key, windows) = (var("key", sides[0].key_by), sides.each_ref().map(windows));
    let lateness = sides.each_ref().map(lateness);
    let between = match sides[1].between {
        Some(between) => {
            let (from, to) = (var("value", between), var("upto", between));
            quote!(::core::option::Option::Some((#from, #to)))
        }
        None => quote!(::core::option::Option::None),
    };
    let kind = kind(joining);
    quote_spanned! {span=>
        join(#spec, #key, #(#records),*, [#(#windows),*], #between, [#(#lateness),*], #kind)
    }
}

fn as_of(graph: &Graph, index: NodeIndex, spec: &TokenStream) -> TokenStream {
    let span = graph.span(index);
    let sides = [0, 1].map(|side| graph.windowing(graph.nodes[index].inputs[side]));
    let records = sides.each_ref().map(|side| var("stream", graph.nodes[side.key_by].inputs[0]));
    let key = var("key", sides[0].key_by);
    let lateness = sides.iter().filter_map(|side| side.lateness).map(|node| var("value", node));
    quote_spanned!(span=> as_of_join(#spec, #key, #(#records),*, [#(#lateness),*]))
}

fn ordered(
    graph: &Graph,
    index: NodeIndex,
    ordered: &Ordered,
    spec: &TokenStream,
    bound: &[Ident],
) -> TokenStream {
    let span = graph.span(index);
    let windowing = graph.windowing(graph.nodes[index].inputs[0]);
    let key = var("key", windowing.key_by);
    let record = var("stream", graph.nodes[windowing.key_by].inputs[0]);
    let lateness = lateness(&windowing);
    let (value, upto) = (var("value", index), var("upto", index));
    let values = ordered.values.iter().map(|_| value.to_token_stream());
    let closures = ordered.closure.iter().map(|c| values::kept_closure(span, c, bound));
    let aggregate = ordered.aggregate.iter().map(|_| upto.to_token_stream());
    // What a closure emits is known by what follows, even if it emits nothing.
    let emitted = (ordered.name == "process").then(|| var("stream", index).to_token_stream());
    let arguments = emitted.into_iter().chain(values).chain(closures).chain(aggregate);
    let method = Ident::new(ordered.name, span);
    quote_spanned!(span=> #method(#spec, #key, #record, #lateness, #(#arguments),*))
}

fn windows(windowing: &Windowing) -> TokenStream {
    match windowing.window {
        Some(window) => var("value", window).to_token_stream(),
        None => quote!(::ouzel::dsl::Unwindowed),
    }
}

fn lateness(windowing: &Windowing) -> TokenStream {
    match windowing.lateness {
        Some(lateness) => {
            let lateness = var("value", lateness);
            quote!(::core::option::Option::Some(#lateness))
        }
        None => quote!(::core::option::Option::None),
    }
}

fn kind(joining: Joining) -> TokenStream {
    let kind = Ident::new(&format!("{joining:?}"), mixed());
    quote_spanned!(mixed()=> ::ouzel::private::engine::join::#kind)
}

fn spec(graph: &Graph, index: NodeIndex) -> TokenStream {
    let (key_names, value_names) = column_names(graph, index);
    let (sources, upstream) = upstream(graph, index);
    quote_spanned! {graph.span(index)=>
        ::ouzel::private::engine::KeyedSpec {
            operator: #index,
            key_names: &[#(#key_names),*],
            value_names: &[#(#value_names),*],
            sources: &[#(#sources),*],
            upstream: &[#(#upstream),*],
        }
    }
}

/// The columns of a keyed operator's rows: those of the key, if it gives a table, and the others.
fn column_names(graph: &Graph, keyed: NodeIndex) -> (Vec<String>, Vec<String>) {
    let key = match graph.gives(keyed) {
        Gives::Table => graph.key_names(keyed).list(),
        _ => Vec::new(),
    };
    (key, graph.nodes[keyed].names.list())
}

/// The sources and keyed operators whose records reach a node, by their own indices.
fn upstream(graph: &Graph, node: NodeIndex) -> (Vec<usize>, Vec<usize>) {
    let (mut sources, mut keyed) = (BTreeSet::new(), BTreeSet::new());
    let mut todo = graph.streamed(node).to_vec();
    while let Some(node) = todo.pop() {
        match &graph.nodes[node].op {
            Op::Source(index) => {
                sources.insert(*index);
            }
            op if op.is_keyed() => {
                keyed.insert(graph.keyed_index(node));
            }
            _ => {}
        }
        todo.extend(graph.streamed(node));
    }
    (sources.into_iter().collect(), keyed.into_iter().collect())
}

pub fn output(graph: &Graph, index: usize) -> TokenStream {
    let output = &graph.outputs[index];
    let (name, node) = (&output.name, output.node);
    let early = matches!(graph.nodes[node].op, Op::Early(_));
    if early || graph.gives(node) == Gives::Table {
        let table = if early { graph.nodes[node].inputs[0] } else { node };
        let handle = var("keyed", table);
        let (key_names, value_names) = column_names(graph, table);
        let (key, value) = (var("tkey", table), var("tvalue", table));
        let key_by = graph.table_key(table).0;
        let named_key = match graph.nodes[key_by].op {
            Op::Each(..) => Some(of_itself(&graph.nodes[key_by], &key)),
            _ => named(&graph.nodes[key_by], &var("key", key_by).to_token_stream()),
        };
        let named_value = named(&graph.nodes[table], &quote!(#value));
        let every = match early {
            true => {
                let every = var("value", node);
                quote!(::core::option::Option::Some(#every))
            }
            false => quote!(::core::option::Option::None),
        };
        return quote_spanned! {graph.span(node)=>
            #named_key
            #named_value
            __builder.table(
                #node,
                #name,
                #handle.index,
                #key,
                #value,
                (&[#(#key_names),*], &[#(#value_names),*]),
                #every,
            )?;
        };
    }
    let (handle, stream) = (var("output", index), var("stream", node));
    let names = match graph.nodes[node].op {
        Op::Finals => {
            let (mut names, values) = column_names(graph, graph.nodes[node].inputs[0]);
            names.extend(values);
            names
        }
        _ => graph.nodes[node].names.list(),
    };
    let check = named(&graph.nodes[node], &quote!(#stream));
    quote_spanned! {graph.span(node)=>
        #check
        let #handle = __builder.output(#node, #name, #stream, &[#(#names),*])?;
    }
}

/// Where the code gives a column no name, its type must.
fn named(node: &Node, type_of: &TokenStream) -> Option<TokenStream> {
    let unknown = node.names.unknown() && !matches!(node.op, Op::Finals);
    // With the user's own hygiene, or rustc points at `#[job]`.
    let span = node.names.span().unwrap_or(node.ident.span());
    unknown.then(
        || quote_spanned!(span=> { let __column = #type_of; ::ouzel::dsl::data::named(__column); }),
    )
}

/// Where no code names the columns of a table's key, its type must.
fn of_itself(node: &Node, key: &Ident) -> TokenStream {
    // With the user's own hygiene, or rustc points at `#[job]`.
    let span = node.ident.span();
    quote_spanned!(span=> { let __key = #key; ::ouzel::dsl::data::named_key(__key); })
}
