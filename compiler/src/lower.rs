//! From syntax to graph.
//!
//! A `let` whose value begins with a stream or table and goes on with operators is dataflow;
//! everything else in a body is left to rustc as it stands.

use crate::aggregate;
use crate::ast::{Errors, Job};
use crate::ir::{Each, Gives, Graph, Names, Node, NodeIndex, Op, Output};
use crate::names;
use proc_macro2::Span;
use std::collections::BTreeMap;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Error, Expr, ExprClosure, ExprMethodCall, Ident, Pat, Stmt};

/// What lowering finds.
pub enum Lowered {
    /// The graph, and the statements that are not dataflow.
    Graph(Graph, Vec<Stmt>),
    /// An operator that the language does not have: rustc says so best, and suggests.
    Unknown,
}

/// Why an expression is not lowered.
enum Stop {
    Error(Error),
    Unknown,
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Error(error)
    }
}

struct Lowering {
    graph: Graph,
    /// Names of streams and tables.
    scope: BTreeMap<String, NodeIndex>,
    /// The `let` or output being lowered: the first part of operators' ids.
    owner: String,
    errors: Errors,
}

/// Lowers a job.
pub fn lower(job: &Job) -> syn::Result<Lowered> {
    let mut lowering = Lowering {
        graph: Graph { nodes: Vec::new(), outputs: Vec::new() },
        scope: BTreeMap::new(),
        owner: text(&job.name),
        errors: Errors::default(),
    };
    for (index, input) in job.inputs.iter().enumerate() {
        lowering.graph.nodes.push(Node {
            op: Op::Source(index),
            inputs: Vec::new(),
            ident: input.name.clone(),
            id: text(&input.name),
            named: None,
            names: Names::Own,
        });
        lowering.scope.insert(text(&input.name), index);
    }
    let mut plain = Vec::new();
    let mut values: Vec<Ident> = job.params.iter().map(|p| p.name.clone()).collect();
    for statement in &job.statements {
        match lowering.statement(statement) {
            Ok(dataflow) => {
                if let Err(error) = lowering.order(statement, dataflow, &mut values) {
                    lowering.errors.push(error);
                }
                if !dataflow {
                    plain.push(statement.clone());
                }
            }
            Err(Stop::Error(error)) => lowering.errors.push(error),
            Err(Stop::Unknown) => return Ok(Lowered::Unknown),
        }
    }
    match lowering.outputs(job) {
        Ok(()) => {}
        Err(Stop::Error(error)) => lowering.errors.push(error),
        Err(Stop::Unknown) => return Ok(Lowered::Unknown),
    }
    lowering.errors.finish()?;
    Ok(Lowered::Graph(lowering.graph, plain))
}

impl Lowering {
    /// Plain statements run once, before any record: so the name of a value means the same
    /// throughout, and what changes a value stands before the first operator.
    fn order(&self, statement: &Stmt, dataflow: bool, values: &mut Vec<Ident>) -> syn::Result<()> {
        let begun = self.graph.nodes.iter().any(|n| !matches!(n.op, Op::Source(_)));
        match statement {
            Stmt::Local(local) => {
                let mut names = Vec::new();
                bindings(&local.pat, &mut names);
                for name in names {
                    let stream = !dataflow && self.scope.contains_key(&text(&name));
                    if stream || values.contains(&name) {
                        let message = format!(
                            "`{name}` is bound twice: in a job, what is no stream or table has one name and one value"
                        );
                        return Err(Error::new(name.span(), message));
                    }
                    values.extend((!dataflow).then_some(name));
                }
                Ok(())
            }
            Stmt::Expr(..) | Stmt::Macro(_) if begun => Err(Error::new_spanned(
                statement,
                "put this before the first operator: plain statements run once, before any record",
            )),
            _ => Ok(()),
        }
    }

    /// Lowers a statement; false if it is not dataflow.
    fn statement(&mut self, statement: &Stmt) -> Result<bool, Stop> {
        let Stmt::Local(local) = statement else { return Ok(false) };
        let Some(init) = &local.init else { return Ok(false) };
        let name = match &local.pat {
            Pat::Type(typed) => ident_of(&typed.pat),
            pattern => ident_of(pattern),
        };
        let owner = name.map_or_else(|| self.owner.clone(), text);
        let before = std::mem::replace(&mut self.owner, owner);
        let lowered = self.expression(&init.expr);
        self.owner = before;
        let Some(node) = lowered? else { return Ok(false) };
        match name {
            Some(name) => self.scope.insert(text(name), node),
            None => {
                let message = "bind a stream or table to a plain name: `let name = ...`";
                return Err(Error::new_spanned(&local.pat, message).into());
            }
        };
        Ok(true)
    }

