//! A job's tokens: its type, its plan, its twin and its stages.

mod fingerprint;
mod nodes;
mod shell;
mod values;

use crate::ast::Job;
use crate::idents::text;
use crate::ir::{Graph, Op, Plain};
use crate::stage::{self, Stage};
use crate::{check, columns, mixed, twin, var};
pub use fingerprint::hash;
use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
pub use shell::shell;
use syn::{Path, Stmt};

/// The whole job.
pub fn job(job: &Job, graph: &Graph, plain: &[Plain]) -> TokenStream {
    let plan = plan(job, graph, plain, &[]);
    let outputs: Vec<_> = graph.outputs.iter().map(|o| o.name.as_str()).collect();
    shell(job, &outputs, plan)
}

/// How a job's plan is made, with parameters that are in the scope of the tokens.
pub fn plan(job: &Job, graph: &Graph, plain: &[Plain], flows: &[Path]) -> TokenStream {
    let (items, plain): (Vec<_>, Vec<_>) =
        plain.iter().partition(|p| matches!(p.statement, Stmt::Item(_)));
    let items: Vec<_> = items.into_iter().map(|item| &item.statement).collect();
    let bound = values::bound(job, &plain);
    let own: Vec<_> = plain.iter().copied().filter(|p| p.scope == 0).collect();
    let own = values::bound(job, &own);
    let check = check::check(job, &values::shared(graph, &own), flows);
    let heads = (0..graph.nodes.len()).filter(|node| graph.is_head(*node));
    let stages = heads.map(|head| stage_tokens(graph, stage::stage(graph, head), &bound));
    let columns = columns::columns(job, graph);
    let params = values::params(job);
    // In this order rustc knows the types of what an argument is given when it comes to it.
    let typed = (0..graph.nodes.len()).map(|i| {
        let (ties, arguments) = (values::ties(graph, i), twin::arguments(graph, i));
        let (value, step) = (values::value(graph, i, &bound), twin::step(job, graph, i));
        quote!(#ties #arguments #value #step)
    });
    let typed_outputs = twin::outputs(job, graph);
    let operators = (0..graph.nodes.len()).map(|i| nodes::operator(graph, i, &items, &plain));
    let checks = graph.nodes.iter().enumerate().map(|(i, _)| nodes::check(graph, i));
    let sources = graph.nodes.iter().enumerate().filter_map(|(i, n)| match &n.op {
        Op::Source(_) => Some(nodes::source(graph, i)),
        _ => None,
    });
    let keyed = (0..graph.nodes.len()).map(|i| nodes::keyed(graph, i, &bound));
    let outputs = (0..graph.outputs.len()).map(|i| nodes::output(graph, i));
    let name = text(&job.name);
    let plain = plain.iter().map(|p| &p.statement);
    quote_spanned! {mixed()=>
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
        #(#typed)*
        #typed_outputs
        #(#operators)*
        #(#checks)*
        #(#keyed)*
        #(#sources)*
        #(#outputs)*
        #(#stages)*
        ::core::result::Result::Ok(__builder.finish())
    }
}

fn stage_tokens(graph: &Graph, stage: Stage, bound: &[Ident]) -> TokenStream {
    let Stage { head, operators, run } = stage;
    // Nobody writes what a flow's macro makes of `crate`.
    let code = run.to_string().replace("$crate", "crate");
    let taken = values::taken(graph, &operators, bound).into_iter();
    let clones = taken.map(|name| quote_spanned!(mixed()=> let #name = __types.share(&#name);));
    let input = match &graph.nodes[head].op {
        Op::Source(index) => quote!(Source(#index)),
        Op::Finals => {
            let handle = var("keyed", graph.nodes[head].inputs[0]);
            quote_spanned!(mixed()=> Rows(#handle.index))
        }
        op if op.is_keyed_stream() => {
            let handle = var("keyed", head);
            quote_spanned!(mixed()=> Rows(#handle.index))
        }
        _ => {
            let handle = var("keyed", head);
            quote_spanned!(mixed()=> Changes(#handle.index))
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

/// The job when its body cannot be compiled: the type with a plan that is never made, and, where
/// rustc is to say what is wrong, the body as it stands.
pub fn fallback(job: &Job, checked: bool) -> TokenStream {
    shell(job, &[], no_plan(job, checked))
}

/// The plan of a job whose body cannot be compiled.
pub fn no_plan(job: &Job, checked: bool) -> TokenStream {
    let check = checked.then(|| {
        let items = job.statements.iter().filter(|s| matches!(s, Stmt::Item(_)));
        let check = check::check(job, &[], &[]);
        quote!(#(#items)* #check)
    });
    quote!(#check ::core::unreachable!("the job does not compile"))
}
