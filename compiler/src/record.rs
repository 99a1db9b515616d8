//! `#[derive(Record)]`: from a struct or an enum to its view, columns, builder and key.

mod ast;
mod attr;
mod borrowed;
pub(crate) mod case;
mod columns;
mod enumeration;
mod field;
mod key;
mod meta;
pub(crate) mod nearest;
mod structure;
mod view;

use proc_macro2::TokenStream;
use syn::Error;

/// Expands `#[derive(Record)]` on an item. What is wrong is shown all at once; the rest of the item
/// is expanded all the same, so that rustc adds no errors of its own about what is missing.
pub fn expand(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let expanded = match ast::parse(input, &mut errors) {
        Some(ast::Record::Struct(record)) => structure::expand(&record),
        Some(ast::Record::Enum(record)) => enumeration::expand(&record),
        None => TokenStream::new(),
    };
    errors.0.iter().map(Error::to_compile_error).chain([expanded]).collect()
}

/// What is wrong with the item, in the order found.
#[derive(Default)]
struct Errors(Vec<Error>);

impl Errors {
    /// Adds an error on these tokens.
    fn add(&mut self, tokens: impl quote::ToTokens, message: impl std::fmt::Display) {
        self.0.push(Error::new_spanned(tokens, message));
    }
}
