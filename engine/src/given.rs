//! The rows of a stream that a keyed operator gives, each with its event time, seen and address.

use crate::guard::handed_on;
use arrow::array::{ArrayRef, BinaryBuilder, Int64Builder, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use ouzel_dsl::data::Builder;
use ouzel_dsl::keyed_node::Emit;
use ouzel_dsl::{Data, Error, Result};
use std::sync::Arc;

/// How many rows a batch has at the most.
const ROWS: usize = 8_192;

/// And about how many bytes they were made from.
const BYTES: usize = 4 << 20;

/// Builds batches of rows and hands them on.
pub struct Given<'a, T: Data> {
    emit: Emit<'a>,
    schema: &'a SchemaRef,
    rows: T::Builder,
    times: Int64Builder,
    seens: Int64Builder,
    addresses: BinaryBuilder,
    /// The address at hand.
    address: Vec<u8>,
    held: usize,
    bytes: usize,
    count: u64,
}

/// The columns of rows, and after them those of what each carries.
pub fn schema(columns: &[ouzel_dsl::schema::Field]) -> SchemaRef {
    let carried = [
        Field::new("event_time", DataType::Int64, false),
        Field::new("seen", DataType::Int64, false),
        Field::new("address", DataType::Binary, false),
    ];
    let columns = columns.iter().map(ouzel_dsl::schema::Field::arrow);
    Arc::new(Schema::new(columns.chain(carried).collect::<Vec<_>>()))
}

impl<'a, T: Data> Given<'a, T> {
    /// Hands batches with this schema to `emit`.
    pub fn new(schema: &'a SchemaRef, emit: Emit<'a>) -> Self {
        Given {
            emit,
            schema,
            rows: T::Builder::default(),
            times: Int64Builder::new(),
            seens: Int64Builder::new(),
            addresses: BinaryBuilder::new(),
            address: Vec::new(),
            held: 0,
            bytes: 0,
            count: 0,
        }
    }

    /// Adds a row, whose address is what is written; `bytes` tells about how large the row is.
    pub fn push(
        &mut self,
        row: T::View<'_>,
        (time, seen): (i64, i64),
        bytes: usize,
        write_address: impl FnOnce(&mut Vec<u8>),
    ) -> Result<()> {
        self.rows.push(row);
        self.times.append_value(time);
        self.seens.append_value(seen);
        self.address.clear();
        write_address(&mut self.address);
        self.addresses.append_value(&self.address);
        self.held += 1;
        self.bytes += bytes + self.address.len();
        if self.held >= ROWS || self.bytes >= BYTES {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        let mut columns = Vec::new();
        self.rows.finish_row(&mut columns);
        let carried: [ArrayRef; 3] = [
            Arc::new(self.times.finish()),
            Arc::new(self.seens.finish()),
            Arc::new(self.addresses.finish()),
        ];
        columns.extend(carried);
        let batch = RecordBatch::try_new(self.schema.clone(), columns)
            .map_err(|e| Error::Format(e.to_string()))?;
        self.count += self.held as u64;
        (self.held, self.bytes) = (0, 0);
        handed_on(self.emit, batch)
    }

    /// Hands on what is left; how many rows there were in all.
    pub fn finish(mut self) -> Result<u64> {
        if self.held > 0 {
            self.flush()?;
        }
        Ok(self.count)
    }
}
