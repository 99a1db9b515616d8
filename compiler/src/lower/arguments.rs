//! What operators are given.

use super::Stop;
use proc_macro2::Span;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Error, Expr, ExprClosure, ExprMethodCall, ExprPath, Ident};

/// The only argument of an operator; with another number rustc says what is expected.
pub(super) fn one_argument(call: &ExprMethodCall) -> Result<Expr, Stop> {
    match call.args.first() {
        Some(argument) if call.args.len() == 1 => Ok(argument.clone()),
        _ => Err(Stop::Unknown),
    }
}

/// The only argument, which must be a closure with one parameter.
pub(super) fn closure_argument(call: &ExprMethodCall) -> Result<ExprClosure, Stop> {
    closure_of(one_argument(call)?, call)
}

/// An argument that must be a closure with so many parameters, which is kept with its operator.
pub(super) fn closure_with(
    argument: &Expr,
    parameters: usize,
    call: &ExprMethodCall,
) -> Result<ExprClosure, Stop> {
    let mut closure = match argument {
        Expr::Closure(closure) => closure.clone(),
        Expr::Path(path) => of_path(path, parameters),
        other => {
            let message = format!(
                "`{}` takes a closure here: its code becomes part of the operator",
                call.method
            );
            return Err(Error::new_spanned(other, message).into());
        }
    };
    if closure.inputs.len() != parameters {
        return Err(Stop::Unknown);
    }
    check_async(&closure, call)?;
    // It takes copies of what it captures.
    closure.capture = Some(syn::Token![move](closure.inputs_begin.span));
    Ok(closure)
}

/// An argument that must be a closure with one parameter.
pub(super) fn closure_of(mut argument: Expr, call: &ExprMethodCall) -> Result<ExprClosure, Stop> {
    while let Expr::Paren(paren) = argument {
        argument = *paren.expr;
    }
    match argument {
        Expr::Closure(mut closure) if closure.inputs.len() == 1 => {
            // Twin and stage both need what it captures.
            closure.capture = None;
            check_async(&closure, call)?;
            Ok(closure)
        }
        Expr::Closure(closure) if closure.inputs.len() > 1 => {
            let parts = closure.inputs.iter().map(|part| part.to_token_stream().to_string());
            let message = format!(
                "the closure of `{}` has one parameter: write `|({})|` to take it apart",
                call.method,
                parts.collect::<Vec<_>>().join(", "),
            );
            Err(Error::new_spanned(&closure.inputs, message).into())
        }
        Expr::Closure(_) => Err(Stop::Unknown),
        Expr::Path(path) => Ok(of_path(&path, 1)),
        other => {
            let message = format!(
                "`{}` takes a closure, such as `|record| ...`: its code becomes part of the stage",
                call.method
            );
            Err(Error::new_spanned(other, message).into())
        }
    }
}

/// A function by its name: `map(f)` is `map(|x| f(x))`.
fn of_path(path: &ExprPath, parameters: usize) -> ExprClosure {
    let span = path.span();
    let variables = (0..parameters).map(|i| Ident::new(&format!("record{i}"), Span::mixed_site()));
    let variables: Vec<_> = variables.collect();
    syn::parse_quote_spanned!(span=> |#(#variables),*| #path(#(#variables),*))
}

fn check_async(closure: &ExprClosure, call: &ExprMethodCall) -> syn::Result<()> {
    let Some(word) = &closure.asyncness else { return Ok(()) };
    let message =
        format!("the closure of `{}` must not be async: it runs once a record", call.method);
    Err(Error::new_spanned(word, message))
}
