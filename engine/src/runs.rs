//! Sorted runs on disk: where keyed state goes that does not fit in memory.
//!
//! A run holds accumulators in the order of (window, encoded key). Since accumulators are monoids,
//! a key may stand in many runs; reading merges them. Since windows come first, those that close
//! are a prefix of each run. A spill writes one run for each of a few parts of the keys' hashes,
//! so that reading can go on in parallel.

mod cursor;
mod entry;
mod write;

pub use entry::{Entry, write_entry};
pub use write::{RunWriter, write_runs};

use crate::monoid::Monoid;
use cursor::{Cursor, Shared};
use ouzel_dsl::{Key, Result};
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{Read, Take, Write};
use std::path::Path;
use std::sync::Arc;

/// Into how many parts by hash each spill is cut.
pub const PARTS: usize = 4;

/// So many runs of a level are merged into one of the next.
const RUNS_MAX: usize = 64;

/// The runs of one keyed operator: a list for each part.
#[derive(Default)]
pub struct Runs {
    parts: [Vec<Run>; PARTS],
}

/// One sorted run, and how far it has been read for good. The file has no name: it is gone when
/// the last handle is.
pub struct Run {
    file: Arc<File>,
    start: u64,
    end: u64,
    /// How often its entries were merged with those of other runs.
    level: u32,
    /// Whether it came after [`Runs::settle`].
    fresh: bool,
}

impl Run {
    /// What has not been read for good.
    fn entries(&self) -> Take<Shared> {
        Shared { file: self.file.clone(), at: self.start }.take(self.end - self.start)
    }
}

impl Runs {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.parts.iter().all(Vec::is_empty)
    }

    /// How many bytes they take.
    pub fn bytes(&self) -> u64 {
        self.parts.iter().flatten().map(|run| run.end - run.start).sum()
    }

    /// Takes on another's runs.
    pub fn append(&mut self, mut other: Runs) {
        self.parts.iter_mut().zip(&mut other.parts).for_each(|(a, b)| a.append(b));
    }

    /// From now on, what is here is not fresh.
    pub fn settle(&mut self) {
        self.parts.iter_mut().flatten().for_each(|run| run.fresh = false);
    }

    /// Merges runs where there are many: each open one takes a file handle and a buffer, and holds
    /// keys that others hold too. Only runs of a level are merged, so that what was merged often is
    /// written again seldom.
    pub fn compact<K: Key, A: Monoid>(&mut self, aggregate: &A, dir: &Path) -> Result<()> {
        self.compact_if::<K, A>(aggregate, dir, |_| true)
    }

    /// The same of fresh ones alone.
    pub fn compact_fresh<K: Key, A: Monoid>(&mut self, aggregate: &A, dir: &Path) -> Result<()> {
        self.compact_if::<K, A>(aggregate, dir, |run| run.fresh)
    }

    fn compact_if<K: Key, A: Monoid>(
        &mut self,
        aggregate: &A,
        dir: &Path,
        of: impl Fn(&Run) -> bool,
    ) -> Result<()> {
        for runs in &mut self.parts {
            let mut level = 0;
            while runs.iter().any(|run| of(run) && run.level >= level) {
                let taken = |run: &mut Run| of(run) && run.level == level;
                let merged: Vec<_> = runs.extract_if(.., taken).collect();
                level += 1;
                match merged.len() {
                    ..RUNS_MAX => runs.extend(merged),
                    _ => runs.push(merge_runs::<K, A>(merged, level, aggregate, dir)?),
                }
            }
        }
        Ok(())
    }

    /// Adds a run to a part.
    pub fn add(&mut self, part: usize, run: Run) {
        if run.start < run.end {
            self.parts[part].push(run);
        }
    }

    /// The entries of each run.
    pub fn entries(&self) -> impl Iterator<Item = impl Read> {
        self.parts.iter().flatten().map(Run::entries)
    }

    /// Writes all entries, as they are.
    pub fn copy_to(&self, out: &mut dyn Write) -> std::io::Result<()> {
        for run in self.parts.iter().flatten() {
            std::io::copy(&mut run.entries(), out)?;
        }
        Ok(())
    }

    /// Its parts, to be read in parallel.
    pub fn split(&mut self) -> Vec<Part<'_>> {
        self.parts.iter_mut().map(Part).collect()
    }
}

fn merge_runs<K: Key, A: Monoid>(
    mut runs: Vec<Run>,
    level: u32,
    aggregate: &A,
    dir: &Path,
) -> Result<Run> {
    let mut out = RunWriter::new(dir)?;
    Part(&mut runs).read::<K, A>(aggregate, i64::MAX, false, |group| {
        let (start, key, acc) = group.into_parts(aggregate);
        out.push_group::<K, A::Acc>(start, key.view(), &acc)
    })?;
    out.finish().map(|run| Run { level, fresh: true, ..run })
}

