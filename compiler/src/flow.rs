//! Flows: parts of jobs, which become part of each job that calls them.
//!
//! A macro does not see what another item holds. So `#[flow]` makes a macro of the flow's name beside
//! its function, that adds the flow's tokens to those it is given and hands both on. A job that calls
//! flows goes through the macros of all of them, and is compiled when it has come through the last.

pub mod calls;
pub mod generics;
pub mod uses;

use crate::ast::{self, Errors, Job};
use crate::idents::text;
use crate::ir::Gives;
use crate::lower::{self, Lowered};
use crate::{check, determinism, expand, mixed};
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{
    Error, Expr, GenericParam, ItemFn, ItemUse, LitStr, Path, PathArguments, Stmt, Type, Visibility,
};

/// A flow.
#[derive(Clone)]
pub struct Flow {
    /// What tells it from others of its name.
    pub id: String,
    /// The file that it is written in.
    pub file: String,
    pub item: ItemFn,
    pub params: Vec<Param>,
    /// What it has in scope of its own.
    pub uses: Vec<ItemUse>,
    pub statements: Vec<Stmt>,
    pub tail: Expr,
}

/// A parameter of a flow.
#[derive(Clone)]
pub struct Param {
    pub name: Ident,
    pub ty: Type,
    /// What it is if it is dataflow.
    pub gives: Option<Gives>,
}

impl Flow {
    /// The parameters that are streams and tables.
    pub fn streams(&self) -> impl Iterator<Item = &Ident> {
        self.params.iter().filter(|p| p.gives.is_some()).map(|p| &p.name)
    }

    /// Its generic parameters but for lifetimes.
    pub fn generics(&self) -> impl Iterator<Item = String> {
        self.item.sig.generics.params.iter().filter_map(|param| match param {
            GenericParam::Type(param) => Some(text(&param.ident)),
            GenericParam::Const(param) => Some(text(&param.ident)),
            GenericParam::Lifetime(_) => None,
        })
    }

    /// Its lifetimes.
    pub fn lifetimes(&self) -> impl Iterator<Item = String> {
        self.item.sig.generics.lifetimes().map(|param| text(&param.lifetime.ident))
    }

    /// Marks the calls of other flows.
    fn mark(&mut self, found: &mut dyn FnMut(&Path) -> usize) {
        let streams: Vec<Ident> = self.streams().cloned().collect();
        calls::mark(&mut self.statements, &mut self.tail, &streams, found);
    }
}

/// Expands `#[flow]`.
pub fn flow(options: TokenStream, input: TokenStream) -> TokenStream {
    let item: ItemFn = match syn::parse2(input) {
        Ok(item) => item,
        Err(error) => return error.into_compile_error(),
    };
    let options = match options.is_empty() {
        true => Ok(()),
        false => Err(Error::new_spanned(&options, "`#[flow]` takes no options")),
    };
    let name = &item.sig.ident;
    let file = name.span().file();
    let start = name.span().start();
    let place = format!("{file} {} {} {}", start.line, start.column, item.to_token_stream());
    let id = format!("__ouzel_flow_{}_{:016x}", text(name), expand::hash(&place));
    let parsed = options.and_then(|()| parse(item.clone(), id.clone(), file));
    let looked_at = parsed.and_then(|flow| look_at(&flow).map(|known| (flow, known)));
    match looked_at {
        Ok((flow, true)) => {
            let handed = handed(&flow);
            emit(&item, &id, &handed, TokenStream::new(), Some(&flow))
        }
        // Rustc says what is wrong.
        Ok((flow, false)) => emit(&item, &id, &quote!(broken), TokenStream::new(), Some(&flow)),
        Err(error) => emit(&item, &id, &quote!(broken), error.into_compile_error(), None),
    }
}

