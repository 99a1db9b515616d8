//! The names of output columns, from the code that computes them.

use crate::idents::text;
use crate::ir::{Gives, Graph, Names, NodeIndex, Op};
use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Error, Expr, ExprClosure, Pat, Stmt};

/// The columns of a closure's result: each is named after the last field in its expression.
pub fn of_closure(closure: &ExprClosure) -> Names {
    let parameter = match closure.inputs.first() {
        Some(Pat::Ident(name)) => Some(text(&name.ident)),
        _ => None,
    };
    of_expression(&closure.body, parameter.as_deref())
}

fn of_expression(expression: &Expr, parameter: Option<&str>) -> Names {
    match expression {
        Expr::Tuple(tuple) if tuple.elems.is_empty() => Names::Own,
        Expr::Tuple(tuple) => Names::Each(
            tuple
                .elems
                .iter()
                .map(|element| (last_field(element, parameter), element.span()))
                .collect(),
        ),
        Expr::Struct(_) => Names::Own,
        Expr::Paren(paren) => of_expression(&paren.expr, parameter),
        Expr::Block(block) => match block.block.stmts.last() {
            Some(Stmt::Expr(tail, None)) => of_expression(tail, parameter),
            _ => Names::One(None, Some(expression.span())),
        },
        other => Names::One(last_field(other, parameter), Some(other.span())),
    }
}

/// The last field in a path such as `f.place.city` or `&f.name`, or a variable's name. Calls that
/// only change the form of the value do not count.
fn last_field(expression: &Expr, parameter: Option<&str>) -> Option<String> {
    match expression {
        Expr::Field(field) => match &field.member {
            syn::Member::Named(name) => Some(text(name)),
            syn::Member::Unnamed(_) => None,
        },
        Expr::Path(path) => {
            let name = text(path.path.get_ident()?);
            (Some(name.as_str()) != parameter).then_some(name)
        }
        Expr::Reference(reference) => last_field(&reference.expr, parameter),
        Expr::Paren(paren) => last_field(&paren.expr, parameter),
        Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Deref(_)) => {
            last_field(&unary.expr, parameter)
        }
        Expr::MethodCall(call) if call.args.is_empty() => {
            let form = ["clone", "to_string", "to_owned", "into", "as_str", "copied", "cloned"];
            form.iter().any(|m| call.method == m).then(|| last_field(&call.receiver, parameter))?
        }
        _ => None,
    }
}

/// Whether an output's columns have names, all different, as far as the code tells.
pub fn check(graph: &Graph, node: NodeIndex, output: &str) -> syn::Result<()> {
    let mut taken: Vec<String> = Vec::new();
    let here = graph.nodes[node].ident.span();
    let table = match graph.nodes[node].op {
        Op::Finals | Op::Early(_) => Some(graph.nodes[node].inputs[0]),
        _ => (graph.gives(node) == Gives::Table).then_some(node),
    };
    if let Some(table) = table {
        let (key, windowed) = graph.table_key(table);
        let (names, key) = (graph.key_names(table), &graph.nodes[key]);
        collect(&names, "key column", output, key.ident.span(), &mut taken)?;
        if windowed {
            taken.extend(["window_start", "window_end"].map(str::to_owned));
        }
    }
    collect(&graph.nodes[node].names, "column", output, here, &mut taken)
}

fn collect(
    names: &Names,
    what: &str,
    output: &str,
    here: Span,
    taken: &mut Vec<String>,
) -> syn::Result<()> {
    let columns: Vec<(Option<&String>, Span)> = match names {
        // A value without a name may still be a record: the type says.
        Names::Own | Names::One(None, _) => Vec::new(),
        Names::One(Some(name), span) => vec![(Some(name), span.unwrap_or(here))],
        Names::Each(columns) => columns.iter().map(|(name, span)| (name.as_ref(), *span)).collect(),
    };
    for (name, span) in columns {
        let Some(name) = name else {
            let message = format!(
                "this {what} of the output `{output}` has no name: in an aggregate add `.named(\"..\")`, elsewhere bind the value with `let name = ...` or use a record"
            );
            return Err(Error::new(span, message));
        };
        if taken.contains(name) {
            let message = format!(
                "the output `{output}` would have two columns named `{name}`: give one another name with `.named(\"..\")`"
            );
            return Err(Error::new(span, message));
        }
        taken.push(name.clone());
    }
    Ok(())
}

impl Names {
    /// As the plan wants them: nothing where the type brings its own.
    pub fn list(&self) -> Vec<String> {
        match self {
            Names::Own | Names::One(None, _) => Vec::new(),
            Names::One(Some(name), _) => vec![name.clone()],
            Names::Each(columns) => {
                columns.iter().map(|(name, _)| name.clone().unwrap_or_default()).collect()
            }
        }
    }

    /// Where the only column's value stands.
    pub fn span(&self) -> Option<Span> {
        match self {
            Names::One(_, span) => *span,
            _ => None,
        }
    }

    /// Whether only the type can give the column a name.
    pub fn unknown(&self) -> bool {
        matches!(self, Names::One(None, _))
    }
}
