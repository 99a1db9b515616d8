//! The procedural macros of Ouzel: each an entry into `ouzel-compiler`.

use proc_macro::TokenStream;

/// Makes a struct or an enum without fields a record.
#[proc_macro_derive(Record, attributes(record))]
pub fn record(input: TokenStream) -> TokenStream {
    ouzel_compiler::record(input.into()).into()
}

/// Tests the laws of an aggregate of one's own.
#[proc_macro_derive(CheckLaws, attributes(laws))]
pub fn check_laws(input: TokenStream) -> TokenStream {
    ouzel_compiler::laws(input.into()).into()
}

/// Makes a function over streams and tables a part of the jobs that call it.
#[proc_macro_attribute]
pub fn flow(options: TokenStream, input: TokenStream) -> TokenStream {
    ouzel_compiler::flow(options.into(), input.into()).into()
}

/// What flows hand a job on to.
#[doc(hidden)]
#[proc_macro]
pub fn __flows(state: TokenStream) -> TokenStream {
    ouzel_compiler::flows(state.into()).into()
}

/// Compiles a function into a job.
#[proc_macro_attribute]
pub fn job(options: TokenStream, input: TokenStream) -> TokenStream {
    ouzel_compiler::job(options.into(), input.into()).into()
}
