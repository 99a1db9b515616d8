//! CSV: a record a line, unless its newlines are in quotes. Blank lines are no records, but where
//! there is only one column.
//!
//! A record without a quote is cut at its delimiters by one search; one with quotes is tokenised
//! by `csv-core`. A cell that is the null text and not in quotes is null.

use super::{Decode, Head, Quotes, without_return};
use crate::rows::Rows;
use memchr::memchr3_iter;
use ouzel_dsl::Result;
use ouzel_dsl::connector::Request;

const QUOTE: u8 = b'"';

/// How a CSV file is written.
#[derive(Clone, Debug)]
pub(crate) struct CsvOptions {
    pub(crate) delimiter: u8,
    pub(crate) header: bool,
    pub(crate) null: Vec<u8>,
}

/// Decodes CSV.
pub(crate) struct Csv {
    delimiter: u8,
    null: Vec<u8>,
    width: usize,
    places: Vec<usize>,
    cells: Vec<Cell>,
    tokens: Tokens,
    skipped: Quotes,
}

/// Where a cell stands.
#[derive(Clone, Copy, Debug)]
struct Cell {
    start: usize,
    end: usize,
    quoted: bool,
}

impl CsvOptions {
    /// Reads the header and finds the record's fields in it.
    pub(super) fn head(
        &self,
        name: &str,
        start: &[u8],
        last: bool,
        request: &Request,
    ) -> Result<Option<Head>> {
        if !self.header {
            let (fields, width) = (request.read.clone(), request.fields.len());
            return Ok(Some(Head { records_at: 0, places: fields.clone(), fields, width }));
        }
        let (line, records_at) = match Quotes::new(self.delimiter).end(start) {
            Some(end) => (start.get(..end - 1).unwrap_or_default(), end),
            None if last => (start, start.len()),
            None => return Ok(None),
        };
        if start.is_empty() {
            // A file without a byte has no records that could be misread.
            return Ok(Some(Head::default()));
        }
        let mut tokens = Tokens::new(self.delimiter);
        let mut cells = Vec::new();
        tokens.cut(without_return(line), &mut cells);
        let text = |c: &Cell| tokens.text.get(c.start..c.end).unwrap_or_default();
        let found: Vec<_> = cells
            .iter()
            .map(|c| (String::from_utf8_lossy(text(c)).trim().to_owned(), None))
            .collect();
        crate::check::columns(name, &request.input, &request.fields, &found).map_err(|e| {
            ouzel_dsl::Error::Schema(format!(
                "{e}\n  they are its first line; `?header=false` reads files without a header, \
                 `?delimiter=` files with another delimiter than {:?}",
                self.delimiter as char
            ))
        })?;
        let mut head =
            Head { records_at: records_at as u64, width: found.len(), ..Head::default() };
        for index in &request.read {
            let field = request.fields.get(*index);
            let place = field.and_then(|f| found.iter().position(|(name, _)| *name == f.name));
            if let Some(place) = place {
                head.fields.push(*index);
                head.places.push(place);
            }
        }
        Ok(Some(head))
    }
}

impl Csv {
    /// A decoder for a file with this head.
    pub(super) fn new(options: &CsvOptions, head: &Head) -> Csv {
        Csv {
            delimiter: options.delimiter,
            null: options.null.clone(),
            width: head.width,
            places: head.places.clone(),
            cells: Vec::new(),
            tokens: Tokens::new(options.delimiter),
            skipped: Quotes::new(options.delimiter),
        }
    }

    /// Takes a record in: `text` is what the cells point into.
    #[inline]
    fn record(&self, text: &[u8], line: &[u8], offset: u64, rows: &mut Rows) {
        let line = without_return(line);
        if line.is_empty() && self.width != 1 {
            return;
        }
        if self.cells.len() != self.width {
            return rows.reject(offset, line, self.ragged());
        }
        for (column, place) in rows.columns.iter_mut().zip(&self.places) {
            let Some(cell) = self.cells.get(*place) else { continue };
            let value = text.get(cell.start..cell.end).unwrap_or_default();
            let read = match !cell.quoted && value == self.null {
                true => column.null(),
                false => column.text(value),
            };
            if let Err(reason) = read {
                return rows.reject(offset, line, reason);
            }
        }
        rows.accept(offset, line.len());
    }

    #[cold]
    fn ragged(&self) -> String {
        let cells = if self.cells.len() == 1 { "cell" } else { "cells" };
        format!("{} {cells}, expected {}", self.cells.len(), self.width)
    }

