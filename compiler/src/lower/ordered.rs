//! Operators that depend on the order of records.

use super::arguments::{closure_with, one_argument};
use super::{Lowering, Stop};
use crate::aggregate;
use crate::idents::text;
use crate::ir::{Names, Node, NodeIndex, Op, Ordered};
use proc_macro2::Span;
use syn::{Error, Expr, ExprClosure, ExprMethodCall, Ident};

/// Their names.
pub(super) const ORDERED: [&str; 8] =
    ["lag", "rank", "dedup", "scan", "fold", "reduce", "process", "sliding"];

impl Lowering<'_> {
    pub(super) fn ordered(
        &mut self,
        receiver: NodeIndex,
        call: &ExprMethodCall,
    ) -> Result<NodeIndex, Stop> {
        let method = text(&call.method);
        let windowing = self.graph.windowing(receiver);
        if windowing.lateness.is_none() && windowing.at_end.is_none() {
            let message = format!(
                "`{method}` depends on the order of records: put `.lateness(..)` before it, for which it waits, or `.at_end()`, to wait for the end of input"
            );
            return Err(Error::new_spanned(&call.method, message).into());
        }
        let arguments: Vec<&Expr> = call.args.iter().collect();
        let op = |name, values: &[&Expr], closure: Vec<ExprClosure>| Ordered {
            name,
            values: values.iter().map(|value| self.value(value)).collect(),
            closure,
            aggregate: None,
        };
        let span = call.method.span();
        let (ordered, names) = match (method.as_str(), arguments.as_slice()) {
            ("lag", [back]) => (op("lag", &[back], Vec::new()), pair(["record", "earlier"], span)),
            ("rank", []) => (op("rank", &[], Vec::new()), pair(["record", "rank"], span)),
            ("dedup", [within]) => {
                (op("dedup", &[within], Vec::new()), self.record_names(receiver))
            }
            ("scan", [init, next]) => {
                (op("scan", &[init], vec![closure_with(next, 2, call)?]), Names::One(None, None))
            }
            ("process", [init, process]) => {
                let process = closure_with(process, 1, call)?;
                (op("process", &[init], vec![process]), Names::One(None, None))
            }
            ("fold", [init, next]) => {
                let rows = op("fold_rows", &[init], vec![closure_with(next, 2, call)?]);
                return self.last(receiver, rows, call);
            }
            ("reduce", [reduce]) => {
                let rows = op("reduce_rows", &[], vec![closure_with(reduce, 2, call)?]);
                return self.last(receiver, rows, call);
            }
            ("sliding", [frame, aggregate]) => {
                let node = self.graph.nodes.len();
                let (mut aggregate, _) = aggregate::take_apart(aggregate, node)?;
                aggregate.expr = self.value(&aggregate.expr);
                let ordered =
                    Ordered { aggregate: Some(aggregate), ..op("sliding", &[frame], Vec::new()) };
                (ordered, pair(["record", "result"], span))
            }
            _ => return Err(Stop::Unknown),
        };
        Ok(self.add(call, Op::Ordered(Box::new(ordered)), vec![receiver], names))
    }

    /// The table of what a key's records have come to is the last row of each key, of the rows that
    /// say what they have come to with each record.
    fn last(
        &mut self,
        receiver: NodeIndex,
        rows: Ordered,
        call: &ExprMethodCall,
    ) -> Result<NodeIndex, Stop> {
        let span = call.method.span();
        let key_by = self.graph.windowing(receiver).key_by;
        let key_names = self.graph.nodes[key_by].names.clone();
        let value_names = match rows.name {
            "reduce_rows" => self.record_names(receiver),
            _ => Names::One(None, Some(span)),
        };
        let base = self.free_id(call);
        let rows = self.push(
            Op::Ordered(Box::new(rows)),
            receiver,
            call.method.clone(),
            format!("{base}.rows"),
            Names::Own,
        );
        let key: ExprClosure = syn::parse_quote!(|row| row.0);
        let ident = Ident::new("key_by", span);
        let keyed = self.push(Op::KeyBy(key), rows, ident, format!("{base}.key_by"), key_names);
        let argument: Expr = syn::parse_quote!(::ouzel::dsl::aggregate::last(|row| row.1));
        let node = self.graph.nodes.len();
        let (aggregate, _) = aggregate::take_apart(&argument, node)?;
        let op = Op::Aggregate(Box::new(aggregate));
        Ok(self.push(op, keyed, call.method.clone(), base, value_names))
    }

    fn push(
        &mut self,
        op: Op,
        input: NodeIndex,
        ident: Ident,
        id: String,
        names: Names,
    ) -> NodeIndex {
        self.graph.nodes.push(Node {
            op,
            inputs: vec![input],
            ident,
            id,
            named: None,
            names,
            scope: self.frame.here,
        });
        self.graph.nodes.len() - 1
    }

    pub(super) fn at_end(
        &mut self,
        receiver: NodeIndex,
        call: &ExprMethodCall,
    ) -> Result<NodeIndex, Stop> {
        if !call.args.is_empty() {
            one_argument(call)?;
            return Err(Stop::Unknown);
        }
        if self.graph.windowing(receiver).lateness.is_some() {
            let message =
                "`at_end` stands in the place of a lateness, which the records have already";
            return Err(Error::new_spanned(&call.method, message).into());
        }
        let names = self.graph.nodes[receiver].names.clone();
        Ok(self.add(call, Op::AtEnd, vec![receiver], names))
    }
}

/// The columns of a pair.
pub(super) fn pair(names: [&str; 2], span: Span) -> Names {
    Names::Each(names.map(|name| (Some(name.to_owned()), span)).to_vec())
}
