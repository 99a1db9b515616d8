//! Sorted runs on disk: where keyed state goes that does not fit in memory.
//!
//! A run holds accumulators in the order of (window, encoded key). Since accumulators are monoids,
//! a key may stand in many runs; reading merges them. Since windows come first, those that close
//! are a prefix of each run. A spill writes one run for each of a few parts of the keys' hashes,
//! so that reading can go on in parallel.

use crate::groups::{Groups, part};
use ouzel_dsl::{Aggregate, Error, Key, Result};
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::sync::Arc;

/// Into how many parts by hash each spill is cut.
pub const PARTS: usize = 4;

/// So many runs of a level are merged into one of the next.
const RUNS_MAX: usize = 16;

/// The runs of one keyed operator: a list for each part.
#[derive(Default)]
pub struct Runs {
    parts: [Vec<Run>; PARTS],
}

/// One sorted run, and how far it has been read for good. The file has no name: it is gone when
/// the last handle is.
struct Run {
    file: Arc<File>,
    start: u64,
    end: u64,
    /// How often its entries were merged with those of other runs.
    level: u32,
    /// Whether it came after [`Runs::settle`].
    fresh: bool,
}

impl Runs {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.parts.iter().all(Vec::is_empty)
    }

    /// Takes on another's runs.
    pub fn append(&mut self, mut other: Runs) {
        self.parts.iter_mut().zip(&mut other.parts).for_each(|(a, b)| a.append(b));
    }

    /// From now on, what is here is not fresh.
    pub fn settle(&mut self) {
        self.parts.iter_mut().flatten().for_each(|run| run.fresh = false);
    }

    /// Merges runs where there are many: each open one takes a file handle and a buffer, and holds
    /// keys that others hold too. Only runs of a level are merged, so that what was merged often is
    /// written again seldom.
    pub fn compact<K: Key, A: Aggregate>(&mut self, aggregate: &A, dir: &Path) -> Result<()> {
        for runs in &mut self.parts {
            let mut level = 0;
            while runs.iter().any(|run| run.level >= level) {
                let merged: Vec<_> = runs.extract_if(.., |run| run.level == level).collect();
                level += 1;
                match merged.len() {
                    ..RUNS_MAX => runs.extend(merged),
                    _ => runs.push(merge_runs::<K, A>(merged, level, aggregate, dir)?),
                }
            }
        }
        Ok(())
    }

    /// Writes all entries, as they are.
    pub fn copy_to(&self, out: &mut dyn Write) -> std::io::Result<()> {
        for run in self.parts.iter().flatten() {
            let mut entries =
                Shared { file: run.file.clone(), at: run.start }.take(run.end - run.start);
            std::io::copy(&mut entries, out)?;
        }
        Ok(())
    }

    /// Its parts, to be read in parallel.
    pub fn split(&mut self) -> Vec<Part<'_>> {
        self.parts.iter_mut().map(Part).collect()
    }
}

fn merge_runs<K: Key, A: Aggregate>(
    mut runs: Vec<Run>,
    level: u32,
    aggregate: &A,
    dir: &Path,
) -> Result<Run> {
    let what = |e| Error::io(format!("merging spilled state in {}", dir.display()), e);
    let file = tempfile::tempfile_in(dir).map_err(what)?;
    let mut out = BufWriter::with_capacity(1 << 18, file);
    let (mut end, mut encoded) = (0, Vec::new());
    Part(&mut runs).read::<K, A>(aggregate, i64::MAX, false, |group| {
        encoded.clear();
        K::encode(group.key.view(), &mut encoded);
        end += write_entry(&mut out, group.start, &encoded, &group.acc).map_err(what)?;
        Ok(())
    })?;
    let file = out.into_inner().map_err(|e| what(e.into_error()))?;
    Ok(Run { file: Arc::new(file), start: 0, end, level, fresh: true })
}

/// A group that was read back.
pub struct Group<K, Acc> {
    /// The start of its window.
    pub start: i64,
    /// Its key.
    pub key: K,
    /// Its accumulator.
    pub acc: Acc,
    /// Whether any of it was in a fresh run.
    pub fresh: bool,
}

/// The runs of one part.
pub struct Part<'a>(&'a mut Vec<Run>);

