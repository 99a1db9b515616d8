//! Payloads that have a schema: Avro, Protobuf and JSON, with a schema registry and without one.
//!
//! A [`Codec`] turns a payload into the text of one JSON object and back. What a record has to look
//! like is no business of this crate: the JSON that it gives is what the decoder of JSON lines takes,
//! and what it takes is what JSON lines are written with. So times are RFC 3339 text, days
//! `2013-01-31`, decimals text, bytes hexadecimal text, and floats that JSON lacks the texts `NaN`,
//! `inf` and `-inf`.
//!
//! - [`avro`]: by a schema file, by the registry, or by the schema of an output's columns.
//! - [`protobuf`]: by a descriptor set, by the registry, or by the schema of an output's columns.
//! - [`json`]: JSON text behind the id of its schema.
//! - [`Registry`]: a schema registry that speaks Confluent's protocol, over plain HTTP.
//!
//! No payload, however broken, makes a codec panic, recurse without end or allocate more than in
//! proportion to its length.

pub mod avro;
mod fault;
mod frame;
#[doc(hidden)]
pub mod fuzz;
mod ids;
pub mod json;
mod names;
pub mod protobuf;
pub mod registry;
mod scalar;

pub use fault::Fault;
pub use registry::Registry;

/// How deep values may be nested: as deep as the decoder of JSON takes.
const DEPTH_MAX: usize = 128;

/// The longest JSON text that one payload may become.
const JSON_MAX: usize = 256 << 20;

/// Turns payloads into JSON and back.
pub trait Codec: Send + Sync {
    /// Appends the payload as a JSON object. Where it cannot, some of the text may be there.
    fn decode(&self, payload: &[u8], json: &mut String) -> Result<(), Fault>;

    /// Appends the payload of a JSON object. Where it cannot, some of the payload may be there.
    ///
    /// A codec that reads by the registry writes nothing: it has no schema of its own.
    fn encode(&self, json: &str, payload: &mut Vec<u8>) -> Result<(), Fault>;
}

/// A codec for an output, and the schema that was made for it.
pub struct Writer {
    codec: Box<dyn Codec>,
    schema: String,
    id: Option<u32>,
}

impl Writer {
    /// The schema's text: JSON, or a `.proto` file.
    pub fn schema(&self) -> &str {
        &self.schema
    }

    /// The id that the registry gave the schema, if there is a registry.
    pub fn id(&self) -> Option<u32> {
        self.id
    }
}

impl Codec for Writer {
    fn decode(&self, payload: &[u8], json: &mut String) -> Result<(), Fault> {
        self.codec.decode(payload, json)
    }

    fn encode(&self, json: &str, payload: &mut Vec<u8>) -> Result<(), Fault> {
        self.codec.encode(json, payload)
    }
}

/// What a codec that reads by the registry says when it is to write.
fn only_reads<T>() -> Result<T, Fault> {
    Err(Fault::Payload("a codec that reads by the registry has no schema to write with".into()))
}
