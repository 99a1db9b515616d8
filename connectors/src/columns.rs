//! Typed builders that text is decoded into, one a column.
//!
//! A value that does not fit is told by its reason, and [`Column::truncate`] takes a row back that
//! failed half way.

mod json;
mod parse;

pub(crate) use json::{Record, Shape};

use arrow::array::*;
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::*;
use ouzel_dsl::schema::{Field, Type, Wire};
use std::sync::Arc;

/// The values of one column so far.
pub(crate) struct Column {
    /// The field, by which nulls are judged.
    pub(crate) field: Field,
    /// The field's name with those of the records around it, for reasons.
    path: String,
    values: Values,
    nulls: NullBufferBuilder,
}

/// The values, by the kind that they are decoded as.
enum Values {
    Bool(Vec<bool>),
    I8(Vec<i8>),
    I16(Vec<i16>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    U8(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
    U64(Vec<u64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
    Micros(Vec<i64>),
    Days(Vec<i32>),
    Decimal(Vec<i128>, u8),
    Text(Strings),
    Bytes(Strings),
    Struct(Vec<Column>),
    List(Vec<i32>, Box<Column>),
    Unit,
}

/// Strings of any length, one after the other.
pub(crate) struct Strings {
    offsets: Vec<i32>,
    bytes: Vec<u8>,
}

impl Default for Strings {
    fn default() -> Self {
        Strings { offsets: vec![0], bytes: Vec::new() }
    }
}

impl Strings {
    /// Appends one. A chunk is handed on long before its bytes outgrow 32 bits.
    #[inline]
    fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.offsets.push(self.bytes.len() as i32);
    }

    fn truncate(&mut self, len: usize) {
        self.offsets.truncate(len + 1);
        self.bytes.truncate(self.offsets.last().map_or(0, |o| *o as usize));
    }

    fn take(&mut self) -> (OffsetBuffer<i32>, Vec<u8>) {
        let rows = self.offsets.len();
        let mut next = Vec::with_capacity(rows);
        next.push(0);
        let offsets = std::mem::replace(&mut self.offsets, next);
        let room = self.bytes.len();
        let bytes = std::mem::replace(&mut self.bytes, Vec::with_capacity(room));
        (OffsetBuffer::new(offsets.into()), bytes)
    }
}

/// Runs an expression for whichever vector of plain values the column has, and another for the
/// rest.
macro_rules! plain {
    ($values:expr, $v:ident => $body:expr, $($rest:tt)*) => {
        match $values {
            Values::Bool($v) => $body,
            Values::I8($v) => $body,
            Values::I16($v) => $body,
            Values::I32($v) => $body,
            Values::I64($v) => $body,
            Values::U8($v) => $body,
            Values::U16($v) => $body,
            Values::U32($v) => $body,
            Values::U64($v) => $body,
            Values::F32($v) => $body,
            Values::F64($v) => $body,
            Values::Micros($v) => $body,
            Values::Days($v) => $body,
            Values::Decimal($v, _) => $body,
            $($rest)*
        }
    };
}

impl Column {
    /// An empty column.
    pub(crate) fn new(field: &Field) -> Column {
        Column::within("", field)
    }

    fn within(parent: &str, field: &Field) -> Column {
        let path = match parent {
            "" => field.name.clone(),
            parent => format!("{parent}.{}", field.name),
        };
        let values = match (&field.ty, field.wire) {
            (Type::Timestamp, Wire::Native) => Values::Micros(Vec::new()),
            (Type::Timestamp, Wire::Format(_)) => Values::Text(Strings::default()),
            (Type::Timestamp, _) => Values::I64(Vec::new()),
            (Type::Bool, _) => Values::Bool(Vec::new()),
            (Type::Int { bits: 8, signed: true }, _) => Values::I8(Vec::new()),
            (Type::Int { bits: 16, signed: true }, _) => Values::I16(Vec::new()),
            (Type::Int { bits: 32, signed: true }, _) => Values::I32(Vec::new()),
            (Type::Int { signed: true, .. }, _) => Values::I64(Vec::new()),
            (Type::Int { bits: 8, .. }, _) => Values::U8(Vec::new()),
            (Type::Int { bits: 16, .. }, _) => Values::U16(Vec::new()),
            (Type::Int { bits: 32, .. }, _) => Values::U32(Vec::new()),
            (Type::Int { .. }, _) => Values::U64(Vec::new()),
            (Type::Float { bits: 32 }, _) => Values::F32(Vec::new()),
            (Type::Float { .. }, _) => Values::F64(Vec::new()),
            (Type::Str | Type::Enum(_), _) => Values::Text(Strings::default()),
            (Type::Bytes, _) => Values::Bytes(Strings::default()),
            (Type::Date, _) => Values::Days(Vec::new()),
            (Type::Decimal { scale }, _) => Values::Decimal(Vec::new(), *scale),
            (Type::Struct(fields), _) => {
                Values::Struct(fields.iter().map(|f| Column::within(&path, f)).collect())
            }
            (Type::List(item), _) => Values::List(vec![0], Box::new(Column::within(&path, item))),
            (Type::Unit, _) => Values::Unit,
        };
        Column { field: field.clone(), path, values, nulls: NullBufferBuilder::new(0) }
    }

    /// How many values it has.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.nulls.len()
    }

    /// Takes back all values from an index on.
    pub(crate) fn truncate(&mut self, len: usize) {
        if self.len() <= len && !matches!(self.values, Values::Struct(_) | Values::List(..)) {
            return;
        }
        plain!(&mut self.values, values => values.truncate(len),
            Values::Text(strings) | Values::Bytes(strings) => strings.truncate(len),
            Values::Struct(fields) => fields.iter_mut().for_each(|f| f.truncate(len)),
            Values::List(offsets, item) => {
                offsets.truncate(len + 1);
                item.truncate(offsets.last().map_or(0, |o| *o as usize));
            }
            Values::Unit => {}
        );
        if self.nulls.len() > len {
            self.nulls.truncate(len);
        }
    }

    /// Appends a null, or says why there may be none.
    pub(crate) fn null(&mut self) -> Result<(), String> {
        self.placeholder();
        match self.field.nullable || self.field.has_default || self.field.ty == Type::Unit {
            true => Ok(()),
            false => Err(format!("column `{}` is null", self.path)),
        }
    }

    /// Appends a null whatever the field.
    fn placeholder(&mut self) {
        plain!(&mut self.values, values => values.push(Default::default()),
            Values::Text(strings) | Values::Bytes(strings) => strings.push(b""),
            Values::Struct(fields) => {
                // A value that failed half way may have left some of its fields behind.
                let row = self.nulls.len();
                for field in fields {
                    field.truncate(row);
                    field.placeholder();
                }
            }
            Values::List(offsets, item) => {
                let end = offsets.last().copied().unwrap_or(0);
                item.truncate(end as usize);
                offsets.push(end);
            }
            Values::Unit => {}
        );
        self.nulls.append_null();
    }

    /// Takes what was appended as an array of type [`Field::arrow`].
    pub(crate) fn finish(&mut self) -> Result<ArrayRef, arrow::error::ArrowError> {
        let rows = self.len();
        let nulls = self.nulls.finish();
        macro_rules! array {
            ($t:ty, $values:expr) => {{
                let room = Vec::with_capacity($values.len());
                let values = std::mem::replace($values, room);
                let array = PrimitiveArray::<$t>::try_new(values.into(), nulls)?;
                Arc::new(array.with_data_type(self.field.arrow().data_type().clone()))
            }};
        }
        Ok(match &mut self.values {
            Values::Bool(v) => Arc::new(BooleanArray::new(std::mem::take(v).into(), nulls)),
            Values::I8(v) => array!(Int8Type, v),
            Values::I16(v) => array!(Int16Type, v),
            Values::I32(v) => array!(Int32Type, v),
            Values::I64(v) => array!(Int64Type, v),
            Values::U8(v) => array!(UInt8Type, v),
            Values::U16(v) => array!(UInt16Type, v),
            Values::U32(v) => array!(UInt32Type, v),
            Values::U64(v) => array!(UInt64Type, v),
            Values::F32(v) => array!(Float32Type, v),
            Values::F64(v) => array!(Float64Type, v),
            Values::Micros(v) => array!(TimestampMicrosecondType, v),
            Values::Days(v) => array!(Date32Type, v),
            Values::Decimal(v, _) => array!(Decimal128Type, v),
            Values::Text(strings) => {
                let (offsets, bytes) = strings.take();
                Arc::new(StringArray::try_new(offsets, bytes.into(), nulls)?)
            }
            Values::Bytes(strings) => {
                let (offsets, bytes) = strings.take();
                Arc::new(BinaryArray::try_new(offsets, bytes.into(), nulls)?)
            }
            Values::Struct(fields) => {
                let arrow: Fields = fields.iter().map(|f| f.field.arrow()).collect();
                let arrays = fields.iter_mut().map(Column::finish).collect::<Result<_, _>>()?;
                Arc::new(StructArray::try_new_with_length(arrow, arrays, nulls, rows)?)
            }
            Values::List(offsets, item) => {
                let offsets = OffsetBuffer::new(std::mem::replace(offsets, vec![0]).into());
                let arrow = Arc::new(item.field.arrow());
                Arc::new(ListArray::try_new(arrow, offsets, item.finish()?, nulls)?)
            }
            Values::Unit => {
                let _: Option<NullBuffer> = nulls;
                Arc::new(NullArray::new(rows))
            }
        })
    }
}
