//! A file of text: cut into pieces at the ends of records, if it is not compressed.

use super::{Head, Quotes, Records, TextFormat};
use crate::format::Compression;
use crate::opened::{Emit, Opened, Piece, UNKNOWN_END};
use crate::rows::Rows;
use ouzel_dsl::connector::{Demand, Request};
use ouzel_dsl::{Error, Result};
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, Take};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// How much is read at once where record ends are looked for.
const SCAN_BYTES: usize = 1 << 20;

/// A piece is no longer: what is asked for besides, such as the end of an epoch, waits for it.
const SPLIT_BYTES_MAX: u64 = 1 << 20;

/// A file of text.
pub(crate) struct TextFile(Arc<Inner>);

struct Inner {
    path: PathBuf,
    /// The file as messages name it.
    shown: String,
    compression: Compression,
    format: TextFormat,
    request: Arc<Request>,
    head: Mutex<Option<Arc<Head>>>,
    /// Which file of the file system it was when it was opened.
    identity: Identity,
}

impl TextFile {
    /// Opens a file and checks its header; one that is still growing may not have one yet.
    pub(crate) fn open(
        path: PathBuf,
        shown: String,
        compression: Compression,
        format: TextFormat,
        request: Arc<Request>,
        complete: bool,
    ) -> Result<TextFile> {
        let head = Mutex::new(None);
        let found = std::fs::metadata(&path);
        let identity = identity(&found.map_err(|e| Error::io(format!("opening {shown}"), e))?);
        let inner = Inner { path, shown, compression, format, request, head, identity };
        inner.head(complete)?;
        Ok(TextFile(Arc::new(inner)))
    }
}

/// Device and number of a file, where there are such.
type Identity = Option<(u64, u64)>;

#[cfg(unix)]
fn identity(file: &std::fs::Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    Some((file.dev(), file.ino()))
}

#[cfg(not(unix))]
fn identity(_: &std::fs::Metadata) -> Identity {
    None
}

impl Opened for TextFile {
    fn pieces(&self, from: u64, complete: bool) -> Result<Vec<Piece>> {
        let Some(head) = self.0.head(complete)? else { return Ok(Vec::new()) };
        if self.0.compression != Compression::None {
            let whole =
                (from < UNKNOWN_END).then(|| self.piece(&head, from, UNKNOWN_END, self.bytes()));
            return Ok(whole.into_iter().collect());
        }
        let len = self.0.same_len()?;
        if from == len {
            return Ok(Vec::new());
        }
        if from > len {
            return Err(Error::State(format!(
                "{} has {len} bytes, but byte {from} was reached in it before: a file that is read \
                 by a stream may grow, not become shorter",
                self.0.shown
            )));
        }
        let (cuts, end) = self.0.cuts(from.max(head.records_at), len, complete)?;
        let ends = cuts.into_iter().chain((end > from).then_some(end));
        let mut start = from;
        Ok(ends
            .map(|end| {
                let piece = self.piece(&head, start, end, end - start);
                start = end;
                piece
            })
            .collect())
    }

    fn end(&self) -> Result<u64> {
        match self.0.compression {
            Compression::None => self.0.plain_len(),
            _ => {
                let mut reader = self.0.reader(0, &Arc::default())?;
                let copied = std::io::copy(&mut reader, &mut std::io::sink());
                copied.map_err(|e| self.0.failed(e))
            }
        }
    }

    fn landmark(&self, offset: u64) -> Result<String> {
        let at = match self.0.compression {
            Compression::None => offset,
            _ => self.0.plain_len()?,
        };
        crate::opened::landmark(&self.0.path, &self.0.shown, at)
    }

    fn bytes(&self) -> u64 {
        self.0.plain_len().unwrap_or(0)
    }
}

impl TextFile {
    fn piece(&self, head: &Arc<Head>, start: u64, end: u64, bytes: u64) -> Piece {
        let (file, head) = (self.0.clone(), head.clone());
        let read = Box::new(move |emit: &mut Emit<'_>| {
            let at = start.max(head.records_at);
            if at >= end {
                return Ok(None);
            }
            let taken = Arc::new(AtomicU64::new(0));
            let input = file.reader(at, &taken)?.take(end - at);
            let rows = Rows::of(&file.request, &head.fields);
            let records = Records::new(file.format.decoder(&head), rows, at);
            Reading { file, input, records, end, bytes, taken }.read(emit)
        });
        Piece { start, end, bytes, read }
    }
}

