//! One file of an input, opened and checked: what each format gives to the source above it.

use ouzel_dsl::connector::{Chunk, Demand};
use ouzel_dsl::{Error, Result};
use std::fmt;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// The end of a file whose length is not known before it is read: compressed text.
pub(crate) const UNKNOWN_END: u64 = i64::MAX as u64;

/// Takes chunks.
pub(crate) type Emit<'a> = dyn FnMut(Chunk) -> Result<Demand> + 'a;

/// A file, opened and checked against the record.
pub(crate) trait Opened: Send + Sync {
    /// The pieces of the file at and after an offset, in order, without a gap between them. A
    /// file that is not complete may still grow: its last record counts once it has its end.
    fn pieces(&self, from: u64, complete: bool) -> Result<Vec<Piece>>;

    /// The offset after the last record; may mean reading the file.
    fn end(&self) -> Result<u64>;

    /// What stands before an offset, so that another file of that name can be told from it.
    fn landmark(&self, offset: u64) -> Result<String>;

    /// How large it is.
    fn bytes(&self) -> u64;
}

/// A range of one file, with offsets from the file's start.
pub(crate) struct Piece {
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) bytes: u64,
    pub(crate) read: Box<ReadPiece>,
}

/// Reads a piece, or as much of it as is asked for: the rest is another piece.
pub(crate) type ReadPiece = dyn FnOnce(&mut Emit<'_>) -> Result<Option<Piece>> + Send;

/// How much of a file's start, and of what stands before a place, tells it from others.
const LANDMARK_BYTES: u64 = 4 << 10;

/// The start of a file and what stands before a place in it, as a number in words.
pub(crate) fn landmark(path: &Path, shown: &str, at: u64) -> Result<String> {
    let what = |e| Error::io(format!("reading {shown}"), e);
    let mut file = File::open(path).map_err(what)?;
    let mut bytes = Vec::new();
    for from in [0, at.saturating_sub(LANDMARK_BYTES)] {
        file.seek(SeekFrom::Start(from)).map_err(what)?;
        let len = LANDMARK_BYTES.min(at - from);
        file.by_ref().take(len).read_to_end(&mut bytes).map_err(what)?;
    }
    Ok(Content::default().and(&bytes).to_string())
}

/// The hash of some content, FNV-1a: the same in every version, and good enough where nobody means
/// harm.
#[derive(Clone, Copy)]
pub(crate) struct Content(u64);

impl Default for Content {
    fn default() -> Self {
        Content(0xcbf2_9ce4_8422_2325)
    }
}

impl Content {
    /// With what follows.
    pub(crate) fn and(self, bytes: &[u8]) -> Content {
        let next = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        Content(bytes.iter().fold(self.0, next))
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "after content {:016x}", self.0)
    }
}