    /// Lowers an expression; `None` if it is not dataflow.
    fn expression(&mut self, expression: &Expr) -> Result<Option<NodeIndex>, Stop> {
        match expression {
            Expr::Paren(paren) => self.expression(&paren.expr),
            Expr::Group(group) => self.expression(&group.expr),
            Expr::Path(path) => {
                Ok(path.path.get_ident().and_then(|ident| self.scope.get(&text(ident)).copied()))
            }
            Expr::MethodCall(call) => match self.expression(&call.receiver)? {
                Some(receiver) => self.operator(receiver, call).map(Some),
                None => Ok(None),
            },
            _ => Ok(None),
        }
    }

    fn operator(&mut self, receiver: NodeIndex, call: &ExprMethodCall) -> Result<NodeIndex, Stop> {
        let name = text(&call.method);
        self.takes(&name, receiver).map_err(|why| Error::new_spanned(&call.method, why))?;
        if let Some(each) = Each::by_name(&name) {
            let closure = closure_argument(call)?;
            let names = match each {
                each if each.keeps_record() => self.graph.nodes[receiver].names.clone(),
                Each::Map => names::of_closure(&closure),
                _ => Names::One(None, None),
            };
            return Ok(self.add(call, Op::Each(each, closure), vec![receiver], names));
        }
        match name.as_str() {
            "named" => self.named(receiver, call),
            "merge" => {
                let other = match call.args.first() {
                    Some(argument) if call.args.len() == 1 => self.expression(argument)?,
                    _ => return Err(Stop::Unknown),
                };
                let Some(other) = other else {
                    let message = "`merge` takes a stream of this job";
                    return Err(Error::new_spanned(&call.args, message).into());
                };
                let names = self.graph.nodes[receiver].names.clone();
                Ok(self.add(call, Op::Merge, vec![receiver, other], names))
            }
            "key_by" => {
                let closure = closure_argument(call)?;
                let names = names::of_closure(&closure);
                Ok(self.add(call, Op::KeyBy(closure), vec![receiver], names))
            }
            "window" | "lateness" => {
                let argument = one_argument(call)?;
                let op = match name.as_str() {
                    "window" => Op::Window(argument),
                    _ => Op::Lateness(argument),
                };
                let names = self.graph.nodes[receiver].names.clone();
                let node = self.add(call, op, vec![receiver], names);
                let windowing = self.graph.windowing(node);
                if name == "lateness" && windowing.window.is_none() {
                    let message = "`lateness` needs windows: put `.window(tumbling(..))` before it";
                    return Err(Error::new_spanned(&call.method, message).into());
                }
                Ok(node)
            }
            "late" => {
                if self.graph.windowing(receiver).lateness.is_none() {
                    let message = "`late` needs a lateness: without `.lateness(..)` before it no record is ever late";
                    return Err(Error::new_spanned(&call.method, message).into());
                }
                let source = self.record_names(receiver);
                Ok(self.add(call, Op::Late, vec![receiver], source))
            }
            "aggregate" => {
                let argument = one_argument(call)?;
                let node = self.graph.nodes.len();
                let (aggregate, names) = aggregate::take_apart(&argument, node)?;
                Ok(self.add(call, Op::Aggregate(Box::new(aggregate)), vec![receiver], names))
            }
            "finals" => {
                if self.graph.windowing(receiver).lateness.is_none() {
                    let message = "`finals` needs a lateness: without `.lateness(..)` before `.aggregate(..)` no window is ever final";
                    return Err(Error::new_spanned(&call.method, message).into());
                }
                let names = self.graph.nodes[receiver].names.clone();
                Ok(self.add(call, Op::Finals, vec![receiver], names))
            }
            _ => Err(Stop::Unknown),
        }
    }

