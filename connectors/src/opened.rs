//! One file of an input, opened and checked: what each format gives to the source above it.

use ouzel_dsl::Result;
use ouzel_dsl::connector::{Chunk, Demand};

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
