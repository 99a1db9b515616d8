//! What a URI says of an input.

use crate::format::{Format, Kind, compression};
use crate::listing;
use crate::opened::Opened;
use crate::source::FileSource;
use crate::text::{CsvOptions, TextFile, TextFormat};
use crate::uri::Uri;
use ouzel_dsl::connector::{Connect, Request, Source};
use ouzel_dsl::{Error, Result};
use std::sync::Arc;

pub(crate) const OPTIONS: [&str; 6] =
    ["format", "delimiter", "header", "null", "follow", "sequence"];

/// Files, a folder, a glob or the standard input, as a URI names them.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    pub(crate) uri: Uri,
    kind: Option<Kind>,
    csv: CsvOptions,
    /// Whether a delimiter was given.
    delimited: bool,
    pub(crate) follow: bool,
    pub(crate) sequence: bool,
}

impl Input {
    /// Parses a URI.
    pub(crate) fn parse(text: &str) -> Result<Input> {
        let uri = Uri::parse(text, &OPTIONS)?;
        let kind = uri.value("format")?.map(Kind::named).transpose()?;
        let (csv, delimited) = csv_options(&uri)?;
        let input = Input {
            follow: uri.flag("follow")?.unwrap_or(false),
            sequence: uri.flag("sequence")?.unwrap_or(false),
            kind,
            csv,
            delimited,
            uri,
        };
        // A path that is not a folder says its format here, before anything is opened.
        let file_name = input.uri.path.rsplit('/').next().unwrap_or_default();
        let named = match (input.kind, Kind::of(file_name)) {
            (Some(kind), _) | (None, Ok(kind)) => Some(kind),
            (None, Err(_)) => None,
        };
        if let (Some(kind), false) = (named, std::path::Path::new(&input.uri.path).is_dir())
            && kind.format != Format::Csv
            && let Some(name) = input.uri.given(&["delimiter", "header", "null"])
        {
            return Err(input.uri.wrong(name, &format!("is of CSV, and this is {}", kind.format)));
        }
        Ok(input)
    }

    /// What a file holds.
    pub(crate) fn kind(&self, file_name: &str) -> Result<Kind> {
        match self.kind {
            Some(kind)
                if kind.format.is_text()
                    && kind.compression == crate::format::Compression::None =>
            {
                Ok(Kind { compression: compression(file_name), ..kind })
            }
            Some(kind) => Ok(kind),
            None => Kind::of(file_name),
        }
    }

    /// How records stand in a text of this kind.
    pub(crate) fn text(&self, kind: Kind) -> Option<TextFormat> {
        Some(match kind.format {
            Format::Csv if kind.tabs && !self.delimited => {
                TextFormat::Csv(CsvOptions { delimiter: b'\t', ..self.csv.clone() })
            }
            Format::Csv => TextFormat::Csv(self.csv.clone()),
            Format::JsonLines => TextFormat::JsonLines,
            Format::Lines => TextFormat::Lines,
            Format::Parquet | Format::Arrow => return None,
        })
    }

    /// Whether a file of this kind may grow while it is followed.
    pub(crate) fn grows(&self, kind: Kind) -> bool {
        self.follow && kind.format.is_text() && kind.compression == crate::format::Compression::None
    }

    /// Opens one file and checks it against the record.
    pub(crate) fn open_file(
        &self,
        found: &listing::Found,
        request: &Arc<Request>,
    ) -> Result<(Box<dyn Opened>, Kind)> {
        let kind = self.kind(&found.name)?;
        let (path, shown) = (found.path.clone(), found.path.display().to_string());
        let request = request.clone();
        let file: Box<dyn Opened> = match (kind.format, self.text(kind)) {
            (_, Some(format)) => {
                let complete = !self.grows(kind);
                let compression = kind.compression;
                Box::new(TextFile::open(path, shown, compression, format, request, complete)?)
            }
            (Format::Arrow, _) => Box::new(crate::ipc::ArrowFile::open(path, shown, request)?),
            _ => Box::new(crate::parquet::ParquetFile::open(path, shown, request)?),
        };
        Ok((file, kind))
    }
}

/// The options of CSV, of inputs and outputs; and whether a delimiter was given.
pub(crate) fn csv_options(uri: &Uri) -> Result<(CsvOptions, bool)> {
    let delimiter = match uri.value("delimiter")? {
        None => None,
        Some("tab" | "\\t") => Some(b'\t'),
        Some(text) => match text.as_bytes() {
            [byte] if byte.is_ascii() && !b"\"\r\n".contains(byte) => Some(*byte),
            _ => {
                return Err(uri.wrong(
                    "delimiter",
                    &format!("is one ASCII character or `tab`, not {text:?}"),
                ));
            }
        },
    };
    let null = uri.value("null")?.unwrap_or_default();
    if null.contains(['"', '\n', '\r']) {
        return Err(uri.wrong("null", "cannot hold quotes or the ends of lines"));
    }
    let csv = CsvOptions {
        delimiter: delimiter.unwrap_or(b','),
        header: uri.flag("header")?.unwrap_or(true),
        null: null.as_bytes().to_vec(),
    };
    Ok((csv, delimiter.is_some()))
}

impl Connect for Input {
    fn open(&self, request: &Request) -> Result<Box<dyn Source>> {
        if self.uri.path == "-" {
            return crate::stdin::open(self, request);
        }
        let source = FileSource::open(self.clone(), Arc::new(request.clone()))?;
        if !self.follow && source.is_empty() {
            return Err(Error::Usage(format!(
                "{}: there are no files; names that begin with a dot or underscore do not count",
                self.uri.text
            )));
        }
        Ok(Box::new(source))
    }

    fn describe(&self) -> String {
        self.uri.text.clone()
    }
}
