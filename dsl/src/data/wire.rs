//! Times as a record's `unit` or `format` writes them, and as a source reads them ahead of all
//! else.

use super::Bad;
use super::number::Number;
use crate::Timestamp;
use crate::schema::{Field, Wire};
use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use std::sync::Arc;

/// Built times as they are written outside. What is finer than the unit is cut off towards the
/// past; nanoseconds reach the years 1677 to 2262, and stop there.
pub fn written(times: ArrayRef, wire: Wire) -> ArrayRef {
    let Some(micros) = times.as_primitive_opt::<TimestampMicrosecondType>() else {
        return times;
    };
    let whole =
        |convert: fn(i64) -> i64| -> ArrayRef { Arc::new(micros.unary::<_, Int64Type>(convert)) };
    match wire {
        Wire::Native => times,
        Wire::Seconds => whole(|t| t.div_euclid(1_000_000)),
        Wire::Millis => whole(|t| t.div_euclid(1_000)),
        Wire::Micros => whole(|t| t),
        Wire::Nanos => whole(|t| t.saturating_mul(1_000)),
        Wire::Format(format) => {
            let text = |micros| {
                let time = Timestamp::from_micros(micros);
                time.format(format).unwrap_or_else(|| time.to_string())
            };
            Arc::new(micros.iter().map(|time| time.map(text)).collect::<StringArray>())
        }
    }
}

/// The event times of a source's batch in microseconds, if the batch has them; nulls are noted.
pub fn event_times(batch: &RecordBatch, field: &Field, bad: &mut Bad) -> Option<ScalarBuffer<i64>> {
    let array = batch.column_by_name(&field.name)?;
    bad.nulls(array, field);
    Some(Timestamp::values(array, field, bad))
}
