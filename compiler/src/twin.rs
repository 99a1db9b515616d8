//! The typed twin: the job once more as plain method calls on the job language's types, never
//! called. It makes rustc infer and check every type on the user's own tokens; ties carry what it
//! inferred to the stages.

use crate::ast::Job;
use crate::ir::{Each, Gives, Graph, NodeIndex, Op};
use crate::{mixed, var};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote_spanned};

/// What the twin gives is what the job says that it gives.
pub fn outputs(job: &Job, graph: &Graph) -> TokenStream {
    let outputs = graph.outputs.iter().map(|output| var("twin", output.node));
    let ty = &job.output;
    let outputs = match graph.outputs.len() {
        1 => quote_spanned!(mixed()=> #(#outputs.get())*),
        _ => quote_spanned!(mixed()=> (#(#outputs.get(),)*)),
    };
    quote_spanned!(mixed()=> #[allow(unused, clippy::all)] let _ = || { let _: #ty = #outputs; };)
}

/// The closures of an aggregate, which its value is made with.
pub fn arguments(graph: &Graph, index: NodeIndex) -> TokenStream {
    let Some(aggregate) = graph.nodes[index].op.aggregate() else { return TokenStream::new() };
    let span = graph.span(index);
    let input = graph.nodes[index].inputs.first().map(|input| var("twin", *input));
    let closures = aggregate.arguments.iter().map(|a| {
        let (place, closure) = (&a.place, &a.closure);
        quote_spanned!(span=> #input.get().tied_argument(#place).argument(#closure);)
    });
    quote_spanned!(span=> #[allow(unused, clippy::all)] let _ = || { #(#closures)* };)
}

/// An operator of the twin.
pub fn step(job: &Job, graph: &Graph, index: NodeIndex) -> TokenStream {
    let node = &graph.nodes[index];
    let (span, method) = (graph.span(index), &node.ident);
    let (twin, tie, stream) = (var("twin", index), var("tie", index), var("stream", index));
    let inputs = node.inputs.iter().map(|input| {
        let input = var("twin", *input);
        quote_spanned!(span=> #input.get())
    });
    let inputs: Vec<_> = inputs.collect();
    let (input, value) = (inputs.first(), var("value", index));
    let row = ["tkey", "tvalue", "trow"].map(|tie| var(tie, index));
    let tied = match graph.gives(index) {
        Gives::Table => quote_spanned!(span=> .tie_table(#(#row),*)),
        _ => quote_spanned!(span=> .tie(#stream)),
    };
    let call = match &node.op {
        Op::Source(source) => {
            let record = &job.inputs[*source].record;
            quote_spanned!(span=> __types.input::<#record>().tie(#stream))
        }
        Op::Given(_) => TokenStream::new(),
        Op::Each(Each::Filter | Each::Inspect | Each::Assert, closure) => {
            quote_spanned!(span=> #input.#method(#closure)#tied)
        }
        Op::Each(_, closure) => {
            quote_spanned!(span=> #input.tied(#tie).#method(#closure)#tied)
        }
        Op::Join(_) | Op::AsOf | Op::JoinTables(_) => {
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
        Op::AtEnd => quote_spanned!(span=> #input.#method()),
        Op::Ordered(ordered) => {
            let method = Ident::new(ordered.name, span);
            let values = ordered
                .values
                .iter()
                .map(|_| quote_spanned!(span=> ::ouzel::dsl::twin_of(&#value)));
            let closure = ordered.closure.iter().map(|closure| {
                let mut closure = closure.clone();
                closure.capture = None;
                closure.into_token_stream()
            });
            let upto = var("upto", index);
            let aggregate = ordered
                .aggregate
                .iter()
                .map(|_| quote_spanned!(span=> ::ouzel::dsl::twin_of(&#upto)));
            let arguments = values.chain(closure).chain(aggregate);
            quote_spanned!(span=> #input.#method(#(#arguments),*)#tied)
        }
        Op::Arrange => quote_spanned!(span=> #input #tied),
        Op::Between(..) => {
            let upto = var("upto", index);
            quote_spanned!(span=> #input.#method(#value, #upto))
        }
        Op::Merge => {
            let other = inputs.get(1);
            quote_spanned!(span=> #input.#method(#other).tie(#stream))
        }
        // All that it gives has the record's type: only the check calls the method itself.
        Op::Split(conditions) => quote_spanned! {span=> {
            #(let _ = #input.condition(#conditions);)*
            #input.tie(#stream)
        }},
        Op::Lookup(closure) => {
            let (side, key) = (inputs.get(1), var("key", index));
            quote_spanned! {span=> {
                #input.tied(#tie).key_by(#closure).tie_key(#key);
                #input.#method(#side, #closure).tie(#stream)
            }}
        }
        Op::Errors => {
            let taken = graph.nodes[node.inputs[0]].inputs.iter().map(|input| var("twin", *input));
            quote_spanned!(span=> #(#taken.get().failed)*(#input.errors()).tie(#stream))
        }
        Op::Branch(_) => quote_spanned!(span=> #input.tie(#stream)),
        Op::KeyBy(closure) | Op::GroupBy(closure) => {
            let key = var("key", index);
            quote_spanned!(span=> #input.tied(#tie).#method(#closure).tie_key(#key))
        }
        Op::Window(_) | Op::Lateness(_) | Op::Early(_) => {
            quote_spanned!(span=> #input.#method(#value))
        }
        Op::Late | Op::Finals => quote_spanned!(span=> #input.#method().tie(#stream)),
        Op::Aggregate(_) => {
            quote_spanned!(span=> #input.aggregate(::ouzel::dsl::twin_of(&#value))#tied)
        }
    };
    quote_spanned!(span=> #[allow(unused, clippy::all)] let #twin = __types.twin(|| #call);)
}
