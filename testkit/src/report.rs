//! What is said of a fault.

use crate::kept;
use crate::reduce::Reduced;
use crate::seed::VARIABLE;
use crate::trial::{Fault, Inputs, Trial};

/// How many records are shown.
const SHOWN: usize = 20;

/// All that is known of a fault in which modes or schedules differ.
pub(crate) fn fault(
    trial: &Trial,
    inputs: &Inputs,
    first: &Fault,
    found: Option<&Reduced>,
) -> String {
    let shown = found.map_or(first, |found| &found.fault);
    let mut out =
        format!("{}: {} does not leave what the reference does\n", trial.plan.job, shown.schedule);
    out += &shown.difference.lines;
    match found {
        Some(found) => out += &smallest(&found.inputs, inputs, found.tries),
        None => {
            out += "  it did not come again under the same schedule: it may depend on timing, or on what \
                    earlier runs left behind\n";
        }
    }
    out + &kept::keep(trial, found.map_or(inputs, |found| &found.inputs))
}

/// How to see it again.
pub(crate) fn again(seed: u64) -> String {
    format!("to see it again: {VARIABLE}={seed}, or `.seed({seed})`\n")
}

/// The smallest input that was found, of a whole one.
pub(crate) fn smallest(found: &Inputs, whole: &Inputs, tries: usize) -> String {
    let (few, all, records) = (rows(found), rows(whole), records(found));
    format!("  the smallest input found, {few} of {all} records, after {tries} tries:\n{records}")
}

fn rows(inputs: &Inputs) -> usize {
    inputs.iter().flat_map(|(_, partitions)| partitions).map(|batch| batch.num_rows()).sum()
}

/// The records of all partitions, a line each.
fn records(inputs: &Inputs) -> String {
    let mut lines = Vec::new();
    for (name, partitions) in inputs {
        if partitions.is_empty() {
            lines.push(format!("    {name}: no partitions\n"));
        }
        for (partition, batch) in partitions.iter().enumerate() {
            if batch.num_rows() == 0 {
                lines.push(format!("    {name} {partition}: no records\n"));
            }
            lines.extend(
                (0..batch.num_rows()).map(|row| {
                    format!("    {name} {partition}: {}\n", ouzel::json::row(batch, row))
                }),
            );
        }
    }
    let more = lines.len().saturating_sub(SHOWN);
    lines.truncate(SHOWN);
    if more > 0 {
        lines.push(format!("    and {more} more\n"));
    }
    lines.concat()
}
