//! What the tests share.

use arrow::array::*;
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::*;
use ouzel_connectors::{conformance, input};
use ouzel_dsl::connector::{Chunk, Demand, Pruned, Request, Source};
use ouzel_dsl::schema::{Field, Type};
use ouzel_dsl::{Result, json};
use std::path::Path;
use std::sync::Arc;

/// A value of any type.
#[derive(Clone, Debug)]
pub enum Value {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<Value>),
    Record(Vec<Value>),
}

/// Values as an array of the field's type.
pub fn array(field: &Field, values: &[Value]) -> ArrayRef {
    macro_rules! integers {
        ($t:ty) => {{
            let value = |v: &Value| match v {
                Value::Int(i) => Some(*i as _),
                _ => None,
            };
            let array: PrimitiveArray<$t> = values.iter().map(value).collect();
            Arc::new(array.with_data_type(field.arrow().data_type().clone()))
        }};
    }
    let nulls = || Some(values.iter().map(|v| !matches!(v, Value::Null)).collect());
    match &field.arrow().data_type() {
        DataType::Boolean => Arc::new(BooleanArray::from_iter(values.iter().map(|v| match v {
            Value::Bool(b) => Some(*b),
            _ => None,
        }))),
        DataType::Int8 => integers!(Int8Type),
        DataType::Int16 => integers!(Int16Type),
        DataType::Int32 => integers!(Int32Type),
        DataType::Int64 => integers!(Int64Type),
        DataType::UInt8 => integers!(UInt8Type),
        DataType::UInt16 => integers!(UInt16Type),
        DataType::UInt32 => integers!(UInt32Type),
        DataType::UInt64 => integers!(UInt64Type),
        DataType::Timestamp(..) => integers!(TimestampMicrosecondType),
        DataType::Date32 => integers!(Date32Type),
        DataType::Decimal128(..) => integers!(Decimal128Type),
        DataType::Float32 => Arc::new(Float32Array::from_iter(values.iter().map(|v| match v {
            Value::Float(f) => Some(*f as f32),
            _ => None,
        }))),
        DataType::Float64 => Arc::new(Float64Array::from_iter(values.iter().map(|v| match v {
            Value::Float(f) => Some(*f),
            _ => None,
        }))),
        DataType::Utf8 => Arc::new(StringArray::from_iter(values.iter().map(|v| match v {
            Value::Text(t) => Some(t),
            _ => None,
        }))),
        DataType::Binary => Arc::new(BinaryArray::from_iter(values.iter().map(|v| match v {
            Value::Bytes(b) => Some(b),
            _ => None,
        }))),
        DataType::List(item_field) => {
            let Type::List(item) = &field.ty else { panic!("a list") };
            let lists = values.iter().map(|v| match v {
                Value::List(items) => items.as_slice(),
                _ => &[],
            });
            let offsets = OffsetBuffer::from_lengths(lists.clone().map(<[Value]>::len));
            let items: Vec<Value> = lists.flatten().cloned().collect();
            let items = array(item, &items);
            Arc::new(ListArray::new(item_field.clone(), offsets, items, nulls()))
        }
        DataType::Struct(arrow) => {
            let Type::Struct(fields) = &field.ty else { panic!("a record") };
            let column = |(index, field): (usize, &Field)| {
                let value = |v: &Value| match v {
                    Value::Record(values) => values[index].clone(),
                    _ => Value::Null,
                };
                array(field, &values.iter().map(value).collect::<Vec<_>>())
            };
            let columns: Vec<ArrayRef> = fields.iter().enumerate().map(column).collect();
            let len = values.len();
            let array = StructArray::try_new_with_length(arrow.clone(), columns, nulls(), len);
            Arc::new(array.unwrap())
        }
        other => panic!("no values of {other}"),
    }
}

/// Rows, each with a value for each field, as a batch.
pub fn batch(fields: &[Field], rows: &[Vec<Value>]) -> RecordBatch {
    let schema = Schema::new(fields.iter().map(Field::arrow).collect::<Vec<_>>());
    let column = |(index, field): (usize, &Field)| {
        array(field, &rows.iter().map(|row| row[index].clone()).collect::<Vec<_>>())
    };
    let columns = fields.iter().enumerate().map(column).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    RecordBatch::try_new_with_options(Arc::new(schema), columns, &options).unwrap()
}

