//! What a plan's operators and its stages take from the body.

use crate::ast::Job;
use crate::idents::{bindings, mentions, text};
use crate::ir::{Aggregate, Each, Gives, Graph, NodeIndex, Op, Plain};
use crate::{mixed, var};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{ExprClosure, Stmt};

/// The job's parameters.
pub fn params(job: &Job) -> TokenStream {
    let params = job.params.iter().map(|p| {
        let (name, flag) = (&p.name, text(&p.name));
        let ty = &p.ty;
        quote_spanned!(mixed()=> let #name: #ty = __types.parameter(__params, #flag)?;)
    });
    quote!(#(#params)*)
}

/// An operator's ties and placeholders.
pub fn ties(graph: &Graph, index: NodeIndex) -> TokenStream {
    let span = graph.span(index);
    let (tie, stream, key) = (var("tie", index), var("stream", index), var("key", index));
    let table = (graph.gives(index) == Gives::Table).then(|| {
        let row = ["tkey", "tvalue", "trow"].map(|tie| var(tie, index));
        quote_spanned!(span=> #(let #row = __types.tie();)*)
    });
    let own = match &graph.nodes[index].op {
        Op::Source(_) | Op::Merge | Op::Late | Op::Finals | Op::Join(_) | Op::AsOf => {
            quote_spanned!(span=> let #stream = __types.tie();)
        }
        Op::Each(each, _) => {
            let ty = match each {
                Each::Filter | Each::Assert => quote!(bool),
                Each::Inspect => quote!(()),
                _ => quote!(_),
            };
            let stream =
                table.is_none().then(|| quote_spanned!(span=> let #stream = __types.tie();));
            quote_spanned!(span=> let #tie = __types.tie::<#ty>(); #stream)
        }
        Op::Split(_) => {
            quote_spanned!(span=> let #tie = __types.tie::<bool>(); let #stream = __types.tie();)
        }
        Op::Lookup(_) => quote_spanned! {span=>
            let #tie = __types.tie();
            let #key = __types.tie();
            let #stream = __types.tie();
        },
        Op::Branch(_) | Op::Errors => quote_spanned!(span=> let #stream = __types.tie();),
        Op::KeyBy(_) | Op::GroupBy(_) | Op::JoinForeign(..) => {
            quote_spanned!(span=> let #tie = __types.tie(); let #key = __types.tie();)
        }
        Op::Aggregate(aggregate) => {
            let places = aggregate.arguments.iter().map(|a| &a.place);
            quote_spanned!(span=> #(let #places = __types.arg();)*)
        }
        Op::Ordered(ordered) => {
            let places = ordered.aggregate.iter().flat_map(|a| &a.arguments).map(|a| &a.place);
            quote_spanned!(span=> #(let #places = __types.arg();)* let #stream = __types.tie();)
        }
        _ => TokenStream::new(),
    };
    quote!(#own #table)
}

/// The arguments that are values: windows, lateness, aggregates.
pub fn value(graph: &Graph, index: NodeIndex, bound: &[Ident]) -> TokenStream {
    let (span, value) = (graph.span(index), var("value", index));
    match &graph.nodes[index].op {
        Op::Source(input) => {
            let says = &graph.inputs[*input];
            let (idle_after, valid) = (says.idle_after.iter(), var("valid", index));
            let valid_time = says.valid_time.iter();
            quote_spanned! {span=>
                #(let #value = __types.span(#idle_after);)*
                #(let #valid = __types.valid_time(#valid_time);)*
            }
        }
        Op::Early(every) => quote_spanned!(span=> let #value = __types.span(#every);),
        Op::Window(windows) => quote_spanned!(span=> let #value = __types.value(#windows);),
        Op::Between(range) => {
            let [from, to] = &**range;
            let upto = var("upto", index);
            quote_spanned! {span=>
                let #value = __types.span(#from);
                let #upto = __types.span(#to);
            }
        }
        Op::Lateness(lateness) => {
            let micros = var("micros", index);
            quote_spanned! {span=>
                let #value = __types.span(#lateness);
                let #micros = #value.micros();
            }
        }
        Op::Aggregate(aggregate) => aggregate_value(span, &value, aggregate, bound),
        Op::Ordered(ordered) => {
            let upto = var("upto", index);
            let first =
                ordered.values.iter().map(|first| quote_spanned!(span=> let #value = #first;));
            let aggregate =
                ordered.aggregate.iter().map(|a| aggregate_value(span, &upto, a, bound));
            quote_spanned!(span=> #(#first)* #(#aggregate)*)
        }
        _ => TokenStream::new(),
    }
}

/// What sees results is kept with an aggregate, and so has values of its own.
fn aggregate_value(
    span: Span,
    value: &Ident,
    aggregate: &Aggregate,
    bound: &[Ident],
) -> TokenStream {
    let (expr, kept) = (&aggregate.expr, mentioned(&aggregate.results, bound));
    quote_spanned! {span=>
        let #value = {
            #(let #kept = __types.share(&#kept);)*
            __types.value(#expr)
        };
    }
}

/// The closure of an operator that sees records when they have their turn, with values of its own.
pub fn kept_closure(span: Span, closure: &ExprClosure, bound: &[Ident]) -> TokenStream {
    let kept = mentioned([closure], bound);
    quote_spanned!(span=> { #(let #kept = __types.share(&#kept);)* #closure })
}

/// The values of the body: parameters and plain `let`s.
pub fn bound(job: &Job, plain: &[&Plain]) -> Vec<Ident> {
    let mut names: Vec<Ident> = job.params.iter().map(|p| p.name.clone()).collect();
    for statement in plain {
        if let Stmt::Local(local) = &statement.statement {
            bindings(&local.pat, &mut names);
        }
    }
    names
}

/// Those of the names that closures of the operators mention: what their stage has copies of.
pub fn taken<'a>(graph: &Graph, operators: &[NodeIndex], names: &'a [Ident]) -> Vec<&'a Ident> {
    mentioned(operators.iter().flat_map(|operator| graph.nodes[*operator].op.closures()), names)
}

/// Those of the names of the job's own body that any closure in it mentions.
pub fn shared<'a>(graph: &Graph, names: &'a [Ident]) -> Vec<&'a Ident> {
    let ops = graph.nodes.iter().filter(|node| node.scope == 0).map(|node| &node.op);
    mentioned(ops.flat_map(|op| op.closures().into_iter().chain(op.results())), names)
}

fn mentioned<'a, 'b>(
    closures: impl IntoIterator<Item = &'b ExprClosure>,
    names: &'a [Ident],
) -> Vec<&'a Ident> {
    let code: TokenStream = closures.into_iter().map(ToTokens::to_token_stream).collect();
    names.iter().filter(|name| mentions(&code, name)).collect()
}
