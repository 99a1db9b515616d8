//! Partial aggregates: what one worker's stages feed.

use crate::groups::{Groups, hash};
use crate::guard::guarded;
use crate::memo::Memo;
use crate::monoid::{Moment, Monoid, Takes};
use crate::reference::Put;
use crate::runs::{Runs, write_runs};
use arrow::array::RecordBatch;
use ouzel_dsl::plan::Site;
use ouzel_dsl::stage::Port;
use ouzel_dsl::{Assigned, Data, Error, Key, Windows};
use std::any::Any;
use std::marker::PhantomData;
use std::path::Path;

/// A hash table of partial accumulators, fed with borrowed keys.
pub struct Combiner<K: Key, W, A: Monoid> {
    groups: Groups<K, A::Acc>,
    runs: Runs,
    logic: A,
    site: Site,
    memo: Memo,
    windows: PhantomData<W>,
    /// What was put in, as it was, where nothing is to be added up: for the reference.
    put: Option<Vec<Put>>,
}

impl<K: Key, W: Windows, A: Monoid> Combiner<K, W, A> {
    /// An empty one.
    pub fn new(logic: A, site: Site) -> Self {
        Combiner {
            groups: Groups::default(),
            runs: Runs::default(),
            logic,
            site,
            memo: Memo::default(),
            windows: PhantomData,
            put: None,
        }
    }

    /// One that holds these groups.
    pub(crate) fn of(groups: Groups<K, A::Acc>, logic: A, site: Site) -> Self {
        Combiner { groups, ..Combiner::new(logic, site) }
    }

    /// One that keeps what is put in as it is.
    pub(crate) fn of_reference(logic: A, site: Site) -> Self {
        Combiner { put: Some(Vec::new()), ..Combiner::new(logic, site) }
    }

    /// What was put into a port that [`of_reference`](Combiner::of_reference) has made.
    pub(crate) fn take_put(port: &mut dyn Port) -> Vec<Put> {
        let combiner = port.as_any().downcast_mut::<Self>();
        combiner.and_then(|combiner| combiner.put.as_mut()).map(std::mem::take).unwrap_or_default()
    }

    /// Adds what was lifted from a record to its key's accumulator in each of its windows.
    #[inline(always)]
    pub fn add<const SIDE: usize>(
        &mut self,
        key: K::View<'_>,
        windows: Assigned,
        value: <A::In as Data>::View<'_>,
        moment: Moment<'_>,
    ) where
        A: Takes<SIDE>,
    {
        if let Some(put) = &mut self.put {
            return keep::<K, W, A::In>(put, SIDE, key, windows, value, moment);
        }
        let Combiner { groups, logic, memo, .. } = self;
        let keys = groups.keys_mut();
        let id = match K::address(key) {
            Some(address) => memo.get(address, || keys.intern(key, hash::<K>(key))),
            None => keys.intern(key, hash::<K>(key)),
        };
        if W::WINDOWED {
            for start in windows.starts() {
                groups.windowed(logic, start, id, |acc| logic.add(acc, value, moment));
            }
        } else {
            groups.dense(logic, id, |acc| logic.add(acc, value, moment));
        }
    }

    /// Takes what combiners hold, in memory and on disk, and leaves them empty.
    pub(crate) fn take_all(combiners: &mut [&mut dyn Port]) -> (Vec<Groups<K, A::Acc>>, Runs) {
        let (mut taken, mut fresh) = (Vec::new(), Runs::default());
        for port in combiners {
            if let Some(combiner) = port.as_any().downcast_mut::<Self>() {
                combiner.memo.clear();
                let groups = std::mem::take(&mut combiner.groups);
                taken.extend((!groups.is_empty()).then_some(groups));
                fresh.append(std::mem::take(&mut combiner.runs));
            }
        }
        (taken, fresh)
    }
}

impl<K: Key, W: Windows, A: Monoid> Port for Combiner<K, W, A> {
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
            self.runs.compact::<K, A>(&self.logic, dir)?;
            Ok(bytes)
        })
    }
}

/// Keeps what is put in: the reference adds it up on its own.
#[cold]
fn keep<K: Key, W: Windows, T: Data>(
    put: &mut Vec<Put>,
    side: usize,
    key: K::View<'_>,
    windows: Assigned,
    value: T::View<'_>,
    moment: Moment<'_>,
) {
    let (mut encoded, mut bytes) = (Vec::new(), Vec::new());
    K::encode(key, &mut encoded);
    T::store(value, &mut bytes);
    let starts = if W::WINDOWED { windows.starts().collect() } else { vec![0] };
    put.extend(starts.into_iter().map(|start| Put {
        place: moment.place.to_vec(),
        start,
        key: encoded.clone(),
        side,
        seen: moment.seen,
        weight: moment.weight,
        value: bytes.clone(),
    }));
}
