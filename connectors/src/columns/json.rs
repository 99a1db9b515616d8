//! Values from JSON: only the fields that the job reads are decoded, straight into their columns.

mod flat;

pub(crate) use flat::Shape;

use super::parse::{days, micros, unhex};
use super::{Column, Values};
use ouzel_dsl::decimal_units;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use sonic_rs::{Deserializer as Json, LazyValue};
use std::borrow::Cow;
use std::fmt;

/// How deep a record may be nested; beyond, a reader would run out of stack.
const DEPTH_MAX: usize = 128;

/// Decodes one record, a JSON object, into the columns' next row.
pub(crate) struct Record<'c> {
    pub(crate) columns: &'c mut [Column],
    pub(crate) shape: &'c mut Shape,
    pub(crate) row: usize,
    pub(crate) problems: &'c mut Vec<(usize, String)>,
}

impl Record<'_> {
    /// Decodes it, or says what is wrong with it. Columns may then have been added to.
    pub(crate) fn read(self, line: &str) -> Result<(), String> {
        let Record { columns, shape, row, problems } = self;
        if flat::read(columns, shape, row, line.as_bytes()).is_some() {
            return Ok(());
        }
        columns.iter_mut().for_each(|c| c.truncate(row));
        problems.clear();
        if too_deep(line) {
            return Err(format!("nested deeper than {DEPTH_MAX}"));
        }
        let mut json = Json::from_str(line);
        let record = Record { columns, shape, row, problems };
        json.deserialize_any(record).and_then(|()| json.end()).map_err(|e| syntax(&e))?;
        for (index, column) in columns.iter_mut().enumerate() {
            if column.len() == row
                && let Err(reason) = column.null()
            {
                problems.push((index, reason.replace("is null", "is missing")));
            }
        }
        match problems.iter().min_by_key(|(index, _)| *index) {
            None => Ok(()),
            Some((_, reason)) => Err(reason.clone()),
        }
    }
}

/// A syntax error in a line.
fn syntax(error: &sonic_rs::Error) -> String {
    let text = error.to_string();
    let text = text.lines().next().unwrap_or_default();
    // There is only one line, and its number would be taken for the file's.
    format!("not a JSON object: {}", text.replace("at line 1 column", "at byte"))
}

/// Whether brackets nest deeper than [`DEPTH_MAX`]. Few lines have even as many brackets.
fn too_deep(line: &str) -> bool {
    let line = line.as_bytes();
    if memchr::memchr2_iter(b'{', b'[', line).nth(DEPTH_MAX).is_none() {
        return false;
    }
    let (mut depth, mut text, mut escaped) = (0usize, false, false);
    for byte in line {
        match (text, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => text = !text,
            (false, b'{' | b'[') => depth += 1,
            (false, b'}' | b']') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEPTH_MAX {
            return true;
        }
    }
    false
}

impl<'de> Visitor<'de> for Record<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with the record's fields")
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(index) = map.next_key_seed(Key(self.columns))? {
            let Some(index) = index else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let Some(column) = self.columns.get_mut(index) else { continue };
            if column.len() > self.row {
                // The key came before: the last one wins.
                column.truncate(self.row);
                self.problems.retain(|(i, _)| *i != index);
            }
            let mut problem = None;
            map.next_value_seed(Value { column, problem: &mut problem })?;
            if let Some(reason) = problem {
                self.problems.push((index, reason));
            }
        }
        Ok(())
    }
}

/// Finds the column of a key.
struct Key<'c>(&'c [Column]);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Option<usize>;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Option<usize>, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    #[inline]
    fn visit_str<E>(self, key: &str) -> Result<Option<usize>, E> {
        Ok(self.0.iter().position(|c| c.field.name == key))
    }
}

/// Decodes one value. One of the wrong type is noted, and reading goes on after it.
struct Value<'c> {
    column: &'c mut Column,
    problem: &'c mut Option<String>,
}

impl Column {
    /// Appends the value that a JSON text stands for.
    pub(super) fn json_cell(&mut self, text: &str) -> Result<(), String> {
        if too_deep(text) {
            return Err(format!("column `{}` is nested deeper than {DEPTH_MAX}", self.path));
        }
        let mut problem = None;
        let mut json = Json::from_str(text);
        let value = Value { column: self, problem: &mut problem };
        let read = value.deserialize(&mut json).and_then(|()| json.end());
        match (read, problem) {
            (Ok(()), None) => Ok(()),
            (_, Some(reason)) => Err(reason),
            (Err(e), None) => Err(format!("column `{}` is {}", self.path, syntax(&e))),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        match &self.column.values {
            Values::Bool(_)
            | Values::Text(_)
            | Values::Bytes(_)
            | Values::Micros(_)
            | Values::Days(_)
            | Values::Struct(_)
            | Values::List(..) => json.deserialize_any(self),
            Values::Unit => {
                <IgnoredAny as serde::Deserialize>::deserialize(json)?;
                self.column.nulls.append_non_null();
                Ok(())
            }
            // Of a number the text counts: a type in between would round, or lose a sign.
            _ => {
                let raw = <LazyValue<'de> as serde::Deserialize>::deserialize(json)?;
                self.raw(raw.as_raw_str());
                Ok(())
            }
        }
    }
}

impl Value<'_> {
    /// Notes that a value is not of the field's type.
    #[cold]
    fn wrong(self, shown: &str) {
        *self.problem = Some(self.column.wrong(shown));
        self.column.placeholder();
    }

