//! The forms in which a test gives an input's records.

use crate::rows::batch;
use arrow::array::RecordBatch;
use ouzel::Record;

/// An input's records: a list of records is one partition, a list of lists several.
///
/// `How` tells the two apart and is always inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the records of an input",
    label = "expected a list of records, or a `Vec` of records for each partition",
    note = "records are structs with `#[derive(Record)]`"
)]
pub trait Partitions<R: Record, How> {
    /// The records as columns, a batch for each partition.
    fn batches(self) -> Vec<RecordBatch>;
}

/// All records are of one partition.
#[doc(hidden)]
pub enum One {}

/// There is a list for each partition.
#[doc(hidden)]
pub enum Several {}

impl<R: Record, I: IntoIterator<Item = R>> Partitions<R, One> for I {
    fn batches(self) -> Vec<RecordBatch> {
        vec![batch(self)]
    }
}

impl<R: Record, I: IntoIterator<Item = Vec<R>>> Partitions<R, Several> for I {
    fn batches(self) -> Vec<RecordBatch> {
        self.into_iter().map(batch).collect()
    }
}
