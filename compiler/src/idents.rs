//! Identifiers, and the names that they stand for.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::Pat;
use syn::ext::IdentExt;

/// An identifier's name, which has no `r#`.
pub fn text(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// The names that a pattern binds.
pub fn bindings(pattern: &Pat, names: &mut Vec<Ident>) {
    struct Bindings<'a>(&'a mut Vec<Ident>);
    impl<'ast> syn::visit::Visit<'ast> for Bindings<'_> {
        fn visit_pat_ident(&mut self, pattern: &'ast syn::PatIdent) {
            self.0.push(pattern.ident.clone());
            syn::visit::visit_pat_ident(self, pattern);
        }
    }
    syn::visit::Visit::visit_pat(&mut Bindings(names), pattern);
}

/// The name that a pattern is, if it is nothing else.
pub fn name_of(pattern: &Pat) -> Option<&Ident> {
    match pattern {
        Pat::Ident(name) if name.by_ref.is_none() && name.subpat.is_none() => Some(&name.ident),
        _ => None,
    }
}

/// Whether tokens hold a name, in a format string or otherwise.
pub fn mentions(tokens: &TokenStream, name: &Ident) -> bool {
    let wanted = text(name);
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => text(&ident) == wanted,
        TokenTree::Group(group) => mentions(&group.stream(), name),
        TokenTree::Literal(literal) => literal.to_string().contains(&wanted),
        TokenTree::Punct(_) => false,
    })
}
