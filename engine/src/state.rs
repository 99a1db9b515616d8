//! Keyed state of what gives a table: merged accumulators, by shard.

mod absorb;
mod log;
mod rows;

pub use log::write_taken;

use crate::combiner::Combiner;
use crate::groups::Groups;
use crate::runs::Runs;
use crate::table_node::TableNode;
use crate::tabled::Tabled;
use ouzel_dsl::keyed_node::{Advance, Changes, Emit, KeyedState, Parallel};
use ouzel_dsl::stage::Port;
use ouzel_dsl::{Key, Result, Windows};
use rows::Reading;
use std::io::{Read, Write};
use std::path::PathBuf;

/// The state of a [`TableNode`].
pub struct State<K: Key, W: Windows, A: Tabled<K, W>> {
    node: TableNode<K, W, A>,
    shards: Vec<Groups<K, A::Acc>>,
    /// What combiners held, taken whole and not merged yet: all of it where a batch run ends.
    adopted: Vec<Groups<K, A::Acc>>,
    runs: Runs,
    memory_bytes: usize,
    spill: PathBuf,
}

impl<K: Key, W: Windows, A: Tabled<K, W>> State<K, W, A> {
    /// An empty one.
    pub fn new(
        node: TableNode<K, W, A>,
        shards: usize,
        memory_bytes: usize,
        spill: PathBuf,
    ) -> Self {
        let shards = (0..shards.max(1)).map(|_| Groups::default()).collect();
        State { node, shards, adopted: Vec::new(), runs: Runs::default(), memory_bytes, spill }
    }

    /// About how many bytes of memory it takes.
    fn bytes(&self) -> usize {
        self.shards.iter().chain(&self.adopted).map(Groups::bytes).sum()
    }

    /// Gives all rows that are held, for good, and frees them.
    fn drain(&mut self, parallel: Parallel<'_>, emit: Emit<'_>) -> Result<u64> {
        if !self.runs.is_empty() {
            self.spill()?;
            return self.read_runs(Reading::Closed(i64::MAX), parallel, emit);
        }
        if W::WINDOWED && !self.adopted.is_empty() {
            return self.drain_windows(parallel, emit);
        }
        self.settle(parallel)?;
        let count = self.read_shards(true, parallel, emit)?;
        self.shards.iter_mut().for_each(|shard| *shard = Groups::default());
        Ok(count)
    }
}

impl<K: Key, W: Windows, A: Tabled<K, W>> KeyedState for State<K, W, A> {
    fn absorb(
        &mut self,
        combiners: &mut [&mut dyn Port],
        parallel: Parallel<'_>,
        changes: Option<Changes<'_>>,
        log: Option<&mut dyn Write>,
    ) -> Result<u64> {
        let (mut taken, fresh) = Combiner::<K, W, A>::take_all(combiners);
        if let Some(log) = log {
            write_taken::<K, A>(&taken, &fresh, log)?;
        }
        let more: usize = taken.iter().map(Groups::bytes).sum();
        let fits = self.bytes() + more <= self.memory_bytes;
        let on_disk = !(self.runs.is_empty() && fresh.is_empty());
        match changes {
            Some(changes) if on_disk || !fits => {
                return self.spill_changes(taken, fresh, parallel, changes);
            }
            Some(changes) => self.merge_changes(&taken, parallel, changes)?,
            None => {
                self.runs.append(fresh);
                if !fits {
                    // Merged in memory it would have to be written all the same.
                    self.adopted.append(&mut taken);
                } else if self.adopted.is_empty() && self.shards.iter().all(Groups::is_empty) {
                    self.adopted = taken;
                } else {
                    self.settle(parallel)?;
                    self.merge_all(taken, parallel)?;
                }
            }
        }
        if self.bytes() > self.memory_bytes { self.spill() } else { Ok(0) }
    }

    fn close(&mut self, to: Advance<'_>, parallel: Parallel<'_>, emit: Emit<'_>) -> Result<u64> {
        let watermark = to.watermark;
        if watermark == i64::MAX {
            return self.drain(parallel, emit);
        }
        if A::PARTS {
            return self.close_parts(watermark, parallel, emit);
        }
        let Some(until) = self.node.passed(watermark) else { return Ok(0) };
        self.settle(parallel)?;
        if !self.runs.is_empty() {
            self.spill()?;
            return self.read_runs(Reading::Closed(until), parallel, emit);
        }
        self.close_shards(until, parallel, emit)
    }

    fn rows(&mut self, parallel: Parallel<'_>, emit: Emit<'_>) -> Result<u64> {
        self.settle(parallel)?;
        if self.runs.is_empty() {
            return self.read_shards(false, parallel, emit);
        }
        self.spill()?;
        self.read_runs(Reading::All, parallel, emit)
    }

    fn save(&mut self, log: &mut dyn Write) -> Result<()> {
        self.write_all(log)
    }

    fn load(&mut self, log: &mut dyn Read, closed: Option<i64>) -> Result<()> {
        self.merge_log(log, closed.unwrap_or(i64::MIN))
    }
}
