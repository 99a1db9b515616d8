//! Records that come one by one, each in bytes of its own, as messages of a log do: decoded by the
//! formats of text.

use crate::format::{Format, Kind};
use crate::input::csv_options;
use crate::rows::Rows;
use crate::sink::{Style, line};
use crate::text::{CsvOptions, Decode, JsonLines, TextFormat};
use crate::uri::Uri;
use arrow::array::RecordBatch;
use ouzel_dsl::connector::{Chunk, Request};
use ouzel_dsl::schema::Type;
use ouzel_dsl::{Error, Result};

/// How records stand in messages.
#[derive(Clone, Debug)]
pub struct MessageFormat(Form);

#[derive(Clone, Debug)]
enum Form {
    /// An object of JSON, or a line of CSV without a header.
    Text(Style),
    /// One column, as it is: text or bytes.
    Raw,
}

/// The names of the formats of messages.
const NAMES: [&str; 4] = ["json", "csv", "tsv", "raw"];

impl MessageFormat {
    /// A format by its name, `json`, `csv`, `tsv` or `raw`, with the options of CSV that a URI has.
    ///
    /// # Errors
    ///
    /// A name or option that there is not.
    pub fn parse(name: &str, uri: &Uri) -> Result<MessageFormat> {
        let (csv, delimited) = csv_options(uri)?;
        let delimiter = if name == "tsv" && !delimited { b'\t' } else { csv.delimiter };
        if !NAMES.contains(&name) {
            return Err(uri.wrong("format", &format!("is one of {}", NAMES.join(", "))));
        }
        if !name.ends_with("sv")
            && let Some(option) = uri.given(&["delimiter", "null"])
        {
            return Err(uri.wrong(option, &format!("is of CSV, and this is {name}")));
        }
        if name == "raw" {
            return Ok(MessageFormat(Form::Raw));
        }
        let kind = Kind::named(name)?;
        Ok(MessageFormat(Form::Text(Style {
            kind,
            csv: CsvOptions { delimiter, header: false, ..csv },
        })))
    }

    /// An object of JSON.
    ///
    /// # Errors
    ///
    /// None: the format is there.
    pub fn json() -> Result<MessageFormat> {
        let csv = CsvOptions { delimiter: b',', header: false, null: Vec::new() };
        Ok(MessageFormat(Form::Text(Style { kind: Kind::named("json")?, csv })))
    }
}

/// Decodes messages into chunks.
pub struct Messages {
    decoder: Decoder,
    rows: Rows,
}

enum Decoder {
    Json(JsonLines),
    Text(Box<dyn Decode>),
    Raw,
}

impl Messages {
    /// A decoder of what a job reads. The request's fields are those of the payload alone.
    ///
    /// # Errors
    ///
    /// Fields that the format cannot give.
    pub fn new(format: &MessageFormat, request: &Request) -> Result<Messages> {
        let decoder = match &format.0 {
            Form::Raw => {
                let fits =
                    matches!(&request.fields[..], [f] if matches!(f.ty, Type::Str | Type::Bytes));
                if !fits && !request.fields.is_empty() {
                    return Err(Error::Schema(format!(
                        "the input `{}` is read as raw messages: besides fields with `meta`, its record has one field, of type `String` or `Bytes`",
                        request.input
                    )));
                }
                Decoder::Raw
            }
            Form::Text(style) if style.kind.format == Format::Csv => {
                let text = TextFormat::Csv(style.csv.clone());
                let head = text.head("", b"", true, request)?.unwrap_or_default();
                Decoder::Text(text.decoder(&head))
            }
            Form::Text(_) => Decoder::Json(JsonLines::default()),
        };
        Ok(Messages { decoder, rows: Rows::of(request, &request.read) })
    }

    /// Takes a message on: as a row, or as a reject.
    #[inline]
    pub fn push(&mut self, offset: u64, payload: &[u8]) {
        let before = (self.rows.len(), self.rows.rejects());
        match &mut self.decoder {
            Decoder::Json(json) => json.record(payload, offset, &mut self.rows),
            Decoder::Text(text) => {
                let used = text.decode(payload, offset, true, &mut self.rows);
                if used < payload.len() {
                    self.rows.reject(offset, payload, "more than one record".to_owned());
                    return;
                }
            }
            Decoder::Raw => {
                let read = self.rows.columns.first_mut().map_or(Ok(()), |c| c.raw(payload));
                match read {
                    Ok(()) => self.rows.accept(offset, payload.len()),
                    Err(reason) => self.rows.reject(offset, payload, reason),
                }
            }
        }
        if before == (self.rows.len(), self.rows.rejects()) {
            self.rows.reject(offset, payload, "the message is empty".to_owned());
        }
    }

    /// Takes a message on that is no record.
    pub fn reject(&mut self, offset: u64, payload: &[u8], reason: String) {
        self.rows.reject(offset, payload, reason);
    }

    /// How many rows there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is nothing, neither rows nor rejects.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether there is enough for a chunk.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.rows.full()
    }

    /// Takes what there is as a chunk of partition 0.
    ///
    /// # Errors
    ///
    /// Where columns cannot be put together.
    pub fn take(&mut self) -> Result<Chunk> {
        self.rows.take()
    }
}

impl MessageFormat {
    /// Appends a row as the payload of a message, without a newline.
    ///
    /// # Errors
    ///
    /// Columns that the format does not have.
    pub fn write(&self, batch: &RecordBatch, row: usize, payload: &mut String) -> Result<()> {
        match &self.0 {
            Form::Text(style) => line(batch, row, style, payload),
            Form::Raw => {
                let text = batch.columns().first().and_then(|column| {
                    use arrow::array::AsArray;
                    column.as_string_opt::<i32>().map(|column| column.value(row))
                });
                payload.push_str(text.ok_or_else(|| {
                    Error::Usage(
                        "messages are written raw where rows have one column, of text".to_owned(),
                    )
                })?);
            }
        }
        Ok(())
    }
}
