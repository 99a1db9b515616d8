//! `column=value` folders: columns that stand in the names of folders.

use crate::columns::Column;
use crate::uri::percent_decoded;
use arrow::array::{Array, ArrayRef, DictionaryArray, Int32Array, RecordBatch, RecordBatchOptions};
use arrow::compute::take;
use arrow::datatypes::{DataType, Field as ArrowField, Int32Type, Schema, UInt32Type};
use ouzel_dsl::connector::{Chunk, Request};
use ouzel_dsl::{Error, Result};
use std::fmt::Write;
use std::sync::Arc;

/// The folder's name for null.
pub(crate) const NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// The columns of one file that its folders' names give.
pub(crate) struct Constants {
    /// Field and value, of length one, of those that the job reads.
    columns: Vec<(ArrowField, ArrayRef)>,
}

/// Takes the fields that folders' names give out of a request. Nothing is left out by comparisons
/// then, and by these fields not at all.
pub(crate) fn split(request: &Arc<Request>, name: &str) -> Result<(Arc<Request>, Constants)> {
    let mut columns = Vec::new();
    let mut given = Vec::new();
    for folder in name.split('/').rev().skip(1) {
        let Some((column, value)) = folder.split_once('=') else { continue };
        let column = percent_decoded(column);
        let Some(index) = request.fields.iter().position(|f| f.name == column) else { continue };
        if given.contains(&index) {
            continue;
        }
        given.push(index);
        let Some(field) = request.fields.get(index) else { continue };
        let mut typed = Column::new(field);
        let read = match value {
            NULL => typed.null(),
            value => typed.text(percent_decoded(value).as_bytes()),
        };
        read.map_err(|reason| {
            Error::Schema(format!(
                "{name} does not fit the record of input `{}`: the folder `{folder}` gives \
                 {reason}; expected {field}",
                request.input
            ))
        })?;
        let array = typed.finish().map_err(|e| Error::Failed(format!("{name}: {e}")))?;
        if request.read.contains(&index) {
            columns.push((field.arrow(), array));
        }
    }
    if given.is_empty() {
        return Ok((request.clone(), Constants { columns }));
    }
    let kept: Vec<usize> = (0..request.fields.len()).filter(|i| !given.contains(i)).collect();
    let place = |index: &usize| kept.iter().position(|k| k == index);
    let event_time = request.event_time.map(|index| place(&index));
    // The greatest event time of what is left out must be known.
    let prune = match event_time {
        Some(None) => Vec::new(),
        _ => request
            .prune
            .iter()
            .filter_map(|c| {
                place(&c.field).map(|field| ouzel_dsl::connector::Comparison { field, ..c.clone() })
            })
            .collect(),
    };
    let rest = Request {
        input: request.input.clone(),
        fields: kept.iter().filter_map(|i| request.fields.get(*i).cloned()).collect(),
        read: request.read.iter().filter_map(place).collect(),
        prune,
        event_time: event_time.flatten(),
        chunk_rows: request.chunk_rows,
        split_bytes: request.split_bytes,
        time: None,
        until_now: request.until_now,
        history: request.history,
    };
    Ok((Arc::new(rest), Constants { columns }))
}

impl Constants {
    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// Adds the columns to a chunk.
    pub(crate) fn add(&self, chunk: Chunk) -> Result<Chunk> {
        let rows = chunk.batch.num_rows();
        let mut fields: Vec<_> = chunk.batch.schema_ref().fields().iter().cloned().collect();
        let mut arrays = chunk.batch.columns().to_vec();
        for (field, value) in &self.columns {
            let array = repeated(value, rows)
                .map_err(|e| Error::Failed(format!("column `{}`: {e}", field.name())))?;
            let field = field.clone().with_data_type(array.data_type().clone());
            fields.push(Arc::new(field));
            arrays.push(array);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let schema = Arc::new(Schema::new(fields));
        let batch = RecordBatch::try_new_with_options(schema, arrays, &options)
            .map_err(|e| Error::Failed(format!("columns of folders could not be added: {e}")))?;
        Ok(Chunk { batch, ..chunk })
    }
}

/// One value many times. Text becomes a dictionary, whose one value stays at its address.
fn repeated(value: &ArrayRef, rows: usize) -> Result<ArrayRef, arrow::error::ArrowError> {
    if *value.data_type() == DataType::Utf8 && value.is_valid(0) {
        let codes = Int32Array::from(vec![0; rows]);
        return Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(codes, value.clone())?));
    }
    let indices = arrow::array::PrimitiveArray::<UInt32Type>::from(vec![0; rows]);
    take(value, &indices, None)
}

/// A folder's name for a column's value.
pub(crate) fn folder(column: &str, value: Option<&str>) -> String {
    let mut out = String::new();
    escape(column, &mut out);
    out.push('=');
    match value {
        None => out.push_str(NULL),
        Some(NULL) => {
            let _ = write!(out, "%5F{}", &NULL[1..]);
        }
        Some(value) => escape(value, &mut out),
    }
    out
}

/// Escapes what a file system or this notation reserves.
fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '/'
            | '\\'
            | '='
            | '%'
            | ':'
            | '*'
            | '?'
            | '"'
            | '<'
            | '>'
            | '|'
            | '['
            | ']'
            | '{'
            | '}'
            | '^'
            | '#'
            | '\''
            | '\0'..='\x1f'
            | '\x7f' => {
                let _ = write!(out, "%{:02X}", c as u32);
            }
            _ => out.push(c),
        }
    }
}
