//! A plan as a Mermaid flowchart.

use super::{kind, place};
use ouzel_dsl::Plan;
use ouzel_dsl::plan::Operator;
use std::fmt::Write;

/// Operators as nodes, each stage as a box around its own.
pub(crate) fn plan(plan: &Plan) -> String {
    let mut out = String::from("flowchart TD\n");
    // An operator with several consumers may be in several stages; the first one draws it.
    let home = |operator: &Operator| operator.stages.first().copied();
    // Writing to a string cannot fail.
    for stage in 0..plan.stages.len() {
        let _ = writeln!(out, "  subgraph stage{stage}[\"stage {stage}\"]");
        let inside = plan.operators.iter().enumerate().filter(|(_, o)| home(o) == Some(stage));
        for (i, operator) in inside {
            let _ = writeln!(out, "    {}", node(plan, i, operator));
        }
        let _ = writeln!(out, "  end");
    }
    for (i, operator) in plan.operators.iter().enumerate().filter(|(_, o)| home(o).is_none()) {
        let _ = writeln!(out, "  {}", node(plan, i, operator));
    }
    for (i, operator) in plan.operators.iter().enumerate() {
        for input in &operator.inputs {
            let exchange = plan.keyed.iter().any(|k| k.operator == i);
            let arrow = if exchange { "==>|by key|" } else { "-->" };
            let _ = writeln!(out, "  op{input} {arrow} op{i}");
        }
    }
    for (i, output) in plan.outputs.iter().enumerate() {
        let (name, kind, from) = (escaped(output.name), kind(output.kind), output.operator);
        let _ = writeln!(out, "  op{from} --> out{i}([\"{name}: {kind}\"])");
    }
    out
}

/// An operator: sources rounded, state as a cylinder.
fn node(plan: &Plan, i: usize, operator: &Operator) -> String {
    let end = plan.sources.iter().any(|s| s.operator == i);
    let keyed = plan.keyed.iter().any(|k| k.operator == i);
    let (open, close) = match (keyed, end) {
        (true, _) => ("[(", ")]"),
        (_, true) => ("([", "])"),
        _ => ("[", "]"),
    };
    let mut lines = vec![format!("{}: {}", operator.id, operator.kind), place(operator)];
    if !operator.note.is_empty() {
        lines.push(operator.note.clone());
    }
    let lines: Vec<_> = lines.iter().map(|line| escaped(line)).collect();
    format!("op{i}{open}\"{}\"{close}", lines.join("<br/>"))
}

/// Text in which Mermaid sees nothing of its own.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use crate::testing;

    #[test]
    fn stages_are_boxes() {
        let expected = r#"flowchart TD
  subgraph stage0["stage 0"]
    op0(["flights: source<br/>src/main.rs:13"])
    op1["delays.1: filter<br/>src/main.rs:15"]
    op2[("delays.3: aggregate<br/>src/main.rs:18<br/>tumbling(hours(1)); keeps all windows: grows with &quot;carrier&quot; and time")]
  end
  op0 --> op1
  op1 ==>|by key| op2
  op2 --> out0(["delays: table"])
"#;
        assert_eq!(super::plan(&testing::plan()), expected);
    }
}
