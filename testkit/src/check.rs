//! Runs a job under many schedules and compares what they leave.

use crate::left::Left;
use crate::random::Random;
use crate::rows::batch;
use crate::schedule::{Crash, Schedule};
use arrow::array::RecordBatch;
use ouzel::connectors::MemoryOutput;
use ouzel::hooks::{Event, Observer, Summary};
use ouzel::stage::OnError;
use ouzel::{Error, Job, Mode, Record, Run};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Begins to check a job.
pub fn check<J: Job>() -> Check {
    Check {
        run: ouzel::run::<J>,
        outputs: J::OUTPUTS,
        inputs: Vec::new(),
        params: Vec::new(),
        on_error: OnError::Fail,
        seed: 0,
    }
}

/// A job and its input; made by [`check`].
#[must_use = "nothing is checked before `agrees` or `fails`"]
#[derive(Clone)]
pub struct Check {
    run: fn() -> Run,
    outputs: &'static [&'static str],
    inputs: Vec<(String, Vec<RecordBatch>)>,
    params: Vec<(String, String)>,
    on_error: OnError,
    seed: u64,
}

/// More restarts than any schedule needs: beyond, a run makes no progress.
const RESTARTS_MAX: usize = 10_000;

impl Check {
    /// An input's records: a list for each partition.
    pub fn input<R: Record>(self, name: &str, partitions: Vec<Vec<R>>) -> Check {
        self.batches(name, partitions.into_iter().map(batch).collect())
    }

    /// An input's records as columns, a batch for each partition: where not all can be decoded.
    pub fn batches(mut self, name: &str, partitions: Vec<RecordBatch>) -> Check {
        self.inputs.push((name.to_owned(), partitions));
        self
    }

    /// The value of a job parameter.
    pub fn param(mut self, name: &str, value: impl Display) -> Check {
        self.params.push((name.to_owned(), value.to_string()));
        self
    }

    /// What to do with records that cannot be decoded or processed; dead letters are compared too.
    pub fn on_error(mut self, policy: OnError) -> Check {
        self.on_error = policy;
        self
    }

    /// Chooses the schedules.
    pub fn seed(mut self, seed: u64) -> Check {
        self.seed = seed;
        self
    }

    /// Panics unless the job leaves the same under every schedule; gives what it leaves.
    #[track_caller]
    pub fn agrees(&self) -> Left {
        match self.outcome() {
            Ok(left) => left,
            Err(error) => panic!("in batch: {error}"),
        }
    }

    /// Panics unless the job fails under every schedule; gives the error of a batch run.
    #[track_caller]
    pub fn fails(&self) -> Error {
        match self.outcome() {
            Ok(left) => panic!("it should have failed, and left {left:?}"),
            Err(error) => error,
        }
    }

    /// What the job leaves under every schedule, or how it fails under every one; panics where
    /// schedules differ.
    #[track_caller]
    pub fn outcome(&self) -> Result<Left, Error> {
        let splits = self.cut(0).values().flatten().map(Vec::len).sum();
        let mut schedules = Schedule::all(self.seed, splits).into_iter();
        let expected = self.scheduled(&schedules.next().unwrap_or_else(Schedule::plain));
        for schedule in schedules {
            let found = self.scheduled(&schedule);
            match (&expected, &found) {
                (Ok(expected), Ok(found)) => {
                    if let Some(lines) = expected.difference(found) {
                        panic!("seed {}, {schedule}, is not as in batch:\n{lines}", self.seed);
                    }
                }
                (Err(_), Err(_)) => {}
                (Ok(_), Err(error)) => {
                    panic!("seed {}, {schedule}, fails, and batch does not: {error}", self.seed)
                }
                (Err(error), Ok(_)) => {
                    panic!("seed {}, {schedule}, does not fail as batch does: {error}", self.seed)
                }
            }
        }
        expected
    }

