//! Connectors: files of every format as inputs and outputs, each for batch and for streams; the
//! standard input and output; and memory.
//!
//! [`input`] and [`output`] take a URI, `data/*.csv?delimiter=;`: a path, glob or folder, or `-`,
//! with options. The format is told by the name or by `?format=`.
#![warn(missing_docs)]

mod chain;
mod check;
mod columns;
pub mod conformance;

mod format;
#[doc(hidden)]
pub mod fuzz;

mod hive;
mod input;
mod ipc;
mod listing;
mod memory;
mod message;
mod opened;
mod parquet;
mod place;
mod rows;
mod sink;
mod source;
mod stdin;
mod text;
mod uri;

pub use chain::Chain;
pub use memory::{MemoryOutput, memory_input};
pub use message::{MessageFormat, Messages};
pub use place::Place;
pub use uri::Uri;

use ouzel_dsl::Result;
use ouzel_dsl::connector::{Connect, Sink};
use std::sync::Arc;

/// An input by its URI.
///
/// A path of a file, a folder with all files in it, a glob, or `-` for the standard input. Each
/// file is a partition, unless `?sequence` makes them one, in order of their paths. Options:
///
/// - `format`: `parquet`, `csv`, `tsv`, `jsonl`, `arrow` or `text` (lines, with one column
///   `line`), where the name does not end in it; text may end in `.gz` or `.zst` besides.
/// - `delimiter` (one character or `tab`), `header` (`true`, `false`: columns are then in the
///   order of the record's fields), `null` (the text of nulls; the empty text if not given): CSV.
/// - `follow`: the input has no end. Files of plain text grow, and new files come.
/// - `sequence`: the files are one log.
///
/// Folders named `column=value` give columns.
///
/// # Errors
///
/// An option or format that there is not. Files are looked for when the input is opened.
pub fn input(uri: &str) -> Result<Arc<dyn Connect>> {
    Ok(Arc::new(input::Input::parse(uri)?))
}

/// An output by its URI.
///
/// A path of a file, or `-` for the standard output, which gets JSON lines. With
/// `?partition_by=a,b` a folder, with folders `a=../b=..` in it. A path that ends in `/` is a
/// folder too. Further options: `format` (`parquet`, `csv`, `tsv`, `jsonl`, `arrow`; text also
/// `csv.gz`, `jsonl.zst` and so on), and `delimiter`, `header` and `null` of CSV.
///
/// A stream appends: plain text grows, other formats become a folder of files, `part-00000.parquet`
/// and so on, one for each commit.
///
/// # Errors
///
/// An option or format that there is not. The place is looked at when the output is begun.
pub fn output(uri: &str) -> Result<Arc<dyn Sink>> {
    Ok(Arc::new(sink::Output::parse(uri)?))
}
