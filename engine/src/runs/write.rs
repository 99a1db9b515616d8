//! Writes groups as sorted runs.

use super::{PARTS, Run, Runs, write_entry};
use crate::groups::{Groups, part};
use ouzel_dsl::{Aggregate, Error, Key, Result};
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;

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