impl Part<'_> {
    /// Reads the part's groups in order, merged, up to and including windows that begin at
    /// `until`. If `free` is given, those are gone afterwards.
    pub fn read<K: Key, A: Aggregate>(
        &mut self,
        aggregate: &A,
        until: i64,
        free: bool,
        mut each: impl FnMut(Group<K, A::Acc>) -> Result<()>,
    ) -> Result<()> {
        let mut cursors = Vec::new();
        for (index, run) in self.0.iter().enumerate() {
            cursors.extend(Cursor::open(run, index)?);
        }
        let mut heap = BinaryHeap::from(cursors);
        while heap.peek().is_some_and(|first| first.entry.window() <= until) {
            let Some(mut first) = heap.pop() else { break };
            let mut acc = first.entry.acc::<A::Acc>()?;
            let mut fresh = self.0[first.run].fresh;
            while heap.peek().is_some_and(|next| next.entry.key == first.entry.key) {
                let Some(mut next) = heap.pop() else { break };
                aggregate.merge(&mut acc, next.entry.acc()?);
                fresh |= self.0[next.run].fresh;
                if next.advance()? {
                    heap.push(next);
                } else if free {
                    self.0[next.run].start = next.at;
                }
            }
            each(Group { start: first.entry.window(), key: first.entry.key()?, acc, fresh })?;
            if first.advance()? {
                heap.push(first);
            } else if free {
                self.0[first.run].start = first.at;
            }
        }
        if free {
            for cursor in heap {
                self.0[cursor.run].start = cursor.at;
            }
            self.0.retain(|run| run.start < run.end);
        }
        Ok(())
    }
}

/// Writes groups as runs, one a part; how many bytes that takes.
pub fn write_runs<K: Key, A: Aggregate>(
    groups: &Groups<K, A::Acc>,
    dir: &Path,
    runs: &mut Runs,
) -> Result<u64> {
    let what = || format!("writing spilled state in {}", dir.display());
    let mut encoded = Vec::new();
    let mut ends = Vec::with_capacity(groups.keys().len());
    for id in 0..groups.keys().len() as u32 {
        K::encode(groups.keys().get(id), &mut encoded);
        ends.push(encoded.len());
    }
    let key = |id: u32| {
        let start = if id == 0 { 0 } else { ends[id as usize - 1] };
        &encoded[start..ends[id as usize]]
    };
    let mut order: Vec<u32> = (0..groups.keys().len() as u32).collect();
    order.sort_unstable_by(|a, b| key(*a).cmp(key(*b)));

    let mut writers = Vec::new();
    for _ in 0..PARTS {
        let file = tempfile::tempfile_in(dir).map_err(|e| Error::io(what(), e))?;
        writers.push(Writer { out: BufWriter::with_capacity(1 << 18, file), bytes: 0 });
    }
    let mut write = |start: i64, id: u32, acc: &A::Acc| {
        let writer = &mut writers[part(groups.keys().hash(id), PARTS)];
        let written = write_entry(&mut writer.out, start, key(id), acc);
        writer.bytes += written.map_err(|e| Error::io(what(), e))?;
        Ok(())
    };
    let mut rank = Vec::new();
    for (start, table) in groups.iter() {
        // Where a window holds most keys, looking each one up in order takes no memory.
        if table.len() * 2 > order.len() {
            for id in &order {
                if let Some(acc) = groups.get(start, *id) {
                    write(start, *id, acc)?;
                }
            }
            continue;
        }
        if rank.is_empty() {
            rank.resize(order.len(), 0u32);
            order.iter().enumerate().for_each(|(place, id)| rank[*id as usize] = place as u32);
        }
        let mut entries: Vec<(u32, &A::Acc)> = table.iter().collect();
        entries.sort_unstable_by_key(|(id, _)| rank[*id as usize]);
        for (id, acc) in entries {
            write(start, id, acc)?;
        }
    }
    let mut bytes = 0;
    for (list, writer) in runs.parts.iter_mut().zip(writers) {
        let file = writer.out.into_inner().map_err(|e| Error::io(what(), e.into_error()))?;
        if writer.bytes > 0 {
            bytes += writer.bytes;
            let file = Arc::new(file);
            list.push(Run { file, start: 0, end: writer.bytes, level: 0, fresh: true });
        }
    }
    Ok(bytes)
}

