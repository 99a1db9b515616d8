//! The typed twin: the job once more as plain method calls on the job language's types, never
//! called. It makes rustc infer and check every type on the user's own tokens; ties carry what it
//! inferred to the stages.

use crate::ast::Job;
use crate::ir::{Each, Graph, Node, NodeIndex, Op};
use crate::var_at;
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

/// The twin's closure.
pub fn twin(job: &Job, graph: &Graph) -> TokenStream {
    let steps = graph.nodes.iter().enumerate().map(|(index, node)| step(job, index, node));
    let outputs = graph.outputs.iter().map(|o| {
        let value = var_at("twin", o.node, o.span);
        quote!(#value)
    });
    let ty = &job.output;
    let outputs = match graph.outputs.len() {
        1 => quote!(#(#outputs)*),
        _ => quote_spanned!(Span::mixed_site().located_at(job.tail.span())=> (#(#outputs,)*)),
    };
    quote! {
        #[allow(unused, clippy::all)]
        let _ = || {
            #(#steps)*
            let _: #ty = #outputs;
        };
    }
}

fn step(job: &Job, index: NodeIndex, node: &Node) -> TokenStream {
    // One hygiene for the whole call: where a part of it has another, rustc points at `#[job]`.
    let span = Span::mixed_site().located_at(node.ident.span());
    let mut method = node.ident.clone();
    method.set_span(span);
    let here = |name: &str| var_at(name, index, span);
    let (value, tie, stream) = (here("twin"), here("tie"), here("stream"));
    let inputs: Vec<_> = node.inputs.iter().map(|i| var_at("twin", *i, span)).collect();
    let input = inputs.first();
    let call = match &node.op {
        Op::Source(source) => {
            let ty = &job.inputs[*source].stream;
            return quote!(let #value = <#ty>::new().tie(#stream););
        }
        Op::Each(Each::Filter | Each::Inspect, closure) => {
            quote_spanned!(span=> #input.#method(#closure).tie(#stream))
        }
        Op::Each(_, closure) => {
            quote_spanned!(span=> #input.tied(#tie).#method(#closure).tie(#stream))
        }
        Op::Merge => {
            let other = inputs.get(1);
            quote_spanned!(span=> #input.#method(#other).tie(#stream))
        }
        Op::KeyBy(closure) => {
            let key = here("key");
            quote_spanned!(span=> #input.tied(#tie).#method(#closure).tie_key(#key))
        }
        Op::Window(_) | Op::Lateness(_) => {
            let argument = here("value");
            quote_spanned!(span=> #input.#method(#argument))
        }
        Op::Late | Op::Finals => quote_spanned!(span=> #input.#method().tie(#stream)),
        Op::Aggregate(aggregate) => {
            let argument = here("value");
            let closures = aggregate.arguments.iter().map(|a| {
                let (place, closure) = (&a.place, &a.closure);
                quote!(#input.tied_argument(#place).argument(#closure);)
            });
            let closures: Vec<_> = closures.collect();
            let aggregated =
                quote_spanned!(span=> #input.#method(::ouzel::dsl::twin_of(&#argument)));
            return quote!(#(#closures)* let #value = #aggregated;);
        }
    };
    quote!(let #value = #call;)
}
