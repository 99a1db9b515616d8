//! The same on disk, where memory does not suffice.

use super::{Held, Shard, damaged};
use crate::given::Given;
use crate::groups::{hash, part};
use crate::guard::in_parallel;
use crate::runs::{PARTS, RunWriter, write_runs};
use crate::stream_node::Streams;
use ouzel_dsl::keyed_node::{Advance, Emit, Parallel};
use ouzel_dsl::place::{ordered, time_of};
use ouzel_dsl::{Key, Result, Windows};

/// What is on disk comes back when it takes less than one part in so many of the memory.
const COMES_BACK: u64 = 4;

impl<K: Key, W: Windows, L: Streams> Held<K, W, L> {
    /// Brings all groups to a watermark, reading all of them once, and writing what is left.
    pub(super) fn advance_runs(
        &mut self,
        to: Advance<'_>,
        parallel: Parallel<'_>,
        emit: Option<Emit<'_>>,
    ) -> Result<u64> {
        self.spill_fresh()?;
        self.spill_held()?;
        let (node, dir) = (&self.node, &self.spill);
        let parts = self.runs.split().into_iter().enumerate().collect();
        let done = in_parallel(node.site, parallel, parts, |(part, mut runs)| {
            let mut out = emit.map(|emit| Given::new(&node.schema, emit));
            let mut left = RunWriter::new(dir)?;
            let mut place = Vec::new();
            runs.read::<K, L>(&node.logic, i64::MAX, true, |read| {
                place.clear();
                place.extend_from_slice(&ordered(read.start));
                K::encode(read.key.view(), &mut place);
                let group = super::group_of(node, &place);
                let mut held = read.held.unwrap_or_else(|| node.logic.zero());
                node.logic.advance(group, &mut held, read.fresh, to, out.as_mut())?;
                match node.logic.is_empty(&held) {
                    true => Ok(()),
                    false => left.push_group::<K, L::Acc>(read.start, read.key.view(), &held),
                }
            })?;
            Ok((part, left.finish()?, out.map_or(Ok(0), Given::finish)?))
        })?;
        let mut count = 0;
        for (part, left, given) in done {
            self.runs.add(part, left);
            count += given;
        }
        if self.runs.bytes() < self.memory_bytes as u64 / COMES_BACK {
            self.come_back()?;
        }
        Ok(count)
    }

    /// Moves what has come since the last time to disk.
    pub(super) fn spill_fresh(&mut self) -> Result<u64> {
        let mut bytes = 0;
        for groups in std::mem::take(&mut self.fresh) {
            bytes += write_runs::<K, L>(&groups, &self.spill, &mut self.runs)?;
        }
        self.runs.compact_fresh::<K, L>(&self.node.logic, &self.spill)?;
        Ok(bytes)
    }

    /// Moves what is held in memory to disk.
    pub(super) fn spill_held(&mut self) -> Result<()> {
        let mut parts: [Vec<_>; PARTS] = Default::default();
        for shard in std::mem::take(&mut self.shards) {
            for (place, acc) in shard.groups {
                let key = K::decode(&mut &place[8..]).ok_or_else(damaged)?;
                parts[part(hash::<K>(key.view()), PARTS)].push((place, acc));
            }
            self.shards.push(Shard::default());
        }
        for (part, mut groups) in parts.into_iter().enumerate() {
            groups.sort_unstable_by(|a, b| a.0.cmp(&b.0));
            let mut run = RunWriter::new(&self.spill)?;
            for (place, acc) in groups {
                run.push(time_of(&place), &place[8..], &acc)?;
            }
            self.runs.add(part, run.finish()?);
        }
        Ok(())
    }

    /// Moves what is on disk into memory.
    fn come_back(&mut self) -> Result<()> {
        let (node, parts) = (&self.node, self.shards.len());
        for mut runs in self.runs.split() {
            runs.read::<K, L>(&node.logic, i64::MAX, true, |read| {
                let shard = &mut self.shards[part(hash::<K>(read.key.view()), parts)];
                let (start, key, acc) = read.into_parts(&node.logic);
                let mut place = ordered(start).to_vec();
                K::encode(key.view(), &mut place);
                let group = super::group_of(node, &place);
                shard.due = shard.due.min(node.logic.due(group, &acc));
                shard.bytes += super::bytes(&node.logic, &place, &acc);
                shard.groups.insert(place, acc);
                Ok(())
            })?;
        }
        Ok(())
    }
}