/// A piece that is being read.
struct Reading {
    file: Arc<Inner>,
    input: Take<Box<dyn Read + Send>>,
    records: Records,
    end: u64,
    /// How many bytes of the file it takes, and how many of them were read.
    bytes: u64,
    taken: Arc<AtomicU64>,
}

impl Reading {
    fn read(mut self, emit: &mut Emit<'_>) -> Result<Option<Piece>> {
        let file = self.file.clone();
        let done = self.records.read(&mut self.input, &|e| file.failed(e), emit)?;
        let reached = self.records.offset();
        if done == Demand::Pause {
            let bytes = self.bytes.saturating_sub(self.taken.load(Ordering::Relaxed));
            let (start, end) = (reached, self.end);
            return Ok(Some(Piece { start, end, bytes, read: Box::new(|emit| self.read(emit)) }));
        }
        if reached < self.end && self.end < UNKNOWN_END {
            return Err(Error::Format(format!(
                "{} became shorter while it was read: {reached} bytes are left of {}",
                file.shown, self.end
            )));
        }
        Ok(None)
    }
}

/// Counts the bytes read of a file.
struct Counted(File, Arc<AtomicU64>);

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.0.read(buffer)?;
        self.1.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl Inner {
    /// The head, once it is there.
    fn head(&self, complete: bool) -> Result<Option<Arc<Head>>> {
        let mut cached = self.head.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(head) = &*cached {
            return Ok(Some(head.clone()));
        }
        let mut reader = self.reader(0, &Arc::default())?;
        let (mut start, mut wanted) = (Vec::new(), 64 << 10);
        loop {
            let read = reader.as_mut().take(wanted).read_to_end(&mut start);
            let end = read.map_err(|e| self.failed(e))? == 0;
            let head = self.format.head(&self.shown, &start, end && complete, &self.request)?;
            if let Some(head) = head {
                let head = Arc::new(head);
                *cached = Some(head.clone());
                return Ok(Some(head));
            }
            if end {
                return Ok(None);
            }
            wanted *= 2;
        }
    }

    /// The length of the file that was opened: not of another that took its place.
    fn same_len(&self) -> Result<u64> {
        let found = std::fs::metadata(&self.path);
        let found = found.map_err(|e| Error::io(format!("reading {}", self.shown), e))?;
        if identity(&found) == self.identity {
            return Ok(found.len());
        }
        Err(Error::State(format!(
            "{} was replaced by another file while it was read: a file that is followed may only \
             grow\n  to have logs rotated, give each a new name and follow their folder",
            self.shown
        )))
    }

    fn plain_len(&self) -> Result<u64> {
        match std::fs::metadata(&self.path) {
            Ok(metadata) => Ok(metadata.len()),
            Err(e) => Err(Error::io(format!("reading {}", self.shown), e)),
        }
    }

    /// Reads the text from a byte on, and counts the bytes of the file.
    fn reader(&self, at: u64, taken: &Arc<AtomicU64>) -> Result<Box<dyn Read + Send>> {
        let opened = File::open(&self.path);
        let mut file = opened.map_err(|e| Error::io(format!("opening {}", self.shown), e))?;
        let counted = |file| Counted(file, taken.clone());
        let mut reader: Box<dyn Read + Send> = match self.compression {
            Compression::None => {
                file.seek(SeekFrom::Start(at)).map_err(|e| self.failed(e))?;
                return Ok(Box::new(counted(file)));
            }
            Compression::Gzip => {
                let buffered = BufReader::with_capacity(128 << 10, counted(file));
                Box::new(flate2::bufread::MultiGzDecoder::new(buffered))
            }
            Compression::Zstd => Box::new(
                zstd::stream::read::Decoder::new(counted(file)).map_err(|e| self.failed(e))?,
            ),
        };
        let skipped = std::io::copy(&mut reader.by_ref().take(at), &mut std::io::sink());
        let skipped = skipped.map_err(|e| self.failed(e))?;
        if skipped < at {
            return Err(Error::State(format!(
                "{} has {skipped} bytes when it is decompressed, but byte {at} was reached in it \
                 before: it is another file",
                self.shown
            )));
        }
        Ok(reader)
    }

    /// An error of the system, or of the compressed data.
    fn failed(&self, error: std::io::Error) -> Error {
        match self.compression {
            Compression::None => Error::io(format!("reading {}", self.shown), error),
            _ if error.raw_os_error().is_some() => {
                Error::io(format!("reading {}", self.shown), error)
            }
            compression => Error::Format(format!(
                "{} is not whole {compression} data: {error}\n  it may have been cut off in \
                 copying, or be named for another compression: copy it again, or rename it",
                self.shown
            )),
        }
    }

    /// Where pieces may end between two bytes of which the first begins a record; and the end of
    /// the last one.
    fn cuts(&self, start: u64, len: u64, complete: bool) -> Result<(Vec<u64>, u64)> {
        let size = self.request.split_bytes.clamp(1, SPLIT_BYTES_MAX);
        let quotes = self.format.quotes();
        if complete && len.saturating_sub(start) <= size {
            return Ok((Vec::new(), len));
        }
        let file =
            File::open(&self.path).map_err(|e| Error::io(format!("opening {}", self.shown), e))?;
        let found = match quotes.plain() {
            true => plain_cuts(file, start, len, size, complete),
            false => quoted_cuts(file, quotes, start, len, size, complete),
        };
        found.map_err(|e| self.failed(e))
    }
}

