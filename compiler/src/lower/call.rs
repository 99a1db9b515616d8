//! A call of a flow, whose operators become the job's own.

use super::{Frame, Lowering, Stop};
use crate::flow::{Flow, calls, generics, uses};
use crate::idents::text;
use crate::ir::{Each, NodeIndex, Op, Plain, Scope};
use syn::{Error, Expr, ExprCall, GenericArgument, PathArguments, Type};

impl Lowering<'_> {
    /// Lowers an expression that may come to several streams and tables, as a flow may.
    pub(super) fn several(&mut self, expression: &Expr) -> Result<Option<Vec<NodeIndex>>, Stop> {
        match expression {
            Expr::Paren(paren) => self.several(&paren.expr),
            Expr::Group(group) => self.several(&group.expr),
            Expr::Call(call) if calls::number(call).is_some() => self.call(call).map(Some),
            _ => Ok(self.expression(expression)?.map(|node| vec![node])),
        }
    }

    /// What a call gives where one stream or table is wanted; `None` if it is no flow's.
    pub(super) fn one(&mut self, call: &ExprCall) -> Result<Option<NodeIndex>, Stop> {
        if calls::number(call).is_none() {
            return Ok(None);
        }
        match self.call(call)?.as_slice() {
            [node] => Ok(Some(*node)),
            several => {
                let count = several.len();
                let message = format!(
                    "this flow gives {count} streams or tables: bind each to a name, as in `let (a, b) = ...`"
                );
                Err(Error::new_spanned(call, message).into())
            }
        }
    }

    fn call(&mut self, call: &ExprCall) -> Result<Vec<NodeIndex>, Stop> {
        let flows = self.flows;
        let flow = calls::number(call).and_then(|number| flows.get(number)?.as_ref());
        // What is wrong with a flow is told of itself.
        let (Some(flow), Expr::Path(called)) = (flow, &*call.func) else {
            return Err(Stop::Unknown);
        };
        // Of arguments that do not fit the signature, rustc speaks.
        if call.args.len() != flow.params.len() {
            return Err(Stop::Unknown);
        }
        let mut known = generics::known(flow, &called.path);
        let mut scope = std::collections::BTreeMap::new();
        let mut values = Vec::new();
        for (argument, param) in call.args.iter().zip(&flow.params) {
            let node = self.expression(argument)?;
            match (node, param.gives) {
                (Some(node), Some(gives)) if self.graph.gives(node) == gives => {
                    self.told(&mut known, &param.ty, node);
                    scope.insert(text(&param.name), node);
                }
                (None, None) => values.push((param, argument)),
                _ => return Err(Stop::Unknown),
            }
        }
        let here = self.graph.scopes.len();
        let file = Some(flow.file.clone()).filter(|file| !file.is_empty());
        self.graph.scopes.push(Scope { parent: Some(self.frame.here), file });
        for (param, argument) in &values {
            let name = &param.name;
            // Of an argument of another type, rustc speaks where the job is as it is written.
            let ty = generics::type_of(&known, flow, &param.ty)
                .map(|ty| quote::quote!(: ::ouzel::dsl::check::Checked<#ty, __ACCEPTED>));
            let statement = syn::parse_quote!(let #name #ty = #argument;);
            self.plain.push(Plain { scope: here, statement });
        }
        let mut flow: Flow = flow.clone();
        generics::put(&known, &mut flow)?;
        uses::closures(&mut flow);
        let prefix = match self.frame.variable {
            true => self.frame.owner.clone(),
            false => self.prefix(&text(&flow.item.sig.ident)),
        };
        let inner = Frame {
            scope,
            failed: Default::default(),
            owner: prefix.clone(),
            variable: true,
            prefix: Some(prefix),
            here,
            begun: self.graph.nodes.len(),
            uses: flow.uses.clone(),
            values: values.iter().map(|(param, _)| param.name.clone()).collect(),
        };
        let outer = std::mem::replace(&mut self.frame, inner);
        let given = self.body(&flow.statements).and_then(|()| self.given(&flow.tail));
        self.frame = outer;
        given
    }

    /// What ids of a flow begin with that is bound to no variable.
    fn prefix(&mut self, flow: &str) -> String {
        let base = self.frame.inner(flow);
        let (mut prefix, mut count) = (base.clone(), 1);
        while !self.prefixes.insert(prefix.clone()) {
            count += 1;
            prefix = format!("{base}{count}");
        }
        prefix
    }

    /// What a flow gives.
    pub(super) fn given(&mut self, tail: &Expr) -> Result<Vec<NodeIndex>, Stop> {
        let parts: Vec<&Expr> = match tail {
            Expr::Tuple(tuple) => tuple.elems.iter().collect(),
            whole => match self.several(whole)? {
                Some(nodes) => return Ok(nodes),
                None => return Err(Error::new_spanned(whole, GIVES).into()),
            },
        };
        let mut nodes = Vec::new();
        for part in parts {
            match self.expression(part)? {
                Some(node) => nodes.push(node),
                None => return Err(Error::new_spanned(part, GIVES).into()),
            }
        }
        Ok(nodes)
    }

    /// What a generic record is, where the code tells: that of an input, as it is.
    fn told(&self, known: &mut generics::Known, ty: &Type, mut node: NodeIndex) {
        let Type::Path(path) = ty else { return };
        let Some(PathArguments::AngleBracketed(of)) =
            path.path.segments.last().map(|last| &last.arguments)
        else {
            return;
        };
        let Some(GenericArgument::Type(Type::Path(of))) = of.args.first() else { return };
        let Some(held) = of.path.get_ident().and_then(|name| known.get_mut(&text(name))) else {
            return;
        };
        loop {
            match &self.graph.nodes[node].op {
                Op::Source(input) => {
                    let record = self.records.get(*input).cloned();
                    *held = held.take().or(record.map(GenericArgument::Type));
                    return;
                }
                Op::Merge => node = self.graph.nodes[node].inputs[0],
                Op::Each(each, _) if Each::keeps_record(*each) => {
                    node = self.graph.nodes[node].inputs[0];
                }
                _ => return,
            }
        }
    }
}

const GIVES: &str = "a flow gives streams and tables of its own, or that it was given";
