//! Takes on what combiners hold: merged into the shards, kept as it is, or written to disk.

use super::State;
use super::rows::Reading;
use crate::combiner::Combiner;
use crate::groups::{Groups, merge, part};
use crate::guard::in_parallel;
use crate::rows::Rows;
use crate::runs::{Runs, write_runs};
use ouzel_dsl::keyed_node::{Emit, Parallel};
use ouzel_dsl::stage::Port;
use ouzel_dsl::{Aggregate, Key, Result, Windows};
use std::collections::BTreeSet;

impl<K: Key, W: Windows, A: Aggregate> State<K, W, A> {
    /// Takes what combiners hold, in memory and on disk.
    pub(super) fn take(combiners: &mut [&mut dyn Port]) -> (Vec<Groups<K, A::Acc>>, Runs) {
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

    /// Merges what was adopted.
    pub(super) fn settle(&mut self, parallel: Parallel<'_>) -> Result<()> {
        let adopted = std::mem::take(&mut self.adopted);
        if !adopted.is_empty() {
            self.merge_all(&adopted, parallel, false)?;
        }
        Ok(())
    }

    /// Merges groups into the shards; the groups of each shard that changed, in order.
    pub(super) fn merge_all(
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

    /// Merges groups, and gives the new row of each that changed.
    pub(super) fn merge_changes(
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
    pub(super) fn spill_changes(
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
        self.read_runs(Reading::Changed, parallel, emit)?;
        self.runs.compact::<K, A>(&self.node.aggregate, &self.spill)?;
        Ok(bytes)
    }

    /// Moves what is in memory to disk; how many bytes that was.
    pub(super) fn spill(&mut self) -> Result<u64> {
        let mut bytes = 0;
        for groups in self.adopted.drain(..).chain(self.shards.iter_mut().map(std::mem::take)) {
            if !groups.is_empty() {
                bytes += write_runs::<K, A>(&groups, &self.spill, &mut self.runs)?;
            }
        }
        self.runs.compact::<K, A>(&self.node.aggregate, &self.spill)?;
        Ok(bytes)
    }
}
