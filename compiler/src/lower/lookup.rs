//! Lookups in tables that are read whole before the other inputs.

use super::arguments::closure_of;
use super::misplaced::BRANCHES;
use super::ordered::pair;
use super::{Lowering, Stop};
use crate::ir::{Gives, NodeIndex, Op};
use std::collections::BTreeSet;
use syn::{Error, Expr, ExprMethodCall};

impl Lowering<'_> {
    pub(super) fn lookup(
        &mut self,
        receiver: NodeIndex,
        call: &ExprMethodCall,
    ) -> Result<NodeIndex, Stop> {
        let arguments: Vec<&Expr> = call.args.iter().collect();
        let (side, key) = match arguments[..] {
            [Expr::Closure(_), _] | [_] => {
                let message = "`lookup` takes a table, then a closure that gives its key: `lookup(table, |record| ..)`";
                return Err(Error::new_spanned(&call.args, message).into());
            }
            [side, key] => (side, key),
            _ => return Err(Stop::Unknown),
        };
        let Some(table) = self.expression(side)? else {
            return Err(Error::new_spanned(side, "`lookup` takes a table of this job").into());
        };
        let found = match self.graph.gives(table) {
            Gives::Early => "a table before it is final, which goes to an output only",
            Gives::Table if self.graph.table_key(table).1 => {
                "`lookup` takes a table without windows"
            }
            Gives::Table => "",
            Gives::Stream => {
                "`lookup` takes a table, and this is a stream: `.key_by(..).latest()` makes a table of it"
            }
            Gives::Keyed => {
                "`lookup` takes a table, and this is a keyed stream: `.latest()` makes a table of it"
            }
            Gives::Grouped => {
                "`lookup` takes a table, and this is a table's rows with another key: put `.aggregate(..)` after it"
            }
            Gives::Branches => BRANCHES,
        };
        if !found.is_empty() {
            return Err(Error::new_spanned(side, found).into());
        }
        let closure = closure_of(key.clone(), call)?;
        let table = self.held(table);
        let names = pair(["record", "found"], call.method.span());
        Ok(self.add(call, Op::Lookup(closure), vec![receiver, table], names))
    }

    /// What a table is made of that is looked up must feed nothing else: it is read first.
    pub(super) fn sides(&mut self) {
        let graph = &self.graph;
        let mut wrong = Vec::new();
        let lookups = graph.nodes.iter().filter_map(|node| match node.op {
            Op::Lookup(_) => Some((node, node.inputs[1])),
            _ => None,
        });
        let tables: BTreeSet<NodeIndex> = lookups.clone().map(|(_, table)| table).collect();
        let all = self.upstream(&tables);
        for (lookup, table) in lookups {
            let of = self.upstream(&[table].into());
            let say = |what: String| {
                let message = format!(
                    "`lookup` reads the table `{}` whole before the other inputs, and {what}",
                    graph.nodes[table].id
                );
                Error::new(lookup.ident.span(), message)
            };
            let other = of.iter().find_map(|node| {
                if matches!(graph.nodes[*node].op, Op::Lookup(_)) {
                    return Some("a table that is made by a `lookup` cannot be looked up".to_owned());
                }
                let id = &graph.nodes[*node].id;
                if let Some(output) = graph.shown(*node).next() {
                    let output = &graph.outputs[output].name;
                    return Some(format!(
                        "`{id}`, which it is made of, is also the output `{output}`: give its input twice, under two names"
                    ));
                }
                let elsewhere = graph.uses(*node).into_iter().find(|(consumer, position)| {
                    let whole = matches!(graph.nodes[*consumer].op, Op::Lookup(_)) && *position > 0;
                    !whole && !all.contains(consumer)
                });
                elsewhere.map(|(consumer, _)| format!(
                    "`{id}`, which it is made of, also feeds `{}`: give its input twice, under two names",
                    graph.nodes[consumer].id
                ))
            });
            wrong.extend(other.map(say));
        }
        wrong.into_iter().for_each(|error| self.errors.push(error));
    }

    /// Nodes, and all that they are made of.
    fn upstream(&self, of: &BTreeSet<NodeIndex>) -> BTreeSet<NodeIndex> {
        let mut found = BTreeSet::new();
        let mut todo: Vec<NodeIndex> = of.iter().copied().collect();
        while let Some(node) = todo.pop() {
            if found.insert(node) {
                todo.extend(&self.graph.nodes[node].inputs);
            }
        }
        found
    }
}
