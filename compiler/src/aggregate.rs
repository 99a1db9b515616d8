//! The argument of `aggregate`, taken apart: closures become placeholders, and columns get names.

use crate::idents::text;
use crate::ir::{Aggregate, Argument, Names, Shape};
use crate::names;
use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Error, Expr, ExprCall, ExprClosure, Ident};

/// Takes the argument of the aggregate that is this node apart.
pub fn take_apart(argument: &Expr, node: usize) -> syn::Result<(Aggregate, Names)> {
    let mut arguments: Vec<Argument> = Vec::new();
    let mut place = |_: &ExprCall, closure: &ExprClosure| -> Expr {
        let name = format!("__argument{node}_{}", arguments.len());
        let place = Ident::new(&name, Span::mixed_site());
        arguments.push(Argument { closure: closure.clone(), place: place.clone() });
        syn::parse_quote!(#place)
    };
    let mut parts = Parts { place: &mut place, placed: 0 };
    let (expr, shape, names) = parts.argument(argument)?;
    Ok((Aggregate { expr, arguments, shape }, names))
}

/// The argument with another expression in the place of each closure.
pub fn with(
    argument: &Expr,
    mut place: impl FnMut(&ExprCall, &ExprClosure) -> Expr,
) -> syn::Result<Expr> {
    Ok(Parts { place: &mut place, placed: 0 }.argument(argument)?.0)
}

struct Parts<'a> {
    /// What stands in the place of a closure in a call.
    place: &'a mut dyn FnMut(&ExprCall, &ExprClosure) -> Expr,
    placed: usize,
}

impl Parts<'_> {
    /// An aggregate, a tuple of aggregates or a record of them.
    fn argument(&mut self, argument: &Expr) -> syn::Result<(Expr, Shape, Names)> {
        match argument {
            Expr::Tuple(tuple) => {
                let (mut parts, mut shapes, mut names) = (Vec::new(), Vec::new(), Vec::new());
                for element in &tuple.elems {
                    let (expr, shape, name) = self.one(element)?;
                    names.push((name, element.span()));
                    parts.push(expr);
                    shapes.push(shape);
                }
                let expr = syn::parse_quote_spanned!(tuple.span()=> (#(#parts,)*));
                Ok((expr, Shape::Tuple(shapes), Names::Each(names)))
            }
            Expr::Struct(record) => self.record(record),
            other => {
                let (expr, shape, name) = self.one(other)?;
                Ok((expr, shape, Names::One(name, Some(other.span()))))
            }
        }
    }

    /// A record of aggregates is the record made from a tuple of them.
    fn record(&mut self, record: &syn::ExprStruct) -> syn::Result<(Expr, Shape, Names)> {
        if let Some(rest) = &record.rest {
            let message = "name an aggregate for each field: `..` cannot be aggregated";
            return Err(Error::new_spanned(rest, message));
        }
        let (mut parts, mut shapes) = (Vec::new(), Vec::new());
        let (mut fields, mut values) = (Vec::new(), Vec::new());
        for (position, field) in record.fields.iter().enumerate() {
            let (expr, shape, _) = self.one(&field.expr)?;
            parts.push(expr);
            shapes.push(shape);
            fields.push(&field.member);
            let span = record.path.span().located_at(field.expr.span());
            values.push(Ident::new(&format!("__value{position}"), span));
        }
        let path = &record.path;
        let expr = syn::parse_quote_spanned! {record.span()=>
            ::ouzel::dsl::aggregate::Mapped::new(
                (#(#parts,)*),
                |(#(#values,)*)| #path { #(#fields: #values),* },
            )
        };
        Ok((expr, Shape::Tuple(shapes), Names::Own))
    }

    /// One aggregate: a call whose arguments may be closures. Its column is named after it and the
    /// last field of its closure.
    fn one(&mut self, expression: &Expr) -> syn::Result<(Expr, Shape, Option<String>)> {
        match expression {
            Expr::Paren(paren) => self.one(&paren.expr),
            Expr::MethodCall(call) if call.method == "named" && call.args.len() == 1 => {
                let Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(name), .. }) = &call.args[0] else {
                    let message = "`named` takes a name in quotes: it is a column of the output";
                    return Err(Error::new_spanned(&call.args, message));
                };
                let (expr, shape, _) = self.one(&call.receiver)?;
                Ok((expr, shape, Some(name.value())))
            }
            Expr::Call(written) => {
                let mut call = written.clone();
                let mut own = Vec::new();
                let mut field = Some(String::new());
                for argument in &mut call.args {
                    let Expr::Closure(closure) = argument else { continue };
                    field = match names::of_closure(closure) {
                        Names::One(Some(name), _) => Some(format!("_{name}")),
                        _ => None,
                    };
                    own.push(self.placed);
                    self.placed += 1;
                    closure.capture = None;
                    *argument = (self.place)(written, closure);
                }
                let function = match &*call.func {
                    Expr::Path(path) => path.path.segments.last(),
                    _ => None,
                };
                let function = function.map(|segment| text(&segment.ident));
                let name = function.zip(field).map(|(function, field)| function + &field);
                Ok((Expr::Call(call), Shape::One(own), name))
            }
            other => Ok((other.clone(), Shape::One(Vec::new()), None)),
        }
    }
}
