//! The layout that a stream writes: from which offset on a watermark had passed a partition.
//!
//! Which partitions have been silent for long enough is seen at the end of an epoch, where nothing
//! is in flight. A line is written when the partition goes on, since it is of the records that come
//! then.

use crate::reader::Reader;
use ouzel_dsl::{Error, Plan, Result};
use ouzel_engine::{Gates, Layout, Passed, StreamConfig, Wiring};
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;

/// The file.
pub struct LayoutFile {
    path: PathBuf,
    file: File,
    len: u64,
}

impl LayoutFile {
    /// Opens it where the run has a place for it and the job lets watermarks pass partitions, cut
    /// back to `len`.
    pub fn open(plan: &Plan, stream: &StreamConfig, len: u64) -> Result<Option<LayoutFile>> {
        let allowed = plan.sources.iter().any(|s| s.idle_after.is_some() || s.join_late);
        let kept = stream
            .state
            .as_ref()
            .filter(|_| allowed || len > 0)
            .map(|dir| dir.join("layout.jsonl"));
        let Some(path) = stream.layout.clone().or(kept) else { return Ok(None) };
        let what = |e| Error::io(format!("the layout {}", path.display()), e);
        let open = File::options().write(true).create(true).truncate(false).open(&path);
        let mut file = open.map_err(what)?;
        let found = file.metadata().map_err(what)?.len();
        if found < len {
            return Err(Error::State(format!(
                "the layout {} has {found} bytes, but the last checkpoint covers {len}: give the file that was given before",
                path.display()
            )));
        }
        if len == 0 && found > 0 {
            // Only what a stream has written before is written over.
            Layout::read(&path)?;
        }
        file.set_len(len).map_err(what)?;
        file.seek(SeekFrom::End(0)).map_err(what)?;
        Ok(Some(LayoutFile { path, file, len }))
    }

    /// Adds lines, and makes them durable; where they end.
    pub fn commit(&mut self, passed: &[Passed]) -> Result<u64> {
        if passed.is_empty() {
            return Ok(self.len);
        }
        let what = |e| Error::io(format!("writing the layout {}", self.path.display()), e);
        let mut lines = Vec::new();
        for one in passed {
            serde_json::to_writer(&mut lines, one).map_err(|e| what(e.into()))?;
            lines.push(b'\n');
        }
        self.file.write_all(&lines).and_then(|()| self.file.sync_data()).map_err(what)?;
        self.len += lines.len() as u64;
        Ok(self.len)
    }
}

/// Lets watermarks pass the partitions that have been silent for long enough; whether any was passed.
/// Nothing may be in flight.
pub fn pass_silent(reader: &mut Reader, wiring: &Wiring, gates: &Gates) -> bool {
    let silent: Vec<Vec<usize>> =
        (0..wiring.sources.len()).map(|source| silent(reader, wiring, source)).collect();
    let targets: Vec<i64> =
        (0..silent.len()).map(|source| target(reader, wiring, gates, &silent, source)).collect();
    let mut any = false;
    for (lanes, target) in silent.into_iter().zip(targets) {
        for lane in lanes {
            any |= reader.pass(lane, target, gates);
        }
    }
    any
}

/// The lanes of a source that have been silent for long enough.
fn silent(reader: &mut Reader, wiring: &Wiring, source: usize) -> Vec<usize> {
    let node = &wiring.plan.sources[source];
    let Some(after) = node.idle_after.filter(|_| node.needs_seen) else { return Vec::new() };
    // While nobody looked, as when the process was suspended, nothing was silent.
    let now = reader.listed_at(source);
    let lanes = reader.lanes.iter_mut().enumerate();
    let silent = lanes.filter_map(|(index, lane)| {
        if lane.source != source || lane.is_done() {
            return None;
        }
        if lane.has_more() {
            lane.heard = now;
        }
        (now.saturating_sub(lane.heard) >= after.unsigned_abs()).then_some(index)
    });
    silent.collect()
}

/// The watermark that passes the silent partitions of a source: that of its others. Where all are
/// silent it is the greatest event time of any, or, if that is greater, the watermark of the other
/// inputs that operators wait for together with this one.
fn target(
    reader: &Reader,
    wiring: &Wiring,
    gates: &Gates,
    silent: &[Vec<usize>],
    source: usize,
) -> i64 {
    if let Some(least) = active(reader, gates, silent, source) {
        return least;
    }
    let greatest = reader.greatest(source, gates);
    let together = wiring.plan.keyed.iter().filter(|entry| entry.sources.contains(&source));
    let others = together.filter_map(|entry| {
        let others = entry.sources.iter().filter(|other| **other != source);
        others.filter_map(|other| active(reader, gates, silent, *other)).min()
    });
    others.min().map_or(greatest, |others| others.max(greatest))
}

/// The least that the partitions of a source have seen that are neither silent nor at their ends.
fn active(reader: &Reader, gates: &Gates, silent: &[Vec<usize>], source: usize) -> Option<i64> {
    let lanes = reader.lanes.iter().enumerate();
    let active =
        lanes.filter(|(i, l)| l.source == source && !l.is_done() && !silent[source].contains(i));
    active.map(|(_, lane)| gates.seen(lane.source, lane.partition)).min()
}
