//! The port of an output stream: rows as columns.

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use ouzel_dsl::Data;
use ouzel_dsl::data::Builder;
use ouzel_dsl::stage::Port;
use std::any::Any;

/// How many rows a batch has before it is handed on.
const ROWS: usize = 8_192;

/// Collects the rows that a worker's stages push to an output.
pub struct Output<T: Data> {
    builder: T::Builder,
    held: usize,
    schema: SchemaRef,
    done: Vec<RecordBatch>,
}

impl<T: Data> Output<T> {
    /// An empty one.
    pub fn new(schema: SchemaRef) -> Self {
        Output { builder: T::Builder::default(), held: 0, schema, done: Vec::new() }
    }

    /// Adds a row.
    #[inline(always)]
    pub fn push(&mut self, row: T::View<'_>) {
        self.builder.push(row);
        self.held += 1;
        if self.held == ROWS {
            self.flush();
        }
    }

    #[inline(never)]
    fn flush(&mut self) {
        let mut columns = Vec::new();
        self.builder.finish_row(&mut columns);
        let options = RecordBatchOptions::new().with_row_count(Some(self.held));
        self.held = 0;
        match RecordBatch::try_new_with_options(self.schema.clone(), columns, &options) {
            Ok(batch) => self.done.push(batch),
            // Schema and builder both come from `T`; where they differ, `T` breaks its contract.
            Err(reason) => panic!("rows do not fit their own schema: {reason}"),
        }
    }
}

impl<T: Data> Port for Output<T> {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }

    fn bytes(&self) -> usize {
        self.done.iter().map(RecordBatch::get_array_memory_size).sum()
    }

    fn take(&mut self, all: bool) -> Vec<RecordBatch> {
        if all && self.held > 0 {
            self.flush();
        }
        std::mem::take(&mut self.done)
    }
}
