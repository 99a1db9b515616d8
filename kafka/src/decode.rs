//! Messages to chunks: payloads by their format, and what else a record takes from its message.

use crate::native::Message;
use crate::payload::Form;
use arrow::array::*;
use arrow::datatypes::{DataType, Field as ArrowField, Schema};
use ouzel_connectors::{MessageFormat, Messages};
use ouzel_dsl::connector::{Chunk, Request};
use ouzel_dsl::schema::{Field, Meta, Type, Wire};
use ouzel_dsl::{Error, Result};
use ouzel_schema::{Codec, Fault};
use std::ffi::CString;
use std::sync::Arc;

/// What a job asks of messages.
pub struct Shape {
    format: MessageFormat,
    /// What makes JSON of payloads, if they are none.
    codec: Option<Arc<dyn Codec>>,
    /// Of the payload's fields.
    payload: Request,
    /// The fields that are read of what else a message has.
    meta: Vec<Field>,
}

impl Shape {
    /// Checks the record against the format.
    pub fn new(form: &Form, request: &Request) -> Result<Shape> {
        request.fields.iter().try_for_each(|field| check(&request.input, field, true))?;
        let is_meta = |index: &usize| request.fields.get(*index).is_some_and(|f| f.meta.is_some());
        // Those of the payload, counted anew.
        let payload: Vec<usize> = (0..request.fields.len()).filter(|i| !is_meta(i)).collect();
        let read = payload.iter().enumerate().filter(|(_, old)| request.read.contains(old));
        let read = read.map(|(new, _)| new).collect();
        let fields = payload.iter().filter_map(|i| request.fields.get(*i).cloned()).collect();
        let meta = request.read.iter().filter(|i| is_meta(i));
        let meta = meta.filter_map(|i| request.fields.get(*i).cloned()).collect();
        let payload = Request { fields, read, prune: Vec::new(), ..request.clone() };
        let (format, codec) = (form.text()?, form.reader()?);
        let shape = Shape { format, codec, payload, meta };
        shape.decoder("", 0, 0)?;
        Ok(shape)
    }

    /// A decoder of the messages of one partition: its topic, number and index.
    pub fn decoder(&self, topic: &str, number: i32, partition: u32) -> Result<Decoder> {
        let metas = self.meta.iter().map(|field| Column::new(field, topic, number));
        Ok(Decoder {
            messages: Messages::new(&self.format, &self.payload)?,
            codec: self.codec.clone(),
            json: String::new(),
            metas: metas.collect::<Result<_>>()?,
            partition,
        })
    }
}

/// What a message has belongs to the record itself, and not to a record within it.
fn check(input: &str, field: &Field, outermost: bool) -> Result<()> {
    if field.meta.is_some() && !outermost {
        return Err(Error::Schema(format!(
            "the field `{}` of the input `{input}` is within another record, and what a message has besides its value belongs to the outermost one",
            field.name
        )));
    }
    if field.meta.is_some() && matches!(field.wire, Wire::Format(_)) {
        return Err(Error::Schema(format!(
            "the field `{}` of the input `{input}` is a message's timestamp, which is no text: leave its `format` out",
            field.name
        )));
    }
    match &field.ty {
        Type::Struct(fields) => fields.iter().try_for_each(|field| check(input, field, false)),
        Type::List(item) => check(input, item, false),
        _ => Ok(()),
    }
}

/// Decodes the messages of one partition.
pub struct Decoder {
    messages: Messages,
    codec: Option<Arc<dyn Codec>>,
    json: String,
    metas: Vec<Column>,
    partition: u32,
}

impl Decoder {
    /// Takes a message on.
    ///
    /// # Errors
    ///
    /// Where its schema cannot be had.
    #[inline]
    pub fn push(&mut self, message: Message<'_>) -> Result<()> {
        let (offset, rows) = (message.offset(), self.messages.len());
        let Some(payload) = message.payload() else {
            let reason = "the message has no value: it is a tombstone, which removes a row";
            let key = message.key().unwrap_or_default();
            self.messages.reject(offset, key, reason.to_owned());
            return Ok(());
        };
        if self.metas.is_empty() {
            return self.push_payload(offset, payload);
        }
        // A row has all of its columns, or none.
        if let Some(reason) = self.metas.iter().find_map(|column| column.lacks(message)) {
            self.messages.reject(offset, payload, reason);
            return Ok(());
        }
        self.push_payload(offset, payload)?;
        if self.messages.len() > rows {
            self.metas.iter_mut().for_each(|column| column.push(message));
        }
        Ok(())
    }

    #[inline]
    fn push_payload(&mut self, offset: u64, payload: &[u8]) -> Result<()> {
        let Some(codec) = &self.codec else {
            self.messages.push(offset, payload);
            return Ok(());
        };
        self.json.clear();
        match codec.decode(payload, &mut self.json) {
            Ok(()) => self.messages.push(offset, self.json.as_bytes()),
            Err(Fault::Payload(reason)) => self.messages.reject(offset, payload, reason),
            Err(fault @ Fault::Registry(_)) => return Err(Error::Failed(fault.to_string())),
        }
        Ok(())
    }

