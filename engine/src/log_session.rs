//! What a run writes to a log, in a session that commits for several outputs at once.

use crate::config::RunConfig;
use crate::dead_letters;
use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use ouzel_dsl::connector::Sink;
use ouzel_dsl::log::{Content, LogSession, SessionOf};
use ouzel_dsl::plan::{OutputKind, OutputNode};
use ouzel_dsl::{Error, Plan, Result};
use std::sync::Arc;

/// Opens the session of a run, if any of its outputs are of a log.
///
/// # Errors
///
/// Outputs of several logs, or one that cannot be reached.
pub fn session(
    plan: &Plan,
    config: &RunConfig,
    of: &SessionOf<'_>,
) -> Result<Option<Arc<dyn LogSession>>> {
    let sink = one_log(plan, config)?;
    sink.as_ref().and_then(|sink| sink.log()).map(|log| log.session(of)).transpose()
}

/// A sink of the log that outputs are of, if any is.
///
/// # Errors
///
/// Outputs of several logs.
pub fn one_log(plan: &Plan, config: &RunConfig) -> Result<Option<Arc<dyn Sink>>> {
    let sinks = sinks(plan, config)?;
    let mut logs = sinks.iter().filter_map(|sink| Some((sink, sink.log()?)));
    let Some((first, log)) = logs.next() else { return Ok(None) };
    if let Some((other, _)) = logs.find(|(_, other)| other.name() != log.name()) {
        return Err(Error::Usage(format!(
            "{} and {} are of different clusters: what a run writes is committed by one, so that all of it counts at once",
            first.describe(),
            other.describe()
        )));
    }
    Ok(Some(Arc::clone(first)))
}

/// Whether any output is of a log.
///
/// # Errors
///
/// An output without a place.
pub fn has_log(plan: &Plan, config: &RunConfig) -> Result<bool> {
    Ok(sinks(plan, config)?.iter().any(|sink| sink.log().is_some()))
}

fn sinks(plan: &Plan, config: &RunConfig) -> Result<Vec<Arc<dyn Sink>>> {
    let outputs = (0..plan.outputs.len()).map(|output| config.sink(plan, output));
    outputs.chain(config.dead_letters.iter().cloned().map(Ok)).collect()
}

/// What an output writes by its changes.
pub fn content(output: &OutputNode) -> Content {
    match output.kind {
        OutputKind::Table(_) => {
            let schema = changes_schema(&output.schema);
            Content { schema, key_columns: output.key_columns }
        }
        OutputKind::Stream | OutputKind::Early { .. } => {
            Content { schema: output.schema.clone(), key_columns: 0 }
        }
    }
}

/// What dead letters are.
pub fn dead_letters_content() -> Content {
    Content { schema: dead_letters::schema(), key_columns: 0 }
}

/// The columns of the changes of a table.
pub fn changes_schema(schema: &SchemaRef) -> SchemaRef {
    let op = Arc::new(Field::new("op", DataType::Utf8, false));
    let fields = std::iter::once(op).chain(schema.fields().iter().cloned());
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// Rows of a table as changes of one kind.
///
/// # Errors
///
/// Where columns do not fit.
pub fn changes(op: &str, batch: &RecordBatch) -> Result<RecordBatch> {
    let schema = changes_schema(batch.schema_ref());
    let op: ArrayRef = Arc::new(StringArray::from(vec![op; batch.num_rows()]));
    let columns = std::iter::once(op).chain(batch.columns().iter().cloned()).collect();
    RecordBatch::try_new(schema, columns).map_err(|e| Error::Format(e.to_string()))
}

/// A name for a run that no other has had.
pub fn fresh_run(job: &str) -> String {
    use std::hash::{BuildHasher, RandomState};
    let random = || RandomState::new().hash_one(std::process::id());
    format!("ouzel-{job}-{:016x}{:016x}", random(), random())
}
