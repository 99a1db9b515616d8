//! Values from the text of a cell: what CSV holds, and the names of `column=value` folders.

use super::{Column, Values};
use ouzel_dsl::schema::{Field, Type, Wire};
use ouzel_dsl::{Date, Timestamp, decimal_units};

impl Column {
    /// Appends the value that a cell's text stands for, or says why it stands for none.
    #[inline]
    pub(crate) fn text(&mut self, cell: &[u8]) -> Result<(), String> {
        let read = match &mut self.values {
            Values::Text(strings) => match std::str::from_utf8(cell) {
                Ok(_) => {
                    strings.push(cell);
                    true
                }
                Err(_) => return Err(format!("column `{}` is not UTF-8 text", self.path)),
            },
            Values::F64(values) => push(values, lexical_core::parse(cell).ok()),
            Values::Micros(values) => push(values, micros(cell)),
            Values::I64(values) => push(values, lexical_core::parse(cell).ok()),
            Values::I32(values) => push(values, lexical_core::parse(cell).ok()),
            Values::Bool(values) => push(values, boolean(cell)),
            Values::Struct(_) | Values::List(..) => {
                return match std::str::from_utf8(cell) {
                    Ok(text) => self.json_cell(text),
                    Err(_) => Err(format!("column `{}` is not UTF-8 text", self.path)),
                };
            }
            _ => self.rarer(cell)?,
        };
        match read {
            true => self.nulls.append_non_null(),
            false => return self.trimmed(cell),
        }
        Ok(())
    }

    /// Appends a line as it stands: text, or bytes.
    #[inline]
    pub(crate) fn raw(&mut self, line: &[u8]) -> Result<(), String> {
        match &mut self.values {
            Values::Bytes(strings) => {
                strings.push(line);
                self.nulls.append_non_null();
                Ok(())
            }
            _ => self.text(line),
        }
    }

    /// The types that are met less often.
    fn rarer(&mut self, cell: &[u8]) -> Result<bool, String> {
        Ok(match &mut self.values {
            Values::I8(values) => push(values, lexical_core::parse(cell).ok()),
            Values::I16(values) => push(values, lexical_core::parse(cell).ok()),
            Values::U8(values) => push(values, lexical_core::parse(cell).ok()),
            Values::U16(values) => push(values, lexical_core::parse(cell).ok()),
            Values::U32(values) => push(values, lexical_core::parse(cell).ok()),
            Values::U64(values) => push(values, lexical_core::parse(cell).ok()),
            Values::F32(values) => push(values, lexical_core::parse(cell).ok()),
            Values::Days(values) => push(values, days(cell)),
            Values::Decimal(values, scale) => match std::str::from_utf8(cell) {
                Ok(text) => match decimal_units(text, *scale) {
                    Ok(units) => push(values, Some(units)),
                    Err(_) if text.trim() != text => false,
                    Err(reason) => return Err(format!("column `{}`: {reason}", self.path)),
                },
                Err(_) => false,
            },
            Values::Bytes(strings) => match unhex(cell, &mut strings.bytes) {
                true => {
                    strings.offsets.push(strings.bytes.len() as i32);
                    true
                }
                false => {
                    let whole = strings.offsets.last().map_or(0, |o| *o as usize);
                    strings.bytes.truncate(whole);
                    false
                }
            },
            Values::Unit => true,
            _ => false,
        })
    }

    /// The cell without the blanks around it, which only text keeps.
    #[cold]
    fn trimmed(&mut self, cell: &[u8]) -> Result<(), String> {
        let inner = cell.trim_ascii();
        match inner.len() < cell.len() && !inner.is_empty() {
            true => self.text(inner),
            false => Err(self.wrong(&String::from_utf8_lossy(cell))),
        }
    }

    /// Why a value is not the field's.
    pub(super) fn wrong(&self, shown: &str) -> String {
        let shown: String = shown.chars().take(200).collect();
        let ty = &self.field.ty;
        let digits = shown.trim().trim_start_matches(['-', '+']);
        let integer = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        match ty {
            Type::Int { .. } if integer => {
                format!("column `{}`: {shown} is out of range of {ty}", self.path)
            }
            Type::Timestamp => {
                let field = Field { nullable: false, ..self.field.clone() };
                let hint = match self.field.wire {
                    Wire::Native if integer => {
                        " such as 2013-01-01T05:15:00Z: of numbers the record has to say the unit, as by #[record(unit = \"s\")]"
                    }
                    Wire::Native => {
                        " such as 2013-01-01T05:15:00Z, of the years -9999 to 9999: other forms are told by #[record(format = \"..\")]"
                    }
                    _ => "",
                };
                format!("column `{}`: {shown:?} is not {field}{hint}", self.path)
            }
            _ => format!("column `{}`: {shown:?} is not {ty}", self.path),
        }
    }
}

/// Appends a value if there is one.
#[inline(always)]
fn push<T>(values: &mut Vec<T>, value: Option<T>) -> bool {
    match value {
        Some(value) => {
            values.push(value);
            true
        }
        None => false,
    }
}

fn boolean(cell: &[u8]) -> Option<bool> {
    match cell {
        b"true" | b"1" => Some(true),
        b"false" | b"0" => Some(false),
        _ if cell.eq_ignore_ascii_case(b"true") => Some(true),
        _ if cell.eq_ignore_ascii_case(b"false") => Some(false),
        _ => None,
    }
}

/// A time as text. Beyond the years that have a text of their own, times are written as a number.
#[inline]
pub(super) fn micros(cell: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(cell).ok()?;
    match text.parse::<Timestamp>() {
        Ok(time) => Some(time.micros()),
        Err(_) => text.strip_suffix("us since 1970")?.parse().ok(),
    }
}

/// A day as text.
pub(super) fn days(cell: &[u8]) -> Option<i32> {
    let text = std::str::from_utf8(cell).ok()?;
    match text.parse::<Date>() {
        Ok(day) => Some(day.days()),
        Err(_) => text.strip_suffix(" days since 1970")?.parse().ok(),
    }
}

/// Appends the bytes that hexadecimal digits stand for.
pub(super) fn unhex(text: &[u8], out: &mut Vec<u8>) -> bool {
    let digit = |b: u8| (b as char).to_digit(16).map(|d| d as u8);
    let (pairs, rest) = text.as_chunks::<2>();
    for [high, low] in pairs {
        match (digit(*high), digit(*low)) {
            (Some(high), Some(low)) => out.push(high << 4 | low),
            _ => return false,
        }
    }
    rest.is_empty()
}
