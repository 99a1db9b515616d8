//! A call of a method on a stream or table.

use super::arguments::{closure_argument, one_argument};
use super::misplaced::BRANCHES;
use super::ordered::ORDERED;
use super::{Lowering, Stop};
use crate::flow::uses;
use crate::idents::text;
use crate::ir::{Each, Gives, Joining, Names, Node, NodeIndex, Op};
use crate::{aggregate, names};
use syn::{Error, Expr, ExprClosure, ExprMethodCall};

impl Lowering<'_> {
    pub(super) fn operator(
        &mut self,
        receiver: NodeIndex,
        call: &ExprMethodCall,
    ) -> Result<NodeIndex, Stop> {
        let name = text(&call.method);
        self.takes(call, receiver)?;
        if let Some(each) = Each::by_name(&name) {
            let closure = self.scoped(closure_argument(call)?);
            let names = match each {
                each if each.keeps_record() => self.graph.nodes[receiver].names.clone(),
                Each::Map => names::of_closure(&closure),
                _ => Names::One(None, None),
            };
            return Ok(self.add(call, Op::Each(each, closure), vec![receiver], names));
        }
        match name.as_str() {
            "named" => self.named(receiver, call),
            "idle_after" | "join_late" | "valid_time" => self.of_input(receiver, call),
            "merge" => {
                let other = self.merged(&one_argument(call)?)?;
                let names = self.graph.nodes[receiver].names.clone();
                Ok(self.add(call, Op::Merge, vec![receiver, other], names))
            }
            "lookup" => self.lookup(receiver, call),
            "errors" => self.errors(receiver, call),
            "split" => self.split(receiver, call),
            "key_by" | "group_by" => {
                let closure = self.scoped(closure_argument(call)?);
                let names = names::of_closure(&closure);
                let op = match name.as_str() {
                    "key_by" => Op::KeyBy(closure),
                    _ => Op::GroupBy(closure),
                };
                Ok(self.add(call, op, vec![receiver], names))
            }
            "window" | "lateness" | "between" => {
                let op = match (name.as_str(), call.args.len()) {
                    ("window", _) => Op::Window(self.value(&one_argument(call)?)),
                    ("lateness", _) => Op::Lateness(self.value(&one_argument(call)?)),
                    (_, 2) => Op::Between(Box::new([
                        self.value(&call.args[0]),
                        self.value(&call.args[1]),
                    ])),
                    _ => return Err(Stop::Unknown),
                };
                let names = self.graph.nodes[receiver].names.clone();
                Ok(self.add(call, op, vec![receiver], names))
            }
            "late" => {
                let Some(lateness) = self.graph.windowing(receiver).lateness else {
                    let message = "`late` needs a lateness: without `.lateness(..)` before it no record is ever late";
                    return Err(Error::new_spanned(&call.method, message).into());
                };
                let source = self.record_names(receiver);
                // They leave there, whatever stands between.
                Ok(self.add(call, Op::Late, vec![lateness], source))
            }
            "aggregate" => {
                let argument = one_argument(call)?;
                let node = self.graph.nodes.len();
                let (mut aggregate, names) = aggregate::take_apart(&argument, node)?;
                aggregate.expr = self.value(&aggregate.expr);
                Ok(self.add(call, Op::Aggregate(Box::new(aggregate)), vec![receiver], names))
            }
            "distinct" | "latest" if call.args.is_empty() => {
                let argument: Expr = match name.as_str() {
                    "distinct" => syn::parse_quote!(::ouzel::dsl::aggregate::nothing()),
                    _ => syn::parse_quote!(::ouzel::dsl::aggregate::latest(|record| *record)),
                };
                let node = self.graph.nodes.len();
                let (aggregate, _) = aggregate::take_apart(&argument, node)?;
                let names = match name.as_str() {
                    "distinct" => Names::Own,
                    _ => self.record_names(receiver),
                };
                Ok(self.add(call, Op::Aggregate(Box::new(aggregate)), vec![receiver], names))
            }
            "finals" => {
                let names = self.graph.nodes[receiver].names.clone();
                Ok(self.add(call, Op::Finals, vec![receiver], names))
            }
            "early" => {
                let every = one_argument(call)?;
                let names = self.graph.nodes[receiver].names.clone();
                let table = self.held(receiver);
                Ok(self.add(call, Op::Early(every), vec![table], names))
            }
            "at_end" => self.at_end(receiver, call),
            "as_of_join" => self.as_of_join(receiver, call),
            _ if ORDERED.contains(&name.as_str()) => self.ordered(receiver, call),
            _ => match Joining::by_name(&name) {
                Some(joining) => self.join(receiver, joining, call),
                None => Err(Stop::Unknown),
            },
        }
    }

    /// A closure, which sees what its flow has in scope of its own.
    pub(super) fn scoped(&self, mut closure: ExprClosure) -> ExprClosure {
        uses::put(&self.frame.uses, &mut closure.body);
        closure
    }

    /// A value, which sees the same.
    pub(super) fn value(&self, value: &Expr) -> Expr {
        let mut value = value.clone();
        uses::put(&self.frame.uses, &mut value);
        value
    }

    /// The other stream of a merge.
    fn merged(&mut self, other: &Expr) -> Result<NodeIndex, Stop> {
        let found = self.expression(other)?;
        let wrong = match found.map(|node| (node, self.graph.gives(node))) {
            Some((node, Gives::Stream)) => return Ok(node),
            Some((_, Gives::Branches)) => BRANCHES,
            Some((_, Gives::Keyed)) => {
                "`merge` takes a stream without a key: put it before `.key_by(..)`"
            }
            Some(_) => "`merge` takes a stream, and this is a table",
            None => "`merge` takes a stream of this job",
        };
        Err(Error::new_spanned(other, wrong).into())
    }

    /// The names of the records that a keyed stream is made of.
    pub(super) fn record_names(&self, node: NodeIndex) -> Names {
        let key_by = self.graph.windowing(node).key_by;
        match self.graph.nodes[key_by].inputs.first() {
            Some(input) => self.graph.nodes[*input].names.clone(),
            None => Names::Own,
        }
    }

    /// What is said of an input; it stays the same stream.
    fn of_input(&mut self, node: NodeIndex, call: &ExprMethodCall) -> Result<NodeIndex, Stop> {
        // Elsewhere it has been refused already.
        let Op::Source(input) = self.graph.nodes[node].op else { return Err(Stop::Unknown) };
        let says = &mut self.graph.inputs[input];
        let again = match text(&call.method).as_str() {
            "idle_after" => says.idle_after.replace(one_argument(call)?).is_some(),
            "valid_time" => says.valid_time.replace(one_argument(call)?).is_some(),
            _ if call.args.is_empty() => std::mem::replace(&mut says.join_late, true),
            _ => return Err(Stop::Unknown),
        };
        if again {
            let message = format!("`{}` is said of this input already", call.method);
            return Err(Error::new_spanned(&call.method, message).into());
        }
        Ok(node)
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
        let taken = |id: &str| {
            self.graph.nodes.iter().enumerate().any(|(other, n)| other != node && n.id == id)
        };
        let mut id = text.clone();
        let foreign = self.graph.nodes[node].scope != self.frame.here && self.frame.here > 0;
        if foreign || matches!(self.graph.nodes[node].op, Op::Given(_)) {
            let message = "a flow names operators of its own, and not what it is given";
            return Err(Error::new_spanned(&call.method, message).into());
        }
        if let Some(prefix) = &self.frame.prefix {
            id = Self::free_of(format!("{prefix}.{text}"), taken);
        } else if taken(&id) {
            let message = format!("two operators are named `{text}`: ids must differ");
            return Err(Error::new_spanned(name, message).into());
        }
        let target = &mut self.graph.nodes[node];
        target.id = id;
        target.named = Some(text.clone());
        if let (false, Names::One(held, _)) =
            (target.ident == "aggregate" || matches!(target.op, Op::Source(_)), &mut target.names)
        {
            *held = Some(text);
        }
        Ok(node)
    }

    /// The id of the next operator.
    pub(super) fn free_id(&self, call: &ExprMethodCall) -> String {
        self.free(format!("{}.{}", self.frame.owner, text(&call.method)))
    }

    /// An id, with a number after it where it is taken.
    pub(super) fn free(&self, base: String) -> String {
        Self::free_of(base, |id| self.graph.nodes.iter().any(|n| n.id == id))
    }

    /// An id that is not taken.
    fn free_of(base: String, taken: impl Fn(&str) -> bool) -> String {
        let mut id = base.clone();
        let mut count = 1;
        while taken(&id) {
            count += 1;
            id = format!("{base}{count}");
        }
        id
    }

    pub(super) fn add(
        &mut self,
        call: &ExprMethodCall,
        op: Op,
        inputs: Vec<NodeIndex>,
        names: Names,
    ) -> NodeIndex {
        let id = self.free_id(call);
        self.graph.nodes.push(Node {
            op,
            inputs,
            ident: call.method.clone(),
            id,
            named: None,
            names,
            scope: self.frame.here,
        });
        self.graph.nodes.len() - 1
    }
}
