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
use crate::registry::{Kind, Reference, Registry};
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
    Ok(Box::new(Own::of(files::message(&pool, message)?)?))
}

/// Reads payloads by the schemas that they were written with, which the registry has.
pub fn registry_reader(registry: Arc<Registry>) -> Box<dyn Codec> {
    Box::new(ById { registry, files: Ids::default() })
}

/// Writes the rows of an output, without a registry. The message's name is made of `name`; fields
/// have the numbers of their columns, so that new ones belong at the end.
pub fn writer(name: &str, columns: &arrow::datatypes::Schema) -> Result<Writer, String> {
    let (schema, own) = own(name, columns)?;
    Ok(Writer { codec: Box::new(own), schema, id: None })
}

/// Writes the rows of an output with a schema that it registers under `subject`.
pub fn registry_writer(
    name: &str,
    columns: &arrow::datatypes::Schema,
    registry: Arc<Registry>,
    subject: &str,
) -> Result<Writer, Fault> {
    let (schema, own) = own(name, columns).map_err(Fault::Payload)?;
    let id = registry.register(subject, Kind::Protobuf, &schema)?;
    let codec = Box::new(Framed { id, own, others: ById { registry, files: Ids::default() } });
    Ok(Writer { codec, schema, id: Some(id) })
}

/// The schema of columns, and its message.
fn own(name: &str, columns: &arrow::datatypes::Schema) -> Result<(String, Own), String> {
    let (schema, message) = derive::schema(name, columns)?;
    let file = files::compile(&schema, &[])?;
    let own = Own::of(files::message(file.parent_pool(), &message)?)?;
    Ok((schema, own))
}

/// A codec for a message of a `.proto` text.
pub(crate) fn of_text(
    text: &str,
    references: &[Reference],
    message: &str,
) -> Result<Box<dyn Codec>, String> {
    let file = files::compile(text, references)?;
    Ok(Box::new(Own::of(files::message(file.parent_pool(), message)?)?))
}

/// A message and nothing else.
struct Own {
    read: MessageDescriptor,
    write: MessageDescriptor,
}

impl Own {
    fn of(read: MessageDescriptor) -> Result<Own, String> {
        let write = files::for_writing(&read)?;
        Ok(Own { read, write })
    }
}

impl Codec for Own {
    fn decode(&self, payload: &[u8], json: &mut String) -> Result<(), Fault> {
        Ok(decode(&self.read, payload, json)?)
    }

    fn encode(&self, json: &str, payload: &mut Vec<u8>) -> Result<(), Fault> {
        let value = encode::message(&self.write, json)?;
        value
            .encode(payload)
            .map_err(|e| Fault::Payload(format!("{}: {e}", self.write.full_name())))
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
    own: Own,
    others: ById,
}

impl Codec for Framed {
    fn decode(&self, payload: &[u8], json: &mut String) -> Result<(), Fault> {
        match frame::split(payload)? {
            // The schema has one message, which is the first.
            (id, [0, data @ ..]) if id == self.id => self.own.decode(data, json),
            _ => self.others.decode(payload, json),
        }
    }

    fn encode(&self, json: &str, payload: &mut Vec<u8>) -> Result<(), Fault> {
        frame::put(self.id, payload);
        frame::put_indexes(&[0], payload);
        self.own.encode(json, payload)
    }
}

fn decode(message: &MessageDescriptor, data: &[u8], json: &mut String) -> Result<(), Wrong> {
    let value = DynamicMessage::decode(message.clone(), data)
        .map_err(|e| format!("not a message {}: {e}", message.full_name()))?;
    decode::message(&value, json)
}
