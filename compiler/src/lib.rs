//! The compiler of Ouzel jobs: tokens to syntax, graph, checks and stages, and back to tokens.
//!
//! It is an ordinary library, so that it can be tested as one; `ouzel-macros` is its shell.

mod aggregate;
mod ast;
mod check;
mod columns;
mod determinism;
mod expand;
mod fields;
mod flow;
mod idents;
mod ir;
mod laws;
mod lower;
mod names;
mod record;
mod stage;
mod twin;

pub use flow::{compile as flows, flow};
pub use laws::expand as laws;
pub use record::expand as record;

use lower::Lowered;
use proc_macro2::{Ident, Span, TokenStream};

/// Expands `#[job]`.
pub fn job(options: TokenStream, input: TokenStream) -> TokenStream {
    let parsed = || -> syn::Result<ast::Job> {
        if !options.is_empty() {
            return Err(syn::Error::new_spanned(&options, "`#[job]` takes no options"));
        }
        ast::parse(syn::parse2(input.clone())?)
    };
    let job = match parsed() {
        Ok(job) => job,
        Err(error) => return error.into_compile_error(),
    };
    let determined = determinism::check(&job);
    if determined.is_ok()
        && let Some(tokens) = flow::job(&job, &input)
    {
        return tokens;
    }
    let lowered = determined.and_then(|()| lower::lower(&job, &[]));
    match lowered {
        Ok(Lowered::Graph(graph, plain)) => expand::job(&job, &graph, &plain),
        Ok(Lowered::Unknown) => expand::fallback(&job, true),
        Err(error) => {
            let stub = expand::fallback(&job, false);
            let errors = error.into_compile_error();
            quote::quote!(#errors #stub)
        }
    }
}

/// A variable of the expansion.
fn var(name: &str, index: usize) -> Ident {
    Ident::new(&format!("__{name}{index}"), mixed())
}

/// The span of what is emitted for no place in the user's code. No variable with it meets one of
/// the user's.
fn mixed() -> Span {
    Span::mixed_site()
}

/// The same, for which rustc points at a place in the user's code.
fn at(span: Span) -> Span {
    mixed().located_at(span)
}
