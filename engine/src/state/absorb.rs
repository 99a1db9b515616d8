//! Takes on what combiners hold: merged into the shards, kept as it is, or written to disk.

use super::State;
use crate::groups::{Groups, merge, part};
use crate::guard::in_parallel;
use crate::rows::{Changed, Takers, read_rows};
use crate::runs::{Runs, write_runs};
use crate::tabled::Tabled;
use ouzel_dsl::keyed_node::{Changes, Parallel};
use ouzel_dsl::{Key, Result, Windows};
use std::collections::BTreeMap;
use std::sync::PoisonError;

impl<K: Key, W: Windows, A: Tabled<K, W>> State<K, W, A> {
    /// Merges what was adopted.
    pub(super) fn settle(&mut self, parallel: Parallel<'_>) -> Result<()> {
        let adopted = std::mem::take(&mut self.adopted);
        if !adopted.is_empty() {
            self.merge_all(adopted, parallel)?;
        }
        Ok(())
    }

    /// Merges groups into the shards.
    pub(super) fn merge_all(
        &mut self,
        from: Vec<Groups<K, A::Acc>>,
        parallel: Parallel<'_>,
    ) -> Result<()> {
        if std::mem::needs_drop::<A::Acc>() {
            return self.move_all(from, parallel);
        }
        let (node, parts, from) = (&self.node, self.shards.len(), &from);
        let shards = self.shards.iter_mut().enumerate().collect();
        in_parallel(node.site, parallel, shards, |(index, shard): (_, &mut Groups<_, _>)| {
            each_of_part(from, (index, parts), |start, key, acc| {
                merge(shard, W::WINDOWED, &node.logic, start, key, acc.clone());
            });
            Ok(())
        })
        .map(drop)
    }

    /// The same where accumulators hold more than themselves, so that copies of them are dear.
    fn move_all(&mut self, from: Vec<Groups<K, A::Acc>>, parallel: Parallel<'_>) -> Result<()> {
        let (node, parts) = (&self.node, self.shards.len());
        let from: Vec<_> = from.into_iter().map(Groups::into_cells).collect();
        let shards = self.shards.iter_mut().enumerate().collect();
        in_parallel(node.site, parallel, shards, |(index, shard): (_, &mut Groups<_, _>)| {
            for (keys, cells) in &from {
                for (start, id, cell) in cells {
                    let hash = keys.hash(*id);
                    if part(hash, parts) == index
                        && let Some(acc) =
                            cell.lock().unwrap_or_else(PoisonError::into_inner).take()
                    {
                        let key = (keys.get(*id), hash);
                        merge(shard, W::WINDOWED, &node.logic, *start, key, acc);
                    }
                }
            }
            Ok(())
        })
        .map(drop)
    }

    /// Merges groups, and tells what changes by it.
    pub(super) fn merge_changes(
        &mut self,
        taken: &[Groups<K, A::Acc>],
        parallel: Parallel<'_>,
        changes: Changes<'_>,
    ) -> Result<()> {
        self.settle(parallel)?;
        let (node, parts, takers) = (&self.node, self.shards.len(), Takers::new(changes));
        let shards = self.shards.iter_mut().enumerate().collect();
        in_parallel(node.site, parallel, shards, |(index, shard): (_, &mut Groups<_, _>)| {
            let mut before = BTreeMap::new();
            each_of_part(taken, (index, parts), |start, key, acc| {
                let id = shard.keys_mut().intern(key.0, key.1);
                before.entry((start, id)).or_insert_with(|| match shard.get(start, id) {
                    Some(held) if changes.before => read_rows(node, start, key.0, held),
                    _ => Vec::new(),
                });
                merge(shard, W::WINDOWED, &node.logic, start, key, acc.clone());
            });
            let mut changed = Changed::new(node, &takers);
            for ((start, id), rows) in &before {
                let (key, acc) = (shard.keys().get(*id), shard.get(*start, *id));
                match acc {
                    Some(acc) if changes.before => changed.since(rows, *start, key, acc)?,
                    Some(acc) => changed.set(*start, key, acc)?,
                    None => {}
                }
            }
            if A::REMOVES && !W::WINDOWED {
                shard.forget_if(before.len(), &node.logic, |acc| node.logic.is_empty(acc));
            }
            changed.finish()
        })
        .map(drop)
    }

    /// Brings all together on disk, where part of a group may be already, and tells what changes by
    /// it.
    pub(super) fn spill_changes(
        &mut self,
        taken: Vec<Groups<K, A::Acc>>,
        fresh: Runs,
        parallel: Parallel<'_>,
        changes: Changes<'_>,
    ) -> Result<u64> {
        let mut bytes = self.spill()?;
        self.runs.settle();
        self.runs.append(fresh);
        for groups in taken {
            bytes += write_runs::<K, A>(&groups, &self.spill, &mut self.runs)?;
        }
        let (node, takers) = (&self.node, Takers::new(changes));
        in_parallel(node.site, parallel, self.runs.split(), |mut runs| {
            let mut changed = Changed::new(node, &takers);
            runs.read::<K, A>(&node.logic, i64::MAX, false, |group| {
                if group.fresh.is_none() {
                    return Ok(());
                }
                let rows = match &group.held {
                    Some(held) if changes.before => {
                        read_rows(node, group.start, group.key.view(), held)
                    }
                    _ => Vec::new(),
                };
                let (start, key, acc) = group.into_parts(&node.logic);
                match changes.before {
                    true => changed.since(&rows, start, key.view(), &acc),
                    false => changed.set(start, key.view(), &acc),
                }
            })?;
            changed.finish()
        })?;
        self.runs.compact::<K, A>(&self.node.logic, &self.spill)?;
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
        self.runs.compact::<K, A>(&self.node.logic, &self.spill)?;
        Ok(bytes)
    }
}

/// Calls a function with each group of a part: its window, its key with its hash, its accumulator.
fn each_of_part<K: Key, Acc>(
    from: &[Groups<K, Acc>],
    (index, parts): (usize, usize),
    mut each: impl FnMut(i64, (K::View<'_>, u64), &Acc),
) {
    for groups in from {
        for (start, table) in groups.iter() {
            for (id, acc) in table.iter() {
                let hash = groups.keys().hash(id);
                if part(hash, parts) == index {
                    each(start, (groups.keys().get(id), hash), acc);
                }
            }
        }
    }
}