/// What the macro of a flow adds.
fn handed(flow: &Flow) -> TokenStream {
    let (id, file) = (&flow.id, &flow.file);
    let mut item = flow.item.clone();
    item.attrs.clear();
    item.vis = Visibility::Inherited;
    let item = from_here(item.to_token_stream());
    quote!(#id #file #item)
}

/// Paths that begin with `crate` lead into this crate wherever they come to stand.
fn from_here(tokens: TokenStream) -> TokenStream {
    let mut out = TokenStream::new();
    for token in tokens {
        match token {
            TokenTree::Ident(ident) if ident == "crate" => {
                out.extend(quote_spanned!(ident.span()=> $crate));
            }
            TokenTree::Group(group) => {
                let mut made = Group::new(group.delimiter(), from_here(group.stream()));
                made.set_span(group.span());
                out.extend([TokenTree::Group(made)]);
            }
            other => out.extend([other]),
        }
    }
    out
}

/// The flow's items: the function, of which only the signature counts, and the macro. Errors in the
/// body are told here, by `error` or by rustc.
fn emit(
    item: &ItemFn,
    id: &str,
    handed: &TokenStream,
    error: TokenStream,
    flow: Option<&Flow>,
) -> TokenStream {
    let (vis, name, attributes) = (&item.vis, &item.sig.ident, &item.attrs);
    let mut signature = item.sig.clone();
    (signature.constness, signature.asyncness) = (None, None);
    signature.safety = syn::Safety::Default;
    let hidden = Ident::new(id, mixed());
    let generic = signature.generics.params.iter().next().is_some();
    let accepted = flow.filter(|_| !generic).map_or(quote!(true), |flow| {
        let (body, tail) = body(flow);
        let params = flow.params.iter().map(|p| {
            let (name, ty) = (&p.name, &p.ty);
            quote!(#name: #ty)
        });
        let output = &signature.output;
        quote!({
            let _ = |#(#params),*| #output { #body #tail };
            true
        })
    });
    let block = match flow.filter(|_| generic) {
        Some(flow) => {
            let (body, tail) = body(flow);
            quote!(#body #tail)
        }
        None => quote!(::core::unreachable!("a flow is never called")),
    };
    let exported = matches!(vis, Visibility::Public(_)).then(|| quote!(#[macro_export]));
    quote_spanned! {mixed()=>
        #error

        #(#attributes)*
        #[allow(unused, unused_qualifications, clippy::all)]
        #vis #signature { #block }

        #[doc(hidden)]
        #[allow(non_camel_case_types, dead_code)]
        #vis struct #name {}

        #[allow(dead_code)]
        impl #name {
            #[doc(hidden)]
            #[allow(unused, unused_qualifications, clippy::all)]
            pub const __ACCEPTED: bool = #accepted;
        }

        #[doc(hidden)]
        #[allow(unused_macros)]
        #exported
        macro_rules! #hidden {
            ($($state:tt)*) => { ::ouzel::dsl::__flows! { $($state)* { #handed } } };
        }

        #[doc(hidden)]
        #[allow(unused_imports)]
        #vis use #hidden as #name;
    }
}

fn body(flow: &Flow) -> (TokenStream, Expr) {
    let streams = flow.streams().cloned().collect();
    let (statements, tail) = check::body(&flow.statements, &flow.tail, streams, &[]);
    let uses = &flow.uses;
    (quote!(#(#uses)* #statements), tail)
}

/// Looks at a flow by itself; false if rustc is to say what is wrong with it.
fn look_at(flow: &Flow) -> syn::Result<bool> {
    determinism::walk_all(&flow.statements, &flow.tail)?;
    let mut marked = flow.clone();
    let (mut calls, mut own) = (0, None);
    marked.mark(&mut |path| {
        if path.is_ident(&flow.item.sig.ident) {
            own.get_or_insert_with(|| path.clone());
        }
        calls += 1;
        calls - 1
    });
    if let Some(path) = own {
        return Err(recursion(&path));
    }
    // What depends on what is not here is told by the jobs that it is part of.
    let keyed = flow.params.iter().any(|p| matches!(p.gives, Some(Gives::Keyed | Gives::Grouped)));
    match calls > 0 || keyed {
        true => Ok(true),
        false => lower::flow(&marked),
    }
}

fn recursion(path: &Path) -> Error {
    let name = path.segments.last().map(|last| text(&last.ident)).unwrap_or_default();
    let message = format!(
        "the flow `{name}` would be part of itself: a flow cannot call itself, nor what calls it"
    );
    Error::new_spanned(path, message)
}

/// Reads a function as a flow.
fn parse(item: ItemFn, id: String, file: String) -> syn::Result<Flow> {
    let mut errors = Errors::default();
    let signature = &item.sig;
    ast::plain(signature, "a flow", &mut errors);
    if MACROS.contains(&text(&signature.ident).as_str()) {
        let message =
            "a flow's name is also that of a macro, and this is one of std: choose another";
        errors.push(Error::new_spanned(&signature.ident, message));
    }
    let mut params = Vec::new();
    for argument in &signature.inputs {
        match ast::parameter(argument, "a flow") {
            Ok((name, ty)) => params.push(Param { name, gives: gives(&ty), ty }),
            Err(error) => errors.push(error),
        }
    }
    if params.iter().all(|p| p.gives.is_none()) && errors.is_empty() {
        errors.push(Error::new_spanned(
            &signature.ident,
            "a flow needs a stream or a table: a parameter such as `flights: Stream<Flight>`",
        ));
    }
    let returns = "a flow returns a stream, a table or a tuple of these";
    match &signature.output {
        syn::ReturnType::Default => errors
            .push(Error::new_spanned(&signature.ident, format!("{returns}: add `-> Stream<T>`"))),
        syn::ReturnType::Type(_, ty) => {
            let parts: Vec<&Type> = match &**ty {
                Type::Tuple(tuple) if !tuple.elems.is_empty() => tuple.elems.iter().collect(),
                single => vec![single],
            };
            for part in parts.into_iter().filter(|part| gives(part).is_none()) {
                errors.push(Error::new_spanned(part, returns));
            }
        }
    }
    let (uses, mut statements) = uses::apart(&item.block.stmts);
    let tail = match statements.pop() {
        Some(Stmt::Expr(tail, None)) => Some(tail),
        other => {
            let span = other.map_or(item.block.brace_token.span.join(), |s| s.span());
            let message = "a flow ends with what it gives: a stream, a table or a tuple of these, without a semicolon";
            errors.push(Error::new(span, message));
            None
        }
    };
    for statement in &statements {
        if let Stmt::Item(item) = statement {
            errors.push(Error::new_spanned(
                item,
                "put this beside the flow: its body becomes part of that of each job that calls it",
            ));
        }
        leaves(statement, &mut errors);
    }
    for dollar in dollars(item.block.to_token_stream()) {
        errors.push(Error::new(dollar, "there is no `$` in a flow, which is handed on by a macro"));
    }
    errors.finish()?;
    match tail {
        Some(tail) => Ok(Flow { id, file, params, uses, statements, tail, item }),
        None => Err(Error::new_spanned(&item.sig.ident, "not a flow")),
    }
}

/// What a type of the job language says that it is.
fn gives(ty: &Type) -> Option<Gives> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    if !matches!(last.arguments, PathArguments::AngleBracketed(_)) {
        return None;
    }
    Some(match text(&last.ident).as_str() {
        "Stream" => Gives::Stream,
        "Table" => Gives::Table,
        "Keyed" => Gives::Keyed,
        "Grouped" => Gives::Grouped,
        _ => return None,
    })
}

/// What would leave the job, and not the flow.
fn leaves(statement: &Stmt, errors: &mut Errors) {
    struct Leaves<'a>(&'a mut Errors);
    impl<'ast> syn::visit::Visit<'ast> for Leaves<'_> {
        fn visit_expr_return(&mut self, found: &'ast syn::ExprReturn) {
            self.0.push(Error::new_spanned(found, LEAVES));
        }

        fn visit_expr_try(&mut self, found: &'ast syn::ExprTry) {
            self.0.push(Error::new_spanned(found, LEAVES));
        }

        fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}

        fn visit_item(&mut self, _: &'ast syn::Item) {}
    }
    syn::visit::Visit::visit_stmt(&mut Leaves(errors), statement);
}

const LEAVES: &str = "a flow is not left before its end: it becomes part of the job that calls it";

fn dollars(tokens: TokenStream) -> Vec<Span> {
    let mut found = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '$' => found.push(punct.span()),
            TokenTree::Group(group) => found.extend(dollars(group.stream())),
            _ => {}
        }
    }
    found
}

/// Macros of std that a flow's own macro would stand before.
const MACROS: [&str; 27] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "cfg",
    "column",
    "concat",
    "dbg",
    "debug_assert",
    "env",
    "eprint",
    "eprintln",
    "file",
    "format",
    "include",
    "include_str",
    "line",
    "matches",
    "module_path",
    "panic",
    "print",
    "println",
    "stringify",
    "todo",
    "unreachable",
    "vec",
    "write",
    "writeln",
];

/// A job that calls flows: its shell, in which its plan is made when all of them are known.
pub fn job(job: &Job, item: &TokenStream) -> Option<TokenStream> {
    let first = first_call(job)?;
    let params = Ident::new("__params", mixed());
    let next = request(&first, &quote!({ #params } { #item }));
    let outputs = lower::output_names(job);
    let outputs: Vec<&str> = outputs.iter().map(String::as_str).collect();
    let plan = quote_spanned! {mixed()=>
        let __plan: ::ouzel::dsl::Result<::ouzel::dsl::Plan> = #next;
        __plan
    };
    Some(expand::shell(job, &outputs, plan))
}

fn first_call(job: &Job) -> Option<Path> {
    let (mut statements, mut tail, mut first) = (job.statements.clone(), job.tail.clone(), None);
    let inputs = job.inputs.iter().map(|input| &input.name);
    calls::mark(&mut statements, &mut tail, inputs, &mut |path| {
        first.get_or_insert_with(|| path.clone());
        0
    });
    first
}

/// The call of a flow's macro.
fn request(flow: &Path, state: &TokenStream) -> TokenStream {
    let flow = without_arguments(flow);
    quote_spanned!(mixed()=> #flow! { #state })
}

fn without_arguments(path: &Path) -> Path {
    let mut path = path.clone();
    path.segments.iter_mut().for_each(|segment| segment.arguments = PathArguments::None);
    path
}

/// What a flow's macro added.
enum Handed {
    Flow(Box<Flow>),
    Broken,
}

impl Parse for Handed {
    fn parse(input: ParseStream<'_>) -> syn::Result<Handed> {
        if !input.peek(LitStr) {
            input.parse::<Ident>()?;
            return Ok(Handed::Broken);
        }
        let (id, file) = (input.parse::<LitStr>()?, input.parse::<LitStr>()?);
        let flow = parse(input.parse()?, id.value(), file.value())?;
        Ok(Handed::Flow(Box::new(flow)))
    }
}

/// Expands the macro that flows hand on to: asks for the next flow, or compiles the job.
pub fn compile(state: TokenStream) -> TokenStream {
    let mut groups = Vec::new();
    for token in state.clone() {
        if let TokenTree::Group(group) = token
            && group.delimiter() == Delimiter::Brace
        {
            groups.push(group.stream());
        }
    }
    let mut groups = groups.into_iter();
    let (Some(params), Some(item)) = (groups.next(), groups.next()) else {
        return Error::new(Span::call_site(), "this macro is `#[job]`'s own").into_compile_error();
    };
    let job = match syn::parse2(item).and_then(ast::parse) {
        Ok(job) => job,
        Err(error) => return error.into_compile_error(),
    };
    let plan = match with_flows(&job, groups.collect()) {
        Ok(Next::Ask(flow)) => return request(&flow, &state),
        Ok(Next::Plan(plan)) => plan,
        Err(error) => {
            let (error, plan) = (error.into_compile_error(), expand::no_plan(&job, false));
            quote!(#error #plan)
        }
    };
    quote_spanned! {mixed()=> {
        let __params = #params;
        #plan
    }}
}

enum Next {
    Ask(Path),
    Plan(TokenStream),
}

fn with_flows(job: &Job, handed: Vec<TokenStream>) -> syn::Result<Next> {
    // Each call, and the flow that it stands in.
    let mut calls: Vec<(Path, Option<usize>)> = Vec::new();
    let mut flows: Vec<Option<Flow>> = Vec::new();
    let (mut statements, mut tail) = (job.statements.clone(), job.tail.clone());
    calls::mark(&mut statements, &mut tail, job.inputs.iter().map(|i| &i.name), &mut |path| {
        calls.push((path.clone(), None));
        calls.len() - 1
    });
    let own: Vec<Path> = calls.iter().map(|(path, _)| without_arguments(path)).collect();
    let mut handed = handed.into_iter();
    while flows.len() < calls.len() {
        let number = flows.len();
        let Some(handed) = handed.next() else {
            return Ok(Next::Ask(calls[number].0.clone()));
        };
        flows.push(match syn::parse2(handed)? {
            Handed::Broken => None,
            Handed::Flow(mut flow) => {
                let mut above = calls[number].1;
                while let Some(outer) = above {
                    if flows[outer].as_ref().is_some_and(|outer| outer.id == flow.id) {
                        return Err(recursion(&calls[number].0));
                    }
                    above = calls[outer].1;
                }
                flow.mark(&mut |path| {
                    calls.push((path.clone(), Some(number)));
                    calls.len() - 1
                });
                Some(*flow)
            }
        });
    }
    let marked = Job { statements, tail, ..job.clone() };
    Ok(Next::Plan(match lower::lower(&marked, &flows)? {
        Lowered::Graph(graph, plain) => expand::plan(job, &graph, &plain, &own),
        Lowered::Unknown => expand::no_plan(job, true),
    }))
}
