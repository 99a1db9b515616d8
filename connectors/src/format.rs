//! The formats of files, told by the ends of their names.

use ouzel_dsl::schema::nearest;
use ouzel_dsl::{Error, Result};
use std::fmt;

/// How records stand in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Parquet,
    Arrow,
    Csv,
    JsonLines,
    Lines,
}

/// How a text is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Gzip,
    Zstd,
}

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) format: Format,
    pub(crate) compression: Compression,
    /// Whether cells are parted by tabs where nothing else is said.
    pub(crate) tabs: bool,
}

/// The values of `?format=`, and ends of names.
const NAMES: [(&str, Format); 11] = [
    ("parquet", Format::Parquet),
    ("csv", Format::Csv),
    ("tsv", Format::Csv),
    ("jsonl", Format::JsonLines),
    ("ndjson", Format::JsonLines),
    ("json", Format::JsonLines),
    ("arrow", Format::Arrow),
    ("ipc", Format::Arrow),
    ("feather", Format::Arrow),
    ("text", Format::Lines),
    ("txt", Format::Lines),
];

/// What may be compressed and how, for messages.
const SHOWN: &str = "parquet, csv, tsv, jsonl (ndjson, json), arrow (ipc, feather), text (txt); \
                     those of text also with .gz or .zst";

impl Format {
    /// Whether it is text.
    pub(crate) fn is_text(self) -> bool {
        !matches!(self, Format::Parquet | Format::Arrow)
    }
}

impl Kind {
    /// What `?format=` names.
    pub(crate) fn named(name: &str) -> Result<Kind> {
        parse(name).ok_or_else(|| {
            let near = nearest(name, NAMES.iter().map(|(name, _)| *name));
            let near = near.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default();
            Error::Usage(format!("there is no format `{name}`{near}\n  formats are: {SHOWN}"))
        })
    }

    /// What the end of a file's name says.
    pub(crate) fn of(file_name: &str) -> Result<Kind> {
        let ends = file_name.match_indices('.').map(|(at, _)| file_name.get(at + 1..));
        let mut kinds = ends.flatten().filter_map(parse);
        kinds.next().ok_or_else(|| {
            Error::Usage(format!(
                "{file_name}: its name does not say its format\n  add `?format=...`; formats are: {SHOWN}"
            ))
        })
    }

    /// The end of the names of such files.
    pub(crate) fn extension(&self) -> String {
        let format = match self.format {
            Format::Parquet => "parquet",
            Format::Arrow => "arrow",
            Format::Csv if self.tabs => "tsv",
            Format::Csv => "csv",
            Format::JsonLines => "jsonl",
            Format::Lines => "txt",
        };
        match self.compression {
            Compression::None => format.to_owned(),
            Compression::Gzip => format!("{format}.gz"),
            Compression::Zstd => format!("{format}.zst"),
        }
    }
}

/// A format's name, perhaps with a compression: `csv.gz`.
fn parse(name: &str) -> Option<Kind> {
    let name = name.to_ascii_lowercase();
    let (base, compression) = match (name.strip_suffix(".gz"), name.strip_suffix(".zst")) {
        (Some(base), _) => (base, Compression::Gzip),
        (_, Some(base)) => (base, Compression::Zstd),
        _ => (name.as_str(), Compression::None),
    };
    let (name, format) = NAMES.iter().find(|(name, _)| *name == base)?;
    if compression != Compression::None && !format.is_text() {
        return None;
    }
    Some(Kind { format: *format, compression, tabs: *name == "tsv" })
}

/// The compression that the end of a file's name says.
pub(crate) fn compression(file_name: &str) -> Compression {
    let name = file_name.to_ascii_lowercase();
    match (name.ends_with(".gz"), name.ends_with(".zst")) {
        (true, _) => Compression::Gzip,
        (_, true) => Compression::Zstd,
        _ => Compression::None,
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Compression::None => "uncompressed",
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
        })
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::Parquet => "parquet",
            Format::Arrow => "arrow",
            Format::Csv => "csv",
            Format::JsonLines => "jsonl",
            Format::Lines => "text",
        })
    }
}
