//! A closure's code as part of a stage.

use crate::idents::text;
use proc_macro2::{TokenStream, TokenTree};
use quote::quote_spanned;
use syn::{Expr, ExprClosure, ReturnType};

/// A closure applied to a record: inlined, unless something in it may leave it.
pub(super) fn apply(closure: &ExprClosure, record: &TokenStream) -> TokenStream {
    let span = crate::at(closure.inputs_begin.span);
    if leaves(&closure.body) {
        return quote_spanned!(span=> ::ouzel::dsl::stage::call(#record, #closure));
    }
    let parameter = closure.inputs.first();
    let body = &closure.body;
    match &closure.output {
        ReturnType::Default => quote_spanned!(span=> { let #parameter = #record; #body }),
        ReturnType::Type(_, ty) => {
            quote_spanned!(span=> { let #parameter = #record; let __result: #ty = #body; __result })
        }
    }
}

/// Whether an expression leaves the closure it stands in.
fn leaves(expression: &Expr) -> bool {
    struct Leaves(bool);
    impl<'ast> syn::visit::Visit<'ast> for Leaves {
        fn visit_expr_return(&mut self, _: &'ast syn::ExprReturn) {
            self.0 = true;
        }

        fn visit_expr_try(&mut self, _: &'ast syn::ExprTry) {
            self.0 = true;
        }

        // Rustc says what is wrong with a loop's end outside of it once, if both copies are closures.
        fn visit_expr_break(&mut self, _: &'ast syn::ExprBreak) {
            self.0 = true;
        }

        fn visit_expr_continue(&mut self, _: &'ast syn::ExprContinue) {
            self.0 = true;
        }

        // What an inner closure or function leaves is itself.
        fn visit_expr_closure(&mut self, _: &'ast ExprClosure) {}

        fn visit_item(&mut self, _: &'ast syn::Item) {}

        // A macro may hold either, in what it is given or in what it makes of it.
        fn visit_macro(&mut self, mac: &'ast syn::Macro) {
            let name = mac.path.segments.last().map(|segment| text(&segment.ident));
            let stays = name.is_some_and(|name| STAY.contains(&name.as_str()));
            self.0 |= !stays || holds_exit(mac.tokens.clone());
        }
    }
    let mut leaves = Leaves(false);
    syn::visit::Visit::visit_expr(&mut leaves, expression);
    leaves.0
}

/// Macros of std that leave nothing by themselves.
const STAY: [&str; 22] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "concat",
    "dbg",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "eprint",
    "eprintln",
    "format",
    "format_args",
    "matches",
    "panic",
    "print",
    "println",
    "todo",
    "unimplemented",
    "unreachable",
    "vec",
    "write",
    "writeln",
];

/// Whether a macro is given a `return` or `?`.
fn holds_exit(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "return",
        TokenTree::Punct(punct) => punct.as_char() == '?',
        TokenTree::Group(group) => holds_exit(group.stream()),
        TokenTree::Literal(_) => false,
    })
}
