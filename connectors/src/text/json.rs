//! JSON lines: an object a line. Blank lines are no records.

use super::{Decode, without_return};
use crate::columns::{Record, Shape};
use crate::rows::Rows;
use memchr::memchr;

/// Decodes JSON lines.
#[derive(Default)]
pub(crate) struct JsonLines {
    shape: Shape,
    problems: Vec<(usize, String)>,
}

impl Decode for JsonLines {
    fn decode(&mut self, data: &[u8], offset: u64, last: bool, rows: &mut Rows) -> usize {
        let mut at = 0;
        let mut checked = "";
        while !rows.full() {
            let rest = data.get(at..).unwrap_or_default();
            let (line, next) = match memchr(b'\n', rest) {
                Some(end) => (rest.get(..end).unwrap_or_default(), at + end + 1),
                None if last && !rest.is_empty() => (rest, data.len()),
                None => break,
            };
            if checked.len() < next - at {
                checked = utf8(rest, next - at);
            }
            let text = checked.get(..line.len());
            self.line(line, text, offset + at as u64, rows);
            checked = checked.get(next - at..).unwrap_or_default();
            at = next;
        }
        at
    }

    fn skip(&mut self, data: &[u8], _first: bool) -> (usize, bool) {
        super::lines::skip(data)
    }
}

impl JsonLines {
    /// Decodes one record that stands alone, and may go over several lines.
    #[inline]
    pub(crate) fn record(&mut self, record: &[u8], offset: u64, rows: &mut Rows) {
        self.line(record, std::str::from_utf8(record).ok(), offset, rows);
    }

    #[inline]
    fn line(&mut self, line: &[u8], text: Option<&str>, offset: u64, rows: &mut Rows) {
        let line = without_return(line);
        let Some(text) = text.and_then(|t| t.get(..line.len())) else {
            return rows.reject(offset, line, "not UTF-8 text".to_owned());
        };
        if text.trim_ascii_start().is_empty() {
            return;
        }
        let row = rows.len();
        let record = Record {
            columns: &mut rows.columns,
            shape: &mut self.shape,
            row,
            problems: &mut self.problems,
        };
        match record.read(text) {
            Ok(()) => rows.accept(offset, line.len()),
            Err(reason) => rows.reject(offset, line, reason),
        }
    }
}

/// How much is checked for being UTF-8 at once: much faster than line by line.
const CHECKED_BYTES: usize = 16 << 10;

/// As much of the text as is UTF-8: if the first line is, which is so long, then all of that.
fn utf8(text: &[u8], line: usize) -> &str {
    let window = text.get(..CHECKED_BYTES.max(line)).unwrap_or(text);
    match std::str::from_utf8(window) {
        Ok(text) => text,
        Err(e) => {
            let valid = window.get(..e.valid_up_to()).unwrap_or_default();
            std::str::from_utf8(valid).unwrap_or_default()
        }
    }
}
