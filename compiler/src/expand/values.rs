//! What a plan's operators and its stages take from the body.

use crate::ast::Job;
use crate::idents::{bindings, text};
use crate::ir::{Each, Gives, Graph, NodeIndex, Op};
use crate::{mixed, var};
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::Stmt;

/// The job's parameters.
pub fn params(job: &Job) -> TokenStream {
    let params = job.params.iter().map(|p| {
        let (name, flag) = (&p.name, text(&p.name));
        let ty = &p.ty;
        quote_spanned!(mixed()=> let #name: #ty = __types.parameter(__params, #flag)?;)
    });
    quote!(#(#params)*)
}

/// Ties, placeholders, and the arguments that are values: windows, lateness, aggregates.
pub fn values(graph: &Graph) -> TokenStream {
    let values = graph.nodes.iter().enumerate().map(|(i, node)| {
        let span = graph.span(i);
        let (tie, stream) = (var("tie", i), var("stream", i));
        let (key, value) = (var("key", i), var("value", i));
        let table = (graph.gives(i) == Gives::Table).then(|| {
            let (key, value) = (var("tkey", i), var("tvalue", i));
            quote_spanned!(span=> let #key = __types.tie(); let #value = __types.tie();)
        });
        let value = match &node.op {
            Op::Source(_) | Op::Merge | Op::Late | Op::Finals | Op::Join(_) => {
                quote_spanned!(span=> let #stream = __types.tie();)
            }
            Op::JoinTables(_) | Op::Arrange => TokenStream::new(),
            Op::Between(from, to) => {
                let upto = var("upto", i);
                quote_spanned! {span=>
                    let #value = __types.span(#from);
                    let #upto = __types.span(#to);
                }
            }
            Op::Each(each, _) if table.is_some() => {
                let ty = each_type(*each);
                quote_spanned!(span=> let #tie = __types.tie::<#ty>();)
            }
            Op::Each(each, _) => {
                let ty = each_type(*each);
                quote_spanned!(span=> let #tie = __types.tie::<#ty>(); let #stream = __types.tie();)
            }
            Op::KeyBy(_) | Op::GroupBy(_) | Op::JoinForeign(..) => {
                quote_spanned!(span=> let #tie = __types.tie(); let #key = __types.tie();)
            }
            Op::Window(windows) => quote_spanned!(span=> let #value = __types.value(#windows);),
            Op::Lateness(lateness) => {
                let micros = var("micros", i);
                quote_spanned! {span=>
                    let #value = __types.span(#lateness);
                    let #micros = #value.micros();
                }
            }
            Op::Aggregate(aggregate) => {
                let places = aggregate.arguments.iter().map(|a| {
                    let place = &a.place;
                    quote_spanned!(span=> let #place = __types.arg();)
                });
                let expr = &aggregate.expr;
                quote_spanned!(span=> #(#places)* let #value = __types.value(#expr);)
            }
        };
        quote!(#table #value)
    });
    quote!(#(#values)*)
}

/// The type of what the closure of an operator gives, where that is always the same.
fn each_type(each: Each) -> TokenStream {
    match each {
        Each::Filter | Each::Assert => quote!(bool),
        Each::Inspect => quote!(()),
        _ => quote!(_),
    }
}

/// The values of the body: parameters and plain `let`s.
pub fn bound(job: &Job, plain: &[&Stmt]) -> Vec<Ident> {
    let mut names: Vec<Ident> = job.params.iter().map(|p| p.name.clone()).collect();
    for statement in plain {
        if let Stmt::Local(local) = statement {
            bindings(&local.pat, &mut names);
        }
    }
    names
}

/// Those of the names that closures of the operators mention: what their stage has copies of.
pub fn taken<'a>(graph: &Graph, operators: &[NodeIndex], names: &'a [Ident]) -> Vec<&'a Ident> {
    let closures = operators.iter().flat_map(|operator| graph.nodes[*operator].op.closures());
    let code: TokenStream = closures.map(ToTokens::to_token_stream).collect();
    names.iter().filter(|name| mentions(&code, name)).collect()
}

/// Whether tokens hold a name, in a format string or otherwise.
fn mentions(tokens: &TokenStream, name: &Ident) -> bool {
    let wanted = text(name);
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => text(&ident) == wanted,
        TokenTree::Group(group) => mentions(&group.stream(), name),
        TokenTree::Literal(literal) => literal.to_string().contains(&wanted),
        TokenTree::Punct(_) => false,
    })
}
