//! Generic parameters of a flow, where it is called.

use super::Flow;
use crate::ast::Errors;
use crate::idents::text;
use proc_macro2::TokenTree;
use quote::ToTokens;
use std::collections::BTreeMap;
use syn::visit_mut::{VisitMut, visit_expr_mut, visit_type_mut};
use syn::{Error, Expr, GenericArgument, Path, PathArguments, Type};

/// What the parameters stand for, as far as the code tells. Rustc infers the rest.
pub type Known = BTreeMap<String, Option<GenericArgument>>;

/// What a call says of the generic parameters.
pub fn known(flow: &Flow, called: &Path) -> Known {
    let given = called.segments.last().map(|last| &last.arguments);
    let given: Vec<_> = match given {
        Some(PathArguments::AngleBracketed(given)) => {
            let lifetime = |a: &&GenericArgument| matches!(a, GenericArgument::Lifetime(_));
            given.args.iter().filter(|argument| !lifetime(argument)).collect()
        }
        _ => Vec::new(),
    };
    let known = |position: usize| match given.get(position) {
        Some(GenericArgument::Type(Type::Infer(_))) | None => None,
        Some(given) => Some((*given).clone()),
    };
    flow.generics().enumerate().map(|(position, name)| (name, known(position))).collect()
}

/// Puts what is known in the place of generic parameters.
pub fn put(known: &Known, flow: &mut Flow) -> syn::Result<()> {
    let mut put = Put { known, errors: Errors::default() };
    for statement in &mut flow.statements {
        put.visit_stmt_mut(statement);
    }
    put.visit_expr_mut(&mut flow.tail);
    put.errors.finish()
}

/// The type of a parameter where it is called; nothing where only rustc can tell.
pub fn type_of(known: &Known, flow: &Flow, ty: &Type) -> Option<Type> {
    let lifetimes = flow.lifetimes().collect::<Vec<_>>();
    if untold(ty.to_token_stream(), &lifetimes) {
        return None;
    }
    let mut ty = ty.clone();
    let mut put = Put { known, errors: Errors::default() };
    put.visit_type_mut(&mut ty);
    put.errors.is_empty().then_some(ty)
}

/// Whether a type says `impl`, or a lifetime of the flow.
fn untold(tokens: proc_macro2::TokenStream, lifetimes: &[String]) -> bool {
    let mut quote = false;
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => {
            let named = std::mem::take(&mut quote) && lifetimes.contains(&text(&ident));
            named || ident == "impl"
        }
        TokenTree::Punct(punct) => {
            quote = punct.as_char() == '\'';
            false
        }
        TokenTree::Group(group) => untold(group.stream(), lifetimes),
        TokenTree::Literal(_) => false,
    })
}

struct Put<'a> {
    known: &'a Known,
    errors: Errors,
}

impl Put<'_> {
    fn of(&self, path: &Path) -> Option<&Option<GenericArgument>> {
        let first = path.segments.first().filter(|_| path.leading_colon.is_none())?;
        self.known.get(&text(&first.ident))
    }
}

impl VisitMut for Put<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if let Type::Path(path) = ty
            && path.qself.is_none()
            && let Some(known) = self.of(&path.path)
        {
            *ty = match known {
                Some(GenericArgument::Type(known)) if path.path.segments.len() == 1 => {
                    known.clone()
                }
                _ => syn::parse_quote!(_),
            };
            return;
        }
        visit_type_mut(self, ty);
    }

    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        if let Expr::Path(path) = expression
            && path.qself.is_none()
            && let Some(known) = self.of(&path.path)
        {
            let rest = path.path.segments.iter().skip(1);
            match known {
                Some(GenericArgument::Type(known)) => {
                    *expression = syn::parse_quote!(<#known> #(::#rest)*);
                }
                Some(GenericArgument::Const(known)) => *expression = known.clone(),
                _ => {
                    let name = &path.path.segments[0].ident;
                    let message = format!(
                        "what `{name}` is cannot be told where the flow is called: say so there, as in `flow::<Flight>(..)`"
                    );
                    self.errors.push(Error::new(name.span(), message));
                }
            }
            return;
        }
        visit_expr_mut(self, expression);
    }
}
