//! A place in a run.

use super::{Entry, Run};
use ouzel_dsl::{Error, Result};
use std::cmp::Ordering;
use std::fs::File;
use std::io::{BufReader, Read, Take};
use std::sync::Arc;

/// How many bytes the buffers of all runs that are read at a time take.
const BUFFERS: usize = 4 << 20;

/// A place in a run. Ordered so that the least key comes first out of a heap.
pub(super) struct Cursor {
    reader: BufReader<Take<Shared>>,
    /// The entry at hand.
    pub entry: Entry,
    /// Where it begins in the file.
    pub at: u64,
    next: u64,
    /// The run's index.
    pub run: usize,
}

/// Reads a file at a place of its own, whoever else reads it.
pub(super) struct Shared {
    pub file: Arc<File>,
    pub at: u64,
}

impl Read for Shared {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = std::os::unix::fs::FileExt::read_at(&*self.file, buffer, self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}

impl Cursor {
    /// At the run's first entry; `None` if it has no more. It is one of so many that are read at a
    /// time.
    pub fn open(run: &Run, index: usize, runs: usize) -> Result<Option<Cursor>> {
        let buffer = (BUFFERS / runs.max(1)).clamp(1 << 14, 1 << 17);
        let mut cursor = Cursor {
            reader: BufReader::with_capacity(buffer, run.entries()),
            entry: Entry::new(),
            at: run.start,
            next: run.start,
            run: index,
        };
        Ok(cursor.advance()?.then_some(cursor))
    }

    /// Moves to the next entry; false at the end.
    pub fn advance(&mut self) -> Result<bool> {
        self.at = self.next;
        let read = self.entry.read(&mut self.reader);
        let len = read.map_err(|e| Error::io("reading spilled state", e))?;
        self.next += len.unwrap_or_default();
        Ok(len.is_some())
    }
}

impl PartialEq for Cursor {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Cursor {}

impl PartialOrd for Cursor {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Cursor {
    fn cmp(&self, other: &Self) -> Ordering {
        other.entry.place().cmp(self.entry.place())
    }
}
