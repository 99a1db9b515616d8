//! What a plan says of lateness and of where stages end.

use ouzel_dsl::Span;
use ouzel_dsl::plan::{Plan, StageInput};

/// Why an aggregate is the last of its stage.
pub(super) const EXCHANGES: &str =
    "not fused with what follows: its records are exchanged by key, then merged";

/// Why `finals` is the first of its stage.
const OPENS: &str = "begins a stage: its rows come when windows close";

/// When a record is late.
pub(super) fn lateness(lateness: Span, windowed: bool) -> String {
    match (windowed, lateness.micros()) {
        (true, 0) => "late as soon as a window's end has passed".to_owned(),
        (true, _) => format!("late {} after a window's end", lateness.short()),
        (false, 0) => "late if what was before it has a later event time".to_owned(),
        (false, _) => format!("late if it is more than {} behind", lateness.short()),
    }
}

/// Says of each operator that it begins a stage, or is part of several, and why.
pub(super) fn of_stages(plan: &Plan) -> Vec<(usize, String)> {
    let finals = plan.stages.iter().filter(|s| matches!(s.input, StageInput::Rows(_)));
    let begins = finals.filter_map(|stage| Some((*stage.operators.first()?, OPENS.to_owned())));
    let several = plan.operators.iter().enumerate().filter(|(_, o)| o.stages.len() > 1);
    let several = several.map(|(operator, o)| {
        let stages = o.stages.len();
        (operator, format!("fused into {stages} stages: its records come by {stages} ways"))
    });
    begins.chain(several).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ouzel_dsl::seconds;

    #[test]
    fn lateness_is_told_in_whole_units() {
        assert_eq!(lateness(seconds(90), true), "late 90s after a window's end");
        assert_eq!(lateness(seconds(90), false), "late if it is more than 90s behind");
        assert_eq!(lateness(seconds(0), true), "late as soon as a window's end has passed");
    }
}
