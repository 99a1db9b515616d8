//! Single values: how they stand in JSON.

use ouzel_dsl::{Date, Timestamp};
use serde::Deserialize;
use sonic_rs::{JsonValueTrait, Value};
use std::fmt::{Debug, Display, Write};
use std::str::FromStr;

/// Parses a JSON text. Of numbers the text is kept: a type in between would round.
pub(crate) fn parse(json: &str) -> Result<Value, String> {
    let mut reader = sonic_rs::Deserializer::from_str(json).use_rawnumber();
    Value::deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value))
        .map_err(|e| format!("not JSON: {}", e.to_string().lines().next().unwrap_or_default()))
}

/// A value in an error, cut short.
pub(crate) fn shown(value: &Value) -> String {
    let text = match value.as_str() {
        Some(text) => format!("{text:?}"),
        None => sonic_rs::to_string(value).unwrap_or_default(),
    };
    match text.char_indices().nth(200) {
        Some((end, _)) => format!("{}..", &text[..end]),
        None => text,
    }
}

/// A whole number, if the value is one that fits.
pub(crate) fn integer<T: FromStr>(value: &Value) -> Option<T> {
    value.as_raw_number()?.as_str().parse().ok()
}

/// A float as a number, or as the text of one that JSON lacks.
pub(crate) fn float<T: FromStr>(value: &Value) -> Option<T> {
    match value.as_str() {
        Some("NaN" | "inf" | "-inf") => value.as_str()?.parse().ok(),
        Some(_) => None,
        None => value.as_raw_number()?.as_str().parse().ok(),
    }
}

/// A time as microseconds since 1970.
pub(crate) fn micros(value: &Value) -> Option<i64> {
    let text = value.as_str()?;
    match text.parse::<Timestamp>() {
        Ok(time) => Some(time.micros()),
        // Beyond the years that have a text of their own.
        Err(_) => text.strip_suffix("us since 1970")?.parse().ok(),
    }
}

/// A day as days since 1970.
pub(crate) fn days(value: &Value) -> Option<i32> {
    let text = value.as_str()?;
    match text.parse::<Date>() {
        Ok(day) => Some(day.days()),
        Err(_) => text.strip_suffix(" days since 1970")?.parse().ok(),
    }
}

/// The bytes that a text of hexadecimal digits stands for.
pub(crate) fn bytes(value: &Value) -> Option<Vec<u8>> {
    let (pairs, rest) = value.as_str()?.as_bytes().as_chunks::<2>();
    let digit = |b: u8| (b as char).to_digit(16).map(|d| d as u8);
    let bytes = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect();
    if rest.is_empty() { bytes } else { None }
}

/// A decimal, as text or as a number, in units of its last digit.
pub(crate) fn units(value: &Value, scale: u8) -> Result<i128, String> {
    let number = value.as_raw_number();
    match (value.as_str(), &number) {
        (Some(text), _) => ouzel_dsl::decimal_units(text, scale),
        (_, Some(number)) => ouzel_dsl::decimal_units(number.as_str(), scale),
        _ => Err(format!("{} is not a decimal", shown(value))),
    }
}

pub(crate) fn put(value: impl Display, json: &mut String) {
    let _ = write!(json, "{value}");
}

/// Appends a float.
pub(crate) fn put_float<T: Debug + Display + Into<f64> + Copy>(value: T, json: &mut String) {
    // `{:?}` is the shortest text that reads back as the same bits.
    let _ = match value.into().is_finite() {
        true => write!(json, "{value:?}"),
        false => write!(json, "\"{value}\""),
    };
}

/// Appends a time.
pub(crate) fn put_micros(micros: i64, json: &mut String) {
    let _ = write!(json, "\"{}\"", Timestamp::from_micros(micros));
}

/// Appends a day.
pub(crate) fn put_days(days: i32, json: &mut String) {
    let _ = write!(json, "\"{}\"", Date::from_days(days));
}

/// Appends bytes.
pub(crate) fn put_bytes(bytes: &[u8], json: &mut String) {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    json.push('"');
    for byte in bytes {
        json.push(DIGITS[usize::from(byte >> 4)]);
        json.push(DIGITS[usize::from(byte & 15)]);
    }
    json.push('"');
}

/// Appends a decimal with `scale` digits after the point.
pub(crate) fn put_units(units: i128, scale: usize, json: &mut String) {
    let sign = if units < 0 { "-" } else { "" };
    let digits = format!("{:0width$}", units.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let point = if scale == 0 { "" } else { "." };
    let _ = write!(json, "\"{sign}{whole}{point}{fraction}\"");
}