/// Fields of the usual types, and rows `from..to` of them.
pub fn events(from: i128, to: i128) -> (Vec<Field>, RecordBatch) {
    let fields = vec![
        Field::new("n", Type::Int { bits: 64, signed: true }, false),
        Field::new("key", Type::Str, false),
        Field::new("value", Type::Float { bits: 64 }, true),
        Field::new("time", Type::Timestamp, false),
    ];
    let row = |n: i128| {
        let value = if n % 5 == 0 { Value::Null } else { Value::Float(n as f64 / 4.0) };
        let key = match n % 4 {
            0 => format!("a, \"{n}\"\nb"),
            k => format!("key {k}"),
        };
        vec![Value::Int(n), Value::Text(key), value, Value::Int(n * 1_000_000)]
    };
    let rows: Vec<_> = (from..to).map(row).collect();
    let batch = batch(&fields, &rows);
    (fields, batch)
}

/// What was read: rows as JSON, offsets, rejects and what was left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Read {
    pub rows: Vec<String>,
    pub offsets: Vec<(u32, u64)>,
    pub rejects: Vec<(u64, String, String)>,
    pub pruned: u64,
    pub pruned_time: Option<i64>,
    /// Where to go on, by partition.
    pub next: Vec<u64>,
    pub end: bool,
    pub ended: Vec<u32>,
}

/// Reads what there is from these positions.
pub fn read_from(source: &dyn Source, from: &[u64]) -> Result<Read> {
    let listing = source.splits(from)?;
    let mut read = Read { next: from.to_vec(), end: listing.end, ..Read::default() };
    read.ended = listing.ended;
    for split in listing.splits {
        let partition = split.partition() as usize;
        read.next.resize(read.next.len().max(partition + 1), 0);
        read.next[partition] = split.end();
        split.read(&mut |chunk: Chunk| {
            for row in 0..chunk.batch.num_rows() {
                read.rows.push(json::row(&chunk.batch, row));
                read.offsets.push((chunk.partition, chunk.offsets.get(row)));
            }
            read.rejects.extend(
                chunk
                    .rejects
                    .into_iter()
                    .map(|r| (r.offset, String::from_utf8_lossy(&r.bytes).into_owned(), r.reason)),
            );
            let Pruned { rows, event_time_max } = chunk.pruned;
            read.pruned += rows;
            read.pruned_time = read.pruned_time.max(event_time_max);
            Ok(Demand::More)
        })?;
    }
    Ok(read)
}

/// Opens an input.
pub fn open(uri: &str, request: &Request) -> Result<Box<dyn Source>> {
    input(uri)?.open(request)
}

/// Reads a whole input.
pub fn read(uri: &str, fields: &[Field]) -> Result<Read> {
    read_from(open(uri, &request(fields))?.as_ref(), &[])
}

/// A request for all of these fields.
pub fn request(fields: &[Field]) -> Request {
    conformance::request(fields.to_vec())
}

/// Rows of batches as JSON.
pub fn rows(batches: &[RecordBatch]) -> Vec<String> {
    batches.iter().flat_map(|b| (0..b.num_rows()).map(|row| json::row(b, row))).collect()
}

/// Writes batches as a whole.
pub fn write(uri: &str, batches: &[RecordBatch]) {
    let sink = ouzel_connectors::output(uri).unwrap();
    let mut content = sink.replace(&batches[0].schema()).unwrap();
    batches.iter().for_each(|batch| content.write(batch).unwrap());
    content.finish().unwrap();
}

/// The names of everything in a folder, in order, with `/` after folders.
pub fn tree(folder: &Path) -> Vec<String> {
    fn walk(folder: &Path, prefix: &str, out: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            match entry.file_type().unwrap().is_dir() {
                true => walk(&entry.path(), &format!("{name}/"), out),
                false => out.push(name),
            }
        }
    }
    let mut out = Vec::new();
    walk(folder, "", &mut out);
    out.sort();
    out
}

/// A folder for one test, and a path in it as text.
pub fn folder() -> (tempfile::TempDir, impl Fn(&str) -> String) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().display().to_string();
    (folder, move |name: &str| format!("{root}/{name}"))
}
