//! From JSON to messages.

use super::files::never_absent;
use crate::fault::Wrong;
use crate::{DEPTH_MAX, scalar};
use prost_reflect::{
    DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value as Proto,
};
use sonic_rs::{JsonContainerTrait, JsonType, JsonValueTrait, Value};
use std::collections::HashMap;

/// The message that a JSON object stands for.
pub(super) fn message(of: &MessageDescriptor, json: &str) -> Result<DynamicMessage, Wrong> {
    object(of, &scalar::parse(json)?, 0)
}

fn object(of: &MessageDescriptor, value: &Value, depth: usize) -> Result<DynamicMessage, Wrong> {
    if depth > DEPTH_MAX {
        return Err(format!("nested deeper than {DEPTH_MAX}").into());
    }
    let object = value.as_object().ok_or_else(|| not(value, "an object"))?;
    let mut message = DynamicMessage::new(of.clone());
    for (key, value) in object {
        let field = of
            .get_field_by_name(key)
            .ok_or_else(|| Wrong::from("the message has no such field").within(key))?;
        let value = self::field(&field, value, depth + 1).map_err(|e| e.within(key))?;
        if let Some(value) = value {
            set(&mut message, &field, value).map_err(|e| e.within(key))?;
        }
    }
    for field in of.fields().filter(|f| f.is_required()) {
        if !message.has_field(&field) {
            return Err(Wrong::from("is missing").within(field.name()));
        }
    }
    Ok(message)
}

fn set(message: &mut DynamicMessage, field: &FieldDescriptor, value: Proto) -> Result<(), Wrong> {
    let zero = match &value {
        Proto::F32(float) => float.to_bits() == 0,
        Proto::F64(float) => float.to_bits() == 0,
        _ => false,
    };
    if zero && never_absent(field) {
        // Left out, as any other default.
        message.clear_field(field);
        return Ok(());
    }
    message.try_set_field(field, value).map_err(|e| e.to_string().into())
}

/// The value of a field, or none if it is left out.
fn field(field: &FieldDescriptor, value: &Value, depth: usize) -> Result<Option<Proto>, Wrong> {
    if value.is_null() && !takes_null(&field.kind()) {
        return match field.supports_presence() && !never_absent(field) {
            true => Ok(None),
            // Its default would be read where there was no value.
            false => Err("is null, but its field in the message cannot be absent".into()),
        };
    }
    Ok(Some(if field.is_map() {
        let Kind::Message(entry) = field.kind() else {
            return Err("a map without entries".into());
        };
        let key_kind = entry.map_entry_key_field().kind();
        let kind = entry.map_entry_value_field().kind();
        let object = value.as_object().ok_or_else(|| not(value, "an object"))?;
        let mut entries = HashMap::with_capacity(object.len());
        for (key, value) in object {
            let value = single(&kind, value, depth).map_err(|e| e.within(key))?;
            let wrong = || Wrong::from(format!("{key:?} is not a key of the map"));
            entries.insert(map_key(&key_kind, key).ok_or_else(wrong)?, value);
        }
        Proto::Map(entries)
    } else if field.is_list() {
        let items = value.as_array().ok_or_else(|| not(value, "a list"))?;
        let kind = field.kind();
        let values = items.iter().map(|item| single(&kind, item, depth));
        Proto::List(values.collect::<Result<_, _>>()?)
    } else {
        single(&field.kind(), value, depth)?
    }))
}

/// Whether null is a value of the kind.
fn takes_null(kind: &Kind) -> bool {
    match kind {
        Kind::Enum(names) => names.full_name() == "google.protobuf.NullValue",
        Kind::Message(message) => message.full_name() == "google.protobuf.Value",
        _ => false,
    }
}

fn map_key(kind: &Kind, key: &str) -> Option<MapKey> {
    Some(match kind {
        Kind::String => MapKey::String(key.into()),
        Kind::Bool => MapKey::Bool(key.parse().ok()?),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => MapKey::I32(key.parse().ok()?),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => MapKey::I64(key.parse().ok()?),
        Kind::Uint32 | Kind::Fixed32 => MapKey::U32(key.parse().ok()?),
        Kind::Uint64 | Kind::Fixed64 => MapKey::U64(key.parse().ok()?),
        _ => return None,
    })
}

fn not(value: &Value, what: &str) -> Wrong {
    format!("{} is not {what}", scalar::shown(value)).into()
}

