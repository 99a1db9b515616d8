//! Keyed state: the merged accumulators of an aggregate, by shard.

use crate::aggregation::Aggregation;
use crate::combiner::Combiner;
use crate::groups::{Groups, hash, merge, part};
use crate::guard::in_parallel;
use crate::rows::Rows;
use crate::runs::{Entry, Runs, write_entry, write_runs};
use ouzel_dsl::keyed_node::{Emit, KeyedState, Parallel};
use ouzel_dsl::stage::Port;
use ouzel_dsl::{Aggregate, Error, Key, Result, Windows};
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Mutex;

/// The state of an [`Aggregation`].
pub struct State<K: Key, W, A: Aggregate> {
    node: Aggregation<K, W, A>,
    shards: Vec<Groups<K, A::Acc>>,
    /// What combiners held, taken whole and not merged yet: all of it where a batch run ends.
    adopted: Vec<Groups<K, A::Acc>>,
    runs: Runs,
    memory_bytes: usize,
    spill: PathBuf,
}

impl<K: Key, W: Windows, A: Aggregate> State<K, W, A> {
    /// An empty one.
    pub fn new(
        node: Aggregation<K, W, A>,
        shards: usize,
        memory_bytes: usize,
        spill: PathBuf,
    ) -> Self {
        let shards = (0..shards.max(1)).map(|_| Groups::default()).collect();
        State { node, shards, adopted: Vec::new(), runs: Runs::default(), memory_bytes, spill }
    }

    /// Takes what combiners hold, in memory and on disk.
    fn take(combiners: &mut [&mut dyn Port]) -> (Vec<Groups<K, A::Acc>>, Runs) {
        let (mut taken, mut fresh) = (Vec::new(), Runs::default());
        for port in combiners {
            if let Some(combiner) = port.as_any().downcast_mut::<Combiner<K, W, A>>() {
                let (groups, runs) = combiner.take();
                taken.extend((!groups.is_empty()).then_some(groups));
                fresh.append(runs);
            }
        }
        (taken, fresh)
    }

    /// Merges groups into the shards; the groups of each shard that changed, in order.
    fn merge_all(
        &mut self,
        from: &[Groups<K, A::Acc>],
        parallel: Parallel<'_>,
        track: bool,
    ) -> Result<Vec<BTreeSet<(i64, u32)>>> {
        let (node, parts) = (&self.node, self.shards.len());
        let shards = self.shards.iter_mut().enumerate().collect();
        in_parallel(
            node.site,
            parallel,
            shards,
            |(index, shard): (usize, &mut Groups<K, A::Acc>)| {
                let mut changed = BTreeSet::new();
                for groups in from {
                    for (start, table) in groups.iter() {
                        for (id, acc) in table.iter() {
                            let hash = groups.keys().hash(id);
                            if part(hash, parts) != index {
                                continue;
                            }
                            let key = (groups.keys().get(id), hash);
                            let id =
                                merge(shard, W::WINDOWED, &node.aggregate, start, key, acc.clone());
                            if track {
                                changed.insert((start, id));
                            }
                        }
                    }
                }
                Ok(changed)
            },
        )
    }

    /// Merges what was adopted.
    fn settle(&mut self, parallel: Parallel<'_>) -> Result<()> {
        let adopted = std::mem::take(&mut self.adopted);
        if !adopted.is_empty() {
            self.merge_all(&adopted, parallel, false)?;
        }
        Ok(())
    }

    /// Moves what is in memory to disk; how many bytes that was.
    fn spill(&mut self) -> Result<u64> {
        let mut bytes = 0;
        for groups in self.adopted.drain(..).chain(self.shards.iter_mut().map(std::mem::take)) {
            if !groups.is_empty() {
                bytes += write_runs::<K, A>(&groups, &self.spill, &mut self.runs)?;
            }
        }
        self.runs.compact::<K, A>(&self.node.aggregate, &self.spill)?;
        Ok(bytes)
    }

    /// Gives rows that are on disk; how many.
    fn read_runs(&mut self, read: Read, parallel: Parallel<'_>, emit: Emit<'_>) -> Result<u64> {
        let node = &self.node;
        let counts = in_parallel(node.site, parallel, self.runs.split(), |mut runs| {
            let (until, free, mut rows) = match read {
                Read::Closed(until) => (until, true, Rows::new(node, emit)),
                Read::Changed | Read::All => (i64::MAX, false, Rows::changing(node, emit)),
            };
            runs.read::<K, A>(&node.aggregate, until, free, |group| {
                match group.fresh || read != Read::Changed {
                    true => rows.push(group.start, group.key.view(), &group.acc),
                    false => Ok(()),
                }
            })?;
            rows.finish()
        })?;
        Ok(counts.iter().sum())
    }

