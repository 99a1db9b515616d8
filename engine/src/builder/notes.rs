//! What a plan says of windows and of where stages end.

use ouzel_dsl::Windows;
use ouzel_dsl::plan::{Plan, StageInput};

/// Why an aggregate is the last of its stage.
pub(super) const EXCHANGES: &str =
    "not fused with what follows: its records are exchanged by key, then merged";

/// Why `finals` is the first of its stage.
const OPENS: &str = "begins a stage: its rows come when windows close";

/// The kind and length of windows that have a length.
pub(super) fn windows<W: Windows>(windows: W) -> String {
    let size = windows.size();
    match windows.assign(0, 0, None).map(|assigned| assigned.step) {
        Some(every) if every != size => {
            format!("windows of {} every {}", length(size), length(every))
        }
        _ => format!("windows of {}", length(size)),
    }
}

/// When a record is late.
pub(super) fn lateness(micros: i64, windowed: bool) -> String {
    match (windowed, micros) {
        (true, 0) => "late as soon as a window's end has passed".to_owned(),
        (true, micros) => format!("late {} after a window's end", length(micros)),
        (false, 0) => "late if what was before it has a later event time".to_owned(),
        (false, micros) => format!("late if it is more than {} behind", length(micros)),
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

/// A length of time in the greatest unit that gives a whole number: `90s`.
fn length(micros: i64) -> String {
    let units = [(86_400_000_000, "d"), (3_600_000_000, "h"), (60_000_000, "min")];
    let mut units = units.into_iter().chain([(1_000_000, "s"), (1_000, "ms")]);
    match units.find(|(size, _)| micros % size == 0) {
        Some((size, unit)) => format!("{}{unit}", micros / size),
        None => format!("{micros}us"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ouzel_dsl::{hopping, hours, micros, minutes, seconds, tumbling};

    #[test]
    fn windows_and_lateness_are_told_in_whole_units() {
        assert_eq!(windows(tumbling(hours(1))), "windows of 1h");
        assert_eq!(windows(tumbling(hours(48))), "windows of 2d");
        assert_eq!(windows(hopping(hours(6), minutes(90))), "windows of 6h every 90min");
        assert_eq!(windows(tumbling(micros(1_500))), "windows of 1500us");
        assert_eq!(lateness(seconds(90).micros(), true), "late 90s after a window's end");
        assert_eq!(lateness(seconds(90).micros(), false), "late if it is more than 90s behind");
        assert_eq!(lateness(0, true), "late as soon as a window's end has passed");
    }
}