/// A group that was read back.
pub struct Group<K, Acc> {
    /// The start of its window.
    pub start: i64,
    /// Its key.
    pub key: K,
    /// What of its accumulator was there at the last [`Runs::settle`].
    pub held: Option<Acc>,
    /// What has come since.
    pub fresh: Option<Acc>,
}

impl<K, Acc> Group<K, Acc> {
    /// Window, key and the whole accumulator.
    pub fn into_parts<A: Monoid<Acc = Acc>>(self, logic: &A) -> (i64, K, Acc) {
        let mut acc = self.held.unwrap_or_else(|| logic.zero());
        if let Some(fresh) = self.fresh {
            logic.merge(&mut acc, fresh);
        }
        (self.start, self.key, acc)
    }
}

/// The runs of one part.
pub struct Part<'a>(&'a mut Vec<Run>);

impl Part<'_> {
    /// Reads the part's groups in order, merged, up to and including windows that begin at
    /// `until`. If `free` is given, those are gone afterwards.
    pub fn read<K: Key, A: Monoid>(
        &mut self,
        aggregate: &A,
        until: i64,
        free: bool,
        mut each: impl FnMut(Group<K, A::Acc>) -> Result<()>,
    ) -> Result<()> {
        let mut cursors = Vec::new();
        for (index, run) in self.0.iter().enumerate() {
            cursors.extend(Cursor::open(run, index, self.0.len())?);
        }
        let mut heap = BinaryHeap::from(cursors);
        while heap.peek().is_some_and(|first| first.entry.window() <= until) {
            let Some(mut first) = heap.pop() else { break };
            let (mut held, mut fresh) = (None, None);
            let mut put = |run: usize, acc: A::Acc, runs: &[Run]| match if runs[run].fresh {
                &mut fresh
            } else {
                &mut held
            } {
                Some(into) => aggregate.merge(into, acc),
                none => *none = Some(acc),
            };
            put(first.run, first.entry.acc()?, self.0);
            while heap.peek().is_some_and(|next| next.entry.place() == first.entry.place()) {
                let Some(mut next) = heap.pop() else { break };
                put(next.run, next.entry.acc()?, self.0);
                if next.advance()? {
                    heap.push(next);
                } else if free {
                    self.0[next.run].start = next.at;
                }
            }
            let (start, key) = (first.entry.window(), first.entry.key()?);
            each(Group { start, key, held, fresh })?;
            if first.advance()? {
                heap.push(first);
            } else if free {
                self.0[first.run].start = first.at;
            }
        }
        if free {
            for cursor in heap {
                self.0[cursor.run].start = cursor.at;
            }
            self.0.retain(|run| run.start < run.end);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::groups::{Groups, hash, merge};
    use crate::plain::Plain;
    use ouzel_dsl::aggregate::{Count, count};
    use std::collections::BTreeMap;

    fn read(runs: &mut Runs, until: i64) -> BTreeMap<(i64, i64), u64> {
        let mut found = BTreeMap::new();
        for mut part in runs.split() {
            let mut last = None;
            let each = |group: Group<i64, u64>| {
                let place = (group.start, group.key);
                assert!(last.replace(place) < Some(place), "each group once, and in order");
                found.insert(place, group.into_parts(&Plain(count())).2);
                Ok(())
            };
            part.read::<i64, Plain<Count>>(&Plain(count()), until, true, each).unwrap();
        }
        found
    }

    #[test]
    fn many_spills_take_few_files_and_give_each_group_once() {
        let (dir, mut runs, mut twin) = (std::env::temp_dir(), Runs::default(), BTreeMap::new());
        for spill in 0..3 * RUNS_MAX as i64 {
            let mut groups = Groups::<i64, u64>::default();
            for n in 0..40 {
                // One window with most keys, and some with few.
                let (start, key) = (if n % 4 == 0 { spill % 5 } else { 2 }, n * 7 % 23 - 9);
                merge(&mut groups, true, &Plain(count()), start, (key, hash::<i64>(key)), 1);
                *twin.entry((start, key)).or_default() += 1;
            }
            write_runs::<i64, Plain<Count>>(&groups, &dir, &mut runs).unwrap();
            runs.compact::<i64, Plain<Count>>(&Plain(count()), &dir).unwrap();
            assert!(runs.parts.iter().all(|part| part.len() < RUNS_MAX + 3));
        }
        let later = twin.split_off(&(2, i64::MIN));
        assert_eq!(read(&mut runs, 1), twin);
        assert_eq!(read(&mut runs, i64::MAX), later);
        assert!(runs.is_empty());
    }
}
