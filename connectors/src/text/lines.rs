//! Plain text: each line a record with one column, `line`.

use super::{Decode, Head, without_return};
use crate::rows::Rows;
use arrow::datatypes::DataType;
use memchr::memchr;
use ouzel_dsl::connector::Request;
use ouzel_dsl::{Error, Result};

/// The column's name.
const COLUMN: &str = "line";

/// Decodes plain lines.
pub(crate) struct Lines;

/// Checks that the job asks for nothing but the line.
pub(super) fn head(name: &str, request: &Request) -> Result<Head> {
    let columns = [(COLUMN.to_owned(), Some(DataType::Utf8))];
    crate::check::columns(name, &request.input, &request.fields, &columns).map_err(
        |e| match e {
            Error::Schema(text) => Error::Schema(format!(
                "{text}\n  the format `text` has one column, `{COLUMN}`, which is text"
            )),
            other => other,
        },
    )?;
    let is_line = |i: &usize| request.fields.get(*i).is_some_and(|f| f.name == COLUMN);
    Ok(Head { fields: request.read.iter().copied().filter(is_line).collect(), ..Head::default() })
}

/// The rest of a line.
pub(super) fn skip(data: &[u8]) -> (usize, bool) {
    match memchr(b'\n', data) {
        Some(end) => (end + 1, true),
        None => (data.len(), false),
    }
}

impl Decode for Lines {
    fn decode(&mut self, data: &[u8], offset: u64, last: bool, rows: &mut Rows) -> usize {
        let mut at = 0;
        while !rows.full() {
            let rest = data.get(at..).unwrap_or_default();
            let (line, next) = match memchr(b'\n', rest) {
                Some(end) => (rest.get(..end).unwrap_or_default(), at + end + 1),
                None if last && !rest.is_empty() => (rest, data.len()),
                None => break,
            };
            let (line, offset) = (without_return(line), offset + at as u64);
            let read = match rows.columns.first_mut() {
                Some(column) => column.raw(line),
                None => Ok(()),
            };
            match read {
                Ok(()) => rows.accept(offset, line.len()),
                Err(reason) => rows.reject(offset, line, reason),
            }
            at = next;
        }
        at
    }

    fn skip(&mut self, data: &[u8], _first: bool) -> (usize, bool) {
        skip(data)
    }
}
