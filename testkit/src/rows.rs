//! Rows as Arrow wants them, and multisets of rows.

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{Field as ArrowField, Schema};
use arrow::row::{RowConverter, SortField};
use ouzel::data::Builder;
use ouzel::schema::Field;
use ouzel::{Data, Record};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Records as a source's batch.
///
/// # Panics
///
/// If the columns are not those of the record: then the record is at fault.
pub fn batch<R: Record>(rows: impl IntoIterator<Item = R>) -> RecordBatch {
    let schema = Schema::new(R::fields().iter().map(Field::arrow).collect::<Vec<_>>());
    RecordBatch::try_new(Arc::new(schema), columns(rows)).expect("records fit their own schema")
}

/// Values as the columns of a row each.
pub fn columns<T: Data>(rows: impl IntoIterator<Item = T>) -> Vec<ArrayRef> {
    let mut builder = T::Builder::default();
    for row in rows {
        builder.push(row.view());
    }
    let mut columns = Vec::new();
    builder.finish_row(&mut columns);
    columns
}

/// A multiset of rows that are compared to the bit; each comes with its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Multiset {
    types: Vec<String>,
    rows: BTreeMap<Vec<u8>, (String, usize)>,
}

impl Multiset {
    /// The rows of several batches.
    pub fn new(batches: &[RecordBatch]) -> Multiset {
        let mut all = Multiset::default();
        for batch in batches.iter().filter(|b| b.num_rows() > 0) {
            let types: Vec<_> = batch.columns().iter().map(|c| c.data_type().clone()).collect();
            all.types = types.iter().map(ToString::to_string).collect();
            let fields = types.into_iter().map(SortField::new).collect();
            let converter = RowConverter::new(fields).expect("all types of columns can be sorted");
            let rows = converter.convert_columns(batch.columns()).expect("columns of these types");
            for row in 0..batch.num_rows() {
                let key = rows.row(row).as_ref().to_vec();
                let text = || (ouzel::json::row(batch, row), 0);
                all.rows.entry(key).or_insert_with(text).1 += 1;
            }
        }
        all
    }

    /// The rows of columns that have no names of their own.
    pub fn of_columns(columns: Vec<ArrayRef>, names: &[String]) -> Multiset {
        let name = |i: usize| names.get(i).cloned().unwrap_or_else(|| i.to_string());
        let fields = columns
            .iter()
            .enumerate()
            .map(|(i, c)| ArrowField::new(name(i), c.data_type().clone(), true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        Multiset::new(&[RecordBatch::try_new(schema, columns).expect("columns of one length")])
    }

    /// What must be added to `self` and taken from it to give `other`, in a few lines; nothing if
    /// they are the same.
    pub fn difference(&self, other: &Multiset) -> Option<String> {
        if self == other {
            return None;
        }
        if !self.rows.is_empty() && !other.rows.is_empty() && self.types != other.types {
            return Some(format!("    the columns are {:?}, not {:?}\n", other.types, self.types));
        }
        let mut lines = Vec::new();
        let count = |of: &Multiset, key: &[u8]| of.rows.get(key).map_or(0, |(_, count)| *count);
        for (key, (text, expected)) in &self.rows {
            let found = count(other, key);
            if found < *expected {
                lines.push(format!("    missing {} times: {text}\n", expected - found));
            }
        }
        for (key, (text, found)) in &other.rows {
            let expected = count(self, key);
            if expected < *found {
                lines.push(format!("    extra {} times:   {text}\n", found - expected));
            }
        }
        let rest = lines.len().saturating_sub(12);
        lines.truncate(12);
        let rest = if rest > 0 { format!("    and {rest} more rows\n") } else { String::new() };
        Some(lines.concat() + &rest)
    }

    /// The rows' texts, each as often as it is there, in order of text.
    pub fn lines(&self) -> Vec<String> {
        let rows = self.rows.values();
        let mut lines: Vec<_> =
            rows.flat_map(|(text, count)| std::iter::repeat_n(text.clone(), *count)).collect();
        lines.sort_unstable();
        lines
    }
}
