//! Aggregates that hold another one.

use super::function;
use syn::{Error, Expr, ExprCall, ExprClosure};

/// An aggregate that holds another one, by the name of its function.
pub enum Combinator<'a> {
    /// `filtered(condition, within)`
    Filtered(&'a ExprClosure, &'a Expr),
    /// `per_key(key, within)`
    PerKey(&'a ExprClosure, &'a Expr),
    /// `non_empty(within)`
    NonEmpty(&'a Expr),
    /// `kept(within)`
    Kept(&'a Expr),
}

impl Combinator<'_> {
    /// The combinator that a call is, if it is one.
    pub fn of(call: &ExprCall) -> syn::Result<Option<Combinator<'_>>> {
        use Combinator::{Filtered, Kept, NonEmpty, PerKey};
        let Some(function) = function(call) else { return Ok(None) };
        let arguments: Vec<&Expr> = call.args.iter().collect();
        let takes = match (function.as_str(), arguments.as_slice()) {
            ("filtered", [Expr::Closure(condition), within]) if !is_closure(within) => {
                return Ok(Some(Filtered(condition, within)));
            }
            ("per_key", [Expr::Closure(key), within]) if !is_closure(within) => {
                return Ok(Some(PerKey(key, within)));
            }
            ("non_empty", [within]) if !is_closure(within) => return Ok(Some(NonEmpty(within))),
            ("kept", [within]) if !is_closure(within) => return Ok(Some(Kept(within))),
            ("kept", _) => "an aggregate: `kept(max(|(_, n)| n))`",
            ("filtered", _) => {
                "a condition and an aggregate: `filtered(|r| r.price > 10, count())`"
            }
            ("per_key", _) => "a key and an aggregate: `per_key(|r| r.channel, count())`",
            ("non_empty", _) => "an aggregate: `non_empty(max(|r| r.price))`",
            _ => return Ok(None),
        };
        Err(Error::new_spanned(call, format!("`{function}` takes {takes}")))
    }
}

fn is_closure(expression: &Expr) -> bool {
    matches!(expression, Expr::Closure(_))
}
