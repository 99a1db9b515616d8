//! From syntax to graph.
//!
//! A `let` whose value begins with a stream or table and goes on with operators is dataflow;
//! everything else in a body is left to rustc as it stands.

mod arguments;
mod call;
mod errors;
mod join;
mod lookup;
mod misplaced;
mod operator;
mod ordered;
mod outputs;
mod split;

use crate::ast::{Errors, Job};
use crate::flow::{Flow, uses};
use crate::idents::{bindings, name_of, text};
use crate::ir::{Gives, Graph, InputSays, Names, Node, NodeIndex, Op, Plain, Scope};
pub use outputs::output_names;
use std::collections::{BTreeMap, BTreeSet};
use syn::{Error, Expr, Ident, ItemUse, Local, Pat, Stmt, Type};

/// What lowering finds.
pub enum Lowered {
    /// The graph, and the statements that are not dataflow.
    Graph(Graph, Vec<Plain>),
    /// An operator that the language does not have: rustc says so best, and suggests.
    Unknown,
}

/// Why an expression is not lowered.
enum Stop {
    Error(Error),
    Unknown,
    /// It depends on what was not lowered, of which it has been said why.
    Said,
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Error(error)
    }
}

struct Lowering<'a> {
    graph: Graph,
    /// The flows, by the numbers of their calls; those with errors of their own are not there.
    flows: &'a [Option<Flow>],
    /// The types of the inputs' records.
    records: Vec<Type>,
    frame: Frame,
    /// What the ids of flows begin with that are bound to no variable.
    prefixes: BTreeSet<String>,
    plain: Vec<Plain>,
    errors: Errors,
}

/// Where in a job or flow lowering is.
struct Frame {
    /// Names of streams and tables.
    scope: BTreeMap<String, NodeIndex>,
    /// Names of what would be one, had it no errors.
    failed: BTreeSet<String>,
    /// The `let` or output being lowered: the first part of operators' ids.
    owner: String,
    /// Whether that is a variable's name.
    variable: bool,
    /// What ids in a flow begin with.
    prefix: Option<String>,
    /// The body, by index.
    here: usize,
    /// How many operators there were before it.
    begun: usize,
    /// Names of what is no stream or table.
    values: Vec<Ident>,
    /// What a flow has in scope of its own.
    uses: Vec<ItemUse>,
}

impl Frame {
    fn new(owner: String) -> Frame {
        Frame {
            scope: BTreeMap::new(),
            failed: BTreeSet::new(),
            owner,
            variable: false,
            prefix: None,
            here: 0,
            begun: 0,
            values: Vec::new(),
            uses: Vec::new(),
        }
    }

    /// The first part of the ids of what a name stands for.
    fn inner(&self, name: &str) -> String {
        match &self.prefix {
            Some(prefix) => format!("{prefix}.{name}"),
            None => name.to_owned(),
        }
    }
}

/// Lowers a job, and the flows that it calls.
pub fn lower(job: &Job, flows: &[Option<Flow>]) -> syn::Result<Lowered> {
    let records = job.inputs.iter().map(|input| input.record.clone()).collect();
    let mut lowering = Lowering::new(text(&job.name), flows, records);
    for (index, input) in job.inputs.iter().enumerate() {
        lowering.input(Op::Source(index), &input.name);
    }
    lowering.frame.values = job.params.iter().map(|p| p.name.clone()).collect();
    let lowered = lowering.body(&job.statements).and_then(|()| lowering.outputs(job));
    match lowered {
        Ok(()) | Err(Stop::Said) => {}
        Err(Stop::Error(error)) => lowering.errors.push(error),
        Err(Stop::Unknown) => return Ok(Lowered::Unknown),
    }
    lowering.sides();
    lowering.errors.finish()?;
    Ok(Lowered::Graph(lowering.graph, lowering.plain))
}

/// Lowers a flow by itself, to say what is wrong with it; false if rustc says so best.
pub fn flow(flow: &Flow) -> syn::Result<bool> {
    let mut lowering = Lowering::new(text(&flow.item.sig.ident), &[], Vec::new());
    for param in &flow.params {
        match param.gives {
            Some(gives) => lowering.input(Op::Given(gives), &param.name),
            None => lowering.frame.values.push(param.name.clone()),
        }
    }
    let lowered = lowering.body(&flow.statements).and_then(|()| lowering.given(&flow.tail));
    match lowered {
        Ok(_) | Err(Stop::Said) => {}
        Err(Stop::Error(error)) => lowering.errors.push(error),
        Err(Stop::Unknown) => return Ok(false),
    }
    lowering.errors.finish()?;
    Ok(true)
}