    fn null(self) {
        if let Err(reason) = self.column.null() {
            *self.problem = Some(reason);
        }
    }

    /// A number by its JSON, which may be a text if it is a decimal or a float that JSON lacks.
    fn raw(self, raw: &str) {
        if raw == "null" {
            return self.null();
        }
        let quoted = raw.starts_with('"');
        let text: Cow<'_, str> = match quoted {
            true => sonic_rs::from_str::<String>(raw).map_or(Cow::Borrowed(raw), Cow::Owned),
            false => Cow::Borrowed(raw),
        };
        let read = match &mut self.column.values {
            Values::F32(values) => push(values, float(&text, quoted)),
            Values::F64(values) => push(values, float(&text, quoted)),
            Values::Decimal(values, scale) => match decimal_units(&text, *scale) {
                Ok(units) => push(values, Some(units)),
                Err(reason) => {
                    *self.problem = Some(format!("column `{}`: {reason}", self.column.path));
                    self.column.placeholder();
                    return;
                }
            },
            _ if quoted => false,
            Values::I8(values) => push(values, lexical_core::parse(text.as_bytes()).ok()),
            Values::I16(values) => push(values, lexical_core::parse(text.as_bytes()).ok()),
            Values::I32(values) => push(values, lexical_core::parse(text.as_bytes()).ok()),
            Values::I64(values) => push(values, lexical_core::parse(text.as_bytes()).ok()),
            Values::U8(values) => push(values, lexical_core::parse(text.as_bytes()).ok()),
            Values::U16(values) => push(values, lexical_core::parse(text.as_bytes()).ok()),
            Values::U32(values) => push(values, lexical_core::parse(text.as_bytes()).ok()),
            Values::U64(values) => push(values, lexical_core::parse(text.as_bytes()).ok()),
            _ => false,
        };
        match read {
            true => self.column.nulls.append_non_null(),
            false => self.wrong(&text),
        }
    }
}

/// A float as a JSON number, or as the text of one that JSON lacks.
fn float<F: lexical_core::FromLexical + Into<f64> + Copy>(text: &str, quoted: bool) -> Option<F> {
    let value: F = lexical_core::parse(text.as_bytes()).ok()?;
    match quoted {
        true => matches!(text, "NaN" | "inf" | "-inf").then_some(value),
        false => value.into().is_finite().then_some(value),
    }
}

#[inline(always)]
fn push<T>(values: &mut Vec<T>, value: Option<T>) -> bool {
    value.map(|v| values.push(v)).is_some()
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.column.field)
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.null();
        Ok(())
    }

    #[inline]
    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        match &mut self.column.values {
            Values::Bool(values) => {
                values.push(value);
                self.column.nulls.append_non_null();
            }
            _ => self.wrong(if value { "true" } else { "false" }),
        }
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.wrong(&value.to_string());
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.wrong(&value.to_string());
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.wrong(&format!("{value:?}"));
        Ok(())
    }

    #[inline]
    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        let read = match &mut self.column.values {
            Values::Text(strings) => {
                strings.push(text.as_bytes());
                true
            }
            Values::Micros(values) => push(values, micros(text.as_bytes())),
            Values::Days(values) => push(values, days(text.as_bytes())),
            Values::Bytes(strings) => {
                let whole = strings.bytes.len();
                match unhex(text.as_bytes(), &mut strings.bytes) {
                    true => {
                        strings.offsets.push(strings.bytes.len() as i32);
                        true
                    }
                    false => {
                        strings.bytes.truncate(whole);
                        false
                    }
                }
            }
            _ => false,
        };
        match read {
            true => self.column.nulls.append_non_null(),
            false => self.wrong(text),
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Values::List(offsets, item) = &mut self.column.values else {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            self.wrong("[..]");
            return Ok(());
        };
        while seq
            .next_element_seed(Value { column: &mut *item, problem: &mut *self.problem })?
            .is_some()
        {}
        offsets.push(item.len() as i32);
        self.column.nulls.append_non_null();
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let row = self.column.len();
        let Values::Struct(fields) = &mut self.column.values else {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            self.wrong("{..}");
            return Ok(());
        };
        while let Some(key) = map.next_key_seed(Key(fields))? {
            match key.and_then(|index| fields.get_mut(index)) {
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
                Some(field) => {
                    field.truncate(row);
                    map.next_value_seed(Value { column: field, problem: &mut *self.problem })?;
                }
            }
        }
        for field in fields {
            if field.len() == row
                && let Err(reason) = field.null()
            {
                *self.problem = Some(reason.replace("is null", "is missing"));
            }
        }
        self.column.nulls.append_non_null();
        Ok(())
    }
}
