//! The typed twin: the job once more as plain method calls on the job language's types, never
//! called. It makes rustc infer and check every type on the user's own tokens; ties carry what it
//! inferred to the stages.

use crate::ast::Job;
use crate::ir::{Each, Gives, Graph, NodeIndex, Op};
use crate::{mixed, var};
use proc_macro2::TokenStream;
use quote::quote_spanned;

/// The twin's closure.
pub fn twin(job: &Job, graph: &Graph) -> TokenStream {
    let steps = (0..graph.nodes.len()).map(|index| step(job, graph, index));
    let outputs = graph.outputs.iter().map(|output| var("twin", output.node));
    let ty = &job.output;
    let outputs = match graph.outputs.len() {
        1 => quote_spanned!(mixed()=> #(#outputs)*),
        _ => quote_spanned!(mixed()=> (#(#outputs,)*)),
    };
    quote_spanned! {mixed()=>
        #[allow(unused, clippy::all)]
        let _ = || {
            #(#steps)*
            let _: #ty = #outputs;
        };
    }
}

fn step(job: &Job, graph: &Graph, index: NodeIndex) -> TokenStream {
    let node = &graph.nodes[index];
    let (span, method) = (graph.span(index), &node.ident);
    let (value, tie, stream) = (var("twin", index), var("tie", index), var("stream", index));
    let inputs: Vec<_> = node.inputs.iter().map(|i| var("twin", *i)).collect();
    let input = inputs.first();
    let (key, value_of_row) = (var("tkey", index), var("tvalue", index));
    let table = graph.gives(index) == Gives::Table;
    let tied = match table {
        true => quote_spanned!(span=> .tie_table(#key, #value_of_row)),
        false => quote_spanned!(span=> .tie(#stream)),
    };
    let call = match &node.op {
        Op::Source(source) => {
            let record = &job.inputs[*source].record;
            quote_spanned!(span=> __types.input::<#record>().tie(#stream))
        }
        Op::Each(Each::Filter | Each::Inspect | Each::Assert, closure) => {
            quote_spanned!(span=> #input.#method(#closure)#tied)
        }
        Op::Each(_, closure) => {
            quote_spanned!(span=> #input.tied(#tie).#method(#closure)#tied)
        }
        Op::Join(_) | Op::JoinTables(_) => {
            let other = inputs.get(1);
            quote_spanned!(span=> #input.#method(#other)#tied)
        }
        Op::JoinForeign(_, closure) => {
            let (other, key) = (inputs.get(1), var("key", index));
            quote_spanned! {span=> {
                #input.tied(#tie).group_by(#closure).tie_key(#key);
                #input.#method(#closure, #other)#tied
            }}
        }
        Op::Arrange => quote_spanned!(span=> #input #tied),
        Op::Between(..) => {
            let (from, to) = (var("value", index), var("upto", index));
            quote_spanned!(span=> #input.#method(#from, #to))
        }
        Op::Merge => {
            let other = inputs.get(1);
            quote_spanned!(span=> #input.#method(#other).tie(#stream))
        }
        Op::KeyBy(closure) | Op::GroupBy(closure) => {
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
                quote_spanned!(span=> #input.tied_argument(#place).argument(#closure);)
            });
            return quote_spanned! {span=>
                #(#closures)*
                let #value = #input.aggregate(::ouzel::dsl::twin_of(&#argument))#tied;
            };
        }
    };
    quote_spanned!(span=> let #value = #call;)
}
