//! The typed twin: the job once more as plain method calls on the job language's types, never
//! called. It makes rustc infer and check every type on the user's own tokens; ties carry what it
//! inferred to the stages.

use crate::ast::Job;
use crate::ir::{Each, Graph, Node, NodeIndex, Op};
use crate::var;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

/// The twin's closure.
pub fn twin(job: &Job, graph: &Graph) -> TokenStream {
    let steps = graph.nodes.iter().enumerate().map(|(index, node)| step(job, index, node));
    let outputs = graph.outputs.iter().map(|o| {
        let value = var("twin", o.node);
        quote_spanned!(o.span=> #value)
    });
    let ty = &job.output;
    let outputs = match graph.outputs.len() {
        1 => quote!(#(#outputs)*),
        _ => quote!((#(#outputs,)*)),
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
    let (value, tie) = (var("twin", index), var("tie", index));
    let stream = var("stream", index);
    let inputs: Vec<_> = node.inputs.iter().map(|i| var("twin", *i)).collect();
    let input = inputs.first();
    let method = &node.ident;
    let span = method.span();
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
            let key = var("key", index);
            quote_spanned!(span=> #input.tied(#tie).#method(#closure).tie_key(#key))
        }
        Op::Window(_) | Op::Lateness(_) => {
            let argument = var("value", index);
            quote_spanned!(span=> #input.#method(#argument))
        }
        Op::Late | Op::Finals => quote_spanned!(span=> #input.#method().tie(#stream)),
        Op::Aggregate(aggregate) => {
            let argument = var("value", index);
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
