//! Multisets of rows, compared to the bit.

use arrow::array::RecordBatch;
use arrow::error::ArrowError;
use arrow::row::{Row, RowConverter, Rows, SortField};
use ouzel_dsl::{Error, Result};
use std::cmp::Ordering;

/// How many rows of each kind are shown.
const SHOWN: usize = 10;

/// Rows in one of two outputs and not in the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// The first rows that are expected and missing, as JSON, in order.
    pub missing: Vec<String>,
    /// The first rows that are not expected.
    pub extra: Vec<String>,
    /// How many are missing in all.
    pub missing_rows: u64,
    /// How many are too many in all.
    pub extra_rows: u64,
}

/// Compares two outputs as multisets of rows; floats by their bits.
pub(super) fn compare(
    expected: &[RecordBatch],
    found: &[RecordBatch],
) -> Result<Option<Difference>> {
    let some = |batches: &[RecordBatch]| {
        batches.iter().find(|b| b.num_rows() > 0).map(RecordBatch::schema)
    };
    let types = match (some(expected), some(found)) {
        (None, None) => return Ok(None),
        (Some(a), Some(b)) if a.fields() != b.fields() => {
            let (a, b) = (columns(&a), columns(&b));
            return Err(Error::Failed(format!("the columns differ: {b}, not {a}")));
        }
        (Some(schema), _) | (None, Some(schema)) => schema,
    };
    let compare = || {
        let fields = types.fields().iter().map(|f| SortField::new(f.data_type().clone()));
        let converter = RowConverter::new(fields.collect())?;
        let (expected, found) = (rows(&converter, expected)?, rows(&converter, found)?);
        let (missing, extra) = subtract(&sorted(&expected), &sorted(&found));
        if missing.is_empty() && extra.is_empty() {
            return Ok(None);
        }
        let shown = |rows: &[Row<'_>]| -> Result<Vec<String>, ArrowError> {
            let first = rows.iter().take(SHOWN).copied();
            let batch = RecordBatch::try_new(types.clone(), converter.convert_rows(first)?)?;
            Ok((0..batch.num_rows()).map(|row| ouzel_dsl::json::row(&batch, row)).collect())
        };
        Ok(Some(Difference {
            missing: shown(&missing)?,
            extra: shown(&extra)?,
            missing_rows: missing.len() as u64,
            extra_rows: extra.len() as u64,
        }))
    };
    compare().map_err(|e: ArrowError| Error::Failed(format!("comparing rows: {e}")))
}

fn columns(schema: &arrow::datatypes::Schema) -> String {
    let columns = schema.fields().iter().map(|f| format!("{} {}", f.name(), f.data_type()));
    columns.collect::<Vec<_>>().join(", ")
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
        assert_eq!(compare(&one, &other).unwrap(), None);
        let less = compare(&one, &other[..2]).unwrap().unwrap();
        assert_eq!((less.missing_rows, less.extra_rows), (2, 0));
        assert_eq!(less.missing[0], "{\"carrier\":\"a\",\"delay\":1.0}");
        assert_eq!(compare(&other[..2], &one).unwrap().unwrap().extra_rows, 2);
    }

    #[test]
    fn floats_are_compared_by_their_bits() {
        let differs = |a: f64, b: f64| {
            compare(&[batch(&[("a", a)])], &[batch(&[("a", b)])]).unwrap().is_some()
        };
        assert!(differs(0.0, -0.0));
        assert!(differs(0.3, 0.1 + 0.2));
        assert!(differs(f64::NAN, -f64::NAN));
        assert!(!differs(f64::NAN, f64::NAN));
    }

    #[test]
    fn at_most_ten_rows_are_shown() {
        let rows: Vec<_> = (0..25).map(|i| ("a", f64::from(i))).collect();
        let difference = compare(&[batch(&rows)], &[]).unwrap().unwrap();
        assert_eq!((difference.missing.len(), difference.missing_rows), (SHOWN, 25));
        assert_eq!(difference.missing[9], "{\"carrier\":\"a\",\"delay\":9.0}");
    }

    #[test]
    fn nothing_equals_nothing_and_other_columns_are_an_error() {
        assert_eq!(compare(&[], &[batch(&[])]).unwrap(), None);
        let n: ArrayRef = Arc::new(Int64Array::from(vec![1]));
        let other = RecordBatch::try_from_iter([("n", n)]).unwrap();
        let error = compare(&[batch(&[("a", 1.0)])], &[other]).unwrap_err();
        assert!(error.to_string().contains("n Int64, not carrier"), "{error}");
    }
}
