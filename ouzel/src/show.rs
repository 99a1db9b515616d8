//! A plan for people and programs to read.

pub(crate) mod code;
pub(crate) mod json;
pub(crate) mod mermaid;
pub(crate) mod restart;
pub(crate) mod schema;
pub(crate) mod text;

use ouzel_dsl::Plan;
use ouzel_dsl::connector::{Comparator, Comparison, Constant};
use ouzel_dsl::plan::{Operator, OutputKind, SourceNode, StageInput};

/// Where an operator is written, without the kind at its end.
fn place(operator: &Operator) -> String {
    format!("{}:{}", operator.site.file, operator.site.line)
}

/// The name of the file that an operator is written in.
fn file(operator: &Operator) -> String {
    let parts = operator.site.file.rsplit(['/', '\\']);
    parts.take(1).map(str::to_owned).collect()
}

/// An operator's id.
fn id(plan: &Plan, operator: usize) -> &str {
    plan.operators.get(operator).map_or("", |o| o.id.as_str())
}

/// The id of what feeds a stage.
fn fed_by(plan: &Plan, input: StageInput) -> &str {
    let operator = match input {
        StageInput::Source(i) => plan.sources.get(i).map(|s| s.operator),
        StageInput::Rows(i) | StageInput::Changes(i) => plan.keyed.get(i).map(|k| k.operator),
    };
    operator.map_or("", |o| id(plan, o))
}

fn kind(kind: OutputKind) -> &'static str {
    match kind {
        OutputKind::Stream => "stream",
        OutputKind::Table(_) => "table",
        OutputKind::Early { .. } => "early results",
    }
}

/// The names of the columns that a source decodes.
fn columns_read(source: &SourceNode) -> Vec<&str> {
    source.read.iter().filter_map(|i| source.fields.get(*i)).map(|f| f.name.as_str()).collect()
}

/// A comparison in the user's words: `delay >= 3.0`.
fn comparison(source: &SourceNode, comparison: &Comparison) -> String {
    let field = source.fields.get(comparison.field).map_or("?", |f| f.name.as_str());
    let op = match comparison.op {
        Comparator::Less => "<",
        Comparator::LessOrEqual => "<=",
        Comparator::Equal => "==",
        Comparator::GreaterOrEqual => ">=",
        Comparator::Greater => ">",
    };
    match &comparison.value {
        Constant::Bool(value) => format!("{field} {op} {value}"),
        Constant::Int(value) => format!("{field} {op} {value}"),
        Constant::Float(value) => format!("{field} {op} {value:?}"),
        Constant::Text(value) => format!("{field} {op} {value:?}"),
    }
}
