//! A chunk in the making: what text is decoded into.

use crate::columns::Column;
use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Schema, SchemaRef};
use ouzel_dsl::connector::{Chunk, Offsets, Pruned, Reject, Request};
use ouzel_dsl::schema::Field;
use ouzel_dsl::{Error, Result};
use std::sync::Arc;

/// A chunk is handed on at so many bytes of text, so that its columns keep to 32-bit offsets.
const CHUNK_BYTES_MAX: usize = 256 << 20;

/// Rows that are being decoded.
pub(crate) struct Rows {
    /// The columns that the job reads, in the request's order.
    pub(crate) columns: Vec<Column>,
    schema: SchemaRef,
    offsets: Vec<u64>,
    rejects: Vec<Reject>,
    rows_max: usize,
    bytes: usize,
}

impl Rows {
    /// Empty rows of these fields.
    pub(crate) fn new<'f>(fields: impl Iterator<Item = &'f Field>, rows_max: usize) -> Rows {
        let columns: Vec<_> = fields.map(Column::new).collect();
        let arrow = columns.iter().map(|c| c.field.arrow()).collect::<Vec<_>>();
        let schema = Arc::new(Schema::new(arrow));
        let rows_max = rows_max.max(1);
        Rows { columns, schema, offsets: Vec::new(), rejects: Vec::new(), rows_max, bytes: 0 }
    }

    /// Empty rows of those fields of a request.
    pub(crate) fn of(request: &Request, fields: &[usize]) -> Rows {
        Rows::new(fields.iter().filter_map(|i| request.fields.get(*i)), request.chunk_rows)
    }

    /// How many rows there are.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.offsets.len()
    }

    /// How many rejects there are.
    #[inline]
    pub(crate) fn rejects(&self) -> usize {
        self.rejects.len()
    }

    /// Each column has got its value: that is a row.
    #[inline]
    pub(crate) fn accept(&mut self, offset: u64, bytes: usize) {
        self.offsets.push(offset);
        self.bytes += bytes;
    }

    /// The record is none: takes back what columns got.
    #[cold]
    pub(crate) fn reject(&mut self, offset: u64, record: &[u8], reason: String) {
        let rows = self.len();
        self.columns.iter_mut().for_each(|c| c.truncate(rows));
        self.rejects.push(Reject { offset, bytes: record.to_vec(), reason });
        self.bytes += record.len();
    }

    /// Whether they are enough for a chunk.
    #[inline]
    pub(crate) fn full(&self) -> bool {
        self.offsets.len() + self.rejects.len() >= self.rows_max || self.bytes >= CHUNK_BYTES_MAX
    }

    /// Whether there is nothing at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.offsets.is_empty() && self.rejects.is_empty()
    }

    /// Takes the chunk.
    pub(crate) fn take(&mut self) -> Result<Chunk> {
        self.bytes = 0;
        let rows = self.offsets.len();
        let offsets = std::mem::replace(&mut self.offsets, Vec::with_capacity(rows));
        let inconsistent = |e| Error::Failed(format!("columns could not be put together: {e}"));
        let arrays: Result<Vec<ArrayRef>, _> =
            self.columns.iter_mut().map(Column::finish).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = arrays
            .and_then(|a| RecordBatch::try_new_with_options(self.schema.clone(), a, &options))
            .map_err(inconsistent)?;
        Ok(Chunk {
            batch,
            partition: 0,
            offsets: Offsets::Each(offsets),
            rejects: std::mem::take(&mut self.rejects),
            pruned: Pruned::default(),
        })
    }
}
