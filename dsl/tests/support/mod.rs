//! Ways from values to columns and back.
#![allow(dead_code, reason = "each test binary uses some of them")]

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use ouzel_dsl::Record;
use ouzel_dsl::data::{Bad, Builder, Column, Data};
use std::sync::Arc;

/// The columns that values are written as.
pub fn written<T: Data>(values: &[T]) -> RecordBatch {
    let mut builder = T::Builder::default();
    values.iter().for_each(|value| builder.push(value.view()));
    let mut columns = Vec::new();
    builder.finish_row(&mut columns);
    let fields: Vec<_> = T::columns(&[]).iter().map(|field| field.arrow()).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

/// Values written as a row's columns and read again; nothing may be bad.
pub fn round_trip<T: Data>(values: &[T]) -> Vec<T> {
    let mut bad = Bad::default();
    let column = T::Column::open_row(written(values).columns(), &mut bad);
    assert!(bad.is_empty(), "{bad:?}");
    (0..values.len()).map(|row| T::own(column.get(row))).collect()
}

/// The batch that records are written as.
pub fn batch<T: Record>(values: &[T]) -> RecordBatch {
    written(values)
}

/// The columns of a source's batch, and its bad rows.
pub fn open<T: Record>(batch: &RecordBatch) -> (T::Column, Bad) {
    let mut bad = Bad::default();
    (T::open_batch(batch, &mut bad), bad)
}

/// The records of a source's batch; nothing may be bad.
pub fn read<T: Record>(batch: &RecordBatch) -> Vec<T> {
    let (column, bad) = open::<T>(batch);
    assert!(bad.is_empty(), "{bad:?}");
    (0..batch.num_rows()).map(|row| T::own(column.get(row))).collect()
}

/// What is bad in a source's batch.
pub fn bad<T: Record>(batch: &RecordBatch) -> Vec<(usize, String)> {
    open::<T>(batch).1.iter().map(|(row, reason)| (row, reason.to_owned())).collect()
}
