//! From messages to JSON.

use crate::fault::Wrong;
use crate::{DEPTH_MAX, JSON_MAX, scalar};
use ouzel_dsl::json::write_text;
use prost_reflect::{
    DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, ReflectMessage, Value,
};

/// Appends a message as a JSON object.
pub(super) fn message(message: &DynamicMessage, json: &mut String) -> Result<(), Wrong> {
    let full = json.len().saturating_add(JSON_MAX);
    Writer { json, full }.object(message, 0)
}

struct Writer<'j> {
    json: &'j mut String,
    /// The length of JSON that is too much.
    full: usize,
}

impl Writer<'_> {
    fn object(&mut self, message: &DynamicMessage, depth: usize) -> Result<(), Wrong> {
        self.json.push('{');
        let start = self.json.len();
        self.fields(message, start, depth)?;
        self.json.push('}');
        Ok(())
    }

    /// The fields that are there, and those that always are.
    fn fields(
        &mut self,
        message: &DynamicMessage,
        start: usize,
        depth: usize,
    ) -> Result<(), Wrong> {
        if depth > DEPTH_MAX {
            return Err(format!("nested deeper than {DEPTH_MAX}").into());
        }
        for field in message.descriptor().fields() {
            if field.supports_presence() && !message.has_field(&field) {
                continue;
            }
            if self.json.len() > start {
                self.json.push(',');
            }
            write_text(field.name(), self.json);
            self.json.push(':');
            let value = message.get_field(&field);
            self.field(&field, &value, depth + 1).map_err(|e| e.within(field.name()))?;
        }
        Ok(())
    }

    fn field(&mut self, field: &FieldDescriptor, value: &Value, depth: usize) -> Result<(), Wrong> {
        match value {
            Value::List(items) => {
                self.json.push('[');
                for (i, item) in items.iter().enumerate() {
                    self.comma(i)?;
                    self.value(&field.kind(), item, depth)?;
                }
                self.json.push(']');
            }
            Value::Map(entries) => {
                let Kind::Message(entry) = field.kind() else {
                    return Err("a map without entries".into());
                };
                let kind = entry.map_entry_value_field().kind();
                // In an order of their own: that of the table changes from run to run.
                let mut sorted: Vec<(&MapKey, &Value)> = entries.iter().collect();
                sorted.sort_by_key(|(key, _)| *key);
                self.json.push('{');
                for (i, (key, value)) in sorted.into_iter().enumerate() {
                    self.comma(i)?;
                    match key {
                        MapKey::String(key) => write_text(key, self.json),
                        MapKey::Bool(key) => write_text(&key.to_string(), self.json),
                        MapKey::I32(key) => write_text(&key.to_string(), self.json),
                        MapKey::I64(key) => write_text(&key.to_string(), self.json),
                        MapKey::U32(key) => write_text(&key.to_string(), self.json),
                        MapKey::U64(key) => write_text(&key.to_string(), self.json),
                    }
                    self.json.push(':');
                    self.value(&kind, value, depth)?;
                }
                self.json.push('}');
            }
            single => self.value(&field.kind(), single, depth)?,
        }
        Ok(())
    }

    fn comma(&mut self, index: usize) -> Result<(), Wrong> {
        if self.json.len() > self.full {
            return Err(format!("longer than {JSON_MAX} bytes of JSON").into());
        }
        if index > 0 {
            self.json.push(',');
        }
        Ok(())
    }

    fn value(&mut self, kind: &Kind, value: &Value, depth: usize) -> Result<(), Wrong> {
        match value {
            Value::Bool(value) => scalar::put(value, self.json),
            Value::I32(value) => scalar::put(value, self.json),
            Value::I64(value) => scalar::put(value, self.json),
            Value::U32(value) => scalar::put(value, self.json),
            Value::U64(value) => scalar::put(value, self.json),
            Value::F32(value) => scalar::put_float(*value, self.json),
            Value::F64(value) => scalar::put_float(*value, self.json),
            Value::String(text) => write_text(text, self.json),
            Value::Bytes(bytes) => scalar::put_bytes(bytes, self.json),
            Value::EnumNumber(number) => match kind {
                Kind::Enum(names) if names.full_name() == "google.protobuf.NullValue" => {
                    self.json.push_str("null");
                }
                Kind::Enum(names) => match names.get_value(*number) {
                    Some(value) => write_text(value.name(), self.json),
                    None => scalar::put(number, self.json),
                },
                _ => scalar::put(number, self.json),
            },
            Value::Message(message) => self.message(message, depth)?,
            Value::List(_) | Value::Map(_) => return Err("a list within a list".into()),
        }
        Ok(())
    }

    /// A message, which may be one of those that have a form of their own.
    fn message(&mut self, message: &DynamicMessage, depth: usize) -> Result<(), Wrong> {
        let descriptor = message.descriptor();
        let Some(name) = descriptor.full_name().strip_prefix("google.protobuf.") else {
            return self.object(message, depth);
        };
        match name {
            "Timestamp" => {
                let (seconds, nanos) = seconds_and_nanos(message);
                let micros = (nanos / 1000).into();
                let whole = seconds.checked_mul(1_000_000).and_then(|s| s.checked_add(micros));
                match whole {
                    Some(whole) if (0..1_000_000_000).contains(&nanos) => {
                        scalar::put_micros(whole, self.json);
                    }
                    _ => return Err("a time that is out of range".into()),
                }
            }
            "Duration" => {
                let (seconds, nanos) = seconds_and_nanos(message);
                let total = i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
                // Ten thousand years, which is what Protobuf itself allows.
                if seconds.unsigned_abs() > 315_576_000_000 {
                    return Err("a length of time that is out of range".into());
                }
                let mut text = String::new();
                scalar::put_units(total, 9, &mut text);
                let text = text.trim_matches('"').trim_end_matches('0').trim_end_matches('.');
                write_text(&format!("{text}s"), self.json);
            }
            "DoubleValue" | "FloatValue" | "Int64Value" | "UInt64Value" | "Int32Value"
            | "UInt32Value" | "BoolValue" | "StringValue" | "BytesValue" => {
                self.only(message, "value", depth)?;
            }
            "Struct" => self.only(message, "fields", depth)?,
            "ListValue" => self.only(message, "values", depth)?,
            "Value" => match message.fields().next() {
                Some((field, value)) => self.field(&field, value, self.deeper(depth)?)?,
                None => self.json.push_str("null"),
            },
            "FieldMask" => {
                let paths = message.get_field_by_name("paths");
                let paths = paths.as_ref().and_then(|v| v.as_list()).unwrap_or_default();
                let paths: Vec<&str> = paths.iter().filter_map(|p| p.as_str()).collect();
                write_text(&paths.join(","), self.json);
            }
            "Any" => self.any(message, depth)?,
            _ => self.object(message, depth)?,
        }
        Ok(())
    }

    /// What the one field of a message holds.
    fn only(&mut self, message: &DynamicMessage, name: &str, depth: usize) -> Result<(), Wrong> {
        let depth = self.deeper(depth)?;
        match message.descriptor().get_field_by_name(name) {
            Some(field) => self.field(&field, &message.get_field(&field), depth),
            None => self.object(message, depth),
        }
    }

    fn deeper(&self, depth: usize) -> Result<usize, Wrong> {
        match depth > DEPTH_MAX {
            true => Err(format!("nested deeper than {DEPTH_MAX}").into()),
            false => Ok(depth + 1),
        }
    }

    /// A message that says its own type.
    fn any(&mut self, message: &DynamicMessage, depth: usize) -> Result<(), Wrong> {
        let depth = self.deeper(depth)?;
        let text = |name| message.get_field_by_name(name).map(|v| v.into_owned());
        let url = text("type_url").and_then(|v| v.as_str().map(String::from)).unwrap_or_default();
        let data = text("value").and_then(|v| v.as_bytes().cloned()).unwrap_or_default();
        self.json.push('{');
        let start = self.json.len();
        self.json.push_str("\"@type\":");
        write_text(&url, self.json);
        let name = url.rsplit('/').next().unwrap_or_default();
        let found: Option<MessageDescriptor> =
            message.descriptor().parent_pool().get_message_by_name(name);
        match found {
            Some(found) if !found.full_name().starts_with("google.protobuf.") => {
                let inner = DynamicMessage::decode(found, data)
                    .map_err(|e| format!("not a message {name}: {e}"))?;
                self.fields(&inner, start, depth)?;
            }
            Some(found) => {
                let inner = DynamicMessage::decode(found, data)
                    .map_err(|e| format!("not a message {name}: {e}"))?;
                self.json.push_str(",\"value\":");
                self.message(&inner, depth)?;
            }
            // A type that the schema does not know, or none at all.
            None => {
                self.json.push_str(",\"value\":");
                scalar::put_bytes(&data, self.json);
            }
        }
        self.json.push('}');
        Ok(())
    }
}

fn seconds_and_nanos(message: &DynamicMessage) -> (i64, i32) {
    let seconds = message.get_field_by_name("seconds").and_then(|v| v.as_i64());
    let nanos = message.get_field_by_name("nanos").and_then(|v| v.as_i32());
    (seconds.unwrap_or_default(), nanos.unwrap_or_default())
}