    /// Whether there is enough for a chunk.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.messages.is_full()
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Takes what there is.
    pub fn take(&mut self) -> Result<Chunk> {
        let chunk = Chunk { partition: self.partition, ..self.messages.take()? };
        if self.metas.is_empty() {
            return Ok(chunk);
        }
        let rows = chunk.batch.num_rows();
        let mut fields = chunk.batch.schema().fields().iter().cloned().collect::<Vec<_>>();
        let mut columns = chunk.batch.columns().to_vec();
        for meta in &mut self.metas {
            let array = meta.finish(rows);
            let nullable = array.is_nullable();
            fields.push(Arc::new(ArrowField::new(&meta.name, array.data_type().clone(), nullable)));
            columns.push(array);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch =
            RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
                .map_err(|e| Error::Failed(format!("columns could not be put together: {e}")))?;
        Ok(Chunk { batch, ..chunk })
    }
}

/// A column of what messages have besides their values.
struct Column {
    name: String,
    nullable: bool,
    from: From,
    values: Values,
}

/// Where its values are from.
enum From {
    Key,
    Header(CString),
    Timestamp,
    Offset,
    /// The same for all messages of a partition.
    Fixed,
}

enum Values {
    Text(StringBuilder),
    Bytes(BinaryBuilder),
    Micros(TimestampMicrosecondBuilder),
    /// And the type of the field.
    Offsets(UInt64Builder, DataType),
    /// One value for all rows, of a type that fits the field.
    Fixed(ArrayRef),
}

impl Column {
    fn new(field: &Field, topic: &str, number: i32) -> Result<Column> {
        let fixed = |array: ArrayRef| -> Result<Values> {
            let cast = arrow::compute::cast(&array, &field.ty.arrow());
            cast.map(Values::Fixed).map_err(|e| Error::Schema(format!("`{}`: {e}", field.name)))
        };
        let bytes = || match field.ty {
            Type::Bytes => Values::Bytes(BinaryBuilder::new()),
            _ => Values::Text(StringBuilder::new()),
        };
        let (from, values) = match field.meta {
            Some(Meta::MessageKey) => (From::Key, bytes()),
            Some(Meta::Header(name)) => {
                let name = CString::new(name).map_err(|e| Error::Schema(e.to_string()))?;
                (From::Header(name), bytes())
            }
            Some(Meta::Timestamp) => {
                let builder = TimestampMicrosecondBuilder::new();
                (From::Timestamp, Values::Micros(builder.with_timezone("UTC")))
            }
            Some(Meta::Offset) => {
                (From::Offset, Values::Offsets(UInt64Builder::new(), field.ty.arrow()))
            }
            Some(Meta::Partition) => {
                (From::Fixed, fixed(Arc::new(Int32Array::from(vec![number])))?)
            }
            Some(Meta::Topic) | None => {
                (From::Fixed, fixed(Arc::new(StringArray::from(vec![topic])))?)
            }
        };
        Ok(Column {
            name: field.name.clone(),
            nullable: field.nullable || field.has_default,
            from,
            values,
        })
    }

    fn bytes<'m>(&self, message: Message<'m>) -> Option<&'m [u8]> {
        match &self.from {
            From::Key => message.key(),
            From::Header(name) => message.header(name),
            _ => None,
        }
    }

    /// Why a message has no value for it, if it needs one.
    fn lacks(&self, message: Message<'_>) -> Option<String> {
        let there = match &self.from {
            From::Key | From::Header(_) => match (self.bytes(message), &self.values) {
                (Some(bytes), Values::Text(_)) if std::str::from_utf8(bytes).is_err() => {
                    return Some(format!("`{}` is not UTF-8 text", self.name));
                }
                (bytes, _) => bytes.is_some(),
            },
            From::Timestamp => message.timestamp().is_some(),
            From::Offset | From::Fixed => true,
        };
        (!there && !self.nullable).then(|| format!("the message has nothing for `{}`", self.name))
    }

    fn push(&mut self, message: Message<'_>) {
        let bytes = self.bytes(message);
        match &mut self.values {
            Values::Text(values) => {
                values.append_option(bytes.and_then(|bytes| std::str::from_utf8(bytes).ok()));
            }
            Values::Bytes(values) => values.append_option(bytes),
            Values::Micros(values) => {
                values.append_option(message.timestamp().and_then(|ms| ms.checked_mul(1_000)));
            }
            Values::Offsets(values, _) => values.append_value(message.offset()),
            Values::Fixed(_) => {}
        }
    }

    fn finish(&mut self, rows: usize) -> ArrayRef {
        match &mut self.values {
            Values::Text(values) => Arc::new(values.finish()),
            Values::Bytes(values) => Arc::new(values.finish()),
            Values::Micros(values) => Arc::new(values.finish()),
            Values::Offsets(values, ty) => {
                let offsets: ArrayRef = Arc::new(values.finish());
                arrow::compute::cast(&offsets, ty).unwrap_or(offsets)
            }
            Values::Fixed(one) => {
                let rows = UInt32Array::from(vec![0; rows]);
                arrow::compute::take(one, &rows, None).unwrap_or_else(|_| one.slice(0, 0))
            }
        }
    }
}
