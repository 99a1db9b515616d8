//! A keyed operator's state for some of its keys: those of one lane of letters.
//!
//! The lane is the state's log: what is there is what merging all of its letters gives. So that not
//! all of them are kept and read again, a snapshot is written now and then, and what it covers is let
//! go.

use super::identity::Identity;
use super::letter::{self, Head};
use super::local::Copy;
use ouzel_dsl::keyed_node::{KeyedNode, KeyedState};
use ouzel_dsl::log::{Group, Lane, Letter, LogSession};
use ouzel_dsl::stage::Port;
use ouzel_dsl::{Error, Result};
use ouzel_engine::Wiring;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{BufReader, Seek, SeekFrom, Write};

/// A snapshot is written when so many times as much has come as it would have.
const SNAPSHOT_AT: u64 = 4;
/// And not before so many bytes have.
const SNAPSHOT_FROM: u64 = 8 << 20;
/// Of a snapshot, a letter has so many bytes.
const TOGETHER: usize = 512 << 10;

/// What goes with the position of a lane of letters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The watermark up to which windows are closed.
    pub closed: i64,
    /// The offset from which on letters are not in the snapshot.
    pub base: u64,
    /// The number of the snapshot; none before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<u64>,
    #[serde(flatten)]
    pub of: Identity,
    /// Drawn when the group began: one of the same name that begins anew has other letters at the same
    /// offsets.
    #[serde(default)]
    pub life: u64,
}

/// A shard.
pub struct Shard {
    pub state: Box<dyn KeyedState>,
    /// The offset of the next letter.
    pub next: u64,
    /// Whether it has moved since the last commit.
    pub moved: bool,
    /// The watermark that it has come to.
    pub watermark: i64,
    /// The watermarks upstream, by name.
    pub watermarks: BTreeMap<String, i64>,
    base: u64,
    snapshot: Option<u64>,
    life: u64,
    /// How many bytes of letters came since the snapshot, and how many that has.
    came: u64,
    held: u64,
    /// What can be let go once the next commit is done.
    covered: Option<u64>,
}

/// Where a shard's letters and snapshots are.
#[derive(Clone, Copy)]
pub struct Lanes<'a> {
    pub letters: Lane<'a>,
    pub snapshots: Lane<'a>,
}

/// A number that no one else has drawn.
fn drawn() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id())
}

impl Shard {
    /// Takes a shard up where a process before has left it. Its lane is to be followed from `next` on.
    pub fn open(
        wiring: &Wiring,
        node: &dyn KeyedNode,
        memory: usize,
        group: &dyn Group,
        lanes: Lanes<'_>,
        position: Option<(u64, Note)>,
        copy: impl FnOnce(u64, &Note) -> Option<Copy>,
    ) -> Result<Shard> {
        let mut shard = Shard {
            state: node.state(1, memory, &wiring.spill),
            next: 0,
            moved: false,
            watermark: i64::MIN,
            watermarks: BTreeMap::new(),
            base: 0,
            snapshot: None,
            life: drawn(),
            came: 0,
            held: 0,
            covered: None,
        };
        let Some((next, note)) = position else { return Ok(shard) };
        let what = |e| Error::io("taking up keyed state", e);
        let mut entries = tempfile::tempfile_in(&wiring.spill).map_err(what)?;
        (shard.next, shard.base, shard.snapshot) = (next, note.base, note.snapshot);
        shard.life = note.life;
        let mut from = note.base;
        if let Some(mut copy) = copy(next, &note) {
            shard.watermarks = copy.watermarks;
            shard.held = std::io::copy(&mut copy.entries, &mut entries).map_err(what)?;
            from = copy.next;
        } else if note.snapshot.is_some() {
            group.read(&lanes.snapshots, None, None, &mut |letter| {
                let (head, bytes) = read(&letter, &lanes.snapshots)?;
                if head.snapshot == note.snapshot {
                    shard.watermarks.extend(head.watermarks);
                    shard.held += bytes.len() as u64;
                    entries.write_all(bytes).map_err(what)?;
                }
                Ok(())
            })?;
        }
        group.read(&lanes.letters, Some(from), Some(next), &mut |letter| {
            let (head, bytes) = read(&letter, &lanes.letters)?;
            shard.watermarks.extend(head.watermarks);
            shard.came += bytes.len() as u64;
            entries.write_all(bytes).map_err(what)
        })?;
        entries.seek(SeekFrom::Start(0)).map_err(what)?;
        shard.state.load(&mut BufReader::with_capacity(1 << 18, entries), Some(note.closed))?;
        shard.watermark = note.closed;
        Ok(shard)
    }

