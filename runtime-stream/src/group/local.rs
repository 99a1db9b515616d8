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
        let same =
            head.group == self.group && (head.note.of, head.note.life) == (note.of, note.life);
        let fits = same && (note.base..=next).contains(&head.next);
        fits.then(|| Copy { next: head.next, watermarks: head.watermarks, entries: Box::new(file) })
    }
}

#[cfg(test)]
mod tests {
    use super::super::identity::Identity;
    use super::*;

    #[test]
    fn only_copies_of_this_life_of_the_group_fit() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::take(&dir.path().join("state"), "job").unwrap();
        let local = Local { folder, group: "g".to_owned() };
        let of = |life| Note { closed: 0, base: 10, of: Identity::default(), life };
        let put = || {
            let head = Head { group: "g".into(), note: of(7), next: 15, watermarks: [].into() };
            let text = serde_json::to_string(&head).unwrap() + "\nentries";
            std::fs::write(local.path("o", 0), text).unwrap();
        };
        let take = |next, note: &Note| {
            put();
            let mut copy = local.take("o", 0, next, note)?;
            let mut entries = String::new();
            copy.entries.read_to_string(&mut entries).unwrap();
            Some((copy.next, entries))
        };
        assert_eq!(take(20, &of(7)), Some((15, "entries".to_owned())));
        // It was committed later than the group has come, or is before what is kept.
        assert_eq!(take(14, &of(7)), None);
        assert_eq!(take(20, &Note { base: 16, ..of(7) }), None);
        // The group began anew.
        assert_eq!(take(20, &of(8)), None);
        // It is used once.
        assert!(local.take("o", 0, 20, &of(7)).is_none());
    }
}
