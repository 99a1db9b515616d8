//! Gives the rows that state holds, from memory or disk, and frees what is done with.

use super::State;
use crate::groups::{Groups, merge};
use crate::guard::in_parallel;
use crate::rows::Rows;
use crate::runs::RunWriter;
use crate::table_node::TableNode;
use crate::tabled::Tabled;
use ouzel_dsl::keyed_node::{Emit, Parallel};
use ouzel_dsl::{Key, Result, Windows};
use std::collections::BTreeSet;
use std::sync::Mutex;

/// What to read from disk.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Reading {
    /// Windows that begin at or before this, which then are gone.
    Closed(i64),
    All,
}

impl<K: Key, W: Windows, A: Tabled<K, W>> State<K, W, A> {
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

    /// Gives the rows of the parts of groups that no record in time can reach, and frees them.
    pub(super) fn close_parts(
        &mut self,
        watermark: i64,
        parallel: Parallel<'_>,
        emit: Emit<'_>,
    ) -> Result<u64> {
        let Some(reach) = self.node.reach(watermark) else { return Ok(0) };
        self.settle(parallel)?;
        if !self.runs.is_empty() {
            self.spill()?;
            return self.close_parts_of_runs(reach, parallel, emit);
        }
        let node = &self.node;
        let shards = self.shards.iter_mut().collect();
        let counts = in_parallel(node.site, parallel, shards, |shard: &mut Groups<K, A::Acc>| {
            let mut rows = Rows::new(node, emit);
            shard.change_all(&node.logic, |key, acc| match node.logic.close(acc, reach) {
                Some(closed) => rows.push(0, key, &closed),
                None => Ok(()),
            })?;
            shard.forget_if(usize::MAX, &node.logic, |acc| node.logic.is_empty(acc));
            rows.finish()
        })?;
        Ok(counts.iter().sum())
    }

    /// The same of what is on disk: what is left is written anew.
    fn close_parts_of_runs(
        &mut self,
        reach: i64,
        parallel: Parallel<'_>,
        emit: Emit<'_>,
    ) -> Result<u64> {
        let (node, dir) = (&self.node, &self.spill);
        let parts = self.runs.split().into_iter().enumerate().collect();
        let done = in_parallel(node.site, parallel, parts, |(part, mut runs)| {
            let mut rows = Rows::new(node, emit);
            let mut left = RunWriter::new(dir)?;
            runs.read::<K, A>(&node.logic, i64::MAX, true, |group| {
                let (start, key, mut acc) = group.into_parts(&node.logic);
                if let Some(closed) = node.logic.close(&mut acc, reach) {
                    rows.push(start, key.view(), &closed)?;
                }
                match node.logic.is_empty(&acc) {
                    true => Ok(()),
                    false => left.push_group::<K, A::Acc>(start, key.view(), &acc),
                }
            })?;
            Ok((part, left.finish()?, rows.finish()?))
        })?;
        let mut count = 0;
        for (part, left, rows) in done {
            self.runs.add(part, left);
            count += rows;
        }
        Ok(count)
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
                Reading::All => (i64::MAX, false, Rows::changing(node, emit)),
            };
            runs.read::<K, A>(&node.logic, until, free, |group| {
                let (start, key, acc) = group.into_parts(&node.logic);
                rows.push(start, key.view(), &acc)
            })?;
            rows.finish()
        })?;
        Ok(counts.iter().sum())
    }
}

/// The groups of one window in several tables.
fn merged<K: Key, W: Windows, A: Tabled<K, W>>(
    node: &TableNode<K, W, A>,
    start: i64,
    several: &[&Groups<K, A::Acc>],
) -> Groups<K, A::Acc> {
    let mut merged = Groups::default();
    for groups in several {
        for (id, acc) in groups.window(start).into_iter().flat_map(|table| table.iter()) {
            let key = (groups.keys().get(id), groups.keys().hash(id));
            merge(&mut merged, true, &node.logic, start, key, acc.clone());
        }
    }
    merged
}
