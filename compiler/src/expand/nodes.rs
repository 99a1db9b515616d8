//! Operators, sources, keyed operators and outputs, as calls of the builder.

use super::fingerprint::fingerprint;
use crate::idents::text;
use crate::ir::{Graph, Node, NodeIndex, Op};
use crate::stage::needs;
use crate::{fields, mixed, var};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use std::collections::BTreeSet;
use syn::Stmt;

pub fn operator(graph: &Graph, index: NodeIndex, items: &[&Stmt], plain: &[&Stmt]) -> TokenStream {
    let node = &graph.nodes[index];
    let (id, inputs) = (&node.id, &node.inputs);
    let kind = match &node.op {
        Op::Source(_) => "source".to_owned(),
        _ => text(&node.ident),
    };
    let line = node.ident.span().start().line as u32;
    let fingerprint = fingerprint(graph, index, items, plain);
    quote_spanned! {mixed()=>
        __builder.operator(::ouzel::private::engine::OperatorSpec {
            id: #id,
            kind: #kind,
            file: ::core::file!(),
            line: #line,
            inputs: &[#(#inputs),*],
            fingerprint: #fingerprint,
        });
    }
}

/// Windows and lateness are known when the plan is made.
pub fn check(graph: &Graph, index: NodeIndex) -> TokenStream {
    let (span, value) = (graph.span(index), var("value", index));
    match graph.nodes[index].op {
        Op::Window(_) => quote_spanned!(span=> __builder.windows(#index, #value)?;),
        Op::Lateness(_) => quote_spanned!(span=> __builder.lateness(#index, #value)?;),
        _ => TokenStream::new(),
    }
}

pub fn source(graph: &Graph, index: NodeIndex) -> TokenStream {
    let node = &graph.nodes[index];
    let (stream, name) = (var("stream", index), text(&node.ident));
    let read = fields::projection(graph, index);
    let prune = fields::prune(graph, index);
    let needs = needs(graph, index);
    let (time, seen) = (needs.time(graph.span(index)), needs.seen);
    quote_spanned! {graph.span(index)=>
        __builder.source(
            #index,
            #name,
            #stream,
            #read,
            &[#(#prune),*],
            ::ouzel::private::engine::Needs { time: #time, seen: #seen },
        )?;
    }
}

pub fn keyed(graph: &Graph, index: NodeIndex) -> TokenStream {
    let windowing = graph.windowing(index);
    let span = graph.span(index);
    let (handle, value) = (var("keyed", index), var("value", index));
    let key = var("key", windowing.key_by);
    let windows = match windowing.window {
        Some(window) => var("value", window).to_token_stream(),
        None => quote!(::ouzel::dsl::Unwindowed),
    };
    let lateness = match windowing.lateness {
        Some(lateness) => {
            let lateness = var("value", lateness);
            quote!(::core::option::Option::Some(#lateness))
        }
        None => quote!(::core::option::Option::None),
    };
    let (key_names, value_names) = column_names(graph, index);
    let (sources, upstream) = upstream(graph, index);
    quote_spanned! {span=>
        let #handle = __builder.aggregate(
            #index,
            #key,
            #windows,
            #lateness,
            #value,
            &[#(#key_names),*],
            &[#(#value_names),*],
            &[#(#sources),*],
            &[#(#upstream),*],
        )?;
    }
}

fn column_names(graph: &Graph, aggregate: NodeIndex) -> (Vec<String>, Vec<String>) {
    let key_by = graph.windowing(aggregate).key_by;
    (graph.nodes[key_by].names.list(), graph.nodes[aggregate].names.list())
}

/// The sources and keyed operators whose records reach a node, by their own indices.
fn upstream(graph: &Graph, node: NodeIndex) -> (Vec<usize>, Vec<usize>) {
    let (mut sources, mut keyed) = (BTreeSet::new(), BTreeSet::new());
    let mut todo = graph.nodes[node].inputs.clone();
    while let Some(node) = todo.pop() {
        match &graph.nodes[node].op {
            Op::Source(index) => {
                sources.insert(*index);
            }
            Op::Aggregate(_) => {
                let before =
                    graph.nodes[..node].iter().filter(|n| matches!(n.op, Op::Aggregate(_)));
                keyed.insert(before.count());
            }
            _ => {}
        }
        todo.extend(&graph.nodes[node].inputs);
    }
    (sources.into_iter().collect(), keyed.into_iter().collect())
}

pub fn output(graph: &Graph, index: usize) -> TokenStream {
    let output = &graph.outputs[index];
    let (name, node) = (&output.name, output.node);
    if let Op::Aggregate(_) = graph.nodes[node].op {
        let handle = var("keyed", node);
        let (key_names, value_names) = column_names(graph, node);
        let key_by = graph.windowing(node).key_by;
        let key = var("key", key_by);
        let named_key = named(&graph.nodes[key_by], &quote!(#key));
        let named_value = named(&graph.nodes[node], &quote!(#handle.value()));
        return quote_spanned! {graph.span(node)=>
            #named_key
            #named_value
            __builder.table(#node, #name, #handle, &[#(#key_names),*], &[#(#value_names),*])?;
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