fn single(kind: &Kind, value: &Value, depth: usize) -> Result<Proto, Wrong> {
    let made = match kind {
        Kind::Double => scalar::float(value).map(Proto::F64),
        Kind::Float => scalar::float(value).map(Proto::F32),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => scalar::integer(value).map(Proto::I32),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => scalar::integer(value).map(Proto::I64),
        Kind::Uint32 | Kind::Fixed32 => scalar::integer(value).map(Proto::U32),
        Kind::Uint64 | Kind::Fixed64 => scalar::integer(value).map(Proto::U64),
        Kind::Bool => value.as_bool().map(Proto::Bool),
        Kind::String => value.as_str().map(|text| Proto::String(text.into())),
        Kind::Bytes => scalar::bytes(value).map(|bytes| Proto::Bytes(bytes.into())),
        Kind::Enum(_) if takes_null(kind) => value.is_null().then_some(Proto::EnumNumber(0)),
        Kind::Enum(names) => match value.as_str() {
            Some(name) => names.get_value_by_name(name).map(|v| Proto::EnumNumber(v.number())),
            None => scalar::integer(value).map(Proto::EnumNumber),
        },
        Kind::Message(message) => {
            return special(message, value, depth).map(Proto::Message);
        }
    };
    made.ok_or_else(|| match kind {
        Kind::Bytes => not(value, "hexadecimal text"),
        Kind::Enum(names) => not(value, &format!("one of the names of {}", names.full_name())),
        kind => not(value, &format!("of type {kind:?}").to_lowercase()),
    })
}

/// A message, which may be one of those that have a form of their own.
fn special(of: &MessageDescriptor, value: &Value, depth: usize) -> Result<DynamicMessage, Wrong> {
    let Some(name) = of.full_name().strip_prefix("google.protobuf.") else {
        return object(of, value, depth);
    };
    if depth > DEPTH_MAX {
        return Err(format!("nested deeper than {DEPTH_MAX}").into());
    }
    let mut message = DynamicMessage::new(of.clone());
    let mut put = |name: &str, value: Proto| -> Result<(), Wrong> {
        let field = of.get_field_by_name(name).ok_or_else(|| format!("no field `{name}`"))?;
        set(&mut message, &field, value)
    };
    let fits = |name: &str| -> Result<Proto, Wrong> {
        let field = of.get_field_by_name(name).ok_or_else(|| format!("no field `{name}`"))?;
        self::field(&field, value, depth + 1)?.ok_or_else(|| not(value, "a value"))
    };
    match name {
        "Timestamp" => {
            let micros = scalar::micros(value)
                .ok_or_else(|| not(value, "a time such as 2013-01-01T05:15:00Z"))?;
            put("seconds", Proto::I64(micros.div_euclid(1_000_000)))?;
            put("nanos", Proto::I32(micros.rem_euclid(1_000_000) as i32 * 1000))?;
        }
        "Duration" => {
            let wrong = || not(value, "a length of time such as 1.5s");
            let text = value.as_str().and_then(|t| t.strip_suffix('s')).ok_or_else(wrong)?;
            let nanos = ouzel_dsl::decimal_units(text, 9).map_err(|_| wrong())?;
            let seconds = i64::try_from(nanos / 1_000_000_000).map_err(|_| wrong())?;
            put("seconds", Proto::I64(seconds))?;
            put("nanos", Proto::I32((nanos % 1_000_000_000) as i32))?;
        }
        "DoubleValue" | "FloatValue" | "Int64Value" | "UInt64Value" | "Int32Value"
        | "UInt32Value" | "BoolValue" | "StringValue" | "BytesValue" => {
            put("value", fits("value")?)?;
        }
        "Struct" => put("fields", fits("fields")?)?,
        "ListValue" => put("values", fits("values")?)?,
        "Value" => {
            let name = match value.get_type() {
                JsonType::Null => "null_value",
                JsonType::Boolean => "bool_value",
                JsonType::Number => "number_value",
                JsonType::String => "string_value",
                JsonType::Object => "struct_value",
                JsonType::Array => "list_value",
            };
            put(name, fits(name)?)?;
        }
        "Any" | "FieldMask" => return Err(format!("{} cannot be written", of.full_name()).into()),
        _ => return object(of, value, depth),
    }
    Ok(message)
}