    /// Gives the rows of adopted groups window by window: most windows are in one of them only,
    /// and then nothing is merged at all.
    fn drain_windows(&mut self, parallel: Parallel<'_>, emit: Emit<'_>) -> Result<u64> {
        let adopted = std::mem::take(&mut self.adopted);
        let starts: BTreeSet<i64> =
            adopted.iter().flat_map(|g| g.iter().map(|(start, _)| start)).collect();
        let starts = Mutex::new(starts.into_iter());
        let (node, adopted, starts) = (&self.node, &adopted, &starts);
        let counts =
            in_parallel(node.site, parallel, (0..self.shards.len()).collect(), |_: usize| {
                let mut rows = Rows::new(node, emit);
                let next = || starts.lock().unwrap_or_else(|e| e.into_inner()).next();
                while let Some(start) = next() {
                    let holders: Vec<_> =
                        adopted.iter().filter(|g| g.window(start).is_some()).collect();
                    match holders.as_slice() {
                        [one] => rows.push_window(start, one)?,
                        several => {
                            let mut merged = Groups::default();
                            for groups in several {
                                for (id, acc) in
                                    groups.window(start).into_iter().flat_map(|t| t.iter())
                                {
                                    let key = (groups.keys().get(id), groups.keys().hash(id));
                                    merge(
                                        &mut merged,
                                        true,
                                        &node.aggregate,
                                        start,
                                        key,
                                        acc.clone(),
                                    );
                                }
                            }
                            rows.push_window(start, &merged)?;
                        }
                    }
                }
                rows.finish()
            })?;
        Ok(counts.iter().sum())
    }

    /// Gives the rows in memory, and keeps them; they may still change unless they are `last`.
    fn read_shards(&mut self, last: bool, parallel: Parallel<'_>, emit: Emit<'_>) -> Result<u64> {
        let node = &self.node;
        let counts = in_parallel(
            node.site,
            parallel,
            self.shards.iter().collect(),
            |shard: &Groups<K, A::Acc>| {
                let mut rows = match last {
                    true => Rows::new(node, emit),
                    false => Rows::changing(node, emit),
                };
                for (start, _) in shard.iter() {
                    rows.push_window(start, shard)?;
                }
                rows.finish()
            },
        )?;
        Ok(counts.iter().sum())
    }

    /// Merges groups, and gives the new row of each that changed.
    fn merge_changes(
        &mut self,
        taken: &[Groups<K, A::Acc>],
        parallel: Parallel<'_>,
        emit: Emit<'_>,
    ) -> Result<()> {
        self.settle(parallel)?;
        let changed = self.merge_all(taken, parallel, true)?;
        let mut rows = Rows::changing(&self.node, emit);
        for (shard, changed) in self.shards.iter().zip(changed) {
            for (start, id) in changed {
                rows.push_group(start, id, shard)?;
            }
        }
        rows.finish().map(drop)
    }

    /// Brings all together on disk, where part of a group may be already, and gives the new row of
    /// each that changed.
    fn spill_changes(
        &mut self,
        taken: Vec<Groups<K, A::Acc>>,
        fresh: Runs,
        parallel: Parallel<'_>,
        emit: Emit<'_>,
    ) -> Result<u64> {
        let mut bytes = self.spill()?;
        self.runs.settle();
        self.runs.append(fresh);
        for groups in taken {
            bytes += write_runs::<K, A>(&groups, &self.spill, &mut self.runs)?;
        }
        self.read_runs(Read::Changed, parallel, emit)?;
        self.runs.compact::<K, A>(&self.node.aggregate, &self.spill)?;
        Ok(bytes)
    }
}

/// What to read from disk.
#[derive(Clone, Copy, PartialEq)]
enum Read {
    /// Windows that begin at or before this, which then are gone.
    Closed(i64),
    /// Groups of which any part is in a fresh run.
    Changed,
    All,
}

impl<K: Key, W: Windows, A: Aggregate> KeyedState for State<K, W, A> {
    fn absorb(
        &mut self,
        combiners: &mut [&mut dyn Port],
        parallel: Parallel<'_>,
        changes: Option<Emit<'_>>,
        log: Option<&mut dyn Write>,
    ) -> Result<u64> {
        let (mut taken, fresh) = Self::take(combiners);
        if let Some(log) = log {
            taken.iter().try_for_each(|groups| write_log::<K, A>(groups, log))?;
            fresh.copy_to(log).map_err(unwritten)?;
        }
        let more: usize = taken.iter().map(Groups::bytes).sum();
        let fits = self.bytes() + more <= self.memory_bytes;
        let on_disk = !(self.runs.is_empty() && fresh.is_empty());
        match changes {
            Some(emit) if on_disk || !fits => {
                return self.spill_changes(taken, fresh, parallel, emit);
            }
            Some(emit) => self.merge_changes(&taken, parallel, emit)?,
            None => {
                self.runs.append(fresh);
                if !fits {
                    // Merged in memory it would have to be written all the same.
                    self.adopted.append(&mut taken);
                } else if self.adopted.is_empty() && self.shards.iter().all(Groups::is_empty) {
                    self.adopted = taken;
                } else {
                    self.settle(parallel)?;
                    self.merge_all(&taken, parallel, false)?;
                }
            }
        }
        if self.bytes() > self.memory_bytes { self.spill() } else { Ok(0) }
    }