struct Writer {
    out: BufWriter<File>,
    bytes: u64,
}

/// Writes one entry: lengths of key and accumulator, window, encoded key, accumulator. Returns how
/// many bytes that was.
pub fn write_entry<Acc: serde::Serialize>(
    out: &mut dyn Write,
    start: i64,
    key: &[u8],
    acc: &Acc,
) -> std::io::Result<u64> {
    let acc = postcard::to_allocvec(acc).map_err(std::io::Error::other)?;
    let len =
        |bytes: usize| u32::try_from(bytes).map(u32::to_le_bytes).map_err(std::io::Error::other);
    out.write_all(&len(8 + key.len())?)?;
    out.write_all(&len(acc.len())?)?;
    out.write_all(&encode_window(start))?;
    out.write_all(key)?;
    out.write_all(&acc)?;
    Ok(16 + key.len() as u64 + acc.len() as u64)
}

/// An entry's window, encoded key and accumulator.
pub struct Entry {
    /// Window, then encoded key.
    key: Vec<u8>,
    acc: Vec<u8>,
}

impl Entry {
    /// An empty one, to be read into.
    pub fn new() -> Entry {
        Entry { key: Vec::new(), acc: Vec::new() }
    }

    /// Reads the next entry; its length, or `None` at the end.
    pub fn read(&mut self, from: &mut dyn Read) -> std::io::Result<Option<u64>> {
        let mut lens = [0; 8];
        if from.read(&mut lens[..1])? == 0 {
            return Ok(None);
        }
        from.read_exact(&mut lens[1..])?;
        let [a, b, c, d, e, f, g, h] = lens;
        let (key, acc) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
        self.key.resize(key as usize, 0);
        self.acc.resize(acc as usize, 0);
        from.read_exact(&mut self.key)?;
        from.read_exact(&mut self.acc)?;
        Ok(Some(8 + u64::from(key) + u64::from(acc)))
    }

    /// The start of its window.
    pub fn window(&self) -> i64 {
        decode_window(self.key.get(..8).unwrap_or_default())
    }

    /// Its key.
    pub fn key<K: Key>(&self) -> Result<K> {
        self.key.get(8..).and_then(|mut encoded| K::decode(&mut encoded)).ok_or_else(damaged)
    }

    /// Its accumulator.
    pub fn acc<Acc: serde::de::DeserializeOwned>(&self) -> Result<Acc> {
        postcard::from_bytes(&self.acc).map_err(|_| damaged())
    }
}

fn encode_window(start: i64) -> [u8; 8] {
    ((start as u64) ^ (1 << 63)).to_be_bytes()
}

fn decode_window(bytes: &[u8]) -> i64 {
    let bytes = bytes.try_into().unwrap_or_default();
    (u64::from_be_bytes(bytes) ^ (1 << 63)) as i64
}

fn damaged() -> Error {
    Error::State("kept state is damaged: an entry cannot be read back".to_owned())
}

/// A place in a run. Ordered so that the least key comes first out of a heap.
struct Cursor {
    reader: BufReader<Shared>,
    entry: Entry,
    /// Where the entry at hand begins in the file.
    at: u64,
    next: u64,
    run: usize,
}

/// Reads a file at a place of its own, whoever else reads it.
struct Shared {
    file: Arc<File>,
    at: u64,
}

impl Read for Shared {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = std::os::unix::fs::FileExt::read_at(&*self.file, buffer, self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}

impl Cursor {
    /// At the run's first entry; `None` if it has no more.
    fn open(run: &Run, index: usize) -> Result<Option<Cursor>> {
        let shared = Shared { file: run.file.clone(), at: run.start };
        let mut cursor = Cursor {
            reader: BufReader::with_capacity(1 << 17, shared),
            entry: Entry::new(),
            at: run.start,
            next: run.start,
            run: index,
        };
        Ok(cursor.advance()?.then_some(cursor))
    }

    /// Moves to the next entry; false at the end.
    fn advance(&mut self) -> Result<bool> {
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
        other.entry.key.cmp(&self.entry.key)
    }
}
