//! What executors ask of a keyed operator: partial results per worker, state per shard.

use crate::error::Result;
use crate::stage::Port;
use arrow::array::RecordBatch;
use std::io::{Read, Write};
use std::path::Path;

/// A keyed operator: what stands behind an exchange.
pub trait KeyedNode: Send + Sync {
    /// An empty combiner, which a stage feeds on one worker.
    fn combiner(&self) -> Box<dyn Port>;

    /// The types of key and accumulator: kept state fits only the same ones.
    fn state_type(&self) -> String;

    /// An empty state for all keys. It is cut into `shards` by key, so that merging runs in
    /// parallel, and spills to files in `spill` when it takes more than `memory_bytes`.
    fn state(&self, shards: usize, memory_bytes: usize, spill: &Path) -> Box<dyn KeyedState>;
}

/// Runs closures in parallel: how an executor lends its threads to a keyed state.
pub type Parallel<'a> = &'a (dyn Fn(Vec<Box<dyn FnOnce() + Send + '_>>) + Sync);

/// Takes batches of rows as they are made, from any thread.
pub type Emit<'a> = &'a (dyn Fn(RecordBatch) -> Result<()> + Sync);

/// The state of a keyed operator.
pub trait KeyedState: Send {
    /// Merges the combiners of all workers into the state, and leaves them empty. If `changes` is
    /// given, it gets the new row of each key that changed; if `log` is given, it gets the
    /// accumulators that were merged, to be replayed by [`load`](KeyedState::load). Returns how many
    /// bytes of state went to disk.
    fn absorb(
        &mut self,
        combiners: &mut [&mut dyn Port],
        parallel: Parallel<'_>,
        changes: Option<Emit<'_>>,
        log: Option<&mut dyn Write>,
    ) -> Result<u64>;

    /// Gives the rows of all windows whose end plus lateness is at or before the watermark, and
    /// frees them; returns how many. At `i64::MAX`, which is the end of input, these are all.
    fn close(&mut self, watermark: i64, parallel: Parallel<'_>, emit: Emit<'_>) -> Result<u64>;

    /// Gives all rows that are held, and keeps them; returns how many.
    fn rows(&mut self, parallel: Parallel<'_>, emit: Emit<'_>) -> Result<u64>;

    /// Gives all rows that are held, and frees them; returns how many.
    fn drain(&mut self, parallel: Parallel<'_>, emit: Emit<'_>) -> Result<u64>;

    /// Writes all that is held in the form of a log.
    fn save(&mut self, log: &mut dyn Write) -> Result<()>;

    /// Merges what a log holds, but for windows that `closed` has passed.
    fn load(&mut self, log: &mut dyn Read, closed: i64) -> Result<()>;
}
