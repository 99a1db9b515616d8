//! Rows as Arrow wants them.

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::Schema;
use ouzel::data::{Bad, Builder, Column, Produce};
use ouzel::schema::Field;
use ouzel::{Data, Record};
use std::sync::Arc;

/// Records as a source's batch.
///
/// # Panics
///
/// If the columns are not those of the record: then the record is at fault.
pub fn batch<R: Record>(rows: impl IntoIterator<Item = R>) -> RecordBatch {
    let schema = Schema::new(R::fields().iter().map(Field::arrow).collect::<Vec<_>>());
    let (mut builder, mut columns) = (R::Builder::default(), Vec::new());
    rows.into_iter().for_each(|row| builder.push(row.view()));
    builder.finish_row(&mut columns);
    RecordBatch::try_new(Arc::new(schema), columns).expect("records fit their own schema")
}

/// The records of a source's batch.
///
/// # Panics
///
/// If the batch is not of such records.
#[track_caller]
pub(crate) fn records<R: Record>(batch: &RecordBatch) -> Vec<R> {
    let mut bad = Bad::default();
    let column = R::open_batch(batch, &mut bad);
    if let Some((row, reason)) = bad.iter().next() {
        panic!("row {row} is no `{}`: {reason}", R::NAME);
    }
    (0..batch.num_rows()).map(|row| R::own(column.get(row))).collect()
}

/// Values as the columns of a row each.
pub fn columns<P: Produce>(rows: impl IntoIterator<Item = P>) -> Vec<ArrayRef> {
    let mut columns = Vec::new();
    produced(rows).finish_row(&mut columns);
    columns
}

/// Pairs of key and value as the columns of a table.
pub(crate) fn table_columns<P: Produce>(rows: impl IntoIterator<Item = P>) -> Vec<ArrayRef> {
    let mut columns = Vec::new();
    produced(rows).finish_parts(&mut columns);
    columns
}

fn produced<P: Produce>(rows: impl IntoIterator<Item = P>) -> <P::Data as Data>::Builder {
    let mut builder = <P::Data as Data>::Builder::default();
    rows.into_iter().for_each(|row| builder.push(row.produce()));
    builder
}
