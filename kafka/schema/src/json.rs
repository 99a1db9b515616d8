//! JSON text behind the id of its schema.

mod derive;

use crate::registry::{Kind, Registry};
use crate::{Codec, Fault, Writer, frame, only_reads};
use arrow::datatypes::Schema;

/// Reads JSON behind an id. The schema is not asked for: JSON says itself what it holds, and is
/// checked against the job's record.
pub fn registry_reader() -> Box<dyn Codec> {
    Box::new(Reader)
}

/// Writes the rows of an output as JSON, with a schema that it registers under `subject`.
pub fn registry_writer(
    name: &str,
    columns: &Schema,
    registry: &Registry,
    subject: &str,
) -> Result<Writer, Fault> {
    let schema = derive::schema(name, columns).map_err(Fault::Payload)?;
    let id = registry.register(subject, Kind::Json, &schema)?;
    Ok(Writer { codec: Box::new(Framed(id)), schema, id: Some(id) })
}

struct Reader;

impl Codec for Reader {
    fn decode(&self, payload: &[u8], json: &mut String) -> Result<(), Fault> {
        let (_, text) = frame::split(payload)?;
        let text = std::str::from_utf8(text)
            .map_err(|_| Fault::Payload("the JSON text is not UTF-8".into()))?;
        json.push_str(text);
        Ok(())
    }

    fn encode(&self, _: &str, _: &mut Vec<u8>) -> Result<(), Fault> {
        only_reads()
    }
}

struct Framed(u32);

impl Codec for Framed {
    fn decode(&self, payload: &[u8], json: &mut String) -> Result<(), Fault> {
        Reader.decode(payload, json)
    }

    fn encode(&self, json: &str, payload: &mut Vec<u8>) -> Result<(), Fault> {
        frame::put(self.0, payload);
        payload.extend_from_slice(json.as_bytes());
        Ok(())
    }
}
