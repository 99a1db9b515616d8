//! A job's tokens: its type, its plan, its twin and its stages.

use crate::ast::Job;
use crate::ir::{Each, Graph, Node, NodeIndex, Op};
use crate::lower::text;
use crate::stage::{self, Stage, needs, projection};
use crate::{check, columns, fields, lower, mixed, twin, var};
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use std::collections::BTreeSet;
use syn::{Attribute, Expr, Stmt};

/// The whole job.
pub fn job(job: &Job, graph: &Graph, plain: &[Stmt]) -> TokenStream {
    let (items, plain): (Vec<_>, Vec<_>) = plain.iter().partition(|s| matches!(s, Stmt::Item(_)));
    let shared = shared(job, &plain);
    let heads =
        graph.nodes.iter().enumerate().filter(|(_, n)| matches!(n.op, Op::Source(_) | Op::Finals));
    let stages: Vec<Stage> = heads.map(|(head, _)| stage::stage(graph, head)).collect();
    let taken = shared.iter().filter(|name| stages.iter().any(|s| mentions(&s.run, name)));
    let check = check::check(job, &taken.collect::<Vec<_>>());
    let columns = columns::columns(job, graph);
    let params = params(job);
    let values = values(graph);
    let twin = twin::twin(job, graph);
    let operators = (0..graph.nodes.len()).map(|i| operator(graph, i, &items, &plain));
    let sources = graph.nodes.iter().enumerate().filter_map(|(i, n)| match &n.op {
        Op::Source(_) => Some(source(graph, i)),
        _ => None,
    });
    let keyed = graph.nodes.iter().enumerate().filter_map(|(i, n)| match &n.op {
        Op::Aggregate(_) => Some(keyed(graph, i)),
        _ => None,
    });
    let outputs = (0..graph.outputs.len()).map(|i| output(graph, i));
    let stages = stages.iter().map(|stage| stage_tokens(graph, stage, &shared));
    let name = text(&job.name);
    let plan = quote_spanned! {mixed()=>
        #(#items)*
        #check
        #columns
        let __types: ::ouzel::dsl::check::Checked<::ouzel::dsl::check::Types, __ACCEPTED> =
            ::ouzel::dsl::check::Types;
        let mut __builder: ::ouzel::dsl::check::Checked<
            ::ouzel::private::engine::Builder,
            __ACCEPTED,
        > = ::ouzel::private::engine::Builder::new(#name, __params);
        #params
        #(#plain)*
        #values
        #twin
        #(#operators)*
        #(#sources)*
        #(#keyed)*
        #(#outputs)*
        #(#stages)*
        ::core::result::Result::Ok(__builder.finish())
    };
    let outputs: Vec<_> = graph.outputs.iter().map(|o| o.name.as_str()).collect();
    shell(job, &outputs, plan)
}

/// The job when its body cannot be compiled: the type with a plan that is never made, and, where
/// rustc is to say what is wrong, the body as it stands.
pub fn fallback(job: &Job, checked: bool) -> TokenStream {
    let check = checked.then(|| {
        let items = job.statements.iter().filter(|s| matches!(s, Stmt::Item(_)));
        let check = check::check(job, &[]);
        quote!(#(#items)* #check)
    });
    shell(job, &[], quote!(#check ::core::unreachable!("the job does not compile")))
}

/// What the job's name becomes: a type that is the job, and a function that gives it. A unit struct
/// would be both, but no variable could have its name.
fn shell(job: &Job, outputs: &[&str], plan: TokenStream) -> TokenStream {
    let (visibility, name, attributes) = (&job.visibility, &job.name, &job.attributes);
    let called = text(name);
    let doc = documentation(attributes);
    let docs = attributes.iter().filter(|a| a.path().is_ident("doc"));
    let inputs = job.inputs.iter().map(|i| text(&i.name));
    let infos = job.params.iter().map(|p| {
        let (name, ty) = (text(&p.name), p.ty.to_token_stream().to_string());
        quote!(::ouzel::dsl::ParamInfo { name: #name, ty: #ty })
    });
    quote_spanned! {mixed()=>
        #(#docs)*
        #[allow(non_camel_case_types)]
        #[derive(Clone, Copy, Debug)]
        #visibility struct #name {}

        #(#attributes)*
        #[allow(dead_code)]
        #visibility fn #name() -> #name {
            #name {}
        }

        impl ::ouzel::dsl::Job for #name {
            const NAME: &'static str = #called;
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
        let (name, flag) = (&p.name, text(&p.name));
        let ty = &p.ty;
        quote_spanned!(mixed()=> let #name: #ty = __types.parameter(__params, #flag)?;)
    });
    quote!(#(#params)*)
}

/// Ties, placeholders, and the arguments that are values: windows, lateness, aggregates.
fn values(graph: &Graph) -> TokenStream {
    let values = graph.nodes.iter().enumerate().map(|(i, node)| {
        let span = graph.span(i);
        let (tie, stream) = (var("tie", i), var("stream", i));
        let (key, value) = (var("key", i), var("value", i));
        match &node.op {
            Op::Source(_) | Op::Merge | Op::Late | Op::Finals => {
                quote_spanned!(span=> let #stream = __types.tie();)
            }
            Op::Each(each, _) => {
                let ty = match each {
                    Each::Filter => quote!(bool),
                    Each::Inspect => quote!(()),
                    _ => quote!(_),
                };
                quote_spanned!(span=> let #tie = __types.tie::<#ty>(); let #stream = __types.tie();)
            }
            Op::KeyBy(_) => {
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
        }
    });
    quote!(#(#values)*)
}

fn operator(graph: &Graph, index: NodeIndex, items: &[&Stmt], plain: &[&Stmt]) -> TokenStream {
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

/// FNV-1a over the operator's tokens, the ids of its inputs, and the plain statements, whose values
/// any operator may use.
fn fingerprint(graph: &Graph, index: NodeIndex, items: &[&Stmt], plain: &[&Stmt]) -> u64 {
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
    let plain =
        items.iter().chain(plain).map(|s| s.to_token_stream().to_string()).collect::<String>();
    let text = format!("{text} of {} with {plain}", inputs.collect::<Vec<_>>().join(", "));
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3)
    })
}

fn source(graph: &Graph, index: NodeIndex) -> TokenStream {
    let node = &graph.nodes[index];
    let (stream, name) = (var("stream", index), text(&node.ident));
    let read = projection(graph, index);
    let prune = fields::prune(graph, index);
    let stage::Needs { time, seen } = needs(graph, index);
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

fn keyed(graph: &Graph, index: NodeIndex) -> TokenStream {
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

fn output(graph: &Graph, index: usize) -> TokenStream {
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

/// The variables that stages share with the body: parameters and plain `let`s.
fn shared(job: &Job, plain: &[&Stmt]) -> Vec<Ident> {
    let mut names: Vec<Ident> = job.params.iter().map(|p| p.name.clone()).collect();
    for statement in plain {
        if let Stmt::Local(local) = statement {
            lower::bindings(&local.pat, &mut names);
        }
    }
    names
}

fn stage_tokens(graph: &Graph, stage: &Stage, shared: &[Ident]) -> TokenStream {
    let Stage { head, operators, run } = stage;
    let code = run.to_string();
    let taken = shared.iter().filter(|name| mentions(run, name));
    let clones = taken.map(|name| quote_spanned!(mixed()=> let #name = __types.share(&#name);));
    let input = match &graph.nodes[*head].op {
        Op::Source(index) => quote!(Source(#index)),
        _ => {
            let handle = var("keyed", graph.nodes[*head].inputs[0]);
            quote_spanned!(mixed()=> Finals(#handle.index))
        }
    };
    quote_spanned! {mixed()=>
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
fn mentions(tokens: &TokenStream, name: &Ident) -> bool {
    let wanted = text(name);
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => text(&ident) == wanted,
        TokenTree::Group(group) => mentions(&group.stream(), name),
        TokenTree::Literal(literal) => literal.to_string().contains(&wanted),
        TokenTree::Punct(_) => false,
    })
}
