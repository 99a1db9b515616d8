//! What a run is told, in either mode.

use crate::clock::Clock;
use crate::layout::Layout;
use ouzel_dsl::connector::{Connect, Sink};
use ouzel_dsl::stage::OnError;
use ouzel_dsl::{Error, Plan, Result};
use ouzel_hooks::Observers;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What a run is told, in either mode.
#[derive(Clone)]
pub struct RunConfig {
    /// Where each input comes from, by name.
    pub inputs: BTreeMap<String, Arc<dyn Connect>>,
    /// Where each output goes, by name.
    pub outputs: BTreeMap<String, Arc<dyn Sink>>,
    /// What to do with records that cannot be decoded or processed.
    pub on_error: OnError,
    /// What else to do with those of some operators, by id.
    pub on_error_of: BTreeMap<String, OnError>,
    /// Where such records go if they are kept.
    pub dead_letters: Option<Arc<dyn Sink>>,
    /// How many threads run stages.
    pub workers: usize,
    /// How many bytes keyed state may take in memory before it spills.
    pub memory_bytes: usize,
    /// Where spilled state goes; the system's folder for temporary files if not given.
    pub spill: Option<PathBuf>,
    /// How many rows a chunk has at the most.
    pub chunk_rows: usize,
    /// About how many bytes of input a split covers.
    pub split_bytes: u64,
    /// Whether logs that go on are to end where they end now.
    pub until_now: bool,
    /// Whether logs that go on are to give what there is now first, for all cores to read.
    pub history: bool,
    /// Who watches.
    pub observers: Observers,
    /// Set to end the run cleanly before the end of input.
    pub stop: Arc<AtomicBool>,
    /// From which offsets on the watermark has passed partitions: what an earlier stream over the
    /// same input has decided.
    pub layout: Layout,
    /// Whether a stop may leave a split half read: in batch mode, which then leaves nothing.
    pub stop_within_splits: bool,
}

impl RunConfig {
    /// Where an output goes.
    pub fn sink(&self, plan: &Plan, output: usize) -> Result<Arc<dyn Sink>> {
        let name = plan.outputs[output].name;
        self.outputs.get(name).cloned().ok_or_else(|| {
            Error::Usage(format!(
                "the output `{name}` has no place to go: give it as `--out {name}=URI`"
            ))
        })
    }
}

impl Default for RunConfig {
    fn default() -> Self {
        RunConfig {
            inputs: BTreeMap::new(),
            outputs: BTreeMap::new(),
            on_error: OnError::Fail,
            on_error_of: BTreeMap::new(),
            dead_letters: None,
            workers: std::thread::available_parallelism().map_or(1, usize::from),
            memory_bytes: 2 << 30,
            spill: None,
            chunk_rows: 8192,
            split_bytes: 16 << 20,
            until_now: false,
            history: false,
            observers: Observers::default(),
            stop: Arc::default(),
            layout: Layout::default(),
            stop_within_splits: false,
        }
    }
}

/// What a stream run is told besides.
#[derive(Clone, Debug)]
pub struct StreamConfig {
    /// Where checkpoints are kept; without, a restart begins anew.
    pub state: Option<PathBuf>,
    /// From one commit to the next, in milliseconds.
    pub epoch_ms: u64,
    /// Orders the reading of partitions by this seed rather than by event time: for tests.
    pub shuffle: Option<u64>,
    /// Ends an epoch after so many splits too: for tests.
    pub splits_per_epoch: Option<usize>,
    /// Ends an epoch as soon as there is nothing to read: for tests.
    pub until_idle: bool,
    /// Ends the run after so many splits as a crash would, without a commit: for tests.
    pub crash_after_splits: Option<usize>,
    /// Ends the run within its nth commit, counted from one, or a later one, as a crash there would:
    /// for tests.
    pub crash_in_commit: Option<(u64, CommitPoint)>,
    /// The job's code and parameters differ from those that the state was made by, and this is
    /// accepted for these operators.
    pub accept: Vec<String>,
    /// Where the layout is written; if not given, in the folder of checkpoints.
    pub layout: Option<PathBuf>,
    /// Tells how long a partition has been silent.
    pub clock: Clock,
    /// What outputs show after a crash; if not given, the most that can be had.
    pub guarantee: Option<Guarantee>,
    /// The processes that share the run; alone, if not given.
    pub group: Option<GroupConfig>,
    /// Writes a snapshot of what the group keeps of some keys after so many bytes of letters at the
    /// least: for tests.
    pub snapshot_from: Option<u64>,
}

/// Which processes share a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupConfig {
    /// The name that they have in common.
    pub name: String,
    /// The name of this process among them, if it keeps one through restarts.
    pub instance: Option<String>,
    /// Into how many shards keyed state is cut; if not given, as many as the first input has
    /// partitions, which is the most. Stays as it was at first.
    pub lanes: Option<u32>,
    /// Whether this process keeps copies of the others' keyed state, so as to take it up at once.
    pub standby: bool,
}

/// What outputs show of each input record after a crash and a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guarantee {
    /// Its effect once.
    ExactlyOnce,
    /// Its effect once, or more often; what is written is seen sooner.
    AtLeastOnce,
}

/// A place within a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitPoint {
    /// State, tables and outputs are written, and no manifest names them yet.
    BeforeManifest,
    /// The manifest is written beside the one before, and the session has not committed: where there
    /// is one.
    BeforeSession,
    /// The session has committed, and the manifest is not in its place yet: where there is one.
    AfterSession,
    /// The manifest is in its place, and nothing that comes after it has happened: after the last
    /// one, outputs have not ended.
    AfterManifest,
    /// After the last commit, outputs have ended, and the manifest does not say so yet.
    BeforeClose,
}

impl Default for StreamConfig {
    fn default() -> Self {
        StreamConfig {
            state: None,
            epoch_ms: 1_000,
            shuffle: None,
            splits_per_epoch: None,
            until_idle: false,
            crash_after_splits: None,
            crash_in_commit: None,
            accept: Vec::new(),
            layout: None,
            clock: Clock::default(),
            guarantee: None,
            group: None,
            snapshot_from: None,
        }
    }
}