    fn close(&mut self, watermark: i64, parallel: Parallel<'_>, emit: Emit<'_>) -> Result<u64> {
        if watermark == i64::MAX {
            return self.drain(parallel, emit);
        }
        let until = i128::from(watermark)
            - i128::from(self.node.lateness)
            - i128::from(self.node.windows.size());
        let Ok(until) = i64::try_from(until) else { return Ok(0) };
        self.settle(parallel)?;
        let due = |shard: &Groups<K, A::Acc>| shard.first().is_some_and(|start| start <= until);
        if !self.runs.is_empty() {
            self.spill()?;
            return self.read_runs(Read::Closed(until), parallel, emit);
        }
        let node = &self.node;
        let counts = in_parallel(
            node.site,
            parallel,
            self.shards.iter_mut().collect(),
            |shard: &mut Groups<K, A::Acc>| {
                let mut rows = Rows::new(node, emit);
                while due(shard) {
                    let Some(start) = shard.first() else { break };
                    rows.push_window(start, shard)?;
                    shard.remove(start);
                }
                shard.forget();
                rows.finish()
            },
        )?;
        Ok(counts.iter().sum())
    }

    fn rows(&mut self, parallel: Parallel<'_>, emit: Emit<'_>) -> Result<u64> {
        self.settle(parallel)?;
        if self.runs.is_empty() {
            return self.read_shards(false, parallel, emit);
        }
        self.spill()?;
        self.read_runs(Read::All, parallel, emit)
    }

    fn drain(&mut self, parallel: Parallel<'_>, emit: Emit<'_>) -> Result<u64> {
        if !self.runs.is_empty() {
            self.spill()?;
            return self.read_runs(Read::Closed(i64::MAX), parallel, emit);
        }
        if W::WINDOWED && !self.adopted.is_empty() {
            return self.drain_windows(parallel, emit);
        }
        self.settle(parallel)?;
        let count = self.read_shards(true, parallel, emit)?;
        self.shards.iter_mut().for_each(|shard| *shard = Groups::default());
        Ok(count)
    }

    fn save(&mut self, log: &mut dyn Write) -> Result<()> {
        for groups in self.adopted.iter().chain(&self.shards) {
            write_log::<K, A>(groups, log)?;
        }
        for mut runs in self.runs.split() {
            let mut encoded = Vec::new();
            runs.read::<K, A>(&self.node.aggregate, i64::MAX, false, |group| {
                encoded.clear();
                K::encode(group.key.view(), &mut encoded);
                write_entry(log, group.start, &encoded, &group.acc).map_err(unwritten).map(drop)
            })?;
        }
        Ok(())
    }

    fn load(&mut self, log: &mut dyn io::Read, closed: i64) -> Result<()> {
        let closed = i128::from(closed)
            - i128::from(self.node.lateness)
            - i128::from(self.node.windows.size());
        let mut entry = Entry::new();
        let parts = self.shards.len();
        let mut merged = 0u64;
        while entry.read(log).map_err(|e| Error::io("reading kept state", e))?.is_some() {
            let start = entry.window();
            if W::WINDOWED && i128::from(start) <= closed {
                continue;
            }
            let key: K = entry.key()?;
            let hash = hash::<K>(key.view());
            let shard = &mut self.shards[part(hash, parts)];
            merge(
                shard,
                W::WINDOWED,
                &self.node.aggregate,
                start,
                (key.view(), hash),
                entry.acc()?,
            );
            merged += 1;
            if merged.is_multiple_of(1_024) && self.bytes() > self.memory_bytes {
                self.spill()?;
            }
        }
        Ok(())
    }

    fn bytes(&self) -> usize {
        self.shards.iter().chain(&self.adopted).map(Groups::bytes).sum()
    }
}

fn write_log<K: Key, A: Aggregate>(groups: &Groups<K, A::Acc>, log: &mut dyn Write) -> Result<()> {
    let mut encoded = Vec::new();
    for (start, table) in groups.iter() {
        for (id, acc) in table.iter() {
            encoded.clear();
            K::encode(groups.keys().get(id), &mut encoded);
            write_entry(log, start, &encoded, acc).map_err(unwritten)?;
        }
    }
    Ok(())
}

fn unwritten(error: io::Error) -> Error {
    Error::io("writing a checkpoint", error)
}
