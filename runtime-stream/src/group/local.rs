//! Copies of shards on this machine's disk: what an orderly end leaves, so that the next process need
//! not read all of it from the log. They decide nothing: one that does not fit is not used.

use super::shard::{Note, Shard};
use crate::checkpoint::Folder;
use ouzel_dsl::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::PathBuf;

/// What stands before the entries, on a line.
#[derive(Serialize, Deserialize)]
struct Head {
    group: String,
    note: Note,
    /// The offset of the next letter.
    next: u64,
    watermarks: BTreeMap<String, i64>,
}

/// Where copies are kept.
pub struct Local {
    pub folder: Folder,
    pub group: String,
}

/// A copy that fits: what follows of its lane begins at `next`.
pub struct Copy {
    pub next: u64,
    pub watermarks: BTreeMap<String, i64>,
    pub entries: Box<dyn Read>,
}

impl Local {
    fn path(&self, operator: &str, lane: u32) -> PathBuf {
        self.folder.dir().join(format!("{operator}-{lane}.shard"))
    }

    /// Keeps a copy of a shard of which all is committed.
    pub fn keep(&self, operator: &str, lane: u32, shard: &mut Shard, note: Note) -> Result<()> {
        let path = self.path(operator, lane);
        let what = |e| Error::io(format!("keeping {}", path.display()), e);
        let unfinished = path.with_extension("shard.tmp");
        let mut out = BufWriter::with_capacity(1 << 18, File::create(&unfinished).map_err(what)?);
        let (group, watermarks) = (self.group.clone(), shard.watermarks.clone());
        let head = Head { group, note, next: shard.next, watermarks };
        serde_json::to_writer(&mut out, &head).map_err(|e| what(e.into()))?;
        out.write_all(b"\n").map_err(what)?;
        shard.state.save(&mut out)?;
        let file = out.into_inner().map_err(|e| what(e.into_error()))?;
        file.sync_all().and_then(|()| std::fs::rename(&unfinished, &path)).map_err(what)
    }

    /// The copy of a shard, if it is of the state at some offset from `note.base` up to `next`. It is
    /// used once: what is kept next is another.
    pub fn take(&self, operator: &str, lane: u32, next: u64, note: &Note) -> Option<Copy> {
        let path = self.path(operator, lane);
        let mut file = BufReader::with_capacity(1 << 18, File::open(&path).ok()?);
        // Open, it stays readable.
        std::fs::remove_file(&path).ok()?;
        let mut line = Vec::new();
        file.read_until(b'\n', &mut line).ok()?;
        let head: Head = serde_json::from_slice(&line).ok()?;
        let same = head.group == self.group
            && (head.note.state, head.note.code) == (note.state, note.code);
        let fits = same && (note.base..=next).contains(&head.next);
        fits.then(|| Copy { next: head.next, watermarks: head.watermarks, entries: Box::new(file) })
    }
}
