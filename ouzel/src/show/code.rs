//! The fused code of stages, formatted.

use super::fed_by;
use ouzel_dsl::Plan;

/// The code of all stages, each below a line that says what is in it.
pub(crate) fn plan(plan: &Plan) -> String {
    let stages = plan.stages.iter().enumerate().map(|(i, node)| {
        let operators: Vec<_> = node.operators.iter().map(|o| super::id(plan, *o)).collect();
        let (operators, from) = (operators.join(" > "), fed_by(plan, node.input));
        format!("// stage {i}, fed by {from}: {operators}\n{}", stage(i, node.code))
    });
    stages.collect::<Vec<_>>().join("\n")
}

/// One stage's code as a function; as it is where it is no sequence of statements.
pub(crate) fn stage(index: usize, code: &str) -> String {
    match syn::parse_file(&format!("fn stage_{index}() {{ {code} }}")) {
        Ok(file) => prettyplease::unparse(&file),
        Err(_) => format!("{}\n", code.trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn code_is_formatted() {
        let expected = "\
// stage 0, fed by flights: flights > delays.1 > delays.3
fn stage_0() {
    context
        .rows(
            chunk,
            |c, row| {
                let f = flight.get(row);
                if f.delay > 3.0 {
                    port.push(f)
                }
                Ok(())
            },
        )
}
";
        assert_eq!(plan(&testing::plan()), expected);
    }

    #[test]
    fn what_does_not_parse_is_shown_as_it_is() {
        assert_eq!(stage(1, "let = ("), "let = (\n");
    }
}