    /// What is wrong if an operator does not take what stands before it.
    fn takes(&self, name: &str, receiver: NodeIndex) -> Result<(), String> {
        let found = self.graph.nodes[receiver].op.gives();
        let wrong = match (name, found) {
            ("named", _) => return Ok(()),
            ("aggregate" | "window", Gives::Stream) => {
                format!(
                    "`{name}` needs a key: put `.key_by(..)` before it; `.key_by(|_| ())` keeps all records together"
                )
            }
            ("window", Gives::Keyed) if self.graph.windowing(receiver).window.is_some() => {
                "the records are in windows already".to_owned()
            }
            ("lateness", Gives::Keyed) if self.graph.windowing(receiver).lateness.is_some() => {
                "the windows have a lateness already".to_owned()
            }
            ("aggregate" | "window" | "lateness" | "late", Gives::Keyed) => return Ok(()),
            ("lateness" | "late", Gives::Stream) => {
                format!("`{name}` needs windows: put `.key_by(..).window(tumbling(..))` before it")
            }
            ("finals", Gives::Table) => return Ok(()),
            ("finals", _) => {
                "`finals` takes a table with windows: put `.aggregate(..)` before it".to_owned()
            }
            ("lateness" | "late", Gives::Table) => {
                format!("`{name}` stands before `.aggregate(..)`")
            }
            ("aggregate" | "window", Gives::Table) => {
                format!("`{name}` takes a keyed stream, and this is a table")
            }
            (_, Gives::Stream) => return Ok(()),
            // Rustc says best that there is no such operator.
            _ if Each::by_name(name).is_none() && !["merge", "key_by"].contains(&name) => {
                return Ok(());
            }
            (_, Gives::Keyed) => {
                format!("`{name}` takes a stream without a key: put it before `.key_by(..)`")
            }
            (_, Gives::Table) => format!(
                "`{name}` takes a stream, and this is a table: the table of an aggregate with a lateness gives a stream by `.finals()`"
            ),
        };
        Err(wrong)
    }

    /// The names of the records that a keyed stream is made of.
    fn record_names(&self, node: NodeIndex) -> Names {
        let key_by = self.graph.windowing(node).key_by;
        match self.graph.nodes[key_by].inputs.first() {
            Some(input) => self.graph.nodes[*input].names.clone(),
            None => Names::Own,
        }
    }

    fn named(&mut self, node: NodeIndex, call: &ExprMethodCall) -> Result<NodeIndex, Stop> {
        let argument = one_argument(call)?;
        let Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(name), .. }) = &argument else {
            let message = "`named` takes a name in quotes: it is part of the plan";
            return Err(Error::new_spanned(&argument, message).into());
        };
        let text = name.value();
        if text.is_empty() {
            return Err(Error::new_spanned(name, "a name must not be empty").into());
        }
        if self.graph.nodes.iter().enumerate().any(|(i, n)| i != node && n.id == text) {
            let message = format!("two operators are named `{text}`: ids must differ");
            return Err(Error::new_spanned(name, message).into());
        }
        let target = &mut self.graph.nodes[node];
        target.id = text.clone();
        target.named = Some(text.clone());
        if let (false, Names::One(held, _)) =
            (matches!(target.op, Op::Aggregate(_) | Op::Source(_)), &mut target.names)
        {
            *held = Some(text);
        }
        Ok(node)
    }

    fn add(
        &mut self,
        call: &ExprMethodCall,
        op: Op,
        inputs: Vec<NodeIndex>,
        names: Names,
    ) -> NodeIndex {
        let base = format!("{}.{}", self.owner, text(&call.method));
        let taken = |id: &str| self.graph.nodes.iter().any(|n| n.id == id);
        let mut id = base.clone();
        let mut count = 1;
        while taken(&id) {
            count += 1;
            id = format!("{base}{count}");
        }
        self.graph.nodes.push(Node {
            op,
            inputs,
            ident: call.method.clone(),
            id,
            named: None,
            names,
        });
        self.graph.nodes.len() - 1
    }

    /// Lowers the tail. A single output is named after the job, or after its variable if it is a
    /// plain one; those of a tuple must be variables, or be named.
    fn outputs(&mut self, job: &Job) -> Result<(), Stop> {
        let parts: Vec<&Expr> = match &job.tail {
            Expr::Tuple(tuple) => tuple.elems.iter().collect(),
            single => vec![single],
        };
        let alone = parts.len() == 1;
        for (position, part) in parts.into_iter().enumerate() {
            let variable = match part {
                Expr::Path(path) => path.path.get_ident().map(text),
                _ => None,
            };
            if !alone {
                self.owner = variable
                    .clone()
                    .unwrap_or_else(|| format!("{}{}", text(&job.name), position + 1));
            }
            let Some(node) = self.expression(part)? else {
                let message = "an output is a stream or a table of this job";
                return Err(Error::new_spanned(part, message).into());
            };
            let keyed =
                matches!(self.graph.nodes[node].op, Op::KeyBy(_) | Op::Window(_) | Op::Lateness(_));
            if keyed {
                // Rustc knows best what is wrong: the declared type is a stream or a table.
                return Err(Stop::Unknown);
            }
            let named = self.graph.nodes[node].named.clone();
            let name = match (alone, variable, named) {
                (true, _, _) => text(&job.name),
                (false, Some(variable), _) => variable,
                (false, None, Some(named)) => named,
                (false, None, None) => {
                    let message = "one of several outputs needs a name: bind it with `let name = ...` and return `name`";
                    return Err(Error::new_spanned(part, message).into());
                }
            };
            if self.graph.outputs.iter().any(|o| o.name == name) {
                let message = format!("two outputs are named `{name}`");
                return Err(Error::new_spanned(part, message).into());
            }
            let table = matches!(self.graph.nodes[node].op, Op::Aggregate(_));
            if table && self.graph.outputs.iter().any(|o| o.node == node) {
                let message = "this table is an output already: a table has one name";
                return Err(Error::new_spanned(part, message).into());
            }
            names::check(&self.graph, node, &name).map_err(Stop::Error)?;
            self.graph.outputs.push(Output { name, node, span: part.span() });
        }
        Ok(())
    }
}

