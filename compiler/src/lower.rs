//! From syntax to graph.
//!
//! A `let` whose value begins with a stream or table and goes on with operators is dataflow;
//! everything else in a body is left to rustc as it stands.

mod arguments;
mod errors;
mod join;
mod lookup;
mod misplaced;
mod operator;
mod ordered;
mod outputs;
mod split;

use crate::ast::{Errors, Job};
use crate::idents::{bindings, name_of, text};
use crate::ir::{Gives, Graph, InputSays, Names, Node, NodeIndex, Op};
use std::collections::{BTreeMap, BTreeSet};
use syn::{Error, Expr, Ident, Local, Pat, Stmt};

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
    /// It depends on what was not lowered, of which it has been said why.
    Said,
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
    /// Names of what would be one, had it no errors.
    failed: BTreeSet<String>,
    /// The `let` or output being lowered: the first part of operators' ids.
    owner: String,
    errors: Errors,
}

/// Lowers a job.
pub fn lower(job: &Job) -> syn::Result<Lowered> {
    let mut lowering = Lowering {
        graph: Graph {
            nodes: Vec::new(),
            outputs: Vec::new(),
            inputs: vec![InputSays::default(); job.inputs.len()],
        },
        scope: BTreeMap::new(),
        failed: BTreeSet::new(),
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
            Err(Stop::Said) => {}
            Err(Stop::Unknown) => return Ok(Lowered::Unknown),
        }
    }
    match lowering.outputs(job) {
        Ok(()) | Err(Stop::Said) => {}
        Err(Stop::Error(error)) => lowering.errors.push(error),
        Err(Stop::Unknown) => return Ok(Lowered::Unknown),
    }
    lowering.sides();
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
        let bound = self.binding(local);
        let mut names = Vec::new();
        bindings(&local.pat, &mut names);
        for name in names.iter().map(text) {
            match bound {
                Ok(_) => self.failed.remove(&name),
                Err(_) => {
                    self.scope.remove(&name);
                    self.failed.insert(name)
                }
            };
        }
        let bound = bound?;
        let dataflow = bound.is_some();
        self.scope.extend(bound.into_iter().flatten());
        Ok(dataflow)
    }

    /// Lowers what is bound to a name, or to several of a split; `None` if it is not dataflow.
    fn binding(&mut self, local: &Local) -> Result<Option<Vec<(String, NodeIndex)>>, Stop> {
        let Some(init) = &local.init else { return Ok(None) };
        let pattern = match &local.pat {
            Pat::Type(typed) => &*typed.pat,
            pattern => pattern,
        };
        let name = name_of(pattern);
        let mut names = Vec::new();
        bindings(pattern, &mut names);
        let owner = names.first().map_or_else(|| self.owner.clone(), text);
        let before = std::mem::replace(&mut self.owner, owner);
        let lowered = self.expression(&init.expr);
        self.owner = before;
        match (lowered?, name) {
            (None, _) => Ok(None),
            (Some(node), _) if self.graph.gives(node) == Gives::Branches => {
                Ok(Some(self.bind_branches(node, pattern)?))
            }
            (Some(node), Some(name)) => Ok(Some(vec![(text(name), node)])),
            (Some(_), None) => {
                let message = "bind a stream or table to a plain name: `let name = ...`";
                Err(Error::new_spanned(&local.pat, message).into())
            }
        }
    }

    /// Lowers an expression; `None` if it is not dataflow.
    fn expression(&mut self, expression: &Expr) -> Result<Option<NodeIndex>, Stop> {
        match expression {
            Expr::Paren(paren) => self.expression(&paren.expr),
            Expr::Group(group) => self.expression(&group.expr),
            Expr::Path(path) => match path.path.get_ident().map(text) {
                Some(name) if self.failed.contains(&name) => Err(Stop::Said),
                Some(name) => Ok(self.scope.get(&name).copied()),
                None => Ok(None),
            },
            Expr::MethodCall(call) => match self.expression(&call.receiver)? {
                Some(receiver) => self.operator(receiver, call).map(Some),
                None => Ok(None),
            },
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
