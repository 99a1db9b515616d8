//! What a run leaves, to be compared with what another one leaves.

use super::rows;
use arrow::array::RecordBatch;
use ouzel_dsl::Result;
use ouzel_hooks::OperatorTotals;
use std::collections::BTreeMap;

/// What a run leaves.
#[derive(Clone, Debug, Default)]
pub struct Left {
    /// The rows of each output.
    pub outputs: BTreeMap<String, Vec<RecordBatch>>,
    /// The records that were kept aside.
    pub dead_letters: Vec<RecordBatch>,
    /// The operators' totals.
    pub operators: Vec<OperatorTotals>,
}

impl Left {
    /// How many rows the outputs have.
    pub fn rows(&self) -> u64 {
        self.outputs.values().flatten().map(|batch| batch.num_rows() as u64).sum()
    }

    /// What differs in another run, in a few lines.
    pub fn difference(&self, other: &Left) -> Option<String> {
        let mut out = String::new();
        for (name, expected) in &self.outputs {
            let found = other.outputs.get(name).map_or(&[][..], Vec::as_slice);
            if let Some(lines) = rows::difference(expected, found) {
                out += &format!("  in the output `{name}`:\n{lines}");
            }
        }
        if let Some(lines) = rows::difference(&self.dead_letters, &other.dead_letters) {
            out += &format!("  in the dead letters:\n{lines}");
        }
        for (expected, found) in self.operators.iter().zip(&other.operators) {
            let numbers = |t: &OperatorTotals| {
                [
                    ("in", t.records_in),
                    ("out", t.records_out),
                    ("late", t.late),
                    ("errors", t.errors),
                ]
            };
            for ((name, expected_n), (_, found_n)) in
                numbers(expected).into_iter().zip(numbers(found))
            {
                if expected_n != found_n {
                    let (id, site) = (&expected.name, &expected.site);
                    out += &format!(
                        "  in the totals of {id} ({site}): {name} is {found_n}, not {expected_n}\n"
                    );
                }
            }
        }
        (!out.is_empty()).then_some(out)
    }
}

/// What differs in another run; whether it fails must be the same, not how.
pub fn difference(expected: &Result<Left>, found: &Result<Left>) -> Option<String> {
    match (expected, found) {
        (Ok(expected), Ok(found)) => expected.difference(found),
        (Err(_), Err(_)) => None,
        (Ok(_), Err(error)) => Some(format!("  it fails: {error}\n")),
        (Err(error), Ok(_)) => Some(format!("  it does not fail, as the first did: {error}\n")),
    }
}
