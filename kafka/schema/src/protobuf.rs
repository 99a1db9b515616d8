//! Protobuf messages.
//!
//! | Protobuf | JSON |
//! |---|---|
//! | bool, all integers | as they are, also those of 64 bits |
//! | float, double | numbers, or `NaN`, `inf`, `-inf` as text |
//! | string, enum | text; an enum's number where it has no name |
//! | bytes | hexadecimal text |
//! | messages, maps, repeated | objects, objects, lists |
//! | `google.protobuf.Timestamp` | RFC 3339 in UTC, cut to microseconds |
//! | `google.protobuf.Duration` | seconds as text, such as `1.5s` |
//! | wrappers, Struct, Value, ListValue | what they hold |
//! | Any | its message, with the type as `@type` |
//!
//! Fields have the names that they have in the schema. A field that may be absent, and is, is
//! left out; one that may not has its default.

mod decode;
mod derive;
mod encode;
mod files;

use crate::fault::Wrong;
use crate::ids::Ids;
use crate::registry::{Kind, Registry};
use crate::{Codec, Fault, Writer, frame, only_reads};
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, FileDescriptor, MessageDescriptor};
use std::path::Path;
use std::sync::Arc;

/// A codec for a message of a descriptor set in a file, as `protoc --include_imports
/// --descriptor_set_out` writes it.
pub fn from_file(path: &Path, message: &str) -> Result<Box<dyn Codec>, String> {
    std::fs::read(path)
        .map_err(|e| e.to_string())
        .and_then(|set| reader(&set, message))
        .map_err(|e| format!("the descriptor set {}: {e}", path.display()))
}

/// A codec for a message of a descriptor set. It writes as well as it reads.
pub fn reader(descriptor_set: &[u8], message: &str) -> Result<Box<dyn Codec>, String> {
    let pool = DescriptorPool::decode(descriptor_set).map_err(|e| {
        format!("not a descriptor set with all that it imports (protoc --include_imports): {e}")
    })?;
    Ok(Box::new(Plain(files::message(&pool, message)?)))
}

/// Reads payloads by the schemas that they were written with, which the registry has.
pub fn registry_reader(registry: Arc<Registry>) -> Box<dyn Codec> {
    Box::new(ById { registry, files: Ids::default() })
}

/// Writes the rows of an output, without a registry. The message's name is made of `name`; fields
/// have the numbers of their columns, so that new ones belong at the end.
pub fn writer(name: &str, columns: &arrow::datatypes::Schema) -> Result<Writer, String> {
    let (schema, message) = own(name, columns)?;
    Ok(Writer { codec: Box::new(Plain(message)), schema, id: None })
}

/// Writes the rows of an output with a schema that it registers under `subject`.
pub fn registry_writer(
    name: &str,
    columns: &arrow::datatypes::Schema,
    registry: Arc<Registry>,
    subject: &str,
) -> Result<Writer, Fault> {
    let (schema, message) = own(name, columns).map_err(Fault::Payload)?;
    let id = registry.register(subject, Kind::Protobuf, &schema)?;
    let codec =
        Box::new(Framed { id, own: message, others: ById { registry, files: Ids::default() } });
    Ok(Writer { codec, schema, id: Some(id) })
}

/// The schema of columns, and its message.
fn own(
    name: &str,
    columns: &arrow::datatypes::Schema,
) -> Result<(String, MessageDescriptor), String> {
    let (schema, message) = derive::schema(name, columns)?;
    let file = files::compile(&schema, &[])?;
    let message = files::message(file.parent_pool(), &message)?;
    Ok((schema, message))
}

/// A message and nothing else.
struct Plain(MessageDescriptor);

impl Codec for Plain {
    fn decode(&self, payload: &[u8], json: &mut String) -> Result<(), Fault> {
        Ok(decode(&self.0, payload, json)?)
    }

    fn encode(&self, json: &str, payload: &mut Vec<u8>) -> Result<(), Fault> {
        encode(&self.0, json, payload)
    }
}

/// A message behind the id of its schema, and its place there.
struct ById {
    registry: Arc<Registry>,
    files: Ids<FileDescriptor>,
}

impl Codec for ById {
    fn decode(&self, payload: &[u8], json: &mut String) -> Result<(), Fault> {
        let (id, data) = frame::split(payload)?;
        let file = self.files.get(id, || {
            let schema = self.registry.schema(id, Kind::Protobuf)?;
            files::compile(&schema.text, &schema.references)
                .map_err(|e| Fault::Payload(format!("schema {id} of {}: {e}", self.registry)))
        })?;
        let (indexes, data) = frame::indexes(data)?;
        let message = files::at(&file, &indexes).ok_or_else(|| {
            Fault::Payload(format!("schema {id} of {} has no message {indexes:?}", self.registry))
        })?;
        Ok(decode(&message, data, json)?)
    }

    fn encode(&self, _: &str, _: &mut Vec<u8>) -> Result<(), Fault> {
        only_reads()
    }
}

/// Writes by its own schema, and reads what any was written with.
struct Framed {
    id: u32,
    own: MessageDescriptor,
    others: ById,
}

impl Codec for Framed {
    fn decode(&self, payload: &[u8], json: &mut String) -> Result<(), Fault> {
        match frame::split(payload)? {
            // The schema has one message, which is the first.
            (id, [0, data @ ..]) if id == self.id => Ok(decode(&self.own, data, json)?),
            _ => self.others.decode(payload, json),
        }
    }

    fn encode(&self, json: &str, payload: &mut Vec<u8>) -> Result<(), Fault> {
        frame::put(self.id, payload);
        frame::put_indexes(&[0], payload);
        encode(&self.own, json, payload)
    }
}

fn decode(message: &MessageDescriptor, data: &[u8], json: &mut String) -> Result<(), Wrong> {
    let value = DynamicMessage::decode(message.clone(), data)
        .map_err(|e| format!("not a message {}: {e}", message.full_name()))?;
    decode::message(&value, json)
}

fn encode(message: &MessageDescriptor, json: &str, payload: &mut Vec<u8>) -> Result<(), Fault> {
    let value = encode::message(message, json)?;
    value.encode(payload).map_err(|e| Fault::Payload(format!("{}: {e}", message.full_name())))
}