type Cuts = std::io::Result<(Vec<u64>, u64)>;

/// Cuts where each newline ends a record: looks only where a cut is wanted.
fn plain_cuts(mut file: File, start: u64, len: u64, size: u64, complete: bool) -> Cuts {
    let end = match complete {
        true => len,
        false => last_newline(&mut file, start, len)?,
    };
    let mut cuts = Vec::new();
    let mut at = start;
    while let Some(wanted) = at.checked_add(size).filter(|w| *w < end) {
        file.seek(SeekFrom::Start(wanted - 1))?;
        let mut reader = BufReader::new(&mut file);
        let passed = skip_line(&mut reader)?;
        at = wanted - 1 + passed;
        if at >= end {
            break;
        }
        cuts.push(at);
    }
    Ok((cuts, end))
}

/// How many bytes there are up to the next newline, with it.
fn skip_line(reader: &mut impl std::io::BufRead) -> std::io::Result<u64> {
    let mut passed = 0;
    loop {
        let block = reader.fill_buf()?;
        if let Some(newline) = memchr::memchr(b'\n', block) {
            return Ok(passed + newline as u64 + 1);
        }
        let len = block.len();
        if len == 0 {
            return Ok(passed);
        }
        passed += len as u64;
        reader.consume(len);
    }
}

/// The end of the last whole line, or `start`.
fn last_newline(file: &mut File, start: u64, len: u64) -> std::io::Result<u64> {
    let mut end = len;
    let mut block = Vec::new();
    while end > start {
        let from = end.saturating_sub(SCAN_BYTES as u64).max(start);
        file.seek(SeekFrom::Start(from))?;
        block.clear();
        file.by_ref().take(end - from).read_to_end(&mut block)?;
        if let Some(newline) = memchr::memrchr(b'\n', &block) {
            return Ok(from + newline as u64 + 1);
        }
        end = from;
    }
    Ok(start)
}

/// Cuts where newlines may be in quotes: scans the text once.
fn quoted_cuts(
    mut file: File,
    mut quotes: Quotes,
    start: u64,
    len: u64,
    size: u64,
    complete: bool,
) -> Cuts {
    let (mut cuts, mut at, mut last_end) = (Vec::new(), start, start);
    let mut wanted = start.saturating_add(size);
    let mut block = vec![0; SCAN_BYTES];
    file.seek(SeekFrom::Start(start))?;
    let mut file = file.take(len.saturating_sub(start));
    loop {
        let read = match file.read(&mut block) {
            Ok(0) => break,
            Ok(read) => read,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(e),
        };
        let block = block.get(..read).unwrap_or_default();
        quotes.scan(block, |range| {
            let mut from = range.start;
            let text = |from: usize| block.get(from..range.end).unwrap_or_default();
            if let Some(newline) = memchr::memrchr(b'\n', text(from)) {
                last_end = at + (from + newline) as u64 + 1;
            }
            while wanted <= at + range.end as u64 {
                from = from.max((wanted - 1).saturating_sub(at) as usize);
                let Some(newline) = memchr::memchr(b'\n', text(from)) else { break };
                from += newline + 1;
                cuts.push(at + from as u64);
                wanted = (at + from as u64).saturating_add(size);
            }
            true
        });
        at += read as u64;
    }
    let end = if complete { len } else { last_end };
    cuts.retain(|cut| *cut < end);
    Ok((cuts, end))
}
