//! State as a log of entries: what checkpoints hold.

use super::State;
use crate::groups::{Groups, hash, merge, part};
use crate::monoid::Monoid;
use crate::runs::{Entry, Runs, write_entry};
use crate::tabled::Tabled;
use ouzel_dsl::{Error, Key, Result, Windows};
use std::io::{self, Read, Write};

/// Writes what combiners held.
pub fn write_taken<K: Key, A: Monoid>(
    taken: &[Groups<K, A::Acc>],
    runs: &Runs,
    log: &mut dyn Write,
) -> Result<()> {
    taken.iter().try_for_each(|groups| write_groups::<K, A>(groups, log))?;
    runs.copy_to(log).map_err(unwritten)
}

impl<K: Key, W: Windows, A: Tabled<K, W>> State<K, W, A> {
    /// Writes all of it.
    pub(super) fn write_all(&mut self, log: &mut dyn Write) -> Result<()> {
        for groups in self.adopted.iter().chain(&self.shards) {
            write_groups::<K, A>(groups, log)?;
        }
        for mut runs in self.runs.split() {
            let mut encoded = Vec::new();
            runs.read::<K, A>(&self.node.logic, i64::MAX, false, |group| {
                encoded.clear();
                let (start, key, acc) = group.into_parts(&self.node.logic);
                K::encode(key.view(), &mut encoded);
                write_entry(log, start, &encoded, &acc).map_err(unwritten).map(drop)
            })?;
        }
        Ok(())
    }

    /// Merges what a log holds, but for windows that `closed` has passed.
    pub(super) fn merge_log(&mut self, log: &mut dyn Read, closed: i64) -> Result<()> {
        let passed = self.node.passed(closed);
        let mut entry = Entry::new();
        let parts = self.shards.len();
        let mut merged = 0u64;
        while entry.read(log).map_err(|e| Error::io("reading kept state", e))?.is_some() {
            let start = entry.window();
            if W::WINDOWED && passed.is_some_and(|until| start <= until) {
                continue;
            }
            let key: K = entry.key()?;
            let hash = hash::<K>(key.view());
            let shard = &mut self.shards[part(hash, parts)];
            merge(shard, W::WINDOWED, &self.node.logic, start, (key.view(), hash), entry.acc()?);
            merged += 1;
            if merged.is_multiple_of(1_024) && self.bytes() > self.memory_bytes {
                self.spill()?;
            }
        }
        if A::PARTS {
            self.close_parts(closed, &|tasks| tasks.into_iter().for_each(|task| task()), &|_| {
                Ok(())
            })?;
        }
        Ok(())
    }
}

fn write_groups<K: Key, A: Monoid>(groups: &Groups<K, A::Acc>, log: &mut dyn Write) -> Result<()> {
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
