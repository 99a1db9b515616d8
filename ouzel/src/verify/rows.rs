//! Multisets of rows, compared to the bit.

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::row::{Row, RowConverter, Rows, SortField};
use ouzel_hooks::text::plural;
use std::cmp::Ordering;

/// How many rows of each kind are shown.
const SHOWN: usize = 10;

/// What must be added to the expected rows and taken from them to give those found, in a few
/// lines; nothing if they are the same, each as often, floats by their bits.
pub fn difference(expected: &[RecordBatch], found: &[RecordBatch]) -> Option<String> {
    compared(expected, found, false)
}

/// The same, but that it does not matter how often a row is there.
pub fn difference_of_sets(expected: &[RecordBatch], found: &[RecordBatch]) -> Option<String> {
    compared(expected, found, true)
}

fn compared(expected: &[RecordBatch], found: &[RecordBatch], sets: bool) -> Option<String> {
    let schema = |batches: &[RecordBatch]| {
        batches.iter().find(|b| b.num_rows() > 0).map(RecordBatch::schema)
    };
    let schema = match (schema(expected), schema(found)) {
        (None, None) => return None,
        (Some(a), Some(b)) if columns(&a) != columns(&b) => {
            return Some(format!("    the columns are {}, not {}\n", columns(&b), columns(&a)));
        }
        (Some(schema), _) | (None, Some(schema)) => schema,
    };
    subtracted(&schema, expected, found, sets)
        .unwrap_or_else(|e| Some(format!("    the rows cannot be compared: {e}\n")))
}

fn columns(schema: &Schema) -> String {
    let columns = schema.fields().iter().map(|f| format!("{} {}", f.name(), f.data_type()));
    columns.collect::<Vec<_>>().join(", ")
}

fn subtracted(
    schema: &SchemaRef,
    expected: &[RecordBatch],
    found: &[RecordBatch],
    sets: bool,
) -> Result<Option<String>, ArrowError> {
    if schema.fields().is_empty() {
        if sets {
            return Ok(None);
        }
        let rows =
            |batches: &[RecordBatch]| batches.iter().map(RecordBatch::num_rows).sum::<usize>();
        let (expected, found) = (rows(expected), rows(found));
        let differ = || format!("    there are {found} rows without columns, not {expected}\n");
        return Ok((expected != found).then(differ));
    }
    let fields = schema.fields().iter().map(|f| SortField::new(f.data_type().clone()));
    let converter = RowConverter::new(fields.collect())?;
    let (expected, found) = (rows(&converter, expected)?, rows(&converter, found)?);
    let (mut all_expected, mut all_found) = (sorted(&expected), sorted(&found));
    if sets {
        all_expected.dedup();
        all_found.dedup();
    }
    let (missing, extra) = subtract(&all_expected, &all_found);
    let mut out = String::new();
    for (what, rows) in [("missing", missing), ("extra", extra)] {
        let first = rows.iter().take(SHOWN).copied();
        let batch = RecordBatch::try_new(schema.clone(), converter.convert_rows(first)?)?;
        for row in 0..batch.num_rows() {
            out += &format!("    {what}: {}\n", ouzel_dsl::json::row(&batch, row));
        }
        match rows.len().saturating_sub(SHOWN) {
            0 => {}
            more => out += &format!("    and {} {what}\n", plural(more as u64, "more row")),
        }
    }
    Ok((!out.is_empty()).then_some(out))
}

/// The batches' rows in a form whose order by bytes is the order of rows, floats by their bits.
fn rows(converter: &RowConverter, batches: &[RecordBatch]) -> Result<Vec<Rows>, ArrowError> {
    let some = batches.iter().filter(|b| b.num_rows() > 0);
    some.map(|batch| converter.convert_columns(batch.columns())).collect()
}

fn sorted(rows: &[Rows]) -> Vec<Row<'_>> {
    let mut all: Vec<_> = rows.iter().flat_map(Rows::iter).collect();
    all.sort_unstable();
    all
}

/// What is in one sorted list and not in the other, each as often as it is there more.
fn subtract<T: Ord + Copy>(a: &[T], b: &[T]) -> (Vec<T>, Vec<T>) {
    let (mut only_a, mut only_b) = (Vec::new(), Vec::new());
    let (mut rest_a, mut rest_b) = (a.iter().copied().peekable(), b.iter().copied().peekable());
    loop {
        let order = match (rest_a.peek(), rest_b.peek()) {
            (Some(x), Some(y)) => x.cmp(y),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return (only_a, only_b),
        };
        match order {
            Ordering::Less => only_a.extend(rest_a.next()),
            Ordering::Greater => only_b.extend(rest_b.next()),
            Ordering::Equal => {
                rest_a.next();
                rest_b.next();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::batch;
    use arrow::array::{ArrayRef, Int64Array};
    use std::sync::Arc;

    #[test]
    fn batches_and_order_do_not_matter_but_multiplicity_does() {
        let one = [batch(&[("a", 1.0), ("b", 2.0), ("a", 1.0)])];
        let other = [batch(&[("b", 2.0)]), batch(&[]), batch(&[("a", 1.0), ("a", 1.0)])];
        assert_eq!(difference(&one, &other), None);
        let line = |what: &str| format!("    {what}: {{\"carrier\":\"a\",\"delay\":1.0}}\n");
        assert_eq!(difference(&one, &other[..2]).unwrap(), line("missing").repeat(2));
        assert_eq!(difference(&other[..2], &one).unwrap(), line("extra").repeat(2));
    }

    #[test]
    fn floats_are_compared_by_their_bits() {
        let differs =
            |a: f64, b: f64| difference(&[batch(&[("a", a)])], &[batch(&[("a", b)])]).is_some();
        assert!(differs(0.0, -0.0));
        assert!(differs(0.3, 0.1 + 0.2));
        assert!(differs(f64::NAN, -f64::NAN));
        assert!(!differs(f64::NAN, f64::NAN));
    }

    #[test]
    fn at_most_ten_rows_are_shown() {
        let rows: Vec<_> = (0..25).map(|i| ("a", f64::from(i))).collect();
        let text = difference(&[batch(&rows)], &[]).unwrap();
        assert_eq!(text.lines().count(), SHOWN + 1);
        assert!(text.contains("missing: {\"carrier\":\"a\",\"delay\":9.0}\n"), "{text}");
        assert!(text.ends_with("    and 15 more rows missing\n"), "{text}");
    }

    #[test]
    fn nothing_equals_nothing_and_other_columns_differ() {
        assert_eq!(difference(&[], &[batch(&[])]), None);
        let n: ArrayRef = Arc::new(Int64Array::from(vec![1]));
        let other = RecordBatch::try_from_iter([("n", n)]).unwrap();
        let text = difference(&[batch(&[("a", 1.0)])], &[other]).unwrap();
        assert!(text.contains("n Int64, not carrier"), "{text}");
    }
}
