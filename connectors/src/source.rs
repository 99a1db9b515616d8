//! Files as a source: which are there, which of their pieces are to be read, and what a partition
//! is.

use crate::hive::{self, Constants};
use crate::input::Input;
use crate::listing::{self, Found};
use crate::opened::{Opened, Piece, UNKNOWN_END};
use ouzel_dsl::connector::{Chunk, Demand, Listing, Offsets, Request, Source, Split};
use ouzel_dsl::{Error, Result};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// So long a file in a folder that is followed may be found unfinished.
const IN_THE_MAKING: Duration = Duration::from_secs(10);

/// Files as a source.
pub(crate) struct FileSource {
    input: Input,
    request: Arc<Request>,
    /// In order of their partitions' indices.
    files: Mutex<Files>,
}

#[derive(Default)]
struct Files {
    list: Vec<Entry>,
    names: HashSet<String>,
    /// Files that could not be opened, and when they were found.
    unfinished: HashMap<String, Instant>,
    partitions: Arc<Vec<String>>,
}

struct Entry {
    name: String,
    file: Box<dyn Opened>,
    constants: Arc<Constants>,
    /// Whether it may still grow.
    grows: bool,
    /// In a sequence: its end, once a file comes after it.
    sealed: Option<u64>,
}

impl FileSource {
    /// Finds the files and checks each.
    pub(crate) fn open(input: Input, request: Arc<Request>) -> Result<FileSource> {
        let source = FileSource { input, request, files: Mutex::default() };
        source.discover(&mut source.lock())?;
        Ok(source)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lock().list.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Files> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds files that were not there before.
    fn discover(&self, files: &mut Files) -> Result<()> {
        let found = listing::list(&self.input.uri.path)?;
        let new: Vec<Found> =
            found.into_iter().filter(|f| !files.names.contains(&f.name)).collect();
        for found in new {
            if self.input.sequence
                && let Some(last) = files.list.last()
                && found.name < last.name
            {
                return Err(Error::State(format!(
                    "{}: `{}` was found after `{}`, which comes after it in the sequence and was \
                     already read\n  in a sequence that is followed, new files need names that \
                     come last",
                    self.input.uri.text, found.name, last.name
                )));
            }
            let (request, constants) = hive::split(&self.request, &found.name)?;
            let (file, kind) = match self.input.open_file(&found, &request) {
                Ok(opened) => opened,
                Err(Error::Format(_)) if self.is_new(files, &found.name) => {
                    match self.input.sequence {
                        true => break,
                        false => continue,
                    }
                }
                Err(e) => return Err(e),
            };
            let grows = self.input.grows(kind);
            files.names.insert(found.name.clone());
            let constants = Arc::new(constants);
            if !self.input.sequence {
                Arc::make_mut(&mut files.partitions).push(found.name.clone());
            } else if files.list.is_empty() {
                Arc::make_mut(&mut files.partitions).push(self.input.uri.path.clone());
            }
            files.list.push(Entry { name: found.name, file, constants, grows, sealed: None });
        }
        Ok(())
    }

    /// Whether a file in a folder that is followed was found just now: then it may still be in the
    /// making, and is looked at again.
    fn is_new(&self, files: &mut Files, name: &str) -> bool {
        let found = files.unfinished.entry(name.to_owned()).or_insert_with(Instant::now);
        self.input.follow && found.elapsed() < IN_THE_MAKING
    }

    /// Each file is a partition.
    fn apart(&self, files: &Files, from: &[u64]) -> Result<Listing> {
        let mut listing = Listing { end: !self.input.follow, ..Listing::default() };
        for (index, entry) in files.list.iter().enumerate() {
            let partition = index as u32;
            let from = from.get(index).copied().unwrap_or(0);
            let complete = !entry.grows;
            for piece in entry.file.pieces(from, complete)? {
                listing.splits.push(entry.split(piece, partition, 0));
            }
            if complete {
                listing.ended.push(partition);
            }
        }
        Ok(listing)
    }

    /// All files are one partition, in order of their names.
    fn in_sequence(&self, files: &mut Files, from: &[u64]) -> Result<Listing> {
        let mut listing = Listing { end: !self.input.follow, ..Listing::default() };
        let from = from.first().copied().unwrap_or(0);
        let (mut base, last) = (0, files.list.len().saturating_sub(1));
        for (index, entry) in files.list.iter_mut().enumerate() {
            // A file that another one follows is whole.
            let complete = !entry.grows || index < last;
            let end = match complete {
                false => UNKNOWN_END - base,
                true => entry.seal(&self.input.uri.text)?,
            };
            if from < base + end {
                for piece in entry.file.pieces(from.saturating_sub(base), complete)? {
                    let end = piece.end.min(end);
                    listing.splits.push(entry.split(Piece { end, ..piece }, 0, base));
                }
            }
            base += end;
        }
        if !self.input.follow {
            listing.ended.push(0);
        }
        Ok(listing)
    }
}

impl Entry {
    /// The file's end, which may not change any more.
    fn seal(&mut self, input: &str) -> Result<u64> {
        match self.sealed {
            Some(sealed) if !self.grows => Ok(sealed),
            Some(sealed) => match self.file.end()? {
                end if end == sealed => Ok(sealed),
                end => Err(Error::State(format!(
                    "{input}: `{}` has {end} bytes, but had {sealed} when a later file was found\n  \
                     in a sequence only the last file may grow",
                    self.name
                ))),
            },
            None => {
                let end = self.file.end()?;
                self.sealed = Some(end);
                Ok(end)
            }
        }
    }

