//! Failed records as rows of the dead-letter sink.

use crate::wiring::Wiring;
use arrow::array::{RecordBatch, StringArray, UInt64Array};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use ouzel_dsl::stage::Failure;
use ouzel_dsl::{Error, Result};
use std::sync::Arc;

/// The columns of a dead letter.
pub fn schema() -> SchemaRef {
    let text = |name| Field::new(name, DataType::Utf8, false);
    let offset = Field::new("offset", DataType::UInt64, false);
    Arc::new(Schema::new(vec![
        text("input"),
        text("partition"),
        offset,
        text("operator"),
        text("site"),
        text("error"),
        text("record"),
    ]))
}

/// Failed records as rows.
pub fn batch(wiring: &Wiring, failures: &[Failure]) -> Result<RecordBatch> {
    let text = |f: &dyn Fn(&Failure) -> String| -> Arc<StringArray> {
        Arc::new(failures.iter().map(|failure| Some(f(failure))).collect())
    };
    let partition = |failure: &Failure| {
        let source = wiring.plan.sources.iter().position(|s| s.input == failure.input);
        let names = source.map(|s| wiring.sources[s].partitions()).unwrap_or_default();
        names.get(failure.partition as usize).cloned().unwrap_or_default()
    };
    let offsets: UInt64Array = failures.iter().map(|f| Some(f.offset)).collect();
    let columns: Vec<arrow::array::ArrayRef> = vec![
        text(&|f| f.input.clone()),
        text(&partition),
        Arc::new(offsets),
        text(&|f| wiring.plan.operators[f.operator].id.clone()),
        text(&|f| wiring.sites[f.operator].to_string()),
        text(&|f| f.message.clone()),
        text(&|f| String::from_utf8_lossy(&f.record).into_owned()),
    ];
    RecordBatch::try_new(schema(), columns).map_err(|e| Error::Format(e.to_string()))
}
