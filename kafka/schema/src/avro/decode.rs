//! From bytes to JSON.

use super::schema::{Place, Type, Types, Unit};
use crate::fault::Wrong;
use crate::{DEPTH_MAX, JSON_MAX, frame, scalar};
use ouzel_dsl::json::write_text;

/// How many items that take no bytes a payload may have: it could name any number of them.
const EMPTY_MAX: usize = 1 << 16;

/// Appends a record as a JSON object. All bytes have to belong to it.
pub(super) fn datum(types: &Types, data: &[u8], json: &mut String) -> Result<(), Wrong> {
    let full = json.len().saturating_add(JSON_MAX);
    let mut input = Input { types, data, at: 0, empty: EMPTY_MAX, full };
    input.value(types.root(), json, 0)?;
    match data.len() - input.at {
        0 => Ok(()),
        n => Err(format!("{n} bytes are left over: it was written with another schema").into()),
    }
}

struct Input<'p> {
    types: &'p Types,
    data: &'p [u8],
    at: usize,
    empty: usize,
    /// The length of JSON that is too much.
    full: usize,
}

impl<'p> Input<'p> {
    fn value(&mut self, place: Place, json: &mut String, depth: usize) -> Result<(), Wrong> {
        if depth > DEPTH_MAX {
            return Err(format!("nested deeper than {DEPTH_MAX}").into());
        }
        match self.types.get(place) {
            Type::Null => json.push_str("null"),
            Type::Bool => json.push_str(match self.take(1)? {
                [0] => "false",
                [1] => "true",
                _ => return Err("a boolean is neither 0 nor 1".into()),
            }),
            Type::Int => scalar::put(self.int()?, json),
            Type::Long => scalar::put(self.long()?, json),
            Type::Float => scalar::put_float(f32::from_le_bytes(self.array()?), json),
            Type::Double => scalar::put_float(f64::from_le_bytes(self.array()?), json),
            Type::Bytes => scalar::put_bytes(self.bytes()?, json),
            Type::Text => write_text(self.text()?, json),
            Type::Fixed(size) => scalar::put_bytes(self.take(*size)?, json),
            Type::Uuid(counted) => {
                let bytes = if *counted { self.bytes()? } else { self.take(16)? };
                put_uuid(bytes, json);
            }
            Type::Enum(symbols) => {
                let index = self.int()?;
                match usize::try_from(index).ok().and_then(|i| symbols.get(i)) {
                    Some(symbol) => write_text(symbol, json),
                    None => return Err(format!("an enum has no symbol {index}").into()),
                }
            }
            Type::Decimal(scale, size) => {
                let bytes = match size {
                    Some(size) => self.take(*size)?,
                    None => self.bytes()?,
                };
                scalar::put_units(units(bytes)?, *scale, json);
            }
            Type::BigDecimal => self.big_decimal(json)?,
            Type::Date => scalar::put_days(self.int()?, json),
            Type::Timestamp(unit) => {
                let count = self.long()?;
                let micros = match unit {
                    Unit::Millis => count.checked_mul(1000),
                    Unit::Micros => Some(count),
                    Unit::Nanos => Some(count.div_euclid(1000)),
                };
                let out = || format!("a time {count} milliseconds after 1970 is out of range");
                scalar::put_micros(micros.ok_or_else(out)?, json);
            }
            Type::Union(branches) => {
                let index = self.long()?;
                match usize::try_from(index).ok().and_then(|i| branches.get(i)) {
                    Some(branch) => self.value(*branch, json, depth + 1)?,
                    None => return Err(format!("a union has no branch {index}").into()),
                }
            }
            Type::Record(fields) => {
                json.push('{');
                for (i, field) in fields.iter().enumerate() {
                    if i > 0 {
                        json.push(',');
                    }
                    json.push_str(&field.key);
                    self.value(field.ty, json, depth + 1).map_err(|e| e.within(&field.name))?;
                }
                json.push('}');
            }
            Type::List(item) => {
                json.push('[');
                self.blocks(json, |input, json| input.value(*item, json, depth + 1))?;
                json.push(']');
            }
            Type::Map(item) => {
                json.push('{');
                self.blocks(json, |input, json| {
                    write_text(input.text()?, json);
                    json.push(':');
                    input.value(*item, json, depth + 1)
                })?;
                json.push('}');
            }
        }
        Ok(())
    }

