//! How payloads are written: by the formats of text, or by those that have schemas.

use crate::client::Cluster;
use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use ouzel_connectors::{MessageFormat, Uri};
use ouzel_dsl::{Error, Result, json};
use ouzel_schema::{Codec, Fault, Registry, Writer, avro, json as framed, protobuf};
use std::path::PathBuf;
use std::sync::Arc;

/// How payloads are written.
#[derive(Clone)]
pub enum Form {
    /// As text.
    Plain(MessageFormat),
    /// With a schema, from which JSON is made, or which is made of JSON.
    Coded(Kind, From),
}

/// The formats that have schemas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Avro,
    Protobuf,
    Json,
}

/// Where a schema is from.
#[derive(Clone)]
pub enum From {
    Registry(Arc<Registry>),
    /// A file; of Protobuf, and the name of the message.
    File(PathBuf, String),
    /// The columns of an output.
    Columns,
}

impl Form {
    /// What a URI says.
    pub fn parse(uri: &Uri, cluster: &Cluster, output: bool) -> Result<Form> {
        let name = uri.value("format")?.unwrap_or("json");
        let registry = uri.value("registry")?.or(cluster.registry.as_deref());
        let kind = match name {
            "avro" => Kind::Avro,
            "protobuf" => Kind::Protobuf,
            // A registry that is only set for all topics does not mean that this one uses it.
            "json" if uri.value("registry")?.is_some() => Kind::Json,
            _ => {
                if let Some(option) = uri.given(&["registry", "schema", "descriptor", "message"]) {
                    return Err(
                        uri.wrong(option, "is of `avro`, `protobuf`, and `json` in a registry")
                    );
                }
                return Ok(Form::Plain(MessageFormat::parse(name, uri)?));
            }
        };
        if let Some(option) = uri.given(&["delimiter", "null"]) {
            return Err(uri.wrong(option, &format!("is of CSV, and this is {name}")));
        }
        let (file, of) = match kind {
            Kind::Avro => ("schema", "descriptor"),
            Kind::Protobuf => ("descriptor", "schema"),
            Kind::Json => ("registry", "schema"),
        };
        if let Some(option) =
            uri.given(&[of, "message"]).filter(|o| *o == of || kind != Kind::Protobuf)
        {
            return Err(uri.wrong(option, &format!("is not of {name}")));
        }
        if let Some(path) = uri.value(file)?.filter(|_| kind != Kind::Json) {
            if output {
                return Err(
                    uri.wrong(file, "is of inputs: an output's schema is made of its columns")
                );
            }
            let message = match (kind, uri.value("message")?) {
                (Kind::Protobuf, None) => {
                    return Err(uri.wrong("descriptor", "needs `message`, the name of the message"));
                }
                (_, message) => message.unwrap_or_default().to_owned(),
            };
            return Ok(Form::Coded(kind, From::File(PathBuf::from(path), message)));
        }
        if let Some(url) = registry {
            let registry = Registry::new(url, cluster.registry_auth());
            let registry =
                registry.map_err(|e| uri.wrong("registry", &format!("is of no use: {e}")))?;
            return Ok(Form::Coded(kind, From::Registry(Arc::new(registry))));
        }
        match output {
            true => Ok(Form::Coded(kind, From::Columns)),
            false => Err(uri.wrong(
                "format",
                &format!("{name} needs `registry`, or the schema as `{file}=FILE`"),
            )),
        }
    }

    /// The text format that payloads are, or become.
    pub fn text(&self) -> Result<MessageFormat> {
        match self {
            Form::Plain(format) => Ok(format.clone()),
            Form::Coded(..) => MessageFormat::json(),
        }
    }

    /// What makes JSON of payloads, if they are none.
    pub fn reader(&self) -> Result<Option<Arc<dyn Codec>>> {
        let Form::Coded(kind, from) = self else { return Ok(None) };
        let opened: Result<Box<dyn Codec>, String> = match (kind, from) {
            (Kind::Avro, From::Registry(registry)) => Ok(avro::registry_reader(registry.clone())),
            (Kind::Protobuf, From::Registry(registry)) => {
                Ok(protobuf::registry_reader(registry.clone()))
            }
            (Kind::Avro, From::File(path, _)) => avro::from_file(path),
            (Kind::Protobuf, From::File(path, message)) => protobuf::from_file(path, message),
            (Kind::Json, _) | (_, From::Columns) => Ok(framed::registry_reader()),
        };
        opened.map(|codec| Some(codec.into())).map_err(Error::Usage)
    }

    /// What writes the rows of a topic: its values, or the keys of a table.
    pub fn writer(&self, topic: &str, part: &str, columns: &Schema) -> Result<RowWriter> {
        let format = self.text()?;
        let Form::Coded(kind, from) = self else {
            return Ok(RowWriter { format, codec: None, json: String::new() });
        };
        let subject = format!("{topic}-{part}");
        let told = |fault: Fault| Error::Failed(format!("the schema of `{subject}`: {fault}"));
        let codec = match (kind, from) {
            (Kind::Avro, From::Registry(registry)) => {
                avro::registry_writer(&subject, columns, registry.clone(), &subject).map_err(told)
            }
            (Kind::Protobuf, From::Registry(registry)) => {
                protobuf::registry_writer(&subject, columns, registry.clone(), &subject)
                    .map_err(told)
            }
            (Kind::Json, From::Registry(registry)) => {
                framed::registry_writer(&subject, columns, registry, &subject).map_err(told)
            }
            (Kind::Protobuf, _) => protobuf::writer(&subject, columns).map_err(Error::Usage),
            (Kind::Avro | Kind::Json, _) => avro::writer(&subject, columns).map_err(Error::Usage),
        }?;
        Ok(RowWriter { format, codec: Some(codec), json: String::new() })
    }
}

/// Writes rows as payloads.
pub struct RowWriter {
    format: MessageFormat,
    codec: Option<Writer>,
    json: String,
}

impl RowWriter {
    /// Writes a row in the place of what `payload` holds.
    pub fn write(&mut self, batch: &RecordBatch, row: usize, payload: &mut Vec<u8>) -> Result<()> {
        payload.clear();
        self.json.clear();
        let Some(codec) = &self.codec else {
            self.format.write(batch, row, &mut self.json)?;
            payload.extend_from_slice(self.json.as_bytes());
            return Ok(());
        };
        json::write_row(batch, row, &mut self.json);
        codec.encode(&self.json, payload).map_err(|fault| {
            Error::Failed(format!(
                "a row cannot be written by its schema: {fault}\n  {}",
                self.json
            ))
        })
    }
}
