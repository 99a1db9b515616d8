//! What is said of a fault.

use crate::kept;
use crate::reduce::Reduced;
use crate::seed::VARIABLE;
use crate::trial::{Fault, Inputs, Trial};
use std::fmt::Write;

/// How many records are shown.
const SHOWN: usize = 20;

/// All that is known of a fault.
pub(crate) fn fault(
    trial: &Trial,
    inputs: &Inputs,
    first: &Fault,
    found: Option<&Reduced>,
) -> String {
    let shown = found.map_or(first, |found| &found.fault);
    let mut out =
        format!("{}: {} does not leave what plain batch leaves\n", trial.plan.job, shown.schedule);
    out += &shown.difference.lines;
    match found {
        Some(found) => {
            let (few, all) = (rows(&found.inputs), rows(inputs));
            let tries = found.tries;
            // Writing to a string cannot fail.
            let _ = writeln!(
                out,
                "  the smallest input found, {few} of {all} records, after {tries} tries:"
            );
            out += &records(&found.inputs);
        }
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

fn rows(inputs: &Inputs) -> usize {
    inputs.iter().flat_map(|(_, partitions)| partitions).map(|batch| batch.num_rows()).sum()
}

/// The records of all partitions, a line each.
pub(crate) fn records(inputs: &Inputs) -> String {
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
