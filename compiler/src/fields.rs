//! Which fields of a source's records a job reads, and which records it can never want.
//!
//! The analysis is on tokens and errs on the side of the whole record: a binding counts as a field
//! read only where it is followed by `.field` and nothing that could be a call.

use crate::idents::text;
use crate::ir::{Each, Graph, NodeIndex, Op};
use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use std::collections::BTreeSet;
use syn::{BinOp, Expr, ExprClosure, Pat, UnOp};

/// The fields read, or everything.
#[derive(Debug, PartialEq, Eq)]
enum Read {
    All,
    Fields(BTreeSet<String>),
}

impl Read {
    fn add(&mut self, other: Read) {
        match (&mut *self, other) {
            (Read::Fields(mine), Read::Fields(theirs)) => mine.extend(theirs),
            _ => *self = Read::All,
        }
    }
}

/// The fields that a stage's source must decode, as tokens of an option of a slice.
pub fn projection(graph: &Graph, source: NodeIndex) -> TokenStream {
    match read(graph, source) {
        Read::All => quote!(::core::option::Option::None),
        Read::Fields(names) => {
            let names = names.iter();
            quote!(::core::option::Option::Some(&[#(#names),*]))
        }
    }
}

/// What is read of the records of a source, wherever they flow unchanged.
fn read(graph: &Graph, source: NodeIndex) -> Read {
    let mut read = Read::Fields(BTreeSet::new());
    let mut seen = BTreeSet::new();
    let mut todo = vec![source];
    while let Some(node) = todo.pop() {
        if !seen.insert(node) {
            continue;
        }
        if graph.shown(node).next().is_some() {
            read.add(Read::All);
        }
        for consumer in graph.consumers(node) {
            let op = &graph.nodes[consumer].op;
            op.closures().into_iter().for_each(|closure| read.add(of_closure(closure)));
            // These are of the records that the operator took.
            if !graph.handlers(consumer).is_empty() {
                read.add(Read::All);
            }
            let passes_on = match op {
                Op::Each(each, _) => each.keeps_record(),
                Op::Split(_) | Op::Branch(_) => true,
                Op::KeyBy(_) | Op::Merge | Op::Window(_) | Op::Lateness(_) | Op::Late => true,
                Op::Between(..) | Op::AtEnd => true,
                // It gives whole records.
                Op::Lookup(_) => {
                    read.add(Read::All);
                    false
                }
                // It holds whole records.
                op if op.is_keyed_stream() => {
                    read.add(Read::All);
                    false
                }
                _ => false,
            };
            if passes_on {
                todo.push(consumer);
            }
        }
    }
    read
}

/// What a closure reads of its parameter.
fn of_closure(closure: &ExprClosure) -> Read {
    let parameter = match closure.inputs.first() {
        Some(Pat::Ident(name)) if name.subpat.is_none() => text(&name.ident),
        Some(Pat::Wild(_)) => return Read::Fields(BTreeSet::new()),
        _ => return Read::All,
    };
    let mut fields = BTreeSet::new();
    match walk(closure.body.to_token_stream(), &parameter, false, &mut fields) {
        true => Read::Fields(fields),
        false => Read::All,
    }
}

/// Collects `parameter.field`; false where the parameter stands in any other way.
fn walk(
    tokens: TokenStream,
    parameter: &str,
    in_macro: bool,
    fields: &mut BTreeSet<String>,
) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let punct = |at: usize, wanted: char| matches!(tokens.get(at), Some(TokenTree::Punct(p)) if p.as_char() == wanted);
    // `0..f.n` is a range up to `f.n`, and no field `f`.
    let range = |at: usize| at > 1 && punct(at - 2, '.');
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Group(group) => {
                let of_macro = in_macro
                    || (at > 0
                        && punct(at - 1, '!')
                        && at > 1
                        && matches!(tokens[at - 2], TokenTree::Ident(_)));
                if !walk(group.stream(), parameter, of_macro, fields) {
                    return false;
                }
            }
            // A format string may capture the binding.
            TokenTree::Literal(literal) if in_macro && literal.to_string().contains(parameter) => {
                return false;
            }
            TokenTree::Ident(ident)
                if text(ident) == parameter && (at == 0 || !punct(at - 1, '.') || range(at)) =>
            {
                if in_macro || !punct(at + 1, '.') {
                    return false;
                }
                let Some(TokenTree::Ident(field)) = tokens.get(at + 2) else { return false };
                let call = matches!(tokens.get(at + 3), Some(TokenTree::Group(g)) if g.delimiter() == proc_macro2::Delimiter::Parenthesis)
                    || (punct(at + 3, ':') && punct(at + 4, ':'));
                if call {
                    return false;
                }
                fields.insert(text(field));
                at += 2;
            }
            _ => {}
        }
        at += 1;
    }
    true
}

/// The comparisons that every wanted record of a source meets, as tokens of a slice: those with
/// which the conditions of the filters directly after it begin.
pub fn prune(graph: &Graph, source: NodeIndex) -> Vec<TokenStream> {
    let mut found = Vec::new();
    let mut node = source;
    loop {
        let consumers = graph.consumers(node);
        let [only] = consumers.as_slice() else { break };
        if graph.shown(node).next().is_some() {
            break;
        }
        let Op::Each(Each::Filter, closure) = &graph.nodes[*only].op else { break };
        let Some(Pat::Ident(parameter)) = closure.inputs.first() else { break };
        let complete = conditions(&closure.body, &text(&parameter.ident), &mut found);
        if !complete {
            break;
        }
        node = *only;
    }
    found
}

