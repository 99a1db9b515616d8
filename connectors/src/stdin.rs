//! The standard input: a source without an end that is known beforehand.
//!
//! A thread reads it into a buffer of whole records, of limited size, which is let go of as far
//! as the reader has come.

use crate::format::Compression;
use crate::input::Input;
use crate::opened::{Content, Emit};
use crate::rows::Rows;
use crate::text::{Head, Quotes, Records, TextFormat};
use ouzel_dsl::connector::{Chunk, Demand, Listing, Request, Source, Split};
use ouzel_dsl::{Error, Result};
use std::collections::VecDeque;
use std::io::Read;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// How much may wait to be read.
const WAITING_BYTES_MAX: u64 = 64 << 20;

/// How much is read at once.
const BLOCK_BYTES: usize = 64 << 10;

/// Of so many places it is known what stood before them.
const CONTENTS_MAX: usize = 1 << 16;

/// How much is kept of what has no end of a record: a line longer than that is cut.
const RECORD_BYTES_MAX: usize = 256 << 20;

/// Opens the standard input.
pub(crate) fn open(input: &Input, request: &Request) -> Result<Box<dyn Source>> {
    Ok(Box::new(Pipe::new(Box::new(std::io::stdin()), "-", input, request)?))
}

/// A stream of bytes as a source.
struct Pipe {
    names: Arc<Vec<String>>,
    format: TextFormat,
    request: Arc<Request>,
    shared: Arc<Shared>,
    head: Mutex<Option<Arc<Head>>>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Whole records, with the offset of the first.
    blocks: VecDeque<Block>,
    waiting: u64,
    /// The offset up to which records were let go.
    passed: u64,
    /// The hashes of all that was let go up to some offsets, the last of them `passed`.
    contents: VecDeque<(u64, Content)>,
    end: bool,
    failed: Option<Error>,
    /// Whether nobody reads any more.
    closed: bool,
}

#[derive(Clone)]
struct Block {
    start: u64,
    bytes: Arc<Vec<u8>>,
}

impl Block {
    fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }
}

impl State {
    /// Lets go of the blocks up to an offset.
    fn pass(&mut self, offset: u64) {
        while let Some(block) = self.blocks.pop_front_if(|b| b.end() <= offset) {
            self.waiting -= block.bytes.len() as u64;
            self.passed = block.end();
            let content = self.content().and(&block.bytes);
            self.contents.push_back((self.passed, content));
            if self.contents.len() > CONTENTS_MAX {
                self.contents.pop_front();
            }
        }
    }

    fn content(&self) -> Content {
        self.contents.back().map(|(_, content)| *content).unwrap_or_default()
    }