    /// A record with quotes, which begins at `data[at..]`: where the next one begins, if all of
    /// it is there.
    fn quoted(
        &mut self,
        data: &[u8],
        at: usize,
        offset: u64,
        last: bool,
        rows: &mut Rows,
    ) -> Option<usize> {
        let rest = data.get(at..).unwrap_or_default();
        let mut quotes = Quotes::new(self.delimiter);
        let (line, next) = match quotes.end(rest) {
            Some(end) => (rest.get(..end - 1).unwrap_or_default(), at + end),
            None if !last => return None,
            None if quotes.open() => {
                let reason = "a quote is opened in this record and never closed: all that follows, \
                              to the end of the file, is within it";
                rows.reject(offset, rest, reason.to_owned());
                return Some(data.len());
            }
            None => (rest, data.len()),
        };
        let mut cells = std::mem::take(&mut self.cells);
        self.tokens.cut(without_return(line), &mut cells);
        self.cells = cells;
        self.record(&self.tokens.text, line, offset, rows);
        Some(next)
    }
}

impl Decode for Csv {
    fn decode(&mut self, data: &[u8], offset: u64, last: bool, rows: &mut Rows) -> usize {
        let mut at = 0;
        'restart: while !rows.full() {
            let base = at;
            let mut start = at;
            self.cells.clear();
            for hit in
                memchr3_iter(self.delimiter, b'\n', QUOTE, data.get(base..).unwrap_or_default())
            {
                let hit = base + hit;
                match data.get(hit).copied() {
                    Some(b'\n') => {
                        let line = data.get(at..hit).unwrap_or_default();
                        let end = start.max(at + without_return(line).len());
                        self.cells.push(Cell { start, end, quoted: false });
                        self.record(data, line, offset + at as u64, rows);
                        self.cells.clear();
                        (at, start) = (hit + 1, hit + 1);
                        if rows.full() {
                            return at;
                        }
                    }
                    Some(QUOTE) if hit > start => {}
                    Some(QUOTE) => {
                        match self.quoted(data, at, offset + at as u64, last, rows) {
                            Some(next) => at = next,
                            None => return at,
                        }
                        continue 'restart;
                    }
                    _ => {
                        self.cells.push(Cell { start, end: hit, quoted: false });
                        start = hit + 1;
                    }
                }
            }
            if last && at < data.len() {
                let line = data.get(at..).unwrap_or_default();
                let end = start.max(at + without_return(line).len());
                self.cells.push(Cell { start, end, quoted: false });
                self.record(data, line, offset + at as u64, rows);
                at = data.len();
            }
            break;
        }
        at
    }

    fn skip(&mut self, data: &[u8], first: bool) -> (usize, bool) {
        if first {
            self.skipped = Quotes::new(self.delimiter);
        }
        match self.skipped.end(data) {
            Some(end) => (end, true),
            None => (data.len(), false),
        }
    }
}

/// Cuts records with quotes into cells.
struct Tokens {
    reader: csv_core::Reader,
    /// The cells' text, without quotes.
    text: Vec<u8>,
}

impl Tokens {
    fn new(delimiter: u8) -> Tokens {
        let mut reader = csv_core::ReaderBuilder::new()
            .delimiter(delimiter)
            .quote(QUOTE)
            .terminator(csv_core::Terminator::Any(b'\n'))
            .build();
        // The first record would lose a mark of byte order, and it is not the file's first.
        let mut scratch = [0; 8];
        reader.read_field(b"x\n", &mut scratch);
        Tokens { reader, text: Vec::new() }
    }

    /// Cuts a record without its end, which is not blank.
    fn cut(&mut self, record: &[u8], cells: &mut Vec<Cell>) {
        cells.clear();
        self.text.resize(record.len() + 1, 0);
        let (mut rest, mut at, mut quoted) = (record, 0, record.first() == Some(&QUOTE));
        let mut start = 0;
        loop {
            let end = rest.is_empty();
            let input = if end { b"\n" } else { rest };
            let out = self.text.get_mut(at..).unwrap_or_default();
            let (result, read, written) = self.reader.read_field(input, out);
            at += written;
            match result {
                csv_core::ReadFieldResult::Field { record_end } => {
                    cells.push(Cell { start, end: at, quoted });
                    start = at;
                    if record_end {
                        return;
                    }
                    rest = rest.get(read..).unwrap_or_default();
                    quoted = rest.first() == Some(&QUOTE);
                }
                csv_core::ReadFieldResult::InputEmpty if !end => {
                    rest = rest.get(read..).unwrap_or_default();
                }
                // The room suffices, and a newline ends a record outside of quotes, where the
                // caller has seen to it that it stands.
                _ => return,
            }
        }
    }
}
