//! A value as the text of a CSV cell, or of a folder's name.

use super::Style;
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::DataType;
use ouzel_dsl::json;

/// Appends the text of a value: `None` for null, otherwise whether it is text of the user's.
pub(super) fn write(array: &dyn Array, row: usize, out: &mut String) -> Option<bool> {
    if array.is_null(row) {
        return None;
    }
    match array.data_type() {
        DataType::Utf8 => out.push_str(array.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => out.push_str(array.as_string::<i64>().value(row)),
        DataType::Utf8View => out.push_str(array.as_string_view().value(row)),
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary_opt()?;
            let key = dictionary.normalized_keys().get(row).copied()?;
            return write(dictionary.values(), key, out);
        }
        DataType::Struct(_) | DataType::List(_) => json::write_value(array, row, out),
        DataType::Null => return None,
        _ => {
            // Numbers, and texts without anything to escape: these lose their quotes.
            let start = out.len();
            json::write_value(array, row, out);
            if out.ends_with('"') {
                out.pop();
                out.remove(start);
            }
            return Some(false);
        }
    }
    Some(true)
}

/// Appends the names of the columns as a line.
pub(super) fn header(batch: &arrow::datatypes::Schema, style: &Style, out: &mut String) {
    for (index, field) in batch.fields().iter().enumerate() {
        if index > 0 {
            out.push(style.csv.delimiter as char);
        }
        let start = out.len();
        out.push_str(field.name());
        quote(start, style, out);
    }
    out.push('\n');
}

/// Appends a row as a line, without its end.
pub(super) fn row(batch: &RecordBatch, row: usize, style: &Style, out: &mut String) {
    for (index, column) in batch.columns().iter().enumerate() {
        if index > 0 {
            out.push(style.csv.delimiter as char);
        }
        let start = out.len();
        match write(column, row, out) {
            None => out.push_str(std::str::from_utf8(&style.csv.null).unwrap_or_default()),
            Some(_) => quote(start, style, out),
        }
    }
}

/// Puts what was appended from `start` on in quotes, if it could be taken for something else.
fn quote(start: usize, style: &Style, out: &mut String) {
    let text = out.get(start..).unwrap_or_default();
    let special = |b: u8| b == style.csv.delimiter || matches!(b, b'"' | b'\n' | b'\r');
    let ambiguous = text.is_empty()
        || text.as_bytes() == style.csv.null
        || text.bytes().any(special)
        || text.starts_with('\u{feff}');
    if ambiguous {
        let quoted = text.replace('"', "\"\"");
        out.truncate(start);
        out.push('"');
        out.push_str(&quoted);
        out.push('"');
    }
}
