//! What a record looks like from outside: its fields, their types and how each is written on the wire.

use arrow::datatypes::{DataType, Field as ArrowField, TimeUnit};
use std::fmt;
use std::sync::Arc;

/// The type of a field, as a job declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// `bool`.
    Bool,
    /// An integer of `bits` 8, 16, 32 or 64.
    Int {
        /// Its width.
        bits: u8,
        /// Whether it may be negative.
        signed: bool,
    },
    /// `f32` or `f64`.
    Float {
        /// Its width.
        bits: u8,
    },
    /// `String`.
    Str,
    /// [`Bytes`](crate::Bytes).
    Bytes,
    /// [`Timestamp`](crate::Timestamp): microseconds since 1970-01-01T00:00:00Z.
    Timestamp,
    /// [`Date`](crate::Date): days since 1970-01-01.
    Date,
    /// [`Decimal`](crate::Decimal) with this many digits after the point.
    Decimal {
        /// Digits after the point.
        scale: u8,
    },
    /// An enum without fields; on the wire, one of these names.
    Enum(&'static [&'static str]),
    /// A nested record.
    Struct(Vec<Field>),
    /// A list of values of one type.
    List(Box<Field>),
    /// `()`: no columns at all.
    Unit,
}

/// How a timestamp is written outside, where that is not the format's own way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wire {
    /// Arrow and Parquet timestamps of any unit; RFC 3339 in text.
    #[default]
    Native,
    /// Whole seconds since 1970 as an integer.
    Seconds,
    /// Milliseconds since 1970 as an integer.
    Millis,
    /// Microseconds since 1970 as an integer.
    Micros,
    /// Nanoseconds since 1970 as an integer.
    Nanos,
    /// Text in this `strftime` format, in UTC unless the format holds an offset.
    Format(&'static str),
}

/// What a field holds of a message, where an input is a log of messages. In files it is a column as
/// any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meta {
    /// The key; null where the message has none.
    // Were it `Key`, rustc would no longer say `Key` of the trait of that name, but its whole path.
    MessageKey,
    /// The last header of this name; null where the message has none.
    Header(&'static str),
    /// When the message was made or appended, as its topic is set.
    Timestamp,
    /// The number of its partition.
    Partition,
    /// Its offset in the partition.
    Offset,
    /// The name of its topic.
    Topic,
}

/// One field of a record: a column of its inputs and outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The column's name on the wire.
    pub name: String,
    /// The declared type.
    pub ty: Type,
    /// Whether the field is an `Option`.
    pub nullable: bool,
    /// Whether a missing column or null is filled with a default.
    pub has_default: bool,
    /// How it is written outside.
    pub wire: Wire,
    /// What it holds of a message, if not a part of the message's value.
    pub meta: Option<Meta>,
}

impl Field {
    /// A plain field.
    pub fn new(name: impl Into<String>, ty: Type, nullable: bool) -> Field {
        Field {
            name: name.into(),
            ty,
            nullable,
            has_default: false,
            wire: Wire::Native,
            meta: None,
        }
    }

    /// The Arrow field that this field is written as, and that text formats decode it to.
    pub fn arrow(&self) -> ArrowField {
        let data_type = match (&self.ty, self.wire) {
            (Type::Timestamp, Wire::Seconds | Wire::Millis | Wire::Micros | Wire::Nanos) => {
                DataType::Int64
            }
            (Type::Timestamp, Wire::Format(_)) => DataType::Utf8,
            (ty, _) => ty.arrow(),
        };
        ArrowField::new(&self.name, data_type, self.nullable || self.has_default)
    }

    /// Whether a column of this Arrow type can be read as the field without loss.
    pub fn accepts(&self, found: &DataType) -> bool {
        use DataType as D;
        let text = |d: &D| matches!(d, D::Utf8 | D::LargeUtf8 | D::Utf8View);
        match (&self.ty, self.wire) {
            (Type::Timestamp, Wire::Native) => matches!(found, D::Timestamp(..)),
            (Type::Timestamp, Wire::Format(_)) => text(found),
            (Type::Timestamp, _) => integer(found, 64, true),
            (Type::Bool, _) => *found == D::Boolean,
            (Type::Int { bits, signed }, _) => integer(found, *bits, *signed),
            (Type::Float { bits: 64 }, _) => {
                matches!(found, D::Float64 | D::Float32)
                    || integer(found, 32, true)
                    || integer(found, 32, false)
            }
            (Type::Float { .. }, _) => {
                *found == D::Float32 || integer(found, 16, true) || integer(found, 16, false)
            }
            (Type::Str | Type::Enum(_), _) => match found {
                D::Dictionary(_, values) => text(values),
                other => text(other),
            },
            (Type::Bytes, _) => {
                matches!(found, D::Binary | D::LargeBinary | D::BinaryView) || text(found)
            }
            (Type::Date, _) => *found == D::Date32,
            (Type::Decimal { scale }, _) => match found {
                D::Decimal128(_, s) | D::Decimal64(_, s) | D::Decimal32(_, s) => *s == *scale as i8,
                other => *scale == 0 && integer(other, 64, true),
            },
            (Type::Struct(fields), _) => match found {
                D::Struct(found) => {
                    fields.iter().all(|f| match found.iter().find(|g| *g.name() == f.name) {
                        Some(found) => f.accepts(found.data_type()),
                        None => f.has_default,
                    })
                }
                _ => false,
            },
            (Type::List(item), _) => match found {
                D::List(f) | D::LargeList(f) => item.accepts(f.data_type()),
                _ => false,
            },
            (Type::Unit, _) => true,
        }
    }
}

