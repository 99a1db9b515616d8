//! Rows compared with some tolerance for floats.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use arrow::error::ArrowError;
use arrow::row::{OwnedRow, RowConverter, SortField};
use std::collections::BTreeMap;

/// How many rows of each kind are shown.
const SHOWN: usize = 10;

/// What has no partner on the other side, in a few lines: each row expected needs a row of its own
/// among those found, with floats close to its own and all else the same. The batches must have
/// the same columns.
pub(crate) fn difference(
    expected: &RecordBatch,
    found: &[RecordBatch],
    tolerance: f64,
) -> Result<Option<String>, ArrowError> {
    let found = concat_batches(&expected.schema(), found)?;
    let (mut missing, mut extra) = (Vec::new(), Vec::new());
    for (of_expected, of_found) in groups(expected, &found)?.into_values() {
        let close = |a: usize, b: usize| {
            let mut columns = expected.columns().iter().zip(found.columns());
            columns.all(|(x, y)| is_close(x, of_expected[a], y, of_found[b], tolerance))
        };
        let partners = matched(of_expected.len(), of_found.len(), &close);
        let taken = |b: &usize| partners.contains(&Some(*b));
        missing.extend(
            (0..of_expected.len()).filter(|a| partners[*a].is_none()).map(|a| of_expected[a]),
        );
        extra.extend((0..of_found.len()).filter(|b| !taken(b)).map(|b| of_found[b]));
    }
    let mut out = String::new();
    for (what, batch, mut rows) in [("missing", expected, missing), ("extra", &found, extra)] {
        rows.sort_unstable();
        for row in rows.iter().take(SHOWN) {
            out += &format!("    {what}: {}\n", ouzel::json::row(batch, *row));
        }
        if let more @ 1.. = rows.len().saturating_sub(SHOWN) {
            out += &format!("    and {more} more {what}\n");
        }
    }
    Ok((!out.is_empty()).then_some(out))
}

/// Rows that are the same but for their floats, by what is the same.
type Groups = BTreeMap<Option<OwnedRow>, (Vec<usize>, Vec<usize>)>;

fn groups(expected: &RecordBatch, found: &RecordBatch) -> Result<Groups, ArrowError> {
    let mut groups = Groups::new();
    let exact: Vec<usize> = (0..expected.num_columns())
        .filter(|column| !has_floats(expected.column(*column).data_type()))
        .collect();
    let sort = |column: &usize| SortField::new(expected.column(*column).data_type().clone());
    let converter = RowConverter::new(exact.iter().map(sort).collect())?;
    for (batch, is_found) in [(expected, false), (found, true)] {
        let rows = match exact.is_empty() {
            true => None,
            false => Some(converter.convert_columns(batch.project(&exact)?.columns())?),
        };
        for row in 0..batch.num_rows() {
            let group = groups.entry(rows.as_ref().map(|rows| rows.row(row).owned())).or_default();
            if is_found { group.1.push(row) } else { group.0.push(row) }
        }
    }
    Ok(groups)
}

fn has_floats(ty: &DataType) -> bool {
    match ty {
        DataType::Float32 | DataType::Float64 => true,
        DataType::List(item) => has_floats(item.data_type()),
        DataType::Struct(fields) => fields.iter().any(|field| has_floats(field.data_type())),
        _ => false,
    }
}

/// Whether two values are the same but for floats, which may differ a little.
fn is_close(a: &dyn Array, row: usize, b: &dyn Array, other: usize, tolerance: f64) -> bool {
    if a.is_null(row) || b.is_null(other) {
        return a.is_null(row) == b.is_null(other);
    }
    match a.data_type() {
        DataType::Float64 => {
            let value = |array: &dyn Array, row| array.as_primitive::<Float64Type>().value(row);
            are_close(value(a, row), value(b, other), tolerance)
        }
        DataType::Float32 => {
            let value = |array: &dyn Array, row| array.as_primitive::<Float32Type>().value(row);
            are_close(value(a, row).into(), value(b, other).into(), tolerance)
        }
        DataType::Struct(_) => {
            let mut columns = a.as_struct().columns().iter().zip(b.as_struct().columns());
            columns.all(|(x, y)| is_close(x, row, y, other, tolerance))
        }
        DataType::List(_) => {
            let (x, y) = (a.as_list::<i32>().value(row), b.as_list::<i32>().value(other));
            x.len() == y.len() && (0..x.len()).all(|i| is_close(&x, i, &y, i, tolerance))
        }
        _ => a.slice(row, 1).to_data() == b.slice(other, 1).to_data(),
    }
}

/// Absolute below one, relative above. All NaN are close, and an infinity only to itself.
fn are_close(a: f64, b: f64, tolerance: f64) -> bool {
    let scale = a.abs().max(b.abs()).max(1.0);
    a == b || a.is_nan() && b.is_nan() || scale.is_finite() && (a - b).abs() <= tolerance * scale
}

/// The partner of each on the left, so that as many as possible have one (Kuhn, "The Hungarian
/// Method for the Assignment Problem", 1955: augmenting paths).
fn matched(left: usize, right: usize, close: &dyn Fn(usize, usize) -> bool) -> Vec<Option<usize>> {
    let mut owner: Vec<Option<usize>> = vec![None; right];
    for a in 0..left {
        augment(a, close, &mut owner, &mut vec![false; right]);
    }
    let mut partners = vec![None; left];
    for (b, a) in owner.into_iter().enumerate() {
        if let Some(a) = a {
            partners[a] = Some(b);
        }
    }
    partners
}

fn augment(
    a: usize,
    close: &dyn Fn(usize, usize) -> bool,
    owner: &mut Vec<Option<usize>>,
    tried: &mut Vec<bool>,
) -> bool {
    for b in 0..owner.len() {
        if tried[b] || !close(a, b) {
            continue;
        }
        tried[b] = true;
        if owner[b].is_none_or(|other| augment(other, close, owner, tried)) {
            owner[b] = Some(a);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closeness_is_absolute_below_one_and_relative_above() {
        for (a, b, close) in [
            (0.0, 0.009, true),
            (0.0, 0.011, false),
            (1000.0, 1009.0, true),
            (1000.0, 1011.0, false),
            (0.0, -0.0, true),
            (f64::NAN, -f64::NAN, true),
            (f64::NAN, 0.0, false),
            (f64::INFINITY, f64::INFINITY, true),
            (f64::INFINITY, f64::MAX, false),
            (f64::INFINITY, f64::NEG_INFINITY, false),
        ] {
            assert_eq!(are_close(a, b, 0.01), close, "{a} {b}");
            assert_eq!(are_close(b, a, 0.01), close, "{b} {a}");
        }
    }

    #[test]
    fn as_many_as_possible_get_a_partner() {
        // The first takes what only the second can have, and has to give it back.
        let close = |a: usize, b: usize| [(0, 0), (0, 1), (1, 0)].contains(&(a, b));
        assert_eq!(matched(2, 2, &close), [Some(1), Some(0)]);
        assert_eq!(matched(3, 2, &close), [Some(1), Some(0), None]);
    }
}
