//! A plan as text.

use super::{columns_read, comparison, fed_by, file, id, kind, place};
use crate::job_main::JobInfo;
use ouzel_dsl::Plan;
use ouzel_dsl::plan::Operator;
use ouzel_hooks::text::{Align, Grid};
use std::fmt::Write;

/// The whole plan: inputs, operators, stages, state and outputs.
pub(crate) fn plan(job: &JobInfo, plan: &Plan) -> String {
    text(job, plan, place)
}

/// The same with files in the place of lines, which move when something else is written there.
pub fn stable(job: &JobInfo, plan: &Plan) -> String {
    text(job, plan, file)
}

fn text(job: &JobInfo, plan: &Plan, place: Place) -> String {
    let mut out = format!("{}: {}\n", plan.job, job.headline());
    if !plan.params.is_empty() {
        let params: Vec<_> = plan.params.iter().map(|(n, v)| format!("{n} = {v}")).collect();
        section(&mut out, "parameters", &params.join("\n"));
    }
    section(&mut out, "inputs", &inputs(plan));
    section(&mut out, "operators", &operators(plan, place));
    section(&mut out, "stages", &stages(plan));
    if !plan.keyed.is_empty() {
        section(&mut out, "state", &state(plan));
    }
    section(&mut out, "outputs", &outputs(plan));
    out
}

fn section(out: &mut String, title: &str, body: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "\n{title}");
    for line in body.lines() {
        let _ = writeln!(out, "{}", format!("  {line}").trim_end());
    }
}

fn inputs(plan: &Plan) -> String {
    let mut grid = Grid::default();
    for source in &plan.sources {
        let columns = columns_read(source);
        let read = match (columns.len(), source.fields.len()) {
            (0, _) => "reads no column, only counts".to_owned(),
            (some, all) if some == all => format!("reads all columns: {}", columns.join(", ")),
            (some, all) => format!("reads {some} of {all} columns: {}", columns.join(", ")),
        };
        grid.row([source.input, source.record, &read]);
        if !source.prune.is_empty() {
            let tests: Vec<_> = source.prune.iter().map(|c| comparison(source, c)).collect();
            let only = format!("skips row groups that have no {}", tests.join(" and "));
            grid.row(["", "", &only]);
        }
    }
    grid.to_string()
}

/// How it is said where an operator is written.
type Place = fn(&Operator) -> String;

fn operators(plan: &Plan, place: Place) -> String {
    let mut grid = Grid::new([Align::Left, Align::Left, Align::Left, Align::Left, Align::Right]);
    grid.row(["id", "kind", "site", "from", "stage", "notes"]);
    for operator in &plan.operators {
        let from: Vec<_> = operator.inputs.iter().map(|i| id(plan, *i)).collect();
        let stages: Vec<_> = operator.stages.iter().map(usize::to_string).collect();
        let (from, stages, place) = (from.join(", "), stages.join(", "), place(operator));
        let cells = [&operator.id, operator.kind, &place, &from, &stages, &operator.note];
        grid.row(cells);
    }
    grid.to_string()
}

fn stages(plan: &Plan) -> String {
    let mut grid = Grid::new([Align::Right]);
    for (i, stage) in plan.stages.iter().enumerate() {
        let chain: Vec<_> = stage.operators.iter().map(|o| id(plan, *o)).collect();
        let fed = format!("fed by {}", fed_by(plan, stage.input));
        grid.row([i.to_string(), fed, chain.join(" > ")]);
    }
    grid.to_string()
}

fn state(plan: &Plan) -> String {
    let mut grid = Grid::default();
    for keyed in &plan.keyed {
        let sources = keyed.sources.iter().filter_map(|s| plan.sources.get(*s)).map(|s| s.input);
        let upstream = keyed.upstream.iter().filter_map(|k| plan.keyed.get(*k));
        let mut waits: Vec<_> = sources.collect();
        waits.extend(upstream.map(|k| id(plan, k.operator)));
        let kept = match keyed.lateness {
            Some(micros) => format!(
                "kept until the watermark of {} has passed by {}",
                waits.join(", "),
                crate::dsl::micros(micros)
            ),
            None => "kept to the end".to_owned(),
        };
        let columns: Vec<_> = keyed.schema.fields().iter().map(|f| f.name().as_str()).collect();
        grid.row([id(plan, keyed.operator), &columns.join(", "), &kept]);
    }
    grid.to_string()
}

fn outputs(plan: &Plan) -> String {
    let mut grid = Grid::default();
    for output in &plan.outputs {
        let names: Vec<_> = output.fields.iter().map(|f| f.name.as_str()).collect();
        let columns = match names.split_at_checked(output.key_columns) {
            Some((key, values)) if !key.is_empty() => {
                format!("{} -> {}", key.join(", "), values.join(", "))
            }
            _ => names.join(", "),
        };
        grid.row([output.name, kind(output.kind), &columns]);
    }
    grid.to_string()
}

#[cfg(test)]
mod tests {
    use crate::testing;

    #[test]
    fn a_plan_names_everything() {
        let params = vec![("min_delay".to_owned(), "3".to_owned())];
        let plan = ouzel_dsl::Plan { params, ..testing::plan() };
        let expected = "\
delays: Departures and mean delay by carrier and hour.

parameters
  min_delay = 3

inputs
  flights  Flight  reads 3 of 4 columns: scheduled, carrier, delay
                   skips row groups that have no delay >= 3.0

operators
  id        kind       site            from      stage  notes
  flights   source     src/main.rs:13                0
  delays.1  filter     src/main.rs:15  flights       0
  delays.3  aggregate  src/main.rs:18  delays.1      0  tumbling(hours(1)); keeps all windows: grows with \"carrier\" and time

stages
  0  fed by flights  flights > delays.1 > delays.3

state
  delays.3  carrier, window_start, window_end, count, delay  kept until the watermark of flights has passed by hours(1)

outputs
  delays  table  carrier, window_start, window_end -> count, delay
";
        assert_eq!(super::plan(&testing::job(), &plan), expected);
        let stable = super::stable(&testing::job(), &plan);
        assert!(stable.contains("  delays.1  filter     main.rs  flights       0\n"), "{stable}");
    }
}
