//! The end of a job: its outputs and their names.

use super::{Lowering, Stop};
use crate::ast::Job;
use crate::idents::text;
use crate::ir::{Gives, Node, NodeIndex, Op, Output};
use crate::names;
use syn::spanned::Spanned;
use syn::{Error, Expr, Ident};

/// The names of a job's outputs, as far as they do not depend on what its flows hold.
pub fn output_names(job: &Job) -> Vec<String> {
    let Expr::Tuple(tuple) = &job.tail else { return vec![text(&job.name)] };
    if tuple.elems.len() == 1 {
        return vec![text(&job.name)];
    }
    let name = |part: &Expr| match part {
        Expr::Path(path) => path.path.get_ident().map(text),
        part => named(part),
    };
    tuple.elems.iter().filter_map(name).collect()
}

/// The name that an output is given by `named`.
fn named(part: &Expr) -> Option<String> {
    match part {
        Expr::Paren(paren) => named(&paren.expr),
        Expr::MethodCall(call) if call.method == "named" => match call.args.first()? {
            Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(name), .. }) => Some(name.value()),
            _ => None,
        },
        _ => None,
    }
}

impl Lowering<'_> {
    /// Lowers the tail. A single output is named after the job, or after its variable if it is a
    /// plain one; those of a tuple must be variables, or be named.
    pub(super) fn outputs(&mut self, job: &Job) -> Result<(), Stop> {
        let parts: Vec<&Expr> = match &job.tail {
            Expr::Tuple(tuple) => tuple.elems.iter().collect(),
            single => vec![single],
        };
        let alone = parts.len() == 1;
        let mut shown = Vec::new();
        for (position, part) in parts.into_iter().enumerate() {
            let variable = match part {
                Expr::Path(path) => path.path.get_ident().map(text),
                _ => None,
            };
            if !alone {
                self.frame.owner = variable
                    .clone()
                    .unwrap_or_else(|| format!("{}{}", text(&job.name), position + 1));
            }
            let Some(node) = self.expression(part)? else {
                let message = "an output is a stream or a table of this job";
                return Err(Error::new_spanned(part, message).into());
            };
            let gives = self.graph.gives(node);
            let unfinished = match gives {
                Gives::Stream | Gives::Table | Gives::Early => None,
                Gives::Keyed => Some("a keyed stream: `.aggregate(..)` makes a table of it"),
                Gives::Branches => Some("several: bind them by `let (name, rest) = ...` first"),
                Gives::Grouped => {
                    Some("a table's rows with another key: put `.aggregate(..)` after it")
                }
            };
            if let Some(unfinished) = unfinished {
                let message = format!("an output is a stream or a table, and this is {unfinished}");
                return Err(Error::new_spanned(part, message).into());
            }
            let named = named(part);
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
            let table = gives == Gives::Table;
            if table && shown.contains(&node) {
                let message = "this table is an output already: a table has one name";
                return Err(Error::new_spanned(part, message).into());
            }
            names::check(&self.graph, node, &name).map_err(Stop::Error)?;
            shown.push(node);
            let node = if table { self.held(node) } else { node };
            self.graph.outputs.push(Output { name, node, span: part.span() });
        }
        Ok(())
    }

    /// A table that is held by its own key, to be shown or looked up: one that was only filtered or
    /// mapped is not held, and a join by a key that rows refer to holds them by that.
    pub(super) fn held(&mut self, table: NodeIndex) -> NodeIndex {
        let shown = &self.graph.nodes[table];
        if shown.op.is_keyed() && !matches!(shown.op, Op::JoinForeign(..)) {
            return table;
        }
        let mut held = self.graph.nodes.iter();
        let held = held.position(|n| matches!(n.op, Op::Arrange) && n.inputs[0] == table);
        if let Some(held) = held {
            return held;
        }
        let ident = Ident::new("table", shown.ident.span());
        let id = format!("{}.table", shown.id);
        let names = shown.names.clone();
        self.graph.nodes.push(Node {
            op: Op::Arrange,
            inputs: vec![table],
            ident,
            id,
            named: None,
            names,
            scope: self.frame.here,
        });
        self.graph.nodes.len() - 1
    }
}
