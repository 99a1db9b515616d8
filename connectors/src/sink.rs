//! Files, folders and the standard output as places for outputs.

mod cell;
mod encode;
mod folder;
mod growing;
mod parts;
mod stdout;
mod whole;

pub(crate) use encode::line;

use crate::format::{Format, Kind};
use crate::input::csv_options;
use crate::text::CsvOptions;
use crate::uri::Uri;
use arrow::datatypes::SchemaRef;
use ouzel_dsl::connector::{Append, Replace, Sink};
use ouzel_dsl::{Error, Result};
use std::path::{Path, PathBuf};

pub(crate) const OPTIONS: [&str; 5] = ["format", "delimiter", "header", "null", "partition_by"];

/// Where an output goes, as a URI names it.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    uri: Uri,
    target: Target,
    style: Style,
    /// The columns that become folders.
    partition_by: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Target {
    Stdout,
    File(PathBuf),
    Folder(PathBuf),
}

/// How rows are written.
#[derive(Clone, Debug)]
pub(crate) struct Style {
    pub(crate) kind: Kind,
    pub(crate) csv: CsvOptions,
}

impl Output {
    /// Parses a URI.
    pub(crate) fn parse(text: &str) -> Result<Output> {
        let uri = Uri::parse(text, &OPTIONS)?;
        let by = uri.value("partition_by")?;
        let partition_by: Vec<String> = by
            .map(|names| names.split(',').map(|n| n.trim().to_owned()).collect())
            .unwrap_or_default();
        let path = PathBuf::from(&uri.path);
        let target = match uri.path.as_str() {
            "-" | "/dev/stdout" => Target::Stdout,
            p if p.ends_with('/') || !partition_by.is_empty() => Target::Folder(path),
            _ => Target::File(path),
        };
        if target == Target::Stdout && !partition_by.is_empty() {
            return Err(uri.wrong("partition_by", "needs a folder to write into"));
        }
        let file_name = uri.path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let kind = match (uri.value("format")?, &target) {
            (Some(name), _) => Kind::named(name)?,
            (None, Target::Stdout) => Kind::named("jsonl")?,
            (None, _) => Kind::of(file_name)?,
        };
        if kind.format == Format::Lines {
            return Err(Error::Usage(format!(
                "{text}: `text` is a format of inputs; outputs are csv, tsv, jsonl, parquet or arrow"
            )));
        }
        if target == Target::Stdout && !kind.format.is_text() {
            return Err(uri.wrong("format", "is csv, tsv or jsonl for the standard output"));
        }
        let (csv, delimited) = csv_options(&uri)?;
        let csv = match kind.tabs && !delimited {
            true => CsvOptions { delimiter: b'\t', ..csv },
            false => csv,
        };
        if kind.format != Format::Csv
            && let Some(name) = uri.given(&["delimiter", "header", "null"])
        {
            return Err(uri.wrong(name, &format!("is of CSV, and this is {}", kind.format)));
        }
        Ok(Output { style: Style { kind, csv }, uri, target, partition_by })
    }
}

impl Sink for Output {
    fn replace(&self, schema: &SchemaRef) -> Result<Box<dyn Replace>> {
        Ok(match &self.target {
            Target::Stdout => Box::new(stdout::Spooled::new(&self.style, schema)),
            Target::File(path) => Box::new(whole::Whole::new(path, &self.style, schema)?),
            Target::Folder(path) => {
                Box::new(folder::Folder::new(path, &self.style, schema, &self.partition_by)?)
            }
        })
    }

    fn append(&self, schema: &SchemaRef, mark: Option<&str>) -> Result<Box<dyn Append>> {
        use crate::format::Compression;
        let Style { kind, .. } = &self.style;
        Ok(match &self.target {
            Target::Stdout => Box::new(stdout::Direct::new(&self.style, schema, mark.is_none())),
            Target::File(path)
                if kind.format.is_text() && kind.compression == Compression::None =>
            {
                Box::new(growing::Growing::new(path, &self.style, schema, mark)?)
            }
            Target::File(path) | Target::Folder(path) => {
                Box::new(parts::Parts::open(path, &self.style, schema, &self.partition_by, mark)?)
            }
        })
    }

    fn replaceable(&self) -> bool {
        self.target != Target::Stdout
    }

    fn describe(&self) -> String {
        self.uri.text.clone()
    }
}

/// The folder that a path is in.
fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// Checks that the folder is there that a path is to be made in.
fn check_parent(path: &Path) -> Result<()> {
    let folder = parent(path);
    match std::fs::metadata(folder) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => Err(Error::Usage(format!(
            "{} cannot be written: {} is not a folder",
            path.display(),
            folder.display()
        ))),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(Error::Usage(format!(
            "{} cannot be written: there is no folder {}; make it first",
            path.display(),
            folder.display()
        ))),
        Err(e) => Err(Error::io(format!("looking at {}", folder.display()), e)),
    }
}

/// Checks that what may stand at a path is an ordinary file or folder: a device or pipe must not
/// be taken away.
fn check_ordinary(path: &Path) -> Result<()> {
    match std::fs::metadata(path) {
        Ok(m) if !m.is_file() && !m.is_dir() => Err(Error::Usage(format!(
            "{} is not a file; write to `-` and pipe that there",
            path.display()
        ))),
        _ => Ok(()),
    }
}

/// An error while writing.
fn failed(path: &Path) -> impl Fn(std::io::Error) -> Error + '_ {
    move |e| Error::io(format!("writing {}", path.display()), e)
}

/// Makes names in a folder durable.
fn sync_folder(folder: &Path) -> Result<()> {
    let synced = std::fs::File::open(folder).and_then(|f| f.sync_all());
    synced.map_err(failed(folder))
}

/// A builder of temporary files and folders that become ordinary ones: with these permissions, as
/// far as the user's mask allows.
fn temporary<'n>(prefix: &'n str, suffix: &'n str, mode: u32) -> tempfile::Builder<'n, 'n> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix).suffix(suffix);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(mode));
    }
    #[cfg(not(unix))]
    let _ = mode;
    builder
}