    fn split(&self, piece: Piece, partition: u32, base: u64) -> Box<dyn Split> {
        Box::new(FileSplit { piece, partition, base, constants: self.constants.clone() })
    }
}

impl Source for FileSource {
    fn bounded(&self) -> bool {
        !self.input.follow
    }

    fn partitions(&self) -> Arc<Vec<String>> {
        self.lock().partitions.clone()
    }

    /// In a sequence, an offset counts the bytes or rows of all files before it.
    fn landmark(&self, partition: u32, offset: u64) -> Result<String> {
        let (files, mut base) = (self.lock(), 0);
        let mut list = files.list.iter();
        if offset == 0 {
            return Ok(String::new());
        }
        if !self.input.sequence {
            let entry = list.nth(partition as usize);
            return entry.map_or(Ok(String::new()), |entry| entry.file.landmark(offset));
        }
        for entry in list {
            match entry.sealed {
                Some(end) if base + end < offset => base += end,
                _ => {
                    let (name, at) = (&entry.name, offset - base);
                    let before = entry.file.landmark(at)?;
                    return Ok(format!("{at} bytes or rows into `{name}`, {before}"));
                }
            }
        }
        Ok("the end".to_owned())
    }

    fn splits(&self, from: &[u64]) -> Result<Listing> {
        let mut files = self.lock();
        if self.input.follow && listing::is_many(&self.input.uri.path) {
            self.discover(&mut files)?;
        }
        match self.input.sequence {
            true => self.in_sequence(&mut files, from),
            false => self.apart(&files, from),
        }
    }

    fn bytes(&self) -> Option<u64> {
        (!self.input.follow).then(|| self.lock().list.iter().map(|f| f.file.bytes()).sum())
    }
}

/// A piece of a file, at its place in a partition.
struct FileSplit {
    piece: Piece,
    partition: u32,
    /// The offset of the file's start.
    base: u64,
    constants: Arc<Constants>,
}

impl Split for FileSplit {
    fn partition(&self) -> u32 {
        self.partition
    }

    fn start(&self) -> u64 {
        self.base + self.piece.start
    }

    fn end(&self) -> u64 {
        self.base + self.piece.end
    }

    fn bytes(&self) -> u64 {
        self.piece.bytes
    }

    fn read(
        self: Box<Self>,
        emit: &mut dyn FnMut(Chunk) -> Result<Demand>,
    ) -> Result<Option<Box<dyn Split>>> {
        let FileSplit { piece, partition, base, constants } = *self;
        let rest = (piece.read)(&mut |chunk| {
            let chunk = placed(chunk, partition, base);
            emit(if constants.is_empty() { chunk } else { constants.add(chunk)? })
        })?;
        let end = piece.end;
        Ok(rest.map(|rest| {
            let piece = Piece { end, ..rest };
            Box::new(FileSplit { piece, partition, base, constants }) as _
        }))
    }
}

/// A chunk with its offsets in the partition in the place of those in the file.
fn placed(mut chunk: Chunk, partition: u32, base: u64) -> Chunk {
    chunk.partition = partition;
    if base > 0 {
        match &mut chunk.offsets {
            Offsets::From(first) => *first += base,
            Offsets::Each(offsets) => offsets.iter_mut().for_each(|o| *o += base),
        }
        chunk.rejects.iter_mut().for_each(|r| r.offset += base);
    }
    chunk
}
