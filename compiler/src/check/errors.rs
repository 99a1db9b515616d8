//! The errors of an operator are of the records that it took, of which the type of what it gives says
//! nothing: what it takes is bound to a name, too.

use super::dataflow;
use crate::idents;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use std::collections::BTreeSet;
use syn::visit::{Visit, visit_expr_method_call};
use syn::{Expr, ExprMethodCall, Pat, Stmt};

/// The names of streams whose errors are asked for.
pub fn handled(statements: &[Stmt], tail: &Expr) -> BTreeSet<Ident> {
    struct Asked(BTreeSet<Ident>);
    impl<'ast> Visit<'ast> for Asked {
        fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
            if call.method == "errors" {
                self.0.extend(variable(&call.receiver).cloned());
            }
            visit_expr_method_call(self, call);
        }
    }
    let mut asked = Asked(BTreeSet::new());
    asked.visit_expr(tail);
    for statement in statements.iter().rev() {
        asked.visit_stmt(statement);
        // One stream may have two names.
        if let Stmt::Local(local) = statement
            && let Some(init) = &local.init
            && idents::name_of(untyped(&local.pat)).is_some_and(|name| asked.0.contains(name))
        {
            asked.0.extend(variable(&init.expr).cloned());
        }
    }
    asked.0
}

/// A pattern without its type.
pub fn untyped(pattern: &Pat) -> &Pat {
    match pattern {
        Pat::Type(typed) => &typed.pat,
        pattern => pattern,
    }
}

/// Binds what the operator takes whose stream has this name.
pub fn taken(name: &Ident, whole: &mut Expr, shared: &[&Ident]) -> TokenStream {
    let taken = of(name);
    if let Some(other) = variable(whole) {
        let other = of(other);
        return quote!(let #taken = #other;);
    }
    match receiver(whole) {
        Some(receiver) => {
            dataflow(receiver, shared);
            let before = std::mem::replace(receiver, syn::parse_quote!(#taken));
            quote!(let #taken = #before;)
        }
        None => TokenStream::new(),
    }
}

/// `x.errors()`.
pub fn errors(mut call: ExprMethodCall, shared: &[&Ident]) -> Expr {
    if let Some(name) = variable(&call.receiver) {
        let taken = of(name);
        return syn::parse_quote!(#taken.failed(#call));
    }
    // With the user's own hygiene, or rustc points at `#[job]`.
    let name = Ident::new("whole", call.method.span());
    let (bound, taken) = (taken(&name, &mut call.receiver, shared), of(&name));
    dataflow(&mut call.receiver, shared);
    syn::parse_quote!({ #bound #taken.failed(#call) })
}

fn of(name: &Ident) -> Ident {
    Ident::new(&format!("__taken_{}", idents::text(name)), name.span())
}

/// The variable that an expression is, if it is one.
fn variable(expression: &Expr) -> Option<&Ident> {
    match expression {
        Expr::Paren(paren) => variable(&paren.expr),
        Expr::Group(group) => variable(&group.expr),
        Expr::Path(path) => path.path.get_ident(),
        _ => None,
    }
}

/// What the last operator of an expression takes.
fn receiver(expression: &mut Expr) -> Option<&mut Expr> {
    match expression {
        Expr::Paren(paren) => receiver(&mut paren.expr),
        Expr::Group(group) => receiver(&mut group.expr),
        Expr::MethodCall(call) => match call.method == "named" {
            true => receiver(&mut call.receiver),
            false => Some(&mut call.receiver),
        },
        _ => None,
    }
}
