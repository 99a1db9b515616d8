//! Rows as Arrow wants them.

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::Schema;
use ouzel::data::Builder;
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
