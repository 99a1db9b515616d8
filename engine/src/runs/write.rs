//! Writes groups as sorted runs.

use super::{PARTS, Run, Runs, write_entry};
use crate::groups::{Groups, part};
use crate::monoid::Monoid;
use ouzel_dsl::{Error, Key, Result};
use serde::Serialize;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Writes groups as runs, one a part, one after the other in a file; how many bytes that takes.
pub fn write_runs<K: Key, A: Monoid>(
    groups: &Groups<K, A::Acc>,
    dir: &Path,
    runs: &mut Runs,
) -> Result<u64> {
    let what = |e| unwritten(dir, e);
    let keys = Encoded::new(groups);
    let part = |id: u32| part(groups.keys().hash(id), PARTS);
    let (mut order, mut rank) = (Vec::new(), Vec::new());
    let file = tempfile::tempfile_in(dir).map_err(what)?;
    let mut out = BufWriter::with_capacity(1 << 18, file);
    let (mut bytes, mut starts) = (0, [0; PARTS]);
    for (index, first_byte) in starts.iter_mut().enumerate() {
        *first_byte = bytes;
        order.clear();
        order.extend((0..groups.keys().len() as u32).filter(|id| part(*id) == index));
        order.sort_unstable_by(|a, b| keys.get(*a).cmp(keys.get(*b)));
        rank.clear();
        let mut write = |start: i64, id: u32, acc: &A::Acc| {
            bytes += write_entry(&mut out, start, keys.get(id), acc).map_err(what)?;
            Ok(())
        };
        for (start, table) in groups.iter() {
            // Where a window holds most keys, looking each one up in order takes no memory.
            if table.len() * 2 > groups.keys().len() {
                for id in &order {
                    if let Some(acc) = table.get(*id) {
                        write(start, *id, acc)?;
                    }
                }
                continue;
            }
            if rank.is_empty() {
                rank.resize(groups.keys().len(), 0);
                order.iter().zip(0u32..).for_each(|(id, place)| rank[*id as usize] = place);
            }
            let mut entries: Vec<_> = table.iter().filter(|(id, _)| part(*id) == index).collect();
            entries.sort_unstable_by_key(|(id, _)| rank[*id as usize]);
            for (id, acc) in entries {
                write(start, id, acc)?;
            }
        }
    }
    let file = Arc::new(out.into_inner().map_err(|e| what(e.into_error()))?);
    let ends = starts.into_iter().skip(1).chain([bytes]);
    for ((list, start), end) in runs.parts.iter_mut().zip(starts).zip(ends) {
        if start < end {
            list.push(Run { file: file.clone(), start, end, level: 0, fresh: true });
        }
    }
    Ok(bytes)
}

/// Writes a run of groups that come in its order.
pub struct RunWriter {
    out: BufWriter<File>,
    bytes: u64,
    dir: PathBuf,
    encoded: Vec<u8>,
}

impl RunWriter {
    /// Into a new file in a folder.
    pub fn new(dir: &Path) -> Result<RunWriter> {
        let file = tempfile::tempfile_in(dir).map_err(|e| unwritten(dir, e))?;
        let out = BufWriter::with_capacity(1 << 18, file);
        Ok(RunWriter { out, bytes: 0, dir: dir.to_owned(), encoded: Vec::new() })
    }

    /// Adds a group, which stands after those before it in the order of runs.
    pub fn push_group<K: Key, Acc: Serialize>(
        &mut self,
        start: i64,
        key: K::View<'_>,
        acc: &Acc,
    ) -> Result<()> {
        let mut encoded = std::mem::take(&mut self.encoded);
        encoded.clear();
        K::encode(key, &mut encoded);
        let written = self.push(start, &encoded, acc);
        self.encoded = encoded;
        written
    }

    /// The same with the key encoded.
    pub fn push<Acc: Serialize>(&mut self, start: i64, key: &[u8], acc: &Acc) -> Result<()> {
        let written = write_entry(&mut self.out, start, key, acc);
        self.bytes += written.map_err(|e| unwritten(&self.dir, e))?;
        Ok(())
    }

    /// The run.
    pub fn finish(self) -> Result<Run> {
        let file = self.out.into_inner().map_err(|e| unwritten(&self.dir, e.into_error()))?;
        Ok(Run { file: Arc::new(file), start: 0, end: self.bytes, level: 0, fresh: false })
    }
}

fn unwritten(dir: &Path, error: std::io::Error) -> Error {
    Error::io(format!("writing spilled state in {}", dir.display()), error)
}

/// The encodings of keys, by number.
struct Encoded {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Encoded {
    fn new<K: Key, Acc>(groups: &Groups<K, Acc>) -> Encoded {
        let len = groups.keys().len();
        let mut encoded = Encoded { bytes: Vec::new(), ends: Vec::with_capacity(len) };
        for id in 0..len as u32 {
            K::encode(groups.keys().get(id), &mut encoded.bytes);
            encoded.ends.push(encoded.bytes.len());
        }
        encoded
    }

    fn get(&self, id: u32) -> &[u8] {
        let start = if id == 0 { 0 } else { self.ends[id as usize - 1] };
        &self.bytes[start..self.ends[id as usize]]
    }
}
