//! Bringing a shard to where a commit has left it: from its snapshot and the letters after that, or
//! from what there is of it here already and the letters after that.

use super::local::Copy;
use super::shard::{Note, Shard, read};
use ouzel_dsl::log::{Group, Lane};
use ouzel_dsl::{Error, Result};
use ouzel_engine::Wiring;
use std::fs::File;
use std::io::{BufReader, Seek, SeekFrom, Write};
use std::time::{Duration, Instant};

/// How long letters are waited for at once.
const WAIT: Duration = Duration::from_millis(5);

/// How long nothing may come of what a commit says is there. A transaction that a process which is gone
/// has left open holds letters up until it is ended.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// Where a shard's letters and snapshots are.
#[derive(Clone, Copy)]
pub struct Lanes<'a> {
    pub letters: Lane<'a>,
    pub snapshots: Lane<'a>,
}

/// A shard that is brought to a commit.
pub struct Restore {
    shard: Shard,
    /// What the commit says; none if there was none yet.
    to: Option<(u64, Note)>,
    /// Of a copy or a snapshot, and of letters.
    entries: File,
    /// What it begins with.
    from: From,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum From {
    /// Nothing.
    Start,
    /// A snapshot, which is to be read.
    Snapshot,
    /// A copy on this machine's disk.
    Copy,
    /// What is in memory, and followed.
    Standby,
}

impl From {
    fn name(self) -> &'static str {
        match self {
            From::Start | From::Snapshot => "log",
            From::Copy => "copy",
            From::Standby => "standby",
        }
    }
}

/// A shard that was brought to a commit.
pub struct Restored {
    pub shard: Shard,
    /// What it began with: `log`, `copy` or `standby`.
    pub from: &'static str,
    /// Bytes of letters that were read besides.
    pub bytes: u64,
}

impl Restore {
    /// Begins with what there is: `standby` where it leads there, `copy` where there is one, otherwise
    /// the snapshot.
    pub fn begin(
        wiring: &Wiring,
        shard: impl FnOnce() -> Shard,
        standby: Option<Shard>,
        to: Option<(u64, Note)>,
        copy: impl FnOnce(u64, &Note) -> Option<Copy>,
    ) -> Result<Restore> {
        let what = |e| Error::io("taking up keyed state", e);
        let mut entries = tempfile::tempfile_in(&wiring.spill).map_err(what)?;
        let leads =
            |shard: &Shard| to.as_ref().is_some_and(|(next, note)| shard.leads(*next, note));
        if let Some(standby) = standby.filter(leads) {
            return Ok(Restore { shard: standby, to, entries, from: From::Standby });
        }
        let mut shard = shard();
        let mut from = From::Start;
        if let Some((next, note)) = &to {
            (shard.next, shard.life) = (note.base, note.life);
            if let Some(mut copy) = copy(*next, note) {
                from = From::Copy;
                (shard.next, shard.watermarks) = (copy.next, copy.watermarks);
                shard.held = std::io::copy(&mut copy.entries, &mut entries).map_err(what)?;
            } else if note.base > 0 {
                from = From::Snapshot;
            }
        }
        Ok(Restore { shard, to, entries, from })
    }

    /// The lanes that are to be followed for it, and from where on.
    pub fn follows<'a>(&self, lanes: Lanes<'a>) -> Vec<(Lane<'a>, Option<u64>)> {
        let letters = (lanes.letters, Some(self.shard.next));
        match self.from {
            From::Standby => Vec::new(),
            From::Snapshot => vec![letters, (lanes.snapshots, None)],
            From::Start | From::Copy => vec![letters],
        }
    }

    /// Reads what is missing. What comes after that of its lane is new.
    pub fn finish(mut self, group: &mut dyn Group, lanes: Lanes<'_>) -> Result<Restored> {
        let Some((next, note)) = self.to.take() else {
            return Ok(Restored { shard: self.shard, from: self.from.name(), bytes: 0 });
        };
        if self.from == From::Snapshot {
            self.read_snapshot(note.base, group, &lanes.snapshots)?;
            group.leave(&lanes.snapshots);
        }
        let read = self.read_letters(next, group, &lanes.letters)?;
        let Restore { mut shard, mut entries, from, .. } = self;
        shard.came = if shard.base == note.base { shard.came + read } else { read };
        shard.base = note.base;
        entries.seek(SeekFrom::Start(0)).map_err(|e| Error::io("taking up keyed state", e))?;
        shard.load(&mut BufReader::with_capacity(1 << 18, entries), note.closed)?;
        Ok(Restored { shard, from: from.name(), bytes: read })
    }

    fn read_snapshot(&mut self, base: u64, group: &mut dyn Group, lane: &Lane<'_>) -> Result<()> {
        let mut ended = false;
        wait(lane, || {
            let letters = group.letters(lane, None, WAIT)?;
            for letter in &letters {
                let (head, entries) = read(letter, lane)?;
                // Of others there may be something left.
                if head.snapshot == Some(base) && !ended {
                    ended = head.last;
                    self.shard.watermarks.extend(head.watermarks);
                    self.shard.held += entries.len() as u64;
                    self.take(entries)?;
                }
            }
            Ok((!letters.is_empty(), ended))
        })
    }

    /// Reads letters up to an offset; how many bytes that is.
    fn read_letters(&mut self, to: u64, group: &mut dyn Group, lane: &Lane<'_>) -> Result<u64> {
        let mut bytes = 0;
        if self.shard.next >= to {
            return Ok(bytes);
        }
        wait(lane, || {
            let letters = group.letters(lane, Some(to), WAIT)?;
            for letter in &letters {
                let (head, entries) = read(letter, lane)?;
                self.shard.watermarks.extend(head.watermarks);
                self.shard.next = letter.offset + 1;
                bytes += entries.len() as u64;
                self.take(entries)?;
            }
            // The offset before it is that of a letter.
            Ok((!letters.is_empty(), self.shard.next >= to))
        })?;
        Ok(bytes)
    }

    fn take(&mut self, entries: &[u8]) -> Result<()> {
        self.entries.write_all(entries).map_err(|e| Error::io("taking up keyed state", e))
    }
}

/// Does it until all is there, as it tells beside whether anything has come.
fn wait(lane: &Lane<'_>, mut more: impl FnMut() -> Result<(bool, bool)>) -> Result<()> {
    let mut heard = Instant::now();
    loop {
        match more()? {
            (_, true) => return Ok(()),
            (true, false) => heard = Instant::now(),
            (false, false) if heard.elapsed() > SILENCE_MAX => {
                return Err(Error::Failed(format!(
                    "what the group has committed of `{}/{}` has not come for {} s",
                    lane.topic,
                    lane.number,
                    SILENCE_MAX.as_secs()
                )));
            }
            (false, false) => {}
        }
    }
}
