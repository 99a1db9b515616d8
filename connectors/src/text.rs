//! Text: CSV, JSON lines and plain lines, cut at the ends of records and decoded record by record.

mod csv;
mod file;
mod json;
mod lines;
mod quotes;
mod records;

pub(crate) use csv::{Csv, CsvOptions};
pub(crate) use file::TextFile;
pub(crate) use json::JsonLines;
pub(crate) use lines::Lines;
pub(crate) use quotes::Quotes;
pub(crate) use records::Records;

use crate::rows::Rows;
use ouzel_dsl::Result;
use ouzel_dsl::connector::Request;

/// Decodes records one after the other.
pub(crate) trait Decode: Send {
    /// Decodes records from `data`, which begins with one at byte `offset`, until the rows are
    /// enough for a chunk or no whole record is left; says how many bytes that took. At the
    /// `last` data a record may lack its end.
    fn decode(&mut self, data: &[u8], offset: u64, last: bool, rows: &mut Rows) -> usize;

    /// Passes over the rest of a record that is too long to be held: how many bytes of `data`
    /// belong to it, and whether it ends there. `first` data is the record's start.
    fn skip(&mut self, data: &[u8], first: bool) -> (usize, bool);
}

/// How records stand in a text.
#[derive(Clone, Debug)]
pub(crate) enum TextFormat {
    Csv(CsvOptions),
    JsonLines,
    Lines,
}

/// What is to be known of a text before its first record.
#[derive(Clone, Debug, Default)]
pub(crate) struct Head {
    /// Where the first record begins: after a mark of byte order and a header.
    pub(crate) records_at: u64,
    /// The fields that are decoded, by index in the request.
    pub(crate) fields: Vec<usize>,
    /// Of CSV: for each of these fields, its place in the line.
    pub(crate) places: Vec<usize>,
    /// Of CSV: how many cells a line has.
    pub(crate) width: usize,
}

/// What UTF-8 files of some systems begin with.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl TextFormat {
    /// Reads a text's head out of its first bytes: `None` if these do not hold all of it.
    pub(crate) fn head(
        &self,
        name: &str,
        start: &[u8],
        last: bool,
        request: &Request,
    ) -> Result<Option<Head>> {
        if !last && start.len() < BYTE_ORDER_MARK.len() {
            return Ok(None);
        }
        let mark = if start.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        let rest = start.get(mark..).unwrap_or_default();
        let head = match self {
            TextFormat::Csv(options) => options.head(name, rest, last, request)?,
            TextFormat::JsonLines => Some(Head { fields: request.read.clone(), ..Head::default() }),
            TextFormat::Lines => Some(lines::head(name, request)?),
        };
        Ok(head.map(|h| Head { records_at: h.records_at + mark as u64, ..h }))
    }

    /// A decoder for what comes after the head.
    pub(crate) fn decoder(&self, head: &Head) -> Box<dyn Decode> {
        match self {
            TextFormat::Csv(options) => Box::new(Csv::new(options, head)),
            TextFormat::JsonLines => Box::new(JsonLines::default()),
            TextFormat::Lines => Box::new(Lines),
        }
    }

    /// What finds the ends of records, beginning at one.
    pub(crate) fn quotes(&self) -> Quotes {
        match self {
            TextFormat::Csv(options) => Quotes::new(options.delimiter),
            _ => Quotes::none(),
        }
    }
}

/// A line without the carriage return that some systems put before its end.
#[inline]
fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}