    /// Each input's partitions cut into splits, whose sizes are drawn by a seed.
    fn cut(&self, seed: u64) -> BTreeMap<&str, Vec<Vec<RecordBatch>>> {
        let mut random = Random(seed);
        let mut partition = |batch: &RecordBatch| {
            let (mut splits, mut at) = (Vec::new(), 0);
            let most = batch.num_rows().div_ceil(4);
            while at < batch.num_rows() {
                let rows = random.upto(most).min(batch.num_rows() - at);
                splits.push(batch.slice(at, rows));
                at += rows;
            }
            splits
        };
        let inputs = self.inputs.iter();
        inputs
            .map(|(name, all)| (name.as_str(), all.iter().map(&mut partition).collect()))
            .collect()
    }

    fn scheduled(&self, schedule: &Schedule) -> Result<Left, Error> {
        let memory = || Arc::new(MemoryOutput::new());
        let outputs: BTreeMap<_, _> = self.outputs.iter().map(|o| (*o, memory())).collect();
        let letters = memory();
        let run = |process: usize| {
            let mut run = (self.run)()
                .mode(schedule.mode)
                .workers(schedule.workers)
                .on_error(self.on_error)
                .config(|config| {
                    config.chunk_rows = schedule.chunk_rows;
                    config.dead_letters = Some(letters.clone());
                    config.spill = Some(folder());
                    if schedule.spills {
                        config.memory_bytes = 1;
                    }
                })
                .stream(|stream| {
                    stream.shuffle = schedule.shuffle;
                    stream.splits_per_epoch = schedule.splits_per_epoch;
                    // An hour: epochs end by count alone, so that a seed can be run again.
                    stream.epoch_ms = 3_600_000;
                });
            for (name, value) in &self.params {
                run = run.param(name, value);
            }
            // A restart may cut the input in other ways: positions are offsets.
            for (name, splits) in self.cut(schedule.cut.wrapping_add(process as u64)) {
                run = run.input(name, splits);
            }
            outputs.iter().fold(run, |run, (name, memory)| run.output(name, memory.clone()))
        };
        let summary = match schedule.crash {
            Crash::Never => run(0).execute()?.summary,
            crash => {
                let state = tempfile::tempdir_in(folder());
                let state = state.map_err(|e| Error::io("a folder for state", e))?;
                restarted(&run, crash, state.path())?
            }
        };
        let outputs = outputs.into_iter().map(|(name, o)| (name.to_owned(), o.batches()));
        Ok(Left::new(summary, outputs.collect(), &letters.batches()))
    }
}

/// Where state goes: into memory where the system has such a folder, since nothing here outlives
/// the test.
fn folder() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() }
}

/// Runs until the end of input, killed on the way.
fn restarted(run: &dyn Fn(usize) -> Run, crash: Crash, state: &Path) -> Result<Summary, Error> {
    for process in 0..RESTARTS_MAX {
        let stop = Arc::new(StopAtCommit(Arc::new(AtomicBool::new(false))));
        let run = run(process).mode(Mode::Stream).state(state);
        let run = match crash {
            Crash::Once(splits) if process == 0 => {
                run.stream(|stream| stream.crash_after_splits = Some(splits))
            }
            Crash::Always(splits) => run.stream(|stream| stream.crash_after_splits = Some(splits)),
            Crash::StopAtEachCommit => {
                // Every third process is stopped before it has read anything.
                stop.0.store(process % 3 == 2, Ordering::Relaxed);
                run.config(|config| config.stop = stop.0.clone()).observer(stop)
            }
            Crash::Never | Crash::Once(_) => run,
        };
        match run.execute() {
            Ok(done) if done.summary.stopped => {}
            Ok(done) => return Ok(done.summary),
            Err(Error::Failed(message)) if message.starts_with("crashed, as it was told") => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::Failed(format!("no end of input after {RESTARTS_MAX} restarts")))
}

/// Tells the run to stop when it has committed.
struct StopAtCommit(Arc<AtomicBool>);

impl Observer for StopAtCommit {
    fn on(&self, event: &Event<'_>) {
        if matches!(event, Event::Commit { .. }) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}