    /// What stands before an offset, if that is still known.
    fn content_before(&self, offset: u64) -> Option<Content> {
        if let Some((_, content)) = self.contents.iter().find(|(end, _)| *end == offset) {
            return Some(*content);
        }
        let mut content = self.content();
        let mut at = self.passed;
        for block in &self.blocks {
            let taken = offset.checked_sub(at)?.min(block.bytes.len() as u64);
            content = content.and(block.bytes.get(..taken as usize)?);
            at = block.end();
            if offset <= at {
                break;
            }
        }
        (offset <= at).then_some(content)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pipe {
    /// Starts the thread that reads.
    fn new(
        reader: Box<dyn Read + Send>,
        name: &str,
        input: &Input,
        request: &Request,
    ) -> Result<Pipe> {
        let kind = input.kind("-.jsonl")?;
        if kind.compression != Compression::None {
            return Err(input.uri.wrong(
                "format",
                "is of plain text for the standard input: decompress it first, as in \
                 `gunzip -c FILE | ...`",
            ));
        }
        let format = input.text(kind).ok_or_else(|| {
            input.uri.wrong("format", "is one of csv, tsv, jsonl and text for the standard input")
        })?;
        let state = Mutex::new(State::default());
        let shared = Arc::new(Shared { state, changed: Condvar::new() });
        let (fill, quotes) = (shared.clone(), format.quotes());
        std::thread::Builder::new()
            .name("ouzel-stdin".to_owned())
            .spawn(move || pump(reader, quotes, &fill))
            .map_err(|e| Error::io("starting the thread that reads the standard input", e))?;
        let (request, head) = (Arc::new(request.clone()), Mutex::new(None));
        Ok(Pipe { names: Arc::new(vec![name.to_owned()]), format, request, shared, head })
    }

    /// The head, which stands in the first block.
    fn head(&self, state: &State) -> Result<Option<Arc<Head>>> {
        let mut cached = self.head.lock().unwrap_or_else(PoisonError::into_inner);
        if cached.is_none() && state.passed == 0 {
            let first = state.blocks.front();
            let start = first.map(|b| b.bytes.as_slice()).unwrap_or_default();
            let whole = state.end || first.is_some();
            *cached = match whole {
                true => {
                    let head =
                        self.format.head("the standard input", start, true, &self.request)?;
                    head.map(Arc::new)
                }
                false => None,
            };
        }
        Ok(cached.clone())
    }
}

/// Reads to the end, block by block, cut at the ends of records.
fn pump(mut reader: Box<dyn Read + Send>, start: Quotes, shared: &Shared) {
    let mut rest: Vec<u8> = Vec::new();
    let (mut offset, mut quotes) = (0, start.clone());
    let mut block = vec![0; BLOCK_BYTES];
    let mut give = |bytes: Vec<u8>| {
        let mut state = shared.lock();
        while state.waiting >= WAITING_BYTES_MAX && !state.closed {
            state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.waiting += bytes.len() as u64;
        let block = Block { start: offset, bytes: Arc::new(bytes) };
        offset = block.end();
        state.blocks.push_back(block);
        shared.changed.notify_all();
        !state.closed
    };
    let failed = loop {
        match reader.read(&mut block) {
            Ok(0) => break None,
            Ok(read) => {
                let read = block.get(..read).unwrap_or_default();
                let known = rest.len();
                rest.extend_from_slice(read);
                let end = quotes.last_end(read).map(|end| known + end);
                let end = end.or((rest.len() >= RECORD_BYTES_MAX).then_some(rest.len()));
                if let Some(end) = end {
                    let tail = rest.split_off(end);
                    if !give(std::mem::replace(&mut rest, tail)) {
                        break None;
                    }
                }
            }
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => break Some(Error::io("reading the standard input", e)),
        }
    };
    if !rest.is_empty() && failed.is_none() {
        give(rest);
    }
    let mut state = shared.lock();
    state.end = true;
    state.failed = failed;
    shared.changed.notify_all();
}

impl Source for Pipe {
    fn bounded(&self) -> bool {
        false
    }

    fn partitions(&self) -> Arc<Vec<String>> {
        self.names.clone()
    }

    /// A run that goes on has to be given all of it again: waits until that is there.
    fn landmark(&self, _partition: u32, offset: u64) -> Result<String> {
        let mut state = self.shared.lock();
        loop {
            if let Some(content) = state.content_before(offset) {
                return Ok(content.to_string());
            }
            if state.end || offset < state.passed {
                return Ok("beyond the end".to_owned());
            }
            state.pass(offset);
            self.shared.changed.notify_all();
            state = self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn splits(&self, from: &[u64]) -> Result<Listing> {
        let from = from.first().copied().unwrap_or(0);
        let mut state = self.shared.lock();
        if let Some(failed) = &state.failed {
            return Err(failed.clone());
        }
        let Some(head) = self.head(&state)? else {
            return Ok(Listing::default());
        };
        state.pass(from);
        self.shared.changed.notify_all();
        if from < state.passed {
            return Err(Error::State(format!(
                "the standard input was read to byte {} and cannot be read again from byte {from}",
                state.passed
            )));
        }
        let blocks = state.blocks.iter().cloned();
        let splits = blocks.map(|block| {
            let (format, request) = (self.format.clone(), self.request.clone());
            let start = from.max(block.start);
            let split = PipeSplit { block, start, format, request, head: head.clone() };
            Box::new(split) as Box<dyn Split>
        });
        let ended = if state.end { vec![0] } else { Vec::new() };
        Ok(Listing { splits: splits.collect(), ended, end: state.end, fetched: false })
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
    }
}

/// What was there when the splits were asked for.
struct PipeSplit {
    block: Block,
    start: u64,
    format: TextFormat,
    request: Arc<Request>,
    head: Arc<Head>,
}

impl Split for PipeSplit {
    fn partition(&self) -> u32 {
        0
    }

    fn start(&self) -> u64 {
        self.start
    }

    fn end(&self) -> u64 {
        self.block.end()
    }

    fn bytes(&self) -> u64 {
        self.end() - self.start
    }

    fn read(
        self: Box<Self>,
        emit: &mut dyn FnMut(Chunk) -> Result<Demand>,
    ) -> Result<Option<Box<dyn Split>>> {
        let emit: &mut Emit<'_> = emit;
        let at = self.start.max(self.head.records_at);
        let skipped = at.saturating_sub(self.block.start) as usize;
        let Some(mut bytes) = self.block.bytes.get(skipped..) else { return Ok(None) };
        let rows = Rows::of(&self.request, &self.head.fields);
        let mut records = Records::new(self.format.decoder(&self.head), rows, at);
        let failed = |e| Error::io("reading the standard input", e);
        // A block is short: there is no pause within it.
        while records.read(&mut bytes, &failed, emit)? == Demand::Pause {}
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ouzel_dsl::connector::Connect;
    use ouzel_dsl::schema::{Field, Type};
    use std::sync::mpsc::{Receiver, Sender, channel};

    /// A pipe whose other end is a test.
    struct End(Receiver<Vec<u8>>, Vec<u8>);

    impl Read for End {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            if self.1.is_empty() {
                self.1 = self.0.recv().unwrap_or_default();
            }
            let len = buffer.len().min(self.1.len());
            buffer[..len].copy_from_slice(&self.1[..len]);
            self.1.drain(..len);
            Ok(len)
        }
    }

    fn pipe(uri: &str) -> (Sender<Vec<u8>>, Pipe) {
        let (sender, receiver) = channel();
        let request = Request {
            input: "in".to_owned(),
            fields: vec![Field::new("a", Type::Str, false)],
            read: vec![0],
            chunk_rows: 10,
            split_bytes: 100,
            until_now: false,
            history: false,
            time: None,
            ..Request::default()
        };
        let input = Input::parse(uri).unwrap();
        let end = Box::new(End(receiver, Vec::new()));
        (sender, Pipe::new(end, "-", &input, &request).unwrap())
    }

    /// Asks until something is there.
    fn next(pipe: &Pipe, from: u64) -> (Vec<String>, u64, bool) {
        loop {
            let listing = pipe.splits(&[from]).unwrap();
            let (end, mut rows, mut reached) = (listing.end, Vec::new(), from);
            for split in listing.splits {
                reached = split.end();
                split
                    .read(&mut |chunk| {
                        rows.extend((0..chunk.batch.num_rows()).map(|row| {
                            let text = ouzel_dsl::json::row(&chunk.batch, row);
                            format!("{} {text}", chunk.offsets.get(row))
                        }));
                        Ok(Demand::More)
                    })
                    .unwrap();
            }
            if end || !rows.is_empty() {
                return (rows, reached, end);
            }
            std::thread::yield_now();
        }
    }

    #[test]
    fn gives_whole_records_as_they_come_until_the_end() {
        let (sender, pipe) = pipe("-?format=csv");
        assert!(pipe.splits(&[0]).unwrap().splits.is_empty(), "nothing has come yet");
        sender.send(b"a\nx\n\"y\n".to_vec()).unwrap();
        let (rows, at, end) = next(&pipe, 0);
        assert_eq!((rows, at, end), (vec!["2 {\"a\":\"x\"}".to_owned()], 4, false));
        sender.send(b"z\"\nw".to_vec()).unwrap();
        let (rows, at, _) = next(&pipe, at);
        assert_eq!((rows, at), (vec!["4 {\"a\":\"y\\nz\"}".to_owned()], 10));
        drop(sender);
        let (rows, at, end) = next(&pipe, at);
        assert_eq!((rows, at), (vec!["10 {\"a\":\"w\"}".to_owned()], 11));
        assert!(end);
    }

    #[test]
    fn what_was_let_go_cannot_be_read_again() {
        let (sender, pipe) = pipe("-");
        sender.send(b"{\"a\":\"x\"}\n".to_vec()).unwrap();
        let (_, at, _) = next(&pipe, 0);
        assert_eq!(next(&pipe, 0).0.len(), 1, "not let go yet");
        pipe.splits(&[at]).unwrap();
        assert!(pipe.splits(&[0]).unwrap_err().to_string().contains("cannot be read again"));
    }

    #[test]
    fn what_stood_before_a_place_is_known_however_it_came() {
        let lines: Vec<String> = (0..50).map(|n| format!("{{\"a\":\"{n}\"}}\n")).collect();
        let text = lines.concat();
        let (sender, whole) = pipe("-");
        sender.send(text.clone().into_bytes()).unwrap();
        drop(sender);
        let (sender, pieces) = pipe("-");
        for piece in text.as_bytes().chunks(7) {
            sender.send(piece.to_vec()).unwrap();
        }
        drop(sender);
        let (sender, other) = pipe("-");
        sender.send(text.replace('3', "4").into_bytes()).unwrap();
        drop(sender);
        let half: u64 = lines[..25].iter().map(|line| line.len() as u64).sum();
        let expected = whole.landmark(0, half).unwrap();
        assert_eq!(pieces.landmark(0, half).unwrap(), expected);
        pieces.splits(&[half]).unwrap();
        assert_eq!(pieces.landmark(0, half).unwrap(), expected, "also when it was let go");
        assert_ne!(other.landmark(0, half).unwrap(), expected);
        assert_eq!(other.landmark(0, 10_000).unwrap(), "beyond the end");
    }

    #[test]
    fn columnar_and_compressed_formats_are_refused() {
        let input = Input::parse("-?format=parquet").unwrap();
        let refused = input.open(&Request::default()).err().unwrap().to_string();
        assert!(refused.contains("csv, tsv, jsonl and text"), "{refused}");
        for format in ["csv.gz", "jsonl.zst"] {
            let input = Input::parse(&format!("-?format={format}")).unwrap();
            let refused = input.open(&Request::default()).err().unwrap().to_string();
            assert!(refused.contains("decompress it first"), "{refused}");
        }
    }
}