/// Collects the leading comparisons of a conjunction; false where something else follows, which
/// could fail on a record.
fn conditions(expression: &Expr, parameter: &str, found: &mut Vec<TokenStream>) -> bool {
    match expression {
        Expr::Paren(paren) => conditions(&paren.expr, parameter, found),
        Expr::Block(block) => match crate::flow::uses::without(&block.block.stmts) {
            [syn::Stmt::Expr(only, None)] => conditions(only, parameter, found),
            _ => false,
        },
        Expr::Binary(binary) if matches!(binary.op, BinOp::And(_)) => {
            conditions(&binary.left, parameter, found)
                && conditions(&binary.right, parameter, found)
        }
        Expr::Binary(binary) => {
            let sides = (field(&binary.left, parameter), constant(&binary.right));
            let mirrored = (field(&binary.right, parameter), constant(&binary.left));
            let (op, flipped) = match binary.op {
                BinOp::Lt(_) => ("Less", "Greater"),
                BinOp::Le(_) => ("LessOrEqual", "GreaterOrEqual"),
                BinOp::Eq(_) => ("Equal", "Equal"),
                BinOp::Ge(_) => ("GreaterOrEqual", "LessOrEqual"),
                BinOp::Gt(_) => ("Greater", "Less"),
                _ => return false,
            };
            let (name, value, op) = match (sides, mirrored) {
                ((Some(name), Some(value)), _) => (name, value, op),
                (_, (Some(name), Some(value))) => (name, value, flipped),
                _ => return false,
            };
            let op = proc_macro2::Ident::new(op, proc_macro2::Span::mixed_site());
            found.push(quote!((#name, ::ouzel::dsl::connector::Comparator::#op, ::ouzel::dsl::connector::Constant::#value)));
            true
        }
        Expr::Unary(unary) if matches!(unary.op, UnOp::Not(_)) => {
            match field(&unary.expr, parameter) {
                Some(name) => {
                    found.push(quote!((#name, ::ouzel::dsl::connector::Comparator::Equal, ::ouzel::dsl::connector::Constant::Bool(false))));
                    true
                }
                None => false,
            }
        }
        other => match field(other, parameter) {
            Some(name) => {
                found.push(quote!((#name, ::ouzel::dsl::connector::Comparator::Equal, ::ouzel::dsl::connector::Constant::Bool(true))));
                true
            }
            None => false,
        },
    }
}

fn field(expression: &Expr, parameter: &str) -> Option<String> {
    let Expr::Field(field) = expression else { return None };
    let (Expr::Path(base), syn::Member::Named(name)) = (&*field.base, &field.member) else {
        return None;
    };
    base.path.get_ident().filter(|base| text(base) == parameter).map(|_| text(name))
}

fn constant(expression: &Expr) -> Option<TokenStream> {
    let (negative, literal) = match expression {
        Expr::Lit(literal) => (false, &literal.lit),
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => match &*unary.expr {
            Expr::Lit(literal) => (true, &literal.lit),
            _ => return None,
        },
        _ => return None,
    };
    let sign = negative.then(|| quote!(-));
    match literal {
        syn::Lit::Int(int) => {
            let digits: i128 = int.base10_parse().ok()?;
            let digits = proc_macro2::Literal::i128_suffixed(digits);
            Some(quote!(Int(#sign #digits)))
        }
        syn::Lit::Float(float) => {
            let digits: f64 = float.base10_parse().ok()?;
            Some(quote!(Float(#sign #digits)))
        }
        syn::Lit::Str(text) if !negative => Some(quote!(Text(::std::string::String::from(#text)))),
        syn::Lit::Bool(value) if !negative => Some(quote!(Bool(#value))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(code: &str) -> Option<Vec<String>> {
        match of_closure(&syn::parse_str(code).unwrap()) {
            Read::All => None,
            Read::Fields(fields) => Some(fields.into_iter().collect()),
        }
    }

    #[test]
    fn only_plain_field_reads_narrow_the_projection() {
        assert_eq!(reads("|f| f.a + f.b.c"), Some(vec!["a".into(), "b".into()]));
        assert_eq!(reads("|_| 1"), Some(vec![]));
        assert_eq!(reads("|f| 0..f.a"), Some(vec!["a".into()]));
        assert_eq!(reads("|f| f.b..=f.a"), Some(vec!["a".into(), "b".into()]));
        assert_eq!(reads("|f| 0..*f"), None);
        assert_eq!(reads("|f| { let g = f.a; g.len() }"), Some(vec!["a".into()]));
        for whole in [
            "|f| f",
            "|f| helper(f)",
            "|f| f.method()",
            "|f| f.method::<u8>()",
            "|f| { let g = f; g.a }",
            "|f| format!(\"{f:?}\")",
            "|f| matches!(f.a, 1)",
            "|f| { let f = 1; f }",
            "|&f| f.a",
            "|Flight { a, .. }| a",
            "|f| Out { f }",
            "|f| xs.iter().map(|x| x.f == *f)",
        ] {
            assert_eq!(reads(whole), None, "{whole}");
        }
    }

    #[test]
    fn a_field_of_another_thing_with_the_name_is_not_the_binding() {
        assert_eq!(reads("|f| other.f + f.a"), Some(vec!["a".into()]));
    }

    #[test]
    fn conditions_stop_at_what_could_fail() {
        let collect = |code: &str| {
            let mut found = Vec::new();
            let complete = conditions(&syn::parse_str(code).unwrap(), "f", &mut found);
            (found.len(), complete)
        };
        assert_eq!(collect("f.a > 3 && f.ok && !f.bad && \"x\" == f.s"), (4, true));
        assert_eq!(collect("f.a > 3 && check(f) && f.b < 1"), (1, false));
        assert_eq!(collect("f.a > 3 || f.b < 1"), (0, false));
        assert_eq!(collect("f.a > limit"), (0, false));
    }
}
