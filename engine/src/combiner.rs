//! Partial aggregates: what one worker's stages feed.

use crate::groups::{Groups, hash};
use crate::guard::guarded;
use crate::memo::Memo;
use crate::runs::{Runs, write_runs};
use arrow::array::RecordBatch;
use ouzel_dsl::plan::Site;
use ouzel_dsl::stage::Port;
use ouzel_dsl::{Aggregate, Assigned, Error, Key, Place, Windows};
use std::any::Any;
use std::marker::PhantomData;
use std::path::Path;

/// A hash table of partial accumulators, fed with borrowed keys.
pub struct Combiner<K: Key, W, A: Aggregate> {
    groups: Groups<K, A::Acc>,
    runs: Runs,
    aggregate: A,
    site: Site,
    memo: Memo,
    windows: PhantomData<W>,
}

impl<K: Key, W: Windows, A: Aggregate> Combiner<K, W, A> {
    /// An empty one.
    pub fn new(aggregate: A, site: Site) -> Self {
        Combiner {
            groups: Groups::default(),
            runs: Runs::default(),
            aggregate,
            site,
            memo: Memo::default(),
            windows: PhantomData,
        }
    }

    /// Adds what was lifted from a record to its key's accumulator in each of its windows.
    #[inline(always)]
    pub fn add(
        &mut self,
        key: K::View<'_>,
        windows: Assigned,
        value: <A::In as ouzel_dsl::Data>::View<'_>,
        place: Place<'_>,
    ) {
        let Combiner { groups, aggregate, memo, .. } = self;
        let keys = groups.keys_mut();
        let id = match K::address(key) {
            Some(address) => memo.get(address, || keys.intern(key, hash::<K>(key))),
            None => keys.intern(key, hash::<K>(key)),
        };
        if W::WINDOWED {
            for start in windows.starts() {
                groups.windowed(aggregate, start, id, |acc| aggregate.add_at(acc, value, place));
            }
        } else {
            groups.dense(aggregate, id, |acc| aggregate.add_at(acc, value, place));
        }
    }

    /// Takes what it holds, and leaves it empty.
    pub(crate) fn take(&mut self) -> (Groups<K, A::Acc>, Runs) {
        self.memo.clear();
        (std::mem::take(&mut self.groups), std::mem::take(&mut self.runs))
    }
}

impl<K: Key, W: Windows, A: Aggregate> Port for Combiner<K, W, A> {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }

    fn begin(&mut self, chunk: &RecordBatch) {
        self.memo.begin(chunk);
    }

    fn bytes(&self) -> usize {
        self.groups.bytes()
    }

    fn spill(&mut self, dir: &Path) -> Result<u64, Error> {
        if self.groups.is_empty() {
            return Ok(0);
        }
        self.memo.clear();
        let groups = std::mem::take(&mut self.groups);
        guarded(self.site, || {
            let bytes = write_runs::<K, A>(&groups, dir, &mut self.runs)?;
            self.runs.compact::<K, A>(&self.aggregate, dir)?;
            Ok(bytes)
        })
    }
}
