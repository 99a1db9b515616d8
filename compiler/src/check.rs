//! The job as it is written, for rustc to check against the job language's types.
//!
//! It stands in a constant that the plan's types depend on, so that rustc says what is wrong here
//! and nothing of the plan.

mod errors;

use crate::aggregate::{self, Combinator};
use crate::ast::{Input, Job};
use crate::idents;
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use std::collections::BTreeSet;
use syn::spanned::Spanned;
use syn::{Expr, ExprMethodCall, Path, Stmt, Type};

/// The constant. `shared` are the values that stages take from the body, and `flows` what it calls,
/// each with a constant of its own.
pub fn check(job: &Job, shared: &[&Ident], flows: &[Path]) -> TokenStream {
    let inputs = job.inputs.iter().map(input);
    let params = job.params.iter().map(|param| {
        let (name, ty) = (&param.name, &param.ty);
        let parameter = quote_spanned!(ty.span()=> ::ouzel::dsl::check::parameter::<#ty>);
        let can_be_shared = can_be_shared(name, shared);
        quote!(let #name = #parameter(); #can_be_shared)
    });
    let streams = job.inputs.iter().map(|input| input.name.clone()).collect();
    let (statements, tail) = body(&job.statements, &job.tail, streams, shared);
    let output = &job.output;
    quote! {
        #[allow(unused, clippy::all)]
        const __ACCEPTED: bool = {
            let _ = || -> #output {
                #(#inputs)*
                #(#params)*
                #statements
                let __outputs: #output = #tail;
                __outputs
            };
            true #(& #flows::__ACCEPTED)*
        };
    }
}

/// Statements and what they come to.
pub fn body(
    statements: &[Stmt],
    tail: &Expr,
    mut streams: BTreeSet<Ident>,
    shared: &[&Ident],
) -> (TokenStream, Expr) {
    let handled = errors::handled(statements, tail);
    let statements = statements.iter().filter(|s| !matches!(s, Stmt::Item(_)));
    let statements = statements.map(|s| statement(s, &mut streams, shared, &handled)).collect();
    let mut tail = tail.clone();
    dataflow(&mut tail, shared);
    (statements, tail)
}

/// An input, with the type's path so that it counts as used where it is imported.
fn input(input: &Input) -> TokenStream {
    let (name, record) = (&input.name, &input.record);
    let mut ty = input.stream.clone();
    if let Type::Path(path) = &mut ty
        && let Some(last) = path.path.segments.last_mut()
    {
        last.arguments = syn::PathArguments::AngleBracketed(syn::parse_quote!(<_>));
    }
    let input = quote_spanned!(record.span()=> ::ouzel::dsl::check::input::<#record>);
    let nothing = parenthesized(TokenStream::new(), last_of(record));
    quote!(let #name: #ty = #input #nothing;)
}

/// A statement; where it is dataflow, with all closures where rustc can infer their types.
fn statement(
    statement: &Stmt,
    streams: &mut BTreeSet<Ident>,
    shared: &[&Ident],
    handled: &BTreeSet<Ident>,
) -> TokenStream {
    let mut statement = statement.clone();
    let Stmt::Local(local) = &mut statement else { return statement.into_token_stream() };
    let Some(init) = &mut local.init else { return statement.into_token_stream() };
    let mut names = Vec::new();
    idents::bindings(&local.pat, &mut names);
    if begins_with(&init.expr, streams) {
        let taken = match idents::name_of(errors::untyped(&local.pat)) {
            Some(name) if handled.contains(name) => errors::taken(name, &mut init.expr, shared),
            _ => TokenStream::new(),
        };
        dataflow(&mut init.expr, shared);
        streams.extend(names);
        return quote!(#taken #statement);
    }
    let can_be_shared = names.iter().map(|name| can_be_shared(name, shared));
    quote!(#statement #(#can_be_shared)*)
}

/// Where rustc says that stages cannot share a value.
fn can_be_shared(name: &Ident, shared: &[&Ident]) -> Option<TokenStream> {
    let check = || quote_spanned!(name.span()=> ::ouzel::dsl::check::shared(&#name););
    shared.contains(&name).then(check)
}

/// Whether an expression is a stream, or calls of methods on one.
fn begins_with(expression: &Expr, streams: &BTreeSet<Ident>) -> bool {
    match expression {
        Expr::Paren(paren) => begins_with(&paren.expr, streams),
        Expr::Group(group) => begins_with(&group.expr, streams),
        Expr::MethodCall(call) => begins_with(&call.receiver, streams),
        // A flow.
        Expr::Call(call) => call.args.iter().any(|argument| begins_with(argument, streams)),
        Expr::Path(path) => path.path.get_ident().is_some_and(|name| streams.contains(name)),
        _ => false,
    }
}

fn dataflow(whole: &mut Expr, shared: &[&Ident]) {
    match whole {
        Expr::Paren(paren) => dataflow(&mut paren.expr, shared),
        Expr::Group(group) => dataflow(&mut group.expr, shared),
        Expr::Tuple(tuple) => tuple.elems.iter_mut().for_each(|e| dataflow(e, shared)),
        Expr::MethodCall(call) if call.method == "errors" && call.args.is_empty() => {
            *whole = errors::errors(call.clone(), shared);
        }
        Expr::Call(call) => call.args.iter_mut().for_each(|e| dataflow(e, shared)),
        Expr::MethodCall(call) => {
            dataflow(&mut call.receiver, shared);
            for argument in &mut call.args {
                match argument {
                    // Several closures may take the same value, since stages share it.
                    Expr::Closure(closure) => closure.capture = None,
                    other => dataflow(other, shared),
                }
            }
            if call.method == "split" && call.args.len() == 1 {
                *whole = split(call.clone());
                return;
            }
            let aggregates = [("aggregate", 1), ("sliding", 2)];
            if aggregates.iter().any(|(name, args)| call.method == name && call.args.len() == *args)
            {
                *whole = aggregated(call, shared);
            }
        }
        _ => {}
    }
}

/// `x.split((|r| .., |r| ..))`, in which a tuple would not say what `r` is: each condition is
/// handed to the stream first.
fn split(mut call: ExprMethodCall) -> Expr {
    let span = call.method.span();
    // With the user's own hygiene, or rustc points at `#[job]`.
    let stream = Ident::new("__split", span);
    let Some(Expr::Tuple(tuple)) = call.args.first_mut() else { return Expr::MethodCall(call) };
    for element in &mut tuple.elems {
        let mut condition = element.clone();
        if let Expr::Closure(closure) = &mut condition {
            closure.capture = None;
        }
        let first = condition.span();
        *element = syn::parse_quote_spanned!(first=> #stream.condition(#condition));
    }
    let receiver = std::mem::replace(&mut *call.receiver, syn::parse_quote!(#stream));
    syn::parse_quote_spanned!(span=> { let #stream = #receiver; #call })
}

/// `x.aggregate(mean(|r| ..))`, in which `mean` alone would not say what `r` is.
fn aggregated(call: &ExprMethodCall, shared: &[&Ident]) -> Expr {
    let (receiver, method) = (&call.receiver, &call.method);
    // With the user's own hygiene, or rustc points at `#[job]`.
    let keyed = |span: Span| Ident::new("__keyed", method.span().located_at(span));
    let Some((last, others)) = split_last(call) else { return Expr::MethodCall(call.clone()) };
    let argument = aggregate::with(last, |of, closure| {
        // Where it is the only one, and the type depends on it, rustc says of both once what is wrong.
        let closures = of.args.iter().filter(|argument| matches!(argument, Expr::Closure(_)));
        let filtered = matches!(Combinator::of(of), Ok(Some(Combinator::Filtered(..))));
        let alone = closures.count() == 1 && !filtered;
        let (first, last) = match alone {
            true => (of.span(), of.paren_token.span.close()),
            false => (closure.span(), last_of(&closure.body)),
        };
        let keyed = keyed(first);
        let closure = parenthesized(closure, last);
        syn::parse_quote_spanned!(first=> #keyed.argument #closure)
    });
    let Ok((argument, results)) = argument else { return Expr::MethodCall(call.clone()) };
    let keyed = keyed(method.span());
    // What sees results is kept, and so has values of its own.
    let results: TokenStream = results.iter().map(ToTokens::to_token_stream).collect();
    let kept = shared.iter().filter(|name| idents::mentions(&results, name));
    syn::parse_quote_spanned! {method.span()=> {
        let #keyed = #receiver;
        #(let #kept = ::ouzel::dsl::twin_of(&#kept);)*
        #keyed.#method(#(#others,)* #argument)
    }}
}

/// The last argument of a call, and those before it.
fn split_last(call: &ExprMethodCall) -> Option<(&Expr, Vec<&Expr>)> {
    let mut arguments: Vec<_> = call.args.iter().collect();
    Some((arguments.pop()?, arguments))
}

fn last_of(tokens: impl ToTokens) -> Span {
    tokens.into_token_stream().into_iter().last().map_or_else(Span::call_site, |t| t.span())
}

/// Parentheses that are at a place, so that what they end is taken to end there.
fn parenthesized(tokens: impl ToTokens, span: Span) -> Group {
    let mut group = Group::new(Delimiter::Parenthesis, tokens.into_token_stream());
    group.set_span(span);
    group
}
