//! The argument of `aggregate`, taken apart: closures become placeholders, and columns get names.

mod combinator;

pub use combinator::Combinator;

use crate::idents::text;
use crate::ir::{Aggregate, Argument, Names, Shape};
use crate::names;
use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Error, Expr, ExprCall, ExprClosure, ExprMethodCall, Ident};

/// Takes the argument of the aggregate that is this node apart.
pub fn take_apart(argument: &Expr, node: usize) -> syn::Result<(Aggregate, Names)> {
    let mut arguments: Vec<Argument> = Vec::new();
    let mut place = |_: &ExprCall, closure: &ExprClosure| -> Expr {
        let name = format!("__argument{node}_{}", arguments.len());
        let place = Ident::new(&name, Span::mixed_site());
        arguments.push(Argument { closure: closure.clone(), place: place.clone() });
        syn::parse_quote!(#place)
    };
    let mut parts = Parts { place: &mut place, placed: 0, results: Vec::new() };
    let Part { expr, shape, names, .. } = parts.whole(argument)?;
    let results = parts.results;
    Ok((Aggregate { expr, arguments, results, shape }, names))
}

/// The argument with another expression in the place of each closure that sees records, and the
/// closures that see results.
pub fn with(
    argument: &Expr,
    mut place: impl FnMut(&ExprCall, &ExprClosure) -> Expr,
) -> syn::Result<(Expr, Vec<ExprClosure>)> {
    let mut parts = Parts { place: &mut place, placed: 0, results: Vec::new() };
    let expr = parts.whole(argument)?.expr;
    Ok((expr, parts.results))
}

struct Parts<'a> {
    /// What stands in the place of a closure in a call.
    place: &'a mut dyn FnMut(&ExprCall, &ExprClosure) -> Expr,
    placed: usize,
    results: Vec<ExprClosure>,
}

/// An aggregate, a tuple of aggregates or a record of them.
struct Part {
    expr: Expr,
    shape: Shape,
    names: Names,
    /// Whether it gives several columns where it stands alone.
    several: bool,
}

impl Part {
    /// The name of the column that the result is where it is one column.
    fn name(&self) -> Option<&String> {
        match &self.names {
            Names::One(name, _) => name.as_ref(),
            _ => None,
        }
    }
}

