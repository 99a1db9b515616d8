//! What a job is outside of its plan: a type, its name, documentation and parameters.

use crate::ast::Job;
use crate::idents::text;
use crate::mixed;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::{Attribute, Expr};

/// What the job's name becomes: a type that is the job, and a function that gives it. A unit struct
/// would be both, but no variable could have its name.
pub fn shell(job: &Job, outputs: &[&str], plan: TokenStream) -> TokenStream {
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
