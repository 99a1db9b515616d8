//! Which calls in a body are those of flows: those that are given a stream or a table.

use crate::idents::{bindings, text};
use std::collections::BTreeSet;
use syn::{Expr, ExprCall, Path, Stmt};

/// Finds the calls of flows in a body. Each is given a number by `found`, which it then carries.
pub fn mark<'a>(
    statements: &mut [Stmt],
    tail: &mut Expr,
    streams: impl IntoIterator<Item = &'a syn::Ident>,
    found: &mut dyn FnMut(&Path) -> usize,
) {
    let streams = streams.into_iter().map(text).collect();
    let mut calls = Calls { streams, found };
    for statement in statements {
        let Stmt::Local(local) = statement else { continue };
        let Some(init) = &mut local.init else { continue };
        if calls.dataflow(&mut init.expr) {
            let mut names = Vec::new();
            bindings(&local.pat, &mut names);
            calls.streams.extend(names.iter().map(text));
        }
    }
    calls.dataflow(tail);
}

/// The number that a call of a flow carries.
pub fn number(call: &ExprCall) -> Option<usize> {
    let mark = call.attrs.iter().find(|attribute| attribute.path().is_ident(MARK))?;
    mark.parse_args::<syn::LitInt>().ok()?.base10_parse().ok()
}

/// The flow that a call names; nothing where it calls what is surely none.
fn callee(call: &ExprCall) -> Option<&Path> {
    match &*call.func {
        Expr::Path(path) if path.qself.is_none() => {
            let last = &path.path.segments.last()?.ident;
            // `Some(stream)` is a mistake of another kind.
            (!text(last).starts_with(char::is_uppercase)).then_some(&path.path)
        }
        _ => None,
    }
}

const MARK: &str = "ouzel_flow";

struct Calls<'a> {
    streams: BTreeSet<String>,
    found: &'a mut dyn FnMut(&Path) -> usize,
}

impl Calls<'_> {
    /// Looks at an expression; true if it is dataflow.
    fn dataflow(&mut self, expression: &mut Expr) -> bool {
        match expression {
            Expr::Paren(paren) => self.dataflow(&mut paren.expr),
            Expr::Group(group) => self.dataflow(&mut group.expr),
            Expr::Path(path) => {
                path.path.get_ident().is_some_and(|name| self.streams.contains(&text(name)))
            }
            Expr::MethodCall(call) => {
                let dataflow = self.dataflow(&mut call.receiver);
                if dataflow {
                    for argument in &mut call.args {
                        self.dataflow(argument);
                    }
                }
                dataflow
            }
            Expr::Tuple(tuple) => {
                for element in &mut tuple.elems {
                    self.dataflow(element);
                }
                false
            }
            Expr::Call(call) => {
                let given = call.args.iter_mut().fold(false, |any, a| self.dataflow(a) | any);
                match callee(call).filter(|_| given) {
                    Some(path) => {
                        let number = (self.found)(path);
                        // Where the call begins, so that errors of it point there.
                        let span = path.segments[0].ident.span();
                        let mark = syn::Ident::new(MARK, span);
                        call.attrs.push(syn::parse_quote_spanned!(span=> #[#mark(#number)]));
                        true
                    }
                    None => false,
                }
            }
            _ => false,
        }
    }
}