    /// Items in blocks, up to an empty one.
    fn blocks(
        &mut self,
        json: &mut String,
        mut item: impl FnMut(&mut Self, &mut String) -> Result<(), Wrong>,
    ) -> Result<(), Wrong> {
        let mut first = true;
        loop {
            let count = self.long()?;
            let count = match count {
                0 => return Ok(()),
                1.. => count.unsigned_abs(),
                // The size in bytes follows, for those who skip the block.
                _ => {
                    self.long()?;
                    count.unsigned_abs()
                }
            };
            for _ in 0..count {
                if !first {
                    json.push(',');
                }
                first = false;
                let at = self.at;
                item(self, json)?;
                if self.at == at {
                    self.empty = self.empty.checked_sub(1).ok_or("too many items without data")?;
                }
                if json.len() > self.full {
                    return Err(format!("longer than {JSON_MAX} bytes of JSON").into());
                }
            }
        }
    }

    /// Bytes that say how many are after the point.
    fn big_decimal(&mut self, json: &mut String) -> Result<(), Wrong> {
        let outer = self.bytes()?;
        let mut inner = Input { types: self.types, data: outer, at: 0, empty: 0, full: self.full };
        let units = units(inner.bytes()?)?;
        let scale = inner.long()?;
        match usize::try_from(scale) {
            Ok(scale @ 0..=255) => scalar::put_units(units, scale, json),
            _ => return Err(format!("a decimal has {scale} digits after its point").into()),
        }
        Ok(())
    }

    fn take(&mut self, count: usize) -> Result<&'p [u8], Wrong> {
        let end = self.at.checked_add(count);
        let bytes = end.and_then(|end| self.data.get(self.at..end)).ok_or_else(|| {
            format!("{count} bytes are wanted where {} are left", self.data.len() - self.at)
        })?;
        self.at += count;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Wrong> {
        self.take(N)?.try_into().map_err(|_| "too few bytes".into())
    }

    fn long(&mut self) -> Result<i64, Wrong> {
        frame::zigzag(self.data, &mut self.at)
            .ok_or_else(|| "a number has no end, or more than 64 bits".into())
    }

    fn int(&mut self) -> Result<i32, Wrong> {
        let long = self.long()?;
        i32::try_from(long).map_err(|_| format!("{long} is out of range of an int").into())
    }

    fn bytes(&mut self) -> Result<&'p [u8], Wrong> {
        let count = self.long()?;
        let count = usize::try_from(count).map_err(|_| format!("a length is {count}"))?;
        self.take(count)
    }

    fn text(&mut self) -> Result<&'p str, Wrong> {
        std::str::from_utf8(self.bytes()?).map_err(|_| "a string is not UTF-8 text".into())
    }
}

/// A whole number whose highest byte comes first and has the sign.
fn units(bytes: &[u8]) -> Result<i128, Wrong> {
    let fill = match bytes.first() {
        Some(first) if *first >= 0x80 => 0xff,
        _ => 0,
    };
    let low = bytes.len().saturating_sub(16);
    let (high, low) = bytes.split_at(low);
    let mut whole = [fill; 16];
    for (to, from) in whole.iter_mut().rev().zip(low.iter().rev()) {
        *to = *from;
    }
    let fits = high.iter().all(|b| *b == fill) && (high.is_empty() || (whole[0] ^ fill) < 0x80);
    match i128::from_be_bytes(whole) {
        units if fits && units.unsigned_abs() < 10u128.pow(38) => Ok(units),
        _ => Err("a decimal has more than 38 digits".into()),
    }
}

fn put_uuid(bytes: &[u8], json: &mut String) {
    let mut digits = String::new();
    scalar::put_bytes(bytes, &mut digits);
    let digits = digits.trim_matches('"');
    json.push('"');
    for (i, digit) in digits.chars().enumerate() {
        if matches!(i, 8 | 12 | 16 | 20) {
            json.push('-');
        }
        json.push(digit);
    }
    json.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_of_any_number_of_bytes() {
        assert_eq!(units(&[]).unwrap(), 0);
        assert_eq!(units(&[0x80]).unwrap(), -128);
        assert_eq!(units(&[0, 0x80]).unwrap(), 128);
        assert_eq!(units(&[0xff; 20]).unwrap(), -1);
        let mut long = [0; 17];
        long[1] = 0x80;
        assert!(units(&long).is_err() && units(&[1; 17]).is_err());
    }
}