/// An identifier's name, which has no `r#`.
pub fn text(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// The names that a pattern binds.
pub fn bindings(pattern: &Pat, names: &mut Vec<Ident>) {
    struct Bindings<'a>(&'a mut Vec<Ident>);
    impl<'ast> syn::visit::Visit<'ast> for Bindings<'_> {
        fn visit_pat_ident(&mut self, pattern: &'ast syn::PatIdent) {
            self.0.push(pattern.ident.clone());
            syn::visit::visit_pat_ident(self, pattern);
        }
    }
    syn::visit::Visit::visit_pat(&mut Bindings(names), pattern);
}

fn ident_of(pattern: &Pat) -> Option<&Ident> {
    match pattern {
        Pat::Ident(name) if name.by_ref.is_none() && name.subpat.is_none() => Some(&name.ident),
        _ => None,
    }
}

/// The only argument of an operator; with another number rustc says what is expected.
fn one_argument(call: &ExprMethodCall) -> Result<Expr, Stop> {
    match call.args.first() {
        Some(argument) if call.args.len() == 1 => Ok(argument.clone()),
        _ => Err(Stop::Unknown),
    }
}

/// The only argument, which must be a closure with one parameter.
fn closure_argument(call: &ExprMethodCall) -> Result<ExprClosure, Stop> {
    let mut argument = one_argument(call)?;
    while let Expr::Paren(paren) = argument {
        argument = *paren.expr;
    }
    match argument {
        Expr::Closure(mut closure) if closure.inputs.len() == 1 => {
            // Twin and stage both need what it captures.
            closure.capture = None;
            if let Some(word) = &closure.asyncness {
                let message = format!(
                    "the closure of `{}` must not be async: it runs once a record",
                    call.method
                );
                return Err(Error::new_spanned(word, message).into());
            }
            Ok(closure)
        }
        Expr::Closure(_) => Err(Stop::Unknown),
        // A function by its name: `map(f)` is `map(|x| f(x))`.
        Expr::Path(path) => {
            let span = path.span();
            let variable = Ident::new("record", Span::mixed_site());
            Ok(syn::parse_quote_spanned!(span=> |#variable| #path(#variable)))
        }
        other => {
            let message = format!(
                "`{}` takes a closure, such as `|record| ...`: its code becomes part of the stage",
                call.method
            );
            Err(Error::new_spanned(other, message).into())
        }
    }
}
