//! Arrow rows as JSON: what JSON lines are written with, and how a record is shown in an error.

use crate::{Date, Timestamp};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::*;
use std::fmt::Write;

/// A row as a JSON object on one line. Times are RFC 3339, decimals are text, bytes are
/// hexadecimal text, floats that JSON lacks are the texts `NaN`, `inf` and `-inf`.
pub fn row(batch: &RecordBatch, row: usize) -> String {
    let mut out = String::new();
    write_row(batch, row, &mut out);
    out
}

/// Appends a row as a JSON object.
pub fn write_row(batch: &RecordBatch, row: usize, out: &mut String) {
    out.push('{');
    for (i, (field, column)) in batch.schema_ref().fields().iter().zip(batch.columns()).enumerate()
    {
        if i > 0 {
            out.push(',');
        }
        write_text(field.name(), out);
        out.push(':');
        write_value(column, row, out);
    }
    out.push('}');
}

/// Appends text in quotes.
pub fn write_text(text: &str, out: &mut String) {
    out.push('"');
    let mut plain = 0;
    for (i, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0..0x20 => "",
            _ => continue,
        };
        out.push_str(&text[plain..i]);
        plain = i + 1;
        match escape {
            "" => {
                let _ = write!(out, "\\u{byte:04x}");
            }
            escape => out.push_str(escape),
        }
    }
    out.push_str(&text[plain..]);
    out.push('"');
}

fn write_float(value: f64, out: &mut String) {
    if value.is_finite() {
        // `{:?}` is the shortest text that reads back as the same bits.
        let _ = write!(out, "{value:?}");
    } else {
        let _ = write!(out, "\"{value}\"");
    }
}

/// Appends one value.
pub fn write_value(array: &dyn Array, row: usize, out: &mut String) {
    if array.is_null(row) {
        out.push_str("null");
        return;
    }
    macro_rules! number {
        ($t:ty) => {{
            let _ = write!(out, "{}", array.as_primitive::<$t>().value(row));
        }};
    }
    match array.data_type() {
        DataType::Boolean => {
            out.push_str(if array.as_boolean().value(row) { "true" } else { "false" })
        }
        DataType::Int8 => number!(Int8Type),
        DataType::Int16 => number!(Int16Type),
        DataType::Int32 => number!(Int32Type),
        DataType::Int64 => number!(Int64Type),
        DataType::UInt8 => number!(UInt8Type),
        DataType::UInt16 => number!(UInt16Type),
        DataType::UInt32 => number!(UInt32Type),
        DataType::UInt64 => number!(UInt64Type),
        DataType::Float32 => {
            let value = array.as_primitive::<Float32Type>().value(row);
            if value.is_finite() {
                let _ = write!(out, "{value:?}");
            } else {
                write_float(value.into(), out)
            }
        }
        DataType::Float64 => write_float(array.as_primitive::<Float64Type>().value(row), out),
        DataType::Utf8 => write_text(array.as_string::<i32>().value(row), out),
        DataType::LargeUtf8 => write_text(array.as_string::<i64>().value(row), out),
        DataType::Utf8View => write_text(array.as_string_view().value(row), out),
        DataType::Null => out.push_str("null"),
        DataType::LargeBinary => write_bytes(array.as_binary::<i64>().value(row), out),
        DataType::BinaryView => write_bytes(array.as_binary_view().value(row), out),
        DataType::Binary => write_bytes(array.as_binary::<i32>().value(row), out),
        DataType::Date32 => {
            let day = Date::from_days(array.as_primitive::<Date32Type>().value(row));
            let _ = write!(out, "\"{day}\"");
        }
        DataType::Timestamp(unit, _) => {
            let micros = match unit {
                TimeUnit::Second => {
                    array.as_primitive::<TimestampSecondType>().value(row).saturating_mul(1_000_000)
                }
                TimeUnit::Millisecond => array
                    .as_primitive::<TimestampMillisecondType>()
                    .value(row)
                    .saturating_mul(1_000),
                TimeUnit::Microsecond => {
                    array.as_primitive::<TimestampMicrosecondType>().value(row)
                }
                TimeUnit::Nanosecond => {
                    array.as_primitive::<TimestampNanosecondType>().value(row).div_euclid(1_000)
                }
            };
            let _ = write!(out, "\"{}\"", Timestamp::from_micros(micros));
        }
        DataType::Decimal32(_, _) => {
            let _ =
                write!(out, "\"{}\"", array.as_primitive::<Decimal32Type>().value_as_string(row));
        }
        DataType::Decimal64(_, _) => {
            let _ =
                write!(out, "\"{}\"", array.as_primitive::<Decimal64Type>().value_as_string(row));
        }
        DataType::Decimal128(_, _) => {
            let _ =
                write!(out, "\"{}\"", array.as_primitive::<Decimal128Type>().value_as_string(row));
        }
        DataType::Dictionary(_, _) => {
            // Of one row, since all keys of the array are made indices.
            let one = array.slice(row, 1);
            let value = one.as_any_dictionary_opt().and_then(|dictionary| {
                Some((dictionary.values(), *dictionary.normalized_keys().first()?))
            });
            match value {
                Some((values, index)) => write_value(values, index, out),
                None => out.push_str("null"),
            }
        }
        DataType::Struct(fields) => {
            out.push('{');
            for (i, (field, column)) in fields.iter().zip(array.as_struct().columns()).enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_text(field.name(), out);
                out.push(':');
                write_value(column, row, out);
            }
            out.push('}');
        }
        DataType::List(_) => {
            write_list(&array.as_list::<i32>().value(row), out);
        }
        DataType::LargeList(_) => {
            write_list(&array.as_list::<i64>().value(row), out);
        }
        other => {
            let _ = write!(out, "\"a value of type {other}\"");
        }
    }
}

fn write_list(values: &dyn Array, out: &mut String) {
    out.push('[');
    for i in 0..values.len() {
        if i > 0 {
            out.push(',');
        }
        write_value(values, i, out);
    }
    out.push(']');
}

fn write_bytes(bytes: &[u8], out: &mut String) {
    out.push('"');
    for byte in bytes {
        let _ = write!(out, "{byte:02x}");
    }
    out.push('"');
}
