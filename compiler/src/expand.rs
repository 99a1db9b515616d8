//! A job's tokens: its type, its plan, its twin and its stages.

use crate::ast::Job;
use crate::ir::{Each, Graph, NodeIndex, Op};
use crate::stage::{self, Stage, needs, projection};
use crate::{fields, lower, twin, var, var_at};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use std::collections::BTreeSet;
use syn::{Attribute, Expr, Stmt};

/// The whole job.
pub fn job(job: &Job, graph: &Graph, plain: &[Stmt]) -> TokenStream {
    let shell = shell(job);
    let params = params(job);
    let values = values(graph);
    let twin = twin::twin(job, graph);
    let operators = (0..graph.nodes.len()).map(|i| operator(graph, i, plain));
    let sources = graph.nodes.iter().enumerate().filter_map(|(i, n)| match &n.op {
        Op::Source(_) => Some(source(graph, i)),
        _ => None,
    });
    let keyed = graph.nodes.iter().enumerate().filter_map(|(i, n)| match &n.op {
        Op::Aggregate(_) => Some(keyed(graph, i)),
        _ => None,
    });
    let outputs = (0..graph.outputs.len()).map(|i| output(graph, i));
    let shared = shared(job, plain);
    let heads =
        graph.nodes.iter().enumerate().filter(|(_, n)| matches!(n.op, Op::Source(_) | Op::Finals));
    let stages = heads.map(|(head, _)| stage_tokens(job, graph, head, &shared));
    let name = job.name.to_string();
    let plan = quote! {
        #params
        #(#plain)*
        #values
        #twin
        let mut __builder = ::ouzel::private::engine::Builder::new(#name, __params);
        #(#operators)*
        #(#sources)*
        #(#keyed)*
        #(#outputs)*
        #(#stages)*
        ::core::result::Result::Ok(__builder.finish())
    };
    let outputs: Vec<_> = graph.outputs.iter().map(|o| o.name.as_str()).collect();
    let body = shell_with(job, &outputs, plan);
    quote!(#shell #body)
}

/// The job when its body cannot be compiled: the type with a plan that is never made, and, where
/// rustc is to say what is wrong, the body as it stands against the job language's types.
pub fn fallback(job: &Job, twin_only: bool) -> TokenStream {
    let shell = shell(job);
    let twin = twin_only.then(|| {
        let inputs = job.inputs.iter().map(|i| {
            let (name, ty) = (&i.name, &i.stream);
            quote!(let #name = <#ty>::new();)
        });
        let params = params(job);
        let (statements, tail, ty) = (&job.statements, &job.tail, &job.output);
        let statements = statements.iter().map(hoisted);
        let tail = hoisted_expr(tail);
        quote! {
            #params
            #(#inputs)*
            #(#statements)*
            let _: #ty = #tail;
        }
    });
    let body = shell_with(
        job,
        &[],
        quote! {
            #twin
            ::core::unreachable!("the job does not compile")
        },
    );
    quote!(#shell #body)
}

/// A statement in which the closures of aggregates stand where rustc can infer their types.
fn hoisted(statement: &Stmt) -> TokenStream {
    match statement {
        Stmt::Local(local) => match &local.init {
            Some(init) => {
                let (pattern, value) = (&local.pat, hoisted_expr(&init.expr));
                quote!(let #pattern = #value;)
            }
            None => statement.to_token_stream(),
        },
        other => other.to_token_stream(),
    }
}

/// An expression in which `x.aggregate(..)` is taken to give some table: what is wrong stands
/// elsewhere, and the closures in it cannot be inferred as they stand.
fn hoisted_expr(expression: &Expr) -> TokenStream {
    match expression {
        Expr::MethodCall(call) if call.method == "aggregate" => {
            let receiver = hoisted_expr(&call.receiver);
            quote!(#receiver.aggregate_somehow())
        }
        Expr::MethodCall(call) => {
            let (receiver, method, turbofish, args) =
                (hoisted_expr(&call.receiver), &call.method, &call.turbofish, &call.args);
            quote_spanned!(method.span()=> #receiver.#method #turbofish (#args))
        }
        Expr::Tuple(tuple) => {
            let parts = tuple.elems.iter().map(hoisted_expr);
            quote!((#(#parts,)*))
        }
        other => other.to_token_stream(),
    }
}

/// The unit struct that the job's name becomes.
fn shell(job: &Job) -> TokenStream {
    let (visibility, name, attributes) = (&job.visibility, &job.name, &job.attributes);
    let attributes = attributes.iter().filter(|a| !a.path().is_ident("allow"));
    quote! {
        #(#attributes)*
        #[allow(non_camel_case_types)]
        #[derive(Clone, Copy, Debug)]
        #visibility struct #name;
    }
}

fn shell_with(job: &Job, outputs: &[&str], plan: TokenStream) -> TokenStream {
    let name = &job.name;
    let text = name.to_string();
    let doc = documentation(&job.attributes);
    let inputs = job.inputs.iter().map(|i| i.name.to_string());
    let infos = job.params.iter().map(|p| {
        let (name, ty) = (p.name.to_string(), p.ty.to_token_stream().to_string());
        quote!(::ouzel::dsl::ParamInfo { name: #name, ty: #ty })
    });
    quote! {
        impl ::ouzel::dsl::Job for #name {
            const NAME: &'static str = #text;
            const DOC: &'static str = #doc;
            const INPUTS: &'static [&'static str] = &[#(#inputs),*];
            const OUTPUTS: &'static [&'static str] = &[#(#outputs),*];
            const VERSION: &'static str = ::core::env!("CARGO_PKG_VERSION");

            fn params() -> &'static [::ouzel::dsl::ParamInfo] {
                &[#(#infos),*]
            }

            #[allow(unused_mut, unused_variables, unreachable_code, clippy::all)]
            fn plan(__params: &::ouzel::dsl::Params) -> ::ouzel::dsl::Result<::ouzel::dsl::Plan> {
                #plan
            }
        }
    }
}

fn documentation(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        syn::Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => {
                Some(text.value().trim().to_owned())
            }
            _ => None,
        },
        _ => None,
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn params(job: &Job) -> TokenStream {
    let params = job.params.iter().map(|p| {
        let (name, ty, text) = (&p.name, &p.ty, p.name.to_string());
        quote!(let #name: #ty = __params.get(#text)?;)
    });
    quote!(#(#params)*)
}

/// Ties, placeholders, and the arguments that are values: windows, lateness, aggregates.
fn values(graph: &Graph) -> TokenStream {
    let values = graph.nodes.iter().enumerate().map(|(i, node)| {
        // Where a type does not fit, rustc points at what the type was first a part of.
        let span = proc_macro2::Span::mixed_site().located_at(node.ident.span());
        let here = |name: &str| var_at(name, i, span);
        let (tie, stream, key, value) = (here("tie"), here("stream"), here("key"), here("value"));
        match &node.op {
            Op::Source(_) | Op::Merge | Op::Late | Op::Finals => {
                quote_spanned!(span=> let #stream = ::ouzel::dsl::Tie::new();)
            }
            Op::Each(each, _) => {
                let tied = !matches!(each, Each::Filter | Each::Inspect);
                let tie = tied.then(|| quote_spanned!(span=> let #tie = ::ouzel::dsl::Tie::new();));
                quote_spanned!(span=> #tie let #stream = ::ouzel::dsl::Tie::new();)
            }
            Op::KeyBy(_) => {
                quote_spanned!(span=> let #tie = ::ouzel::dsl::Tie::new(); let #key = ::ouzel::dsl::Tie::new();)
            }
            Op::Window(windows) => quote!(let #value = #windows;),
            Op::Lateness(lateness) => {
                let micros = var("micros", i);
                quote! {
                    let #value: ::ouzel::dsl::Span = #lateness;
                    let #micros = #value.micros();
                }
            }
            Op::Aggregate(aggregate) => {
                let places = aggregate.arguments.iter().map(|a| {
                    let place = &a.place;
                    quote_spanned!(span=> let #place = ::ouzel::dsl::Arg::new();)
                });
                let expr = &aggregate.expr;
                quote!(#(#places)* let #value = #expr;)
            }
        }
    });
    quote!(#(#values)*)
}

fn operator(graph: &Graph, index: NodeIndex, plain: &[Stmt]) -> TokenStream {
    let node = &graph.nodes[index];
    let (id, inputs) = (&node.id, &node.inputs);
    let kind = match &node.op {
        Op::Source(_) => "source".to_owned(),
        _ => node.ident.to_string(),
    };
    let line = node.ident.span().start().line as u32;
    let fingerprint = fingerprint(graph, index, plain);
    quote! {
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

/// FNV-1a over the operator's tokens, the ids of its inputs, and the plain statements, whose values
/// any operator may use.
fn fingerprint(graph: &Graph, index: NodeIndex, plain: &[Stmt]) -> u64 {
    let op = &graph.nodes[index].op;
    let text = match op {
        Op::Source(index) => format!("source {index}"),
        Op::Each(each, closure) => format!("{each:?} {}", closure.to_token_stream()),
        Op::Merge => "merge".to_owned(),
        Op::KeyBy(closure) => format!("key_by {}", closure.to_token_stream()),
        Op::Window(windows) => format!("window {}", windows.to_token_stream()),
        Op::Lateness(lateness) => format!("lateness {}", lateness.to_token_stream()),
        Op::Late => "late".to_owned(),
        Op::Finals => "finals".to_owned(),
        Op::Aggregate(aggregate) => {
            let closures =
                aggregate.arguments.iter().map(|a| a.closure.to_token_stream().to_string());
            // A placeholder's number is the operator's place, which says nothing of its code.
            let expr = aggregate.expr.to_token_stream().to_string();
            let expr = expr.replace(&format!("__argument{index}_"), "__argument_");
            format!("aggregate {expr} {}", closures.collect::<Vec<_>>().join(" "))
        }
    };
    let inputs = graph.nodes[index].inputs.iter().map(|i| graph.nodes[*i].id.as_str());
    let plain = plain.iter().map(|s| s.to_token_stream().to_string()).collect::<String>();
    let text = format!("{text} of {} with {plain}", inputs.collect::<Vec<_>>().join(", "));
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3)
    })
}

fn source(graph: &Graph, index: NodeIndex) -> TokenStream {
    let node = &graph.nodes[index];
    let (stream, name) = (var("stream", index), node.ident.to_string());
    let read = projection(graph, index);
    let prune = fields::prune(graph, index);
    let stage::Needs { time, seen } = needs(graph, index);
    quote! {
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

fn keyed(graph: &Graph, index: NodeIndex) -> TokenStream {
    let windowing = graph.windowing(index);
    let span = graph.nodes[index].ident.span();
    let (handle, key, value) = (
        var_at("keyed", index, span),
        var_at("key", windowing.key_by, span),
        var_at("value", index, span),
    );
    let windows = match windowing.window {
        Some(window) => var_at("value", window, span).to_token_stream(),
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

fn output(graph: &Graph, index: usize) -> TokenStream {
    let output = &graph.outputs[index];
    let (name, node) = (&output.name, output.node);
    if let Op::Aggregate(_) = graph.nodes[node].op {
        let handle = var("keyed", node);
        let (key_names, value_names) = column_names(graph, node);
        let key_by = graph.windowing(node).key_by;
        let named_key = named(graph, key_by, var("key", key_by), output.span);
        let named_value = graph.nodes[node]
            .names
            .unknown()
            .then(|| quote_spanned!(output.span=> ::ouzel::private::engine::named_value(#handle);));
        return quote! {
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
    let check = named(graph, node, stream.clone(), output.span);
    quote! {
        #check
        let #handle = __builder.output(#node, #name, #stream, &[#(#names),*])?;
    }
}

/// Where the code gives a column no name, its type must.
fn named(
    graph: &Graph,
    node: NodeIndex,
    tie: Ident,
    span: proc_macro2::Span,
) -> Option<TokenStream> {
    let unknown = graph.nodes[node].names.unknown() && !matches!(graph.nodes[node].op, Op::Finals);
    let span = proc_macro2::Span::mixed_site().located_at(span);
    let tie = Ident::new(&tie.to_string(), span);
    unknown.then(|| quote_spanned!(span=> ::ouzel::dsl::data::named(#tie);))
}

/// The variables that stages share with the body: parameters and plain `let`s.
fn shared(job: &Job, plain: &[Stmt]) -> Vec<Ident> {
    let mut names: Vec<Ident> = job.params.iter().map(|p| p.name.clone()).collect();
    for statement in plain {
        if let Stmt::Local(local) = statement {
            lower::bindings(&local.pat, &mut names);
        }
    }
    names
}

fn stage_tokens(job: &Job, graph: &Graph, head: NodeIndex, shared: &[Ident]) -> TokenStream {
    let Stage { operators, run } = stage::stage(job, graph, head);
    let code = run.to_string();
    let used = shared.iter().filter(|name| mentions(run.clone(), name));
    let clones = used.map(|name| quote!(let #name = ::core::clone::Clone::clone(&#name);));
    let input = match &graph.nodes[head].op {
        Op::Source(index) => quote!(Source(#index)),
        _ => {
            let handle = var("keyed", graph.nodes[head].inputs[0]);
            quote!(Finals(#handle.index))
        }
    };
    quote! {
        {
            #(#clones)*
            __builder.stage(
                ::ouzel::dsl::plan::StageInput::#input,
                &[#(#operators),*],
                #code,
                move #run,
            );
        }
    }
}

/// Whether tokens hold a name, in a format string or otherwise.
fn mentions(tokens: TokenStream, name: &Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        proc_macro2::TokenTree::Ident(ident) => ident == *name,
        proc_macro2::TokenTree::Group(group) => mentions(group.stream(), name),
        proc_macro2::TokenTree::Literal(text) => text.to_string().contains(&name.to_string()),
        proc_macro2::TokenTree::Punct(_) => false,
    })
}
