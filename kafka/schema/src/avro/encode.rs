//! From JSON to bytes.

use super::schema::{Field, Place, Type, Types, Unit};
use crate::fault::Wrong;
use crate::frame::put_zigzag;
use crate::{DEPTH_MAX, scalar};
use sonic_rs::{JsonContainerTrait, JsonValueTrait, Object, Value};

/// Appends the record that a JSON object stands for.
pub(super) fn datum(types: &Types, json: &str, out: &mut Vec<u8>) -> Result<(), Wrong> {
    let value = scalar::parse(json)?;
    Output { types, default: false }.value(types.root(), &value, out, 0)
}

struct Output<'t> {
    types: &'t Types,
    /// Whether the value is a default of the schema, where bytes are text of their characters.
    default: bool,
}

impl Output<'_> {
    fn value(
        &self,
        place: Place,
        value: &Value,
        out: &mut Vec<u8>,
        depth: usize,
    ) -> Result<(), Wrong> {
        if depth > DEPTH_MAX {
            return Err(format!("nested deeper than {DEPTH_MAX}").into());
        }
        let not = |what: &str| Wrong::from(format!("{} is not {what}", scalar::shown(value)));
        match self.types.get(place) {
            Type::Null if value.is_null() => {}
            Type::Null => return Err(not("null")),
            Type::Bool => out.push(value.as_bool().ok_or_else(|| not("a boolean"))?.into()),
            Type::Int => {
                let int: i32 = scalar::integer(value).ok_or_else(|| not("an int"))?;
                put_zigzag(int.into(), out);
            }
            Type::Long => {
                put_zigzag(scalar::integer(value).ok_or_else(|| not("a long"))?, out);
            }
            Type::Float => {
                let float: f32 = scalar::float(value).ok_or_else(|| not("a float"))?;
                out.extend_from_slice(&float.to_le_bytes());
            }
            Type::Double => {
                let float: f64 = scalar::float(value).ok_or_else(|| not("a double"))?;
                out.extend_from_slice(&float.to_le_bytes());
            }
            Type::Bytes => {
                let bytes = self.bytes(value).ok_or_else(|| not("hexadecimal text"))?;
                put_bytes(&bytes, out);
            }
            Type::Fixed(size) => match self.bytes(value) {
                Some(bytes) if bytes.len() == *size => out.extend_from_slice(&bytes),
                _ => return Err(not(&format!("hexadecimal text of {size} bytes"))),
            },
            Type::Text => {
                put_bytes(value.as_str().ok_or_else(|| not("text"))?.as_bytes(), out);
            }
            Type::Uuid(counted) => {
                let bytes = uuid(value).ok_or_else(|| not("a UUID"))?;
                match counted {
                    true => put_bytes(&bytes, out),
                    false => out.extend_from_slice(&bytes),
                }
            }
            Type::Enum(symbols) => {
                let symbol = value.as_str().ok_or_else(|| not("the name of a symbol"))?;
                let index = symbols.iter().position(|s| s == symbol);
                let unknown = || not(&format!("one of {}", symbols.join(", ")));
                put_zigzag(index.ok_or_else(unknown)? as i64, out);
            }
            Type::Decimal(scale, size) => {
                let units = scalar::units(value, u8::try_from(*scale).unwrap_or(u8::MAX))?;
                match size {
                    None => put_bytes(shortest(&units.to_be_bytes()), out),
                    Some(size) => {
                        put_fixed(units, *size, out)
                            .ok_or_else(|| not(&format!("a decimal of {size} bytes")))?;
                    }
                }
            }
            Type::BigDecimal => {
                let text = value.as_str().ok_or_else(|| not("a decimal as text"))?;
                let scale = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
                let few = u8::try_from(scale).map_err(|_| not("a decimal of 38 digits"))?;
                let units = scalar::units(value, few)?;
                let mut inner = Vec::new();
                put_bytes(shortest(&units.to_be_bytes()), &mut inner);
                put_zigzag(few.into(), &mut inner);
                put_bytes(&inner, out);
            }
            Type::Date => {
                let days = scalar::days(value).ok_or_else(|| not("a date such as 2013-01-31"))?;
                put_zigzag(days.into(), out);
            }
            Type::Timestamp(unit) => {
                let micros = scalar::micros(value)
                    .ok_or_else(|| not("a time such as 2013-01-01T05:15:00Z"))?;
                let count = match unit {
                    Unit::Millis => micros.div_euclid(1000),
                    Unit::Micros => micros,
                    Unit::Nanos => micros
                        .checked_mul(1000)
                        .ok_or_else(|| not("a time of the years 1678 to 2262"))?,
                };
                put_zigzag(count, out);
            }
            Type::Union(branches) => self.union(branches, value, out, depth)?,
            Type::Record(fields) => {
                let object = value.as_object().ok_or_else(|| not("an object"))?;
                self.record(fields, object, out, depth)?;
            }
            Type::List(item) => {
                let items = value.as_array().ok_or_else(|| not("a list"))?;
                if !items.is_empty() {
                    put_zigzag(items.len() as i64, out);
                }
                for value in items {
                    self.value(*item, value, out, depth + 1)?;
                }
                out.push(0);
            }
            Type::Map(item) => {
                let object = value.as_object().ok_or_else(|| not("an object"))?;
                if !object.is_empty() {
                    put_zigzag(object.len() as i64, out);
                }
                for (key, value) in object {
                    put_bytes(key.as_bytes(), out);
                    self.value(*item, value, out, depth + 1).map_err(|e| e.within(key))?;
                }
                out.push(0);
            }
        }
        Ok(())
    }

    /// By the first branch that takes the value.
    fn union(
        &self,
        branches: &[Place],
        value: &Value,
        out: &mut Vec<u8>,
        depth: usize,
    ) -> Result<(), Wrong> {
        let start = out.len();
        let mut wrong = None;
        for (i, branch) in branches.iter().enumerate() {
            put_zigzag(i as i64, out);
            match self.value(*branch, value, out, depth + 1) {
                Ok(()) => return Ok(()),
                Err(e) if !matches!(self.types.get(*branch), Type::Null) => {
                    wrong.get_or_insert(e);
                }
                Err(_) => {}
            }
            out.truncate(start);
        }
        Err(match wrong {
            // Null, or one other: then what is wrong with that one says most.
            Some(wrong) if branches.len() <= 2 => wrong,
            _ => format!("{} fits no branch of the union", scalar::shown(value)).into(),
        })
    }

    fn record(
        &self,
        fields: &[Field],
        object: &Object,
        out: &mut Vec<u8>,
        depth: usize,
    ) -> Result<(), Wrong> {
        // Keys mostly come in the order of the fields, all of them.
        let mut keys = object.iter();
        let mut found = 0;
        for field in fields {
            let value = match keys.next() {
                Some((key, value)) if key == field.name => Some(value),
                _ => object.get(&field.name),
            };
            let done = match (value, &field.default) {
                (Some(value), _) => {
                    found += 1;
                    self.value(field.ty, value, out, depth + 1)
                }
                (None, Some(default)) => {
                    scalar::parse(default).map_err(Wrong::from).and_then(|v| {
                        let output = Output { types: self.types, default: true };
                        output.value(field.ty, &v, out, depth + 1)
                    })
                }
                (None, None) => Err("is missing".into()),
            };
            done.map_err(|e| e.within(&field.name))?;
        }
        if found < object.len() {
            for (key, _) in object {
                if !fields.iter().any(|f| f.name == key) {
                    return Err(Wrong::from("the schema has no such field").within(key));
                }
            }
        }
        Ok(())
    }

    fn bytes(&self, value: &Value) -> Option<Vec<u8>> {
        match self.default {
            true => value.as_str()?.chars().map(|c| u8::try_from(c).ok()).collect(),
            false => scalar::bytes(value),
        }
    }
}

fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    put_zigzag(bytes.len() as i64, out);
    out.extend_from_slice(bytes);
}

/// Without the leading bytes that say no more than the sign.
fn shortest(bytes: &[u8]) -> &[u8] {
    match bytes {
        [0, next, ..] if *next < 0x80 => shortest(&bytes[1..]),
        [0xff, next, ..] if *next >= 0x80 => shortest(&bytes[1..]),
        _ => bytes,
    }
}

/// Appends a number in as many bytes, if it fits them.
fn put_fixed(units: i128, size: usize, out: &mut Vec<u8>) -> Option<()> {
    let bytes = units.to_be_bytes();
    let short = shortest(&bytes);
    let fill = if units < 0 { 0xff } else { 0 };
    let more = size.checked_sub(short.len())?;
    out.extend(std::iter::repeat_n(fill, more));
    out.extend_from_slice(short);
    Some(())
}

fn uuid(value: &Value) -> Option<Vec<u8>> {
    let digits: String = value.as_str()?.chars().filter(|c| *c != '-').collect();
    scalar::bytes(&Value::from(digits.as_str())).filter(|bytes| bytes.len() == 16)
}