/// Whether `found` is an integer type whose every value fits `bits` and `signed`.
fn integer(found: &DataType, bits: u8, signed: bool) -> bool {
    let (b, s) = match found {
        DataType::Int8 => (8, true),
        DataType::Int16 => (16, true),
        DataType::Int32 => (32, true),
        DataType::Int64 => (64, true),
        DataType::UInt8 => (8, false),
        DataType::UInt16 => (16, false),
        DataType::UInt32 => (32, false),
        DataType::UInt64 => (64, false),
        _ => return false,
    };
    match (s, signed) {
        (true, true) | (false, false) => b <= bits,
        (false, true) => b < bits,
        (true, false) => false,
    }
}

impl Type {
    /// The Arrow type that values of this type are written as.
    pub fn arrow(&self) -> DataType {
        match self {
            Type::Bool => DataType::Boolean,
            Type::Int { bits: 8, signed: true } => DataType::Int8,
            Type::Int { bits: 16, signed: true } => DataType::Int16,
            Type::Int { bits: 32, signed: true } => DataType::Int32,
            Type::Int { signed: true, .. } => DataType::Int64,
            Type::Int { bits: 8, .. } => DataType::UInt8,
            Type::Int { bits: 16, .. } => DataType::UInt16,
            Type::Int { bits: 32, .. } => DataType::UInt32,
            Type::Int { .. } => DataType::UInt64,
            Type::Float { bits: 32 } => DataType::Float32,
            Type::Float { .. } => DataType::Float64,
            Type::Str | Type::Enum(_) => DataType::Utf8,
            Type::Bytes => DataType::Binary,
            Type::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Type::Date => DataType::Date32,
            Type::Decimal { scale } => DataType::Decimal128(38, *scale as i8),
            Type::Struct(fields) => DataType::Struct(fields.iter().map(Field::arrow).collect()),
            Type::List(item) => DataType::List(Arc::new(item.arrow())),
            Type::Unit => DataType::Null,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Bool => f.write_str("bool"),
            Type::Int { bits, signed: true } => write!(f, "i{bits}"),
            Type::Int { bits, .. } => write!(f, "u{bits}"),
            Type::Float { bits } => write!(f, "f{bits}"),
            Type::Str => f.write_str("text"),
            Type::Bytes => f.write_str("bytes"),
            Type::Timestamp => f.write_str("timestamp"),
            Type::Date => f.write_str("date"),
            Type::Decimal { scale } => write!(f, "decimal with {scale} digits after the point"),
            Type::Enum(names) => write!(f, "one of {}", names.join(", ")),
            Type::Struct(fields) => {
                f.write_str("{")?;
                for (i, field) in fields.iter().enumerate() {
                    let comma = if i == 0 { "" } else { ", " };
                    write!(f, "{comma}{}: {field}", field.name)?;
                }
                f.write_str("}")
            }
            Type::List(item) => write!(f, "list of {item}"),
            Type::Unit => f.write_str("nothing"),
        }
    }
}

impl fmt::Display for Meta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Meta::MessageKey => f.write_str("key"),
            Meta::Header(name) => write!(f, "header `{name}`"),
            Meta::Timestamp => f.write_str("timestamp"),
            Meta::Partition => f.write_str("partition"),
            Meta::Offset => f.write_str("offset"),
            Meta::Topic => f.write_str("topic"),
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.ty.fmt(f)?;
        match self.wire {
            Wire::Native => {}
            Wire::Seconds => f.write_str(" (whole seconds since 1970)")?,
            Wire::Millis => f.write_str(" (milliseconds since 1970)")?,
            Wire::Micros => f.write_str(" (microseconds since 1970)")?,
            Wire::Nanos => f.write_str(" (nanoseconds since 1970)")?,
            Wire::Format(format) => write!(f, " (text as {format})")?,
        }
        if self.nullable {
            f.write_str(", may be null")?;
        }
        Ok(())
    }
}

/// The candidate that a misspelt `name` most likely meant, if one is near enough to offer.
///
/// Near is an edit distance of at most a third of the name's length, and of one in names of two or
/// three letters, ignoring case.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    let len = wanted.chars().count();
    candidates
        .into_iter()
        .map(|c| (strsim::levenshtein(&wanted, &c.to_lowercase()), c))
        .min_by_key(|(d, _)| *d)
        .filter(|(d, _)| *d <= 1.max(len / 3) && *d < len)
        .map(|(_, c)| c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_the_nearest_name_only_when_it_is_near() {
        let names = ["carrier", "dep_delay", "origin"];
        assert_eq!(nearest("dep_dealy", names), Some("dep_delay"));
        assert_eq!(nearest("Carrier", names), Some("carrier"));
        assert_eq!(nearest("temperature", names), None);
    }

    #[test]
    fn accepts_what_widens_without_loss() {
        let field = Field::new("n", Type::Int { bits: 64, signed: true }, false);
        assert!(field.accepts(&DataType::Int32) && field.accepts(&DataType::UInt32));
        assert!(!field.accepts(&DataType::UInt64) && !field.accepts(&DataType::Float64));
    }
}
