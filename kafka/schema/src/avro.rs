//! Avro: data in its binary encoding, without the header of files.
//!
//! Schemas are read by the crate `apache-avro`; data is not, but goes straight between bytes and
//! JSON, which needs no tree of values and bounds what a broken payload may cost.
//!
//! | Avro | JSON |
//! |---|---|
//! | null, boolean, int, long | as they are |
//! | float, double | numbers, or `NaN`, `inf`, `-inf` as text |
//! | string, enum, uuid | text |
//! | bytes, fixed, duration | hexadecimal text |
//! | decimal | text |
//! | date | `2013-01-31` |
//! | timestamps, also local ones | RFC 3339 in UTC; nanoseconds are cut to microseconds |
//! | times of day | numbers as they are |
//! | arrays, maps, records | lists, objects, objects |
//! | unions | the value itself; written by the first branch that takes it |

mod decode;
mod derive;
mod encode;
mod schema;

use crate::ids::Ids;
use crate::registry::{Kind, Registry};
use crate::{Codec, Fault, Writer, frame, only_reads};
use schema::Types;
use std::path::Path;
use std::sync::Arc;

/// A codec for the schema in a file (`.avsc`).
pub fn from_file(path: &Path) -> Result<Box<dyn Codec>, String> {
    std::fs::read_to_string(path)
        .map_err(|e| e.to_string())
        .and_then(|text| reader(&text))
        .map_err(|e| format!("the Avro schema {}: {e}", path.display()))
}

/// A codec for a schema's text. It writes as well as it reads.
pub fn reader(schema: &str) -> Result<Box<dyn Codec>, String> {
    Ok(Box::new(Plain(Types::parse(schema, &[])?)))
}

/// Reads payloads by the schemas that they were written with, which the registry has.
pub fn registry_reader(registry: Arc<Registry>) -> Box<dyn Codec> {
    Box::new(ById { registry, types: Ids::default() })
}

/// Writes the rows of an output, without a registry. The record's name is made of `name`.
pub fn writer(name: &str, columns: &arrow::datatypes::Schema) -> Result<Writer, String> {
    let schema = derive::schema(name, columns)?;
    let codec = reader(&schema)?;
    Ok(Writer { codec, schema, id: None })
}

/// Writes the rows of an output with a schema that it registers under `subject`.
pub fn registry_writer(
    name: &str,
    columns: &arrow::datatypes::Schema,
    registry: Arc<Registry>,
    subject: &str,
) -> Result<Writer, Fault> {
    let schema = derive::schema(name, columns).map_err(Fault::Payload)?;
    let own = Types::parse(&schema, &[]).map_err(Fault::Payload)?;
    let id = registry.register(subject, Kind::Avro, &schema)?;
    let codec = Box::new(Framed { id, own, others: ById { registry, types: Ids::default() } });
    Ok(Writer { codec, schema, id: Some(id) })
}

/// Data and nothing else.
struct Plain(Types);

impl Codec for Plain {
    fn decode(&self, payload: &[u8], json: &mut String) -> Result<(), Fault> {
        Ok(decode::datum(&self.0, payload, json)?)
    }

    fn encode(&self, json: &str, payload: &mut Vec<u8>) -> Result<(), Fault> {
        Ok(encode::datum(&self.0, json, payload)?)
    }
}

/// Data behind the id of its schema.
struct ById {
    registry: Arc<Registry>,
    types: Ids<Types>,
}

impl Codec for ById {
    fn decode(&self, payload: &[u8], json: &mut String) -> Result<(), Fault> {
        let (id, data) = frame::split(payload)?;
        let types = self.types.get(id, || {
            let schema = self.registry.schema(id, Kind::Avro)?;
            let references: Vec<&str> = schema.references.iter().map(|r| r.text.as_str()).collect();
            Types::parse(&schema.text, &references)
                .map_err(|e| Fault::Payload(format!("schema {id} of {}: {e}", self.registry)))
        })?;
        Ok(decode::datum(&types, data, json)?)
    }

    fn encode(&self, _: &str, _: &mut Vec<u8>) -> Result<(), Fault> {
        only_reads()
    }
}

/// Writes by its own schema, and reads what any was written with.
struct Framed {
    id: u32,
    own: Types,
    others: ById,
}

impl Codec for Framed {
    fn decode(&self, payload: &[u8], json: &mut String) -> Result<(), Fault> {
        match frame::split(payload)? {
            (id, data) if id == self.id => Ok(decode::datum(&self.own, data, json)?),
            _ => self.others.decode(payload, json),
        }
    }

    fn encode(&self, json: &str, payload: &mut Vec<u8>) -> Result<(), Fault> {
        frame::put(self.id, payload);
        Ok(encode::datum(&self.own, json, payload)?)
    }
}
