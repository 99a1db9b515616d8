//! A keyed operator's state for some of its keys: those of one lane of letters.
//!
//! The lane is the state's log: what is there is what merging all of its letters gives. So that not
//! all of them are kept and read again, a snapshot is written now and then, and what it covers is let
//! go.

use super::identity::Identity;
use super::letter::{self, Head};
use ouzel_dsl::keyed_node::{Advance, KeyedNode, KeyedState, Parallel};
use ouzel_dsl::log::{Lane, Letter, LogSession};
use ouzel_dsl::stage::Port;
use ouzel_dsl::{Error, Result};
use ouzel_engine::Wiring;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{Read, Write};

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
    /// The offset from which on letters are not in the snapshot, which goes by it; 0 before the first.
    pub base: u64,
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
    pub(super) base: u64,
    pub(super) life: u64,
    /// How many bytes of letters came since the snapshot, and how many that has.
    pub(super) came: u64,
    pub(super) held: u64,
    /// What can be let go once the next commit is done.
    covered: Option<u64>,
}

/// A number that no one else has drawn.
fn drawn() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id())
}

impl Shard {
    /// One of which nothing is known.
    pub fn new(wiring: &Wiring, keyed: usize, memory: usize) -> Shard {
        Shard {
            state: wiring.plan.keyed[keyed].node.state(1, memory, &wiring.spill),
            next: 0,
            moved: false,
            watermark: i64::MIN,
            watermarks: BTreeMap::new(),
            base: 0,
            life: drawn(),
            came: 0,
            held: 0,
            covered: None,
        }
    }

    /// Whether what it holds and the letters from `next` on give what a commit has left.
    pub fn leads(&self, to: u64, note: &Note) -> bool {
        self.life == note.life && (note.base..=to).contains(&self.next)
    }

    /// Merges the entries of letters, and comes to a watermark without giving what has been given.
    pub fn load(&mut self, entries: &mut dyn Read, watermark: i64) -> Result<()> {
        self.state.load(entries, Some(watermark))?;
        if self.watermark > i64::MIN {
            // What was there before is not left out by that.
            let one_by_one: Parallel<'_> = &|tasks| tasks.into_iter().for_each(|task| task());
            self.state.close(Advance::to(watermark), one_by_one, &|_| Ok(()))?;
        }
        self.watermark = watermark;
        Ok(())
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
        let Shard { base, life, .. } = *self;
        Note { closed: self.watermark, base, of, life }
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
        let head =
            Head { watermarks: self.watermarks.clone(), snapshot: Some(self.next), last: false };
        let mut out = Posting { session, lane, head, nth: 0, entries: Vec::new(), written: 0 };
        self.state.save(&mut out)?;
        // Whatever there is, an end has to be told.
        out.head.last = true;
        out.post().map_err(|e| Error::io("writing a snapshot", e))?;
        (self.held, self.came) = (out.written, 0);
        self.base = self.next;
        self.covered = Some(self.next);
        self.moved = true;
        Ok(())
    }

    /// Up to where letters can be let go, now that a commit is done.
    pub fn take_covered(&mut self) -> Option<u64> {
        self.covered.take()
    }
}

/// Head and entries of a letter of a lane.
pub fn read<'a>(letter: &'a Letter, lane: &Lane<'_>) -> Result<(Head, &'a [u8])> {
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