impl<'a> Lowering<'a> {
    fn new(owner: String, flows: &'a [Option<Flow>], records: Vec<Type>) -> Lowering<'a> {
        let graph = Graph {
            nodes: Vec::new(),
            outputs: Vec::new(),
            inputs: vec![InputSays::default(); records.len()],
            scopes: vec![Scope::default()],
        };
        Lowering {
            graph,
            flows,
            records,
            frame: Frame::new(owner),
            prefixes: BTreeSet::new(),
            plain: Vec::new(),
            errors: Errors::default(),
        }
    }

    fn input(&mut self, op: Op, name: &Ident) {
        self.frame.scope.insert(text(name), self.graph.nodes.len());
        self.graph.nodes.push(Node {
            op,
            inputs: Vec::new(),
            ident: name.clone(),
            id: text(name),
            named: None,
            names: Names::Own,
            scope: 0,
        });
        self.frame.begun = self.graph.nodes.len();
    }

    /// Lowers the statements of a body.
    fn body(&mut self, statements: &[Stmt]) -> Result<(), Stop> {
        for statement in statements {
            match self.statement(statement) {
                Ok(dataflow) => {
                    if let Err(error) = self.order(statement, dataflow) {
                        self.errors.push(error);
                    }
                    if !dataflow {
                        let scope = self.frame.here;
                        let mut statement = statement.clone();
                        uses::put_in(&self.frame.uses, &mut statement);
                        self.plain.push(Plain { scope, statement });
                    }
                }
                Err(Stop::Error(error)) => self.errors.push(error),
                Err(Stop::Said) => {}
                Err(Stop::Unknown) => return Err(Stop::Unknown),
            }
        }
        Ok(())
    }

    /// Plain statements run once, before any record: so the name of a value means the same
    /// throughout, and what changes a value stands before the first operator.
    fn order(&mut self, statement: &Stmt, dataflow: bool) -> syn::Result<()> {
        let begun = self.graph.nodes.len() > self.frame.begun;
        match statement {
            Stmt::Local(local) => {
                let mut names = Vec::new();
                bindings(&local.pat, &mut names);
                for name in names {
                    let stream = !dataflow && self.frame.scope.contains_key(&text(&name));
                    if stream || self.frame.values.contains(&name) {
                        let message = format!(
                            "`{name}` is bound twice: in a job, what is no stream or table has one name and one value"
                        );
                        return Err(Error::new(name.span(), message));
                    }
                    self.frame.values.extend((!dataflow).then_some(name));
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
        let bound = self.binding(local);
        let mut names = Vec::new();
        bindings(&local.pat, &mut names);
        for name in names.iter().map(text) {
            match &bound {
                Ok(bound) => {
                    let bound = bound.iter().flatten().find(|(of, _)| *of == name);
                    if let Some((_, node)) = bound {
                        self.frame.scope.insert(name.clone(), *node);
                    }
                    self.frame.failed.remove(&name);
                }
                Err(_) => {
                    self.frame.scope.remove(&name);
                    self.frame.failed.insert(name);
                }
            }
        }
        Ok(bound?.is_some())
    }

    /// Lowers what is bound to names; `None` if it is not dataflow.
    fn binding(&mut self, local: &Local) -> Result<Option<Vec<(String, NodeIndex)>>, Stop> {
        let Some(init) = &local.init else { return Ok(None) };
        let pattern = match &local.pat {
            Pat::Type(typed) => &*typed.pat,
            pattern => pattern,
        };
        let name = name_of(pattern).map(text);
        let mut names = Vec::new();
        bindings(pattern, &mut names);
        let owner = match names.first() {
            Some(name) => self.frame.inner(&text(name)),
            None => self.frame.owner.clone(),
        };
        let owner = std::mem::replace(&mut self.frame.owner, owner);
        let variable = std::mem::replace(&mut self.frame.variable, name.is_some());
        let lowered = self.several(&init.expr);
        (self.frame.owner, self.frame.variable) = (owner, variable);
        let plain = || {
            let message = "bind a stream or table to a plain name: `let name = ...`";
            Stop::from(Error::new_spanned(&local.pat, message))
        };
        let Some(nodes) = lowered? else { return Ok(None) };
        match (name, pattern, nodes.as_slice()) {
            (_, _, [node]) if self.graph.gives(*node) == Gives::Branches => {
                Ok(Some(self.bind_branches(*node, pattern)?))
            }
            (Some(name), _, [node]) => Ok(Some(vec![(name, *node)])),
            (None, Pat::Tuple(tuple), [_, _, ..]) if tuple.elems.len() == nodes.len() => {
                let mut bound = Vec::new();
                for (pattern, node) in tuple.elems.iter().zip(nodes) {
                    match (name_of(pattern), pattern) {
                        (Some(name), _) => bound.push((text(name), node)),
                        (None, Pat::Wild(_)) => {}
                        _ => return Err(plain()),
                    }
                }
                Ok(Some(bound))
            }
            // Rustc says how many there are.
            (None, Pat::Tuple(_), [_, _, ..]) => Err(Stop::Unknown),
            (Some(_), _, several) => {
                let count = several.len();
                let message = format!(
                    "this flow gives {count} streams or tables: bind each to a name, as in `let (a, b) = ...`"
                );
                Err(Error::new_spanned(pattern, message).into())
            }
            _ => Err(plain()),
        }
    }

    /// Lowers an expression; `None` if it is not dataflow.
    fn expression(&mut self, expression: &Expr) -> Result<Option<NodeIndex>, Stop> {
        match expression {
            Expr::Paren(paren) => self.expression(&paren.expr),
            Expr::Group(group) => self.expression(&group.expr),
            Expr::Path(path) => match path.path.get_ident().map(text) {
                Some(name) if self.frame.failed.contains(&name) => Err(Stop::Said),
                Some(name) => Ok(self.frame.scope.get(&name).copied()),
                None => Ok(None),
            },
            Expr::MethodCall(call) => match self.expression(&call.receiver)? {
                Some(receiver) => self.operator(receiver, call).map(Some),
                None => Ok(None),
            },
            Expr::Call(call) => self.one(call),
            Expr::Tuple(tuple) => {
                for element in &tuple.elems {
                    if self.expression(element)?.is_some() {
                        let message =
                            "bind streams and tables one by one: `let name = ...` for each";
                        return Err(Error::new_spanned(tuple, message).into());
                    }
                }
                Ok(None)
            }
            _ => Ok(None),
        }
    }
}
