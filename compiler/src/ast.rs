//! The job as it is written: inputs, parameters, statements, outputs.

use syn::spanned::Spanned;
use syn::{Attribute, Error, Expr, FnArg, Ident, ItemFn, Pat, ReturnType, Stmt, Type, Visibility};

/// A parsed job function.
#[derive(Clone)]
pub struct Job {
    pub attributes: Vec<Attribute>,
    pub visibility: Visibility,
    pub name: Ident,
    pub inputs: Vec<Input>,
    pub params: Vec<Param>,
    pub statements: Vec<Stmt>,
    pub tail: Expr,
    pub output: Type,
}

/// A parameter that is a stream of records.
#[derive(Clone)]
pub struct Input {
    pub name: Ident,
    /// The whole type: `Stream<Flight>`.
    pub stream: Type,
    /// `Flight`.
    pub record: Type,
}

/// Any other parameter.
#[derive(Clone)]
pub struct Param {
    pub name: Ident,
    pub ty: Type,
}

/// Reads a function as a job.
pub fn parse(item: ItemFn) -> syn::Result<Job> {
    let signature = &item.sig;
    let mut errors = Errors::default();
    plain(signature, "a job", &mut errors);
    if !signature.generics.params.is_empty() {
        let message = "a job has no generic parameters: each of its inputs has one type of record";
        errors.push(Error::new_spanned(&signature.generics, message));
    }
    let (mut inputs, mut params) = (Vec::new(), Vec::new());
    for argument in &signature.inputs {
        match parameter(argument, "a job") {
            Ok((name, ty)) => match record_of(&ty) {
                Some(record) => inputs.push(Input { name, record: record.clone(), stream: ty }),
                None => params.push(Param { name, ty }),
            },
            Err(error) => errors.push(error),
        }
    }
    if inputs.is_empty() && errors.is_empty() {
        errors.push(Error::new_spanned(
            &signature.ident,
            "a job needs an input: a parameter such as `flights: Stream<Flight>`",
        ));
    }
    let output = match &signature.output {
        ReturnType::Type(_, ty) => Some((**ty).clone()),
        ReturnType::Default => {
            errors.push(Error::new_spanned(
                &signature.ident,
                "a job returns its outputs: add `-> Table<K, V>`, `-> Stream<T>` or a tuple of these",
            ));
            None
        }
    };
    let mut statements = item.block.stmts;
    let tail = match statements.pop() {
        Some(Stmt::Expr(tail, None)) => Some(tail),
        other => {
            let span = other.map_or(item.block.brace_token.span.join(), |s| s.span());
            errors.push(Error::new(
                span,
                "a job ends with its outputs: a stream, a table or a tuple of these, without a semicolon",
            ));
            None
        }
    };
    errors.finish()?;
    match (tail, output) {
        (Some(tail), Some(output)) => Ok(Job {
            attributes: item.attrs,
            visibility: item.vis,
            name: item.sig.ident,
            inputs,
            params,
            statements,
            tail,
            output,
        }),
        _ => Err(Error::new_spanned(&item.sig.ident, "not a job")),
    }
}

/// Sees that a function is nothing but one.
pub fn plain(signature: &syn::Signature, what: &str, errors: &mut Errors) {
    let forbidden = [
        signature.constness.as_ref().map(|t| (t.span(), "const")),
        signature.asyncness.as_ref().map(|t| (t.span(), "async")),
        match &signature.safety {
            syn::Safety::Unsafe(token) => Some((token.span(), "unsafe")),
            _ => None,
        },
    ];
    for (span, word) in forbidden.into_iter().flatten() {
        errors.push(Error::new(span, format!("{what} is a plain function, without `{word}`")));
    }
}

/// A parameter's name and type.
pub fn parameter(argument: &FnArg, what: &str) -> syn::Result<(Ident, Type)> {
    match argument {
        FnArg::Typed(typed) => match &*typed.pat {
            Pat::Ident(name) if name.by_ref.is_none() && name.subpat.is_none() => {
                Ok((name.ident.clone(), (*typed.ty).clone()))
            }
            pattern => Err(Error::new_spanned(
                pattern,
                match what {
                    "a job" => {
                        "a job's parameter needs a plain name: it is the name of an input or of a flag"
                    }
                    _ => "a flow's parameter needs a plain name",
                },
            )),
        },
        FnArg::Receiver(receiver) => {
            Err(Error::new_spanned(receiver, format!("{what} is a plain function, not a method")))
        }
    }
}

/// The `T` of `Stream<T>`.
fn record_of(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match (last.ident == "Stream", arguments.args.first()) {
        (true, Some(syn::GenericArgument::Type(record))) => Some(record),
        _ => None,
    }
}

/// Errors that are shown together.
#[derive(Default)]
pub struct Errors(Option<Error>);

impl Errors {
    pub fn push(&mut self, error: Error) {
        match &mut self.0 {
            Some(first) => first.combine(error),
            None => self.0 = Some(error),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub fn finish(self) -> syn::Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}
