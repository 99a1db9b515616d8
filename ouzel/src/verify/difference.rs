//! Where two runs part, and in what.

use super::left::Left;
use super::rows;
use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use ouzel_dsl::{Error, Result};
use ouzel_hooks::OperatorTotals;
use std::fmt;

/// How what a run leaves differs from what is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The id of the first operator, those upstream first, that does something else; not known
    /// where a run fails elsewhere than in an operator.
    pub operator: Option<String>,
    /// What differs, in a few lines.
    pub lines: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines)
    }
}

/// What differs in another run; whether it fails must be the same, not how.
pub fn difference(expected: &Result<Left>, found: &Result<Left>) -> Option<Difference> {
    match (expected, found) {
        (Ok(expected), Ok(found)) => of_left(expected, found),
        (Err(_), Err(_)) => None,
        (Ok(expected), Err(error)) => {
            let lines = format!("  it fails: {error}\n");
            Some(Difference { operator: failed(expected, error), lines })
        }
        (Err(error), Ok(found)) => {
            let lines = format!("  it does not fail, as the first did: {error}\n");
            Some(Difference { operator: failed(found, error), lines })
        }
    }
}

/// The operator that an error is of.
fn failed(left: &Left, error: &Error) -> Option<String> {
    let (Error::Record { site, .. } | Error::Aggregate { site, .. }) = error else { return None };
    left.operators.iter().find(|o| o.site == *site).map(|o| o.name.clone())
}

/// Goes through the operators, those upstream first: the first that counts otherwise, or gives
/// other rows, is named, and what it does otherwise told; then all else.
fn of_left(expected: &Left, found: &Left) -> Option<Difference> {
    let pairs = expected.operators.iter().zip(&found.operators);
    let mut differ = pairs.filter_map(|(operator, other)| {
        let lines = of_operator(expected, found, operator, other);
        (!lines.is_empty()).then_some((operator, lines))
    });
    let Some((first, lines)) = differ.next() else {
        // Dead letters may be of no operator that is known.
        let lines = rows::difference(&expected.dead_letters, &found.dead_letters)?;
        return Some(Difference {
            operator: None,
            lines: format!("  in the dead letters:\n{lines}"),
        });
    };
    let (id, site) = (&first.name, &first.site);
    let mut out = format!("  the first operator that differs is `{id}` ({site})\n{lines}");
    for (operator, lines) in differ {
        out += &format!("  so does `{}` ({})\n{lines}", operator.name, operator.site);
    }
    Some(Difference { operator: Some(id.clone()), lines: out })
}

/// What one operator does otherwise.
fn of_operator(
    expected: &Left,
    found: &Left,
    operator: &OperatorTotals,
    other: &OperatorTotals,
) -> String {
    let mut out = String::new();
    let id = operator.name.as_str();
    for (what, before, after) in [
        ("in", operator.records_in, other.records_in),
        ("out", operator.records_out, other.records_out),
        ("late", operator.late, other.late),
        ("errors", operator.errors, other.errors),
    ] {
        if before != after {
            out += &format!("  in its totals: {what} is {after}, not {before}\n");
        }
    }
    for (name, rows) in expected.outputs.iter().filter(|(name, _)| shows(expected, name) == id) {
        let others = found.outputs.get(name).map_or(&[][..], Vec::as_slice);
        if let Some(lines) = rows::difference(rows, others) {
            out += &format!("  in the output `{name}`:\n{lines}");
        }
    }
    if let Some(lines) = rows::difference_of_sets(keyed(expected, id), keyed(found, id)) {
        out += &format!("  in the rows that it gives:\n{lines}");
    }
    let letters = [expected, found].map(|left| letters(&left.dead_letters, id));
    if let Some(lines) = rows::difference(&letters[0], &letters[1]) {
        out += &format!("  in the dead letters:\n{lines}");
    }
    out
}

fn shows<'a>(left: &'a Left, output: &str) -> &'a str {
    left.shows.get(output).map_or("", String::as_str)
}

fn keyed<'a>(left: &'a Left, id: &str) -> &'a [RecordBatch] {
    left.keyed.get(id).map_or(&[], Vec::as_slice)
}

/// The dead letters of one operator.
fn letters(all: &[RecordBatch], id: &str) -> Vec<RecordBatch> {
    let of_operator = |batch: &RecordBatch| {
        let operators = batch.column_by_name("operator")?.as_string_opt::<i32>()?;
        let wanted: BooleanArray =
            (0..operators.len()).map(|row| Some(operators.value(row) == id)).collect();
        filter_record_batch(batch, &wanted).ok()
    };
    all.iter().filter_map(of_operator).collect()
}
