//! Gives the rows that state holds, from memory or disk, and frees what is done with.

use super::State;
use crate::aggregation::Aggregation;
use crate::groups::{Groups, merge};
use crate::guard::in_parallel;
use crate::rows::Rows;
use ouzel_dsl::keyed_node::{Emit, Parallel};
use ouzel_dsl::{Aggregate, Key, Result, Windows};
use std::collections::BTreeSet;
use std::sync::Mutex;

/// What to read from disk.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Reading {
    /// Windows that begin at or before this, which then are gone.
    Closed(i64),
    /// Groups of which any part is in a fresh run.
    Changed,
    All,
}

impl<K: Key, W: Windows, A: Aggregate> State<K, W, A> {
    /// Gives the rows in memory, and keeps them; they may still change unless they are `last`.
    pub(super) fn read_shards(
        &mut self,
        last: bool,
        parallel: Parallel<'_>,
        emit: Emit<'_>,
    ) -> Result<u64> {
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

    /// Gives the rows in memory of windows that begin at or before `until`, and frees them.
    pub(super) fn close_shards(
        &mut self,
        until: i64,
        parallel: Parallel<'_>,
        emit: Emit<'_>,
    ) -> Result<u64> {
        let node = &self.node;
        let counts = in_parallel(
            node.site,
            parallel,
            self.shards.iter_mut().collect(),
            |shard: &mut Groups<K, A::Acc>| {
                let mut rows = Rows::new(node, emit);
                while let Some(start) = shard.first().filter(|start| *start <= until) {
                    rows.push_window(start, shard)?;
                    shard.remove(start);
                }
                shard.forget();
                rows.finish()
            },
        )?;
        Ok(counts.iter().sum())
    }

    /// Gives the rows of adopted groups window by window: most windows are in one of them only,
    /// and then nothing is merged at all.
    pub(super) fn drain_windows(&mut self, parallel: Parallel<'_>, emit: Emit<'_>) -> Result<u64> {
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
                        several => rows.push_window(start, &merged(node, start, several))?,
                    }
                }
                rows.finish()
            })?;
        Ok(counts.iter().sum())
    }

    /// Gives rows that are on disk; how many.
    pub(super) fn read_runs(
        &mut self,
        read: Reading,
        parallel: Parallel<'_>,
        emit: Emit<'_>,
    ) -> Result<u64> {
        let node = &self.node;
        let counts = in_parallel(node.site, parallel, self.runs.split(), |mut runs| {
            let (until, free, mut rows) = match read {
                Reading::Closed(until) => (until, true, Rows::new(node, emit)),
                Reading::Changed | Reading::All => (i64::MAX, false, Rows::changing(node, emit)),
            };
            runs.read::<K, A>(&node.aggregate, until, free, |group| {
                match group.fresh || read != Reading::Changed {
                    true => rows.push(group.start, group.key.view(), &group.acc),
                    false => Ok(()),
                }
            })?;
            rows.finish()
        })?;
        Ok(counts.iter().sum())
    }
}

/// The groups of one window in several tables.
fn merged<K: Key, W, A: Aggregate>(
    node: &Aggregation<K, W, A>,
    start: i64,
    several: &[&Groups<K, A::Acc>],
) -> Groups<K, A::Acc> {
    let mut merged = Groups::default();
    for groups in several {
        for (id, acc) in groups.window(start).into_iter().flat_map(|table| table.iter()) {
            let key = (groups.keys().get(id), groups.keys().hash(id));
            merge(&mut merged, true, &node.aggregate, start, key, acc.clone());
        }
    }
    merged
}
