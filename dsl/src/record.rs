//! Records: named columns.

use crate::data::{Bad, Data};
use crate::schema::Field;
use arrow::array::RecordBatch;
use arrow::buffer::ScalarBuffer;

/// A struct whose fields are columns; made by `#[derive(Record)]`.
///
/// The derive also makes the borrowed `NameRef<'a>`, which is what closures see.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a record",
    label = "a job's inputs are streams of records",
    note = "put `#[derive(Record)]` on the struct"
)]
pub trait Record: Data {
    /// The struct's name.
    const NAME: &'static str;
    /// The Rust names of the fields, in order.
    const FIELDS: &'static [&'static str];
    /// Their names on the wire.
    const NAMES: &'static [&'static str];

    /// The fields as columns.
    fn fields() -> Vec<Field>;

    /// Opens the columns of a source's batch, found by name. Those that the batch lacks are
    /// absent, unless the field has a default.
    fn open_batch(batch: &RecordBatch, bad: &mut Bad) -> Self::Column;

    /// The index of the field with the event time.
    fn event_time() -> Option<usize>;

    /// The event times of a source's batch in microseconds, if the record has them.
    fn event_times(batch: &RecordBatch, bad: &mut Bad) -> Option<ScalarBuffer<i64>>;
}
