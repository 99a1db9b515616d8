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

    /// Whether rows that it gave may go again, so that who wants its changes must be told.
    fn removes(&self) -> bool {
        false
    }

    /// An empty state for all keys. It is cut into `shards` by key, so that merging runs in
    /// parallel, and spills to files in `spill` when it takes more than `memory_bytes`.
    fn state(&self, shards: usize, memory_bytes: usize, spill: &Path) -> Box<dyn KeyedState>;

    /// Takes what a combiner holds, and hands it on as entries that [`gather`](KeyedNode::gather)
    /// reads: to each of so many parts those of its keys, some at a time.
    fn scatter(
        &self,
        combiner: &mut dyn Port,
        parts: usize,
        each: &mut dyn FnMut(usize, &[u8]) -> Result<()>,
    ) -> Result<()>;

    /// A combiner that holds what [`scatter`](KeyedNode::scatter) has handed on.
    fn gather(&self, entries: &mut dyn Read) -> Result<Box<dyn Port>>;

    /// What it means, for the reference.
    fn reference(&self) -> Box<dyn Reference>;
}

/// What a keyed operator means: its rows, worked out from all that was put in, in the plainest way.
/// Both modes are compared with it.
pub trait Reference {
    /// A port that keeps what is put in as it is.
    fn port(&self) -> Box<dyn Port>;

    /// Gives the rows of all that was put into such a port; how many there are. The watermark is that
    /// of the end of input.
    fn rows(&self, port: &mut dyn Port, end: Advance<'_>, emit: Emit<'_>) -> Result<u64>;
}

/// Runs closures in parallel: how an executor lends its threads to a keyed state.
pub type Parallel<'a> = &'a (dyn Fn(Vec<Box<dyn FnOnce() + Send + '_>>) + Sync);

/// Takes batches of rows as they are made, from any thread.
pub type Emit<'a> = &'a (dyn Fn(RecordBatch) -> Result<()> + Sync);

/// What has become of rows of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// They are there now: new, or in the place of those with the same keys.
    Set,
    /// They were there, and others with the same keys are there now.
    Replaced,
    /// They were there, and none with the same keys is there any more.
    Removed,
}

/// Takes the changes of a table as they are found, from any thread.
#[derive(Clone, Copy)]
pub struct Changes<'a> {
    /// Takes rows.
    pub emit: &'a (dyn Fn(Change, RecordBatch) -> Result<()> + Sync),
    /// Whether rows that were there are wanted, or only those that are.
    pub before: bool,
}

/// How far event time has come, for a keyed operator.
#[derive(Clone, Copy)]
pub struct Advance<'a> {
    /// The watermark; `i64::MAX` at the end of input.
    pub watermark: i64,
    /// The greatest event time of the operator's logs so far.
    pub greatest: i64,
    /// Takes what could not be processed; an error ends the job.
    pub fail: &'a (dyn Fn(Fault) -> Result<()> + Sync),
}

impl Advance<'_> {
    /// To a watermark, where nothing fails and no timer is set.
    pub fn to(watermark: i64) -> Advance<'static> {
        Advance { watermark, greatest: watermark, fail: &|_| Ok(()) }
    }
}

/// A record that a keyed operator could not process.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The record's address, as in [`Place`](crate::Place).
    pub address: Vec<u8>,
    /// The record as JSON.
    pub record: Vec<u8>,
    /// What was wrong.
    pub message: String,
}

/// The state of a keyed operator.
pub trait KeyedState: Send {
    /// Merges the combiners of all workers into the state, and leaves them empty. If `changes` is
    /// given, it gets the changes of the table; if `log` is given, it gets the accumulators that
    /// were merged, to be replayed by [`load`](KeyedState::load). Returns how many bytes of state
    /// went to disk.
    fn absorb(
        &mut self,
        combiners: &mut [&mut dyn Port],
        parallel: Parallel<'_>,
        changes: Option<Changes<'_>>,
        log: Option<&mut dyn Write>,
    ) -> Result<u64>;

    /// Gives what can be given for good at a watermark, and frees what no record in time can reach;
    /// returns how many rows that was. A table gives the rows of all windows whose end plus lateness
    /// is at or before the watermark. At `i64::MAX`, which is the end of input, that is all.
    fn close(&mut self, to: Advance<'_>, parallel: Parallel<'_>, emit: Emit<'_>) -> Result<u64>;

    /// Gives all rows that are held, and keeps them; returns how many. What gives a stream has none.
    fn rows(&mut self, parallel: Parallel<'_>, emit: Emit<'_>) -> Result<u64>;

    /// Writes all that is held in the form of a log.
    fn save(&mut self, log: &mut dyn Write) -> Result<()>;

    /// Merges what a log holds. If it is of a state that had come to a watermark, what that has freed
    /// is left out, and what was given of it is not given again.
    fn load(&mut self, log: &mut dyn Read, closed: Option<i64>) -> Result<()>;
}
