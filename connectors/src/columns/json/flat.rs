//! The shortcut for what nearly every record is: one flat object of plain texts, numbers, booleans
//! and nulls, its keys in the order of the record before.
//!
//! Whatever is out of the ordinary (an escape, a nested value, a value of the wrong type, a
//! mistake) is left to the general reader, which then reads the record from its start.

use crate::columns::parse::micros;
use crate::columns::{Column, Values};
use memchr::memchr2;

/// How many keys of a record are remembered.
const KEYS_MAX: usize = 1024;

/// The keys of the last record in their order, each as it stands there with its colon, and its
/// column if it has one.
#[derive(Default)]
pub(crate) struct Shape(Vec<(Vec<u8>, Option<usize>)>);

/// Reads a record into the columns' next row. `None` leaves it to the general reader; columns may
/// then have been added to.
#[inline]
pub(super) fn read(
    columns: &mut [Column],
    shape: &mut Shape,
    row: usize,
    line: &[u8],
) -> Option<()> {
    let mut text = Text(line.strip_prefix(b"{")?);
    for place in 0.. {
        text.blanks();
        match text.key(columns, shape, place)? {
            None => text.skip()?,
            Some(index) => {
                let column = columns.get_mut(index)?;
                // The key came before.
                if column.len() > row {
                    return None;
                }
                text.value(column)?;
            }
        }
        text.blanks();
        match text.byte()? {
            b',' => {}
            b'}' => break,
            _ => return None,
        }
    }
    text.blanks();
    if !text.0.is_empty() {
        return None;
    }
    for column in columns {
        if column.len() == row {
            column.null().ok()?;
        }
    }
    Some(())
}

/// What is left of a line.
struct Text<'l>(&'l [u8]);

impl<'l> Text<'l> {
    #[inline(always)]
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    #[inline(always)]
    fn blanks(&mut self) {
        while let Some(rest) = self.0.strip_prefix(b" ") {
            self.0 = rest;
        }
    }

    /// The column of the next key, past its colon and blanks.
    #[inline(always)]
    fn key(
        &mut self,
        columns: &[Column],
        shape: &mut Shape,
        place: usize,
    ) -> Option<Option<usize>> {
        let index = match shape.0.get(place) {
            Some((key, index)) if self.0.starts_with(key) => {
                self.0 = self.0.get(key.len()..)?;
                *index
            }
            _ => self.other_key(columns, shape, place)?,
        };
        self.blanks();
        Some(index)
    }

    #[cold]
    fn other_key(
        &mut self,
        columns: &[Column],
        shape: &mut Shape,
        place: usize,
    ) -> Option<Option<usize>> {
        let whole = self.0;
        let key = match self.byte()? {
            b'"' => self.text()?,
            _ => return None,
        };
        let index = columns.iter().position(|c| c.field.name.as_bytes() == key);
        if self.byte()? != b':' {
            return None;
        }
        let known = whole.get(..whole.len() - self.0.len())?.to_vec();
        let known = (known, index);
        if let Some(entry) = shape.0.get_mut(place) {
            *entry = known;
        } else if shape.0.len() == place && place < KEYS_MAX {
            shape.0.push(known);
        }
        Some(index)
    }

    /// A text without escapes, whose first quote was read.
    #[inline(always)]
    fn text(&mut self) -> Option<&'l [u8]> {
        let end = memchr2(b'"', b'\\', self.0)?;
        let (text, rest) = self.0.split_at_checked(end)?;
        self.0 = rest.strip_prefix(b"\"")?;
        let control = text.iter().fold(false, |any, b| any | (*b < 0x20));
        (!control).then_some(text)
    }

    /// A number as JSON allows it, and whether it is an integer.
    #[inline(always)]
    fn number(&mut self) -> Option<(&'l [u8], bool)> {
        let line = self.0;
        let digits = |from: usize| {
            let rest = line.get(from..).unwrap_or_default();
            from + rest.iter().take_while(|b| b.is_ascii_digit()).count()
        };
        let start = usize::from(line.first() == Some(&b'-'));
        let mut end = digits(start);
        if end == start || (line.get(start) == Some(&b'0') && end > start + 1) {
            return None;
        }
        let mut integer = true;
        if line.get(end) == Some(&b'.') {
            integer = false;
            let fraction = end + 1;
            end = digits(fraction);
            if end == fraction {
                return None;
            }
        }
        if matches!(line.get(end), Some(b'e' | b'E')) {
            integer = false;
            let sign = usize::from(matches!(line.get(end + 1), Some(b'+' | b'-')));
            let exponent = end + 1 + sign;
            end = digits(exponent);
            if end == exponent {
                return None;
            }
        }
        let (number, rest) = line.split_at_checked(end)?;
        self.0 = rest;
        Some((number, integer))
    }

    /// One of the three words.
    #[inline(always)]
    fn word(&mut self, word: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(word)?;
        Some(())
    }

    /// Passes over a value.
    #[inline(always)]
    fn skip(&mut self) -> Option<()> {
        match self.0.first()? {
            b'"' => {
                self.byte()?;
                self.text().map(|_| ())
            }
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            _ => self.number().map(|_| ()),
        }
    }

    /// Reads a value into its column.
    #[inline(always)]
    fn value(&mut self, column: &mut Column) -> Option<()> {
        match self.0.first()? {
            b'"' => {
                self.byte()?;
                let text = self.text()?;
                match &mut column.values {
                    Values::Text(strings) => strings.push(text),
                    Values::Micros(values) => values.push(micros(text)?),
                    _ => return None,
                }
            }
            b't' => {
                self.word(b"true")?;
                let Values::Bool(values) = &mut column.values else { return None };
                values.push(true);
            }
            b'f' => {
                self.word(b"false")?;
                let Values::Bool(values) = &mut column.values else { return None };
                values.push(false);
            }
            b'n' => {
                self.word(b"null")?;
                return column.null().ok();
            }
            _ => {
                let (number, integer) = self.number()?;
                match &mut column.values {
                    Values::F64(values) => {
                        let value: f64 = lexical_core::parse(number).ok()?;
                        values.push(Some(value).filter(|v| v.is_finite())?);
                    }
                    Values::I64(values) if integer => {
                        values.push(lexical_core::parse(number).ok()?)
                    }
                    Values::I32(values) if integer => {
                        values.push(lexical_core::parse(number).ok()?)
                    }
                    Values::U64(values) if integer => {
                        values.push(lexical_core::parse(number).ok()?)
                    }
                    Values::U32(values) if integer => {
                        values.push(lexical_core::parse(number).ok()?)
                    }
                    _ => return None,
                }
            }
        }
        column.nulls.append_non_null();
        Some(())
    }
}
