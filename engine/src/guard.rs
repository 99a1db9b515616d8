//! What calls a user's aggregate: where that panics, the job fails and says at which operator.

use arrow::array::RecordBatch;
use ouzel_dsl::keyed_node::{Advance, Changes, Emit, KeyedState, Parallel};
use ouzel_dsl::plan::Site;
use ouzel_dsl::stage::{Port, caught};
use ouzel_dsl::{Error, Result};
use std::io::{Read, Write};
use std::sync::Mutex;

/// Does work that may call an aggregate: a panic in it is the aggregate's error.
pub fn guarded<R>(site: Site, work: impl FnOnce() -> Result<R>) -> Result<R> {
    let failed = |message| Err(Error::Aggregate { site: site.to_string(), message });
    caught(work).unwrap_or_else(failed)
}

/// Does so with each item, on the executor's threads.
pub fn in_parallel<T: Send, R: Send>(
    site: Site,
    parallel: Parallel<'_>,
    items: Vec<T>,
    work: impl Fn(T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let results: Vec<Mutex<Option<Result<R>>>> = items.iter().map(|_| Mutex::new(None)).collect();
    let tasks = items.into_iter().zip(&results).map(|(item, result)| {
        let work = &work;
        let task = move || {
            let done = guarded(site, || work(item));
            *result.lock().unwrap_or_else(|e| e.into_inner()) = Some(done);
        };
        Box::new(task) as Box<dyn FnOnce() + Send + '_>
    });
    parallel(tasks.collect());
    let unfinished = || Error::Failed("a worker thread ended before its work was done".to_owned());
    results
        .into_iter()
        .map(|r| r.into_inner().unwrap_or_else(|e| e.into_inner()))
        .map(|done| done.unwrap_or_else(|| Err(unfinished())))
        .collect()
}

/// Hands rows on. Whatever panics there is not the aggregate.
pub fn handed_on(emit: Emit<'_>, batch: RecordBatch) -> Result<()> {
    caught(|| emit(batch)).unwrap_or_else(|message| Err(Error::Failed(message)))
}

/// A keyed state all of whose work is guarded.
pub struct Guarded<S> {
    pub site: Site,
    pub state: S,
}

impl<S: KeyedState> KeyedState for Guarded<S> {
    fn absorb(
        &mut self,
        combiners: &mut [&mut dyn Port],
        parallel: Parallel<'_>,
        changes: Option<Changes<'_>>,
        log: Option<&mut dyn Write>,
    ) -> Result<u64> {
        guarded(self.site, || self.state.absorb(combiners, parallel, changes, log))
    }

    fn close(&mut self, to: Advance<'_>, parallel: Parallel<'_>, emit: Emit<'_>) -> Result<u64> {
        guarded(self.site, || self.state.close(to, parallel, emit))
    }

    fn rows(&mut self, parallel: Parallel<'_>, emit: Emit<'_>) -> Result<u64> {
        guarded(self.site, || self.state.rows(parallel, emit))
    }

    fn save(&mut self, log: &mut dyn Write) -> Result<()> {
        guarded(self.site, || self.state.save(log))
    }

    fn load(&mut self, log: &mut dyn Read, closed: Option<i64>) -> Result<()> {
        guarded(self.site, || self.state.load(log, closed))
    }
}