impl Parts<'_> {
    /// The argument as a whole, whose columns are those of the output.
    fn whole(&mut self, argument: &Expr) -> syn::Result<Part> {
        let part = self.part(argument)?;
        if part.several && part.name().is_some() {
            let message = "`named` names one column, and this has several: name each in it";
            return Err(Error::new_spanned(argument, message));
        }
        Ok(part)
    }

    fn part(&mut self, expression: &Expr) -> syn::Result<Part> {
        match expression {
            Expr::Paren(paren) => self.part(&paren.expr),
            Expr::Group(group) => self.part(&group.expr),
            Expr::Tuple(tuple) => {
                let (mut parts, mut shapes, mut names) = (Vec::new(), Vec::new(), Vec::new());
                for element in &tuple.elems {
                    let part = self.part(element)?;
                    names.push((part.name().cloned(), element.span()));
                    parts.push(part.expr);
                    shapes.push(part.shape);
                }
                let expr = syn::parse_quote_spanned!(tuple.span()=> (#(#parts,)*));
                let names = Names::Each(names);
                Ok(Part { expr, shape: Shape::Tuple(shapes), names, several: true })
            }
            Expr::Struct(record) => self.record(record),
            Expr::MethodCall(call) if call.method == "named" && call.args.len() == 1 => {
                let Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(name), .. }) = &call.args[0] else {
                    let message = "`named` takes a name in quotes: it is a column of the output";
                    return Err(Error::new_spanned(&call.args, message));
                };
                let names = Names::One(Some(name.value()), Some(expression.span()));
                Ok(Part { names, ..self.part(&call.receiver)? })
            }
            Expr::MethodCall(call) if call.method == "map_result" && call.args.len() == 1 => {
                self.map_result(call)
            }
            Expr::Call(call) => self.call(call),
            other => Ok(Part {
                expr: other.clone(),
                shape: Shape::One(Vec::new()),
                names: Names::One(None, Some(other.span())),
                several: false,
            }),
        }
    }

    /// A record of aggregates is the record made from a tuple of them.
    fn record(&mut self, record: &syn::ExprStruct) -> syn::Result<Part> {
        if let Some(rest) = &record.rest {
            let message = "name an aggregate for each field: `..` cannot be aggregated";
            return Err(Error::new_spanned(rest, message));
        }
        let (mut parts, mut shapes) = (Vec::new(), Vec::new());
        let (mut fields, mut values) = (Vec::new(), Vec::new());
        for (position, field) in record.fields.iter().enumerate() {
            let part = self.part(&field.expr)?;
            parts.push(part.expr);
            shapes.push(part.shape);
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
        Ok(Part { expr, shape: Shape::Tuple(shapes), names: Names::Own, several: true })
    }

    /// An aggregate whose result goes through a function. Its column keeps its name, unless the
    /// function says which columns there are.
    fn map_result(&mut self, written: &ExprMethodCall) -> syn::Result<Part> {
        let Part { expr, shape, names, .. } = self.part(&written.receiver)?;
        let mut call = written.clone();
        call.receiver = Box::new(expr);
        let mut made = Names::One(None, Some(written.span()));
        if let Some(Expr::Closure(closure)) = call.args.first_mut() {
            // It is kept with the aggregate, and takes copies of what it captures.
            closure.capture = Some(syn::Token![move](closure.inputs_begin.span));
            self.results.push(closure.clone());
            made = names::of_closure(closure);
        }
        let (names, several) = match (made, names) {
            (Names::One(..), one @ Names::One(..)) => (one, false),
            (one @ Names::One(..), _) => (one, false),
            (made, _) => (made, true),
        };
        Ok(Part { expr: Expr::MethodCall(call), shape, names, several })
    }

    fn call(&mut self, written: &ExprCall) -> syn::Result<Part> {
        match Combinator::of(written)? {
            None => Ok(self.one(written)),
            Some(Combinator::Filtered(condition, within)) => {
                self.filtered(written, condition, within)
            }
            Some(Combinator::PerKey(key, within)) => self.per_key(written, key, within),
            Some(Combinator::Kept(within)) => {
                let part = self.part(within)?;
                Ok(Part { expr: with_arguments(written, [part.expr]), ..part })
            }
            Some(Combinator::NonEmpty(within)) => {
                let part = self.part(within)?;
                let names = Names::One(part.name().cloned(), Some(written.span()));
                let expr = with_arguments(written, [part.expr]);
                Ok(Part { expr, shape: part.shape, names, several: false })
            }
        }
    }

    /// An aggregate whose arguments may be closures. Its column is named after it and the last field
    /// of its closure.
    fn one(&mut self, written: &ExprCall) -> Part {
        let mut call = written.clone();
        let mut own = Vec::new();
        let mut field = Some(String::new());
        for argument in &mut call.args {
            let Expr::Closure(closure) = argument else { continue };
            field = match names::of_closure(closure) {
                Names::One(Some(name), _) => Some(format!("_{name}")),
                _ => None,
            };
            let (index, place) = self.closure(written, closure);
            own.push(index);
            *argument = place;
        }
        let name = function(written).zip(field).map(|(function, field)| function + &field);
        let names = Names::One(name, Some(written.span()));
        Part { expr: Expr::Call(call), shape: Shape::One(own), names, several: false }
    }

    fn filtered(
        &mut self,
        written: &ExprCall,
        condition: &ExprClosure,
        within: &Expr,
    ) -> syn::Result<Part> {
        let (argument, place) = self.closure(written, condition);
        let Part { expr, shape, names, several } = self.part(within)?;
        let prefixed = |name: Option<String>| name.map(|name| format!("filtered_{name}"));
        let names = match names {
            Names::Own => Names::Own,
            Names::One(name, _) => Names::One(prefixed(name), Some(written.span())),
            Names::Each(names) => {
                Names::Each(names.into_iter().map(|(name, span)| (prefixed(name), span)).collect())
            }
        };
        let expr = with_arguments(written, [place, expr]);
        Ok(Part { expr, shape: Shape::Filtered(argument, Box::new(shape)), names, several })
    }

    fn per_key(
        &mut self,
        written: &ExprCall,
        key: &ExprClosure,
        within: &Expr,
    ) -> syn::Result<Part> {
        let (argument, place) = self.closure(written, key);
        let part = self.part(within)?;
        let key = match names::of_closure(key) {
            Names::One(key, _) => key,
            _ => None,
        };
        let name = part.name().zip(key).map(|(name, key)| format!("{name}_per_{key}"));
        let names = Names::One(name, Some(written.span()));
        let expr = with_arguments(written, [place, part.expr]);
        let shape = Shape::Tuple(vec![Shape::One(vec![argument]), part.shape]);
        Ok(Part { expr, shape, names, several: false })
    }

    /// The index of a closure that sees records, and what stands in its place.
    fn closure(&mut self, call: &ExprCall, closure: &ExprClosure) -> (usize, Expr) {
        let mut closure = closure.clone();
        // Twin and stage both need what it captures.
        closure.capture = None;
        self.placed += 1;
        (self.placed - 1, (self.place)(call, &closure))
    }
}

/// The name of the function that is called.
fn function(call: &ExprCall) -> Option<String> {
    match &*call.func {
        Expr::Path(path) => path.path.segments.last().map(|segment| text(&segment.ident)),
        _ => None,
    }
}

fn with_arguments<const N: usize>(call: &ExprCall, arguments: [Expr; N]) -> Expr {
    Expr::Call(ExprCall { args: arguments.into_iter().collect(), ..call.clone() })
}