    /// What letters hold, as combiners. Their watermarks are taken on.
    pub fn gather(
        &mut self,
        node: &dyn KeyedNode,
        letters: &[Letter],
        lane: &Lane<'_>,
    ) -> Result<Vec<Box<dyn Port>>> {
        let mut gathered = Vec::new();
        for letter in letters {
            let (head, mut entries) = read(letter, lane)?;
            self.watermarks.extend(head.watermarks);
            self.came += entries.len() as u64;
            if !entries.is_empty() {
                gathered.push(node.gather(&mut entries)?);
            }
            self.next = letter.offset + 1;
            self.moved = true;
        }
        Ok(gathered)
    }

    /// What goes with its position.
    pub fn note(&self, of: Identity) -> Note {
        let Shard { base, snapshot, life, .. } = *self;
        Note { closed: self.watermark, base, snapshot, of, life }
    }

    /// Writes a snapshot, to be committed with all else, if it is time to: not before `from` bytes
    /// have come, if it is not as usual.
    pub fn snapshot_if_due(
        &mut self,
        session: &dyn LogSession,
        lane: &Lane<'_>,
        from: Option<u64>,
    ) -> Result<()> {
        if self.came < from.unwrap_or(SNAPSHOT_FROM).max(self.held * SNAPSHOT_AT) {
            return Ok(());
        }
        let number = self.snapshot.map_or(1, |number| number + 1);
        let head = Head { watermarks: self.watermarks.clone(), snapshot: Some(number) };
        let mut out = Posting { session, lane, head, nth: 0, entries: Vec::new(), written: 0 };
        self.state.save(&mut out)?;
        // The head has to be told, whatever there is.
        out.post().map_err(|e| Error::io("writing a snapshot", e))?;
        (self.held, self.came) = (out.written, 0);
        (self.snapshot, self.base) = (Some(number), self.next);
        self.covered = Some(self.next);
        self.moved = true;
        Ok(())
    }

    /// Up to where letters can be let go, now that a commit is done.
    pub fn take_covered(&mut self) -> Option<u64> {
        self.covered.take()
    }
}

fn read<'a>(letter: &'a Letter, lane: &Lane<'_>) -> Result<(Head, &'a [u8])> {
    letter::read(&letter.bytes, &format!("{}/{}", lane.topic, lane.number), letter.offset)
}

/// Writes a snapshot as letters. Those of the same place in the next one take their places where the
/// log is compacted.
struct Posting<'a> {
    session: &'a dyn LogSession,
    lane: &'a Lane<'a>,
    head: Head,
    nth: u32,
    entries: Vec<u8>,
    written: u64,
}

impl Posting<'_> {
    fn post(&mut self) -> std::io::Result<()> {
        let letter = letter::write(&self.head, &self.entries).map_err(std::io::Error::other)?;
        let key = self.nth.to_be_bytes();
        self.session.post(self.lane, &key, &letter).map_err(std::io::Error::other)?;
        self.written += self.entries.len() as u64;
        self.nth += 1;
        self.head.watermarks.clear();
        self.entries.clear();
        Ok(())
    }
}

impl Write for Posting<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.entries.extend_from_slice(bytes);
        if self.entries.len() >= TOGETHER {
            self.post()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
