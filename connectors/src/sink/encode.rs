//! Rows as the bytes of a file, in each of the formats.

use super::{Style, cell, failed};
use crate::format::{Compression, Format};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::writer::FileWriter;
use flate2::write::GzEncoder;
use ouzel_dsl::{Error, Result, json};
use parquet::arrow::ArrowWriter;
use parquet::basic::ZstdLevel;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// A row group of Parquet is in memory until it is written.
const ROW_GROUP_BYTES: usize = 32 << 20;

/// Writes rows to a file.
pub(crate) struct Encoder {
    /// The file as messages name it.
    shown: PathBuf,
    writer: Writer,
    style: Style,
    lines: String,
}

enum Writer {
    Parquet(Box<ArrowWriter<BufWriter<File>>>),
    Arrow(Box<FileWriter<BufWriter<File>>>),
    Text(Text),
}

/// Text, perhaps compressed.
enum Text {
    Plain(BufWriter<File>),
    Gzip(Box<GzEncoder<BufWriter<File>>>),
    Zstd(Box<zstd::stream::write::Encoder<'static, BufWriter<File>>>),
}

impl Encoder {
    /// Begins a file; `header` says whether CSV begins with the names of its columns.
    pub(crate) fn new(
        file: File,
        shown: &Path,
        style: &Style,
        schema: &SchemaRef,
        header: bool,
    ) -> Result<Encoder> {
        let out = BufWriter::with_capacity(256 << 10, file);
        let writer = match (style.kind.format, style.kind.compression) {
            (Format::Parquet, _) => {
                let level = ZstdLevel::try_new(1).unwrap_or_default();
                let properties = WriterProperties::builder()
                    .set_compression(parquet::basic::Compression::ZSTD(level))
                    .set_max_row_group_bytes(Some(ROW_GROUP_BYTES))
                    .build();
                let writer = ArrowWriter::try_new(out, schema.clone(), Some(properties));
                Writer::Parquet(Box::new(writer.map_err(|e| of_parquet(shown, e))?))
            }
            (Format::Arrow, _) => {
                let writer = FileWriter::try_new(out, schema);
                Writer::Arrow(Box::new(writer.map_err(|e| of_arrow(shown, e))?))
            }
            (_, Compression::None) => Writer::Text(Text::Plain(out)),
            (_, Compression::Gzip) => {
                let level = flate2::Compression::default();
                Writer::Text(Text::Gzip(Box::new(GzEncoder::new(out, level))))
            }
            (_, Compression::Zstd) => {
                let encoder = zstd::stream::write::Encoder::new(out, 3).map_err(failed(shown))?;
                Writer::Text(Text::Zstd(Box::new(encoder)))
            }
        };
        let (shown, style, lines) = (shown.to_owned(), style.clone(), String::new());
        let mut encoder = Encoder { shown, writer, style, lines };
        if header {
            encoder.lines = super::encode::header(schema, &encoder.style);
            encoder.flush_lines()?;
        }
        Ok(encoder)
    }

    /// Adds rows.
    pub(crate) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        match &mut self.writer {
            Writer::Parquet(writer) => writer.write(batch).map_err(|e| of_parquet(&self.shown, e)),
            Writer::Arrow(writer) => writer.write(batch).map_err(|e| of_arrow(&self.shown, e)),
            Writer::Text(_) => {
                lines(batch, &self.style, &mut self.lines);
                self.flush_lines()
            }
        }
    }

    fn flush_lines(&mut self) -> Result<()> {
        if let Writer::Text(text) = &mut self.writer {
            text.write_all(self.lines.as_bytes()).map_err(failed(&self.shown))?;
        }
        self.lines.clear();
        Ok(())
    }

    /// Gives what plain text is buffered to the system.
    pub(crate) fn flush(&mut self) -> Result<()> {
        match &mut self.writer {
            Writer::Text(Text::Plain(out)) => out.flush().map_err(failed(&self.shown)),
            _ => Ok(()),
        }
    }

    /// Completes the file, and makes it durable.
    pub(crate) fn finish(self) -> Result<()> {
        let shown = &self.shown;
        let out = match self.writer {
            Writer::Parquet(writer) => writer.into_inner().map_err(|e| of_parquet(shown, e))?,
            Writer::Arrow(writer) => writer.into_inner().map_err(|e| of_arrow(shown, e))?,
            Writer::Text(Text::Plain(out)) => out,
            Writer::Text(Text::Gzip(encoder)) => encoder.finish().map_err(failed(shown))?,
            Writer::Text(Text::Zstd(encoder)) => encoder.finish().map_err(failed(shown))?,
        };
        let file = out.into_inner().map_err(|e| failed(shown)(e.into_error()))?;
        file.sync_all().map_err(failed(shown))
    }
}

impl Text {
    fn write_all(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            Text::Plain(out) => out.write_all(bytes),
            Text::Gzip(encoder) => encoder.write_all(bytes),
            Text::Zstd(encoder) => encoder.write_all(bytes),
        }
    }
}

/// What a text of this style begins with.
pub(super) fn header(schema: &SchemaRef, style: &Style) -> String {
    let mut out = String::new();
    if style.kind.format == Format::Csv && style.csv.header {
        cell::header(schema, style, &mut out);
    }
    out
}

/// Appends rows as lines of text.
pub(super) fn lines(batch: &RecordBatch, style: &Style, out: &mut String) {
    for row in 0..batch.num_rows() {
        line(batch, row, style, out);
        out.push('\n');
    }
}

/// Appends a row as a line of text, without its end.
pub(crate) fn line(batch: &RecordBatch, row: usize, style: &Style, out: &mut String) {
    match style.kind.format {
        Format::Csv => cell::row(batch, row, style, out),
        _ => json::write_row(batch, row, out),
    }
}

fn of_parquet(shown: &Path, error: ParquetError) -> Error {
    match error {
        ParquetError::External(source) => match source.downcast::<std::io::Error>() {
            Ok(io) => failed(shown)(*io),
            Err(other) => Error::Failed(format!("writing {}: {other}", shown.display())),
        },
        error => Error::Failed(format!("writing {}: {error}", shown.display())),
    }
}

fn of_arrow(shown: &Path, error: ArrowError) -> Error {
    match error {
        ArrowError::IoError(_, io) => failed(shown)(io),
        error => Error::Failed(format!("writing {}: {error}", shown.display())),
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::format::Kind;
    use crate::text::CsvOptions;
    use arrow::array::{ArrayRef, Int64Array};
    use std::sync::Arc;

    #[test]
    fn a_full_disk_is_told_by_name_in_every_format() {
        let numbers = Int64Array::from_iter_values((0..200_000).map(|n| n * n * 7919 % 1_000_003));
        let batch = RecordBatch::try_from_iter([("n", Arc::new(numbers) as ArrayRef)]).unwrap();
        for format in ["csv", "jsonl", "csv.gz", "jsonl.zst", "parquet", "arrow"] {
            let csv = CsvOptions { delimiter: b',', header: true, null: Vec::new() };
            let style = Style { kind: Kind::named(format).unwrap(), csv };
            let full = File::options().write(true).open("/dev/full").unwrap();
            let written = Encoder::new(full, Path::new("out/a"), &style, &batch.schema(), true)
                .and_then(|mut encoder| {
                    encoder.write(&batch)?;
                    encoder.finish()
                });
            let error = written.unwrap_err();
            assert!(matches!(error, Error::Io { .. }), "{format}: {error:?}");
            let text = error.to_string();
            assert!(text.starts_with("writing out/a: No space left"), "{format}: {text}");
        }
    }
}
