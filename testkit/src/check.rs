//! Runs a job under many schedules and compares what they leave.

use crate::left::Left;
use crate::partitions::Partitions;
use arrow::array::RecordBatch;
use ouzel::connectors::memory_input;
use ouzel::data::Produce;
use ouzel::dsl::connector::Connect;
use ouzel::private::{Random, Schedule, Subject};
use ouzel::stage::OnError;
use ouzel::{Error, Job, Params, Plan, Record, Result, RunConfig};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Begins to check a job, which is given by its name: `check(delays)`.
pub fn check<J: Job>(_: impl FnOnce() -> J) -> Check {
    Check {
        plan: J::plan,
        inputs: Vec::new(),
        params: Params::new(),
        on_error: OnError::Fail,
        seed: 0,
    }
}

/// A job and its input; made by [`check`].
#[must_use = "nothing is checked before `agrees` or `fails`"]
#[derive(Clone)]
pub struct Check {
    plan: fn(&Params) -> Result<Plan>,
    inputs: Vec<(String, Vec<RecordBatch>)>,
    params: Params,
    on_error: OnError,
    seed: u64,
}

impl Check {
    /// An input's records: a list of them is one partition, a list of lists several.
    pub fn input<R: Record, How>(self, name: &str, records: impl Partitions<R, How>) -> Check {
        self.batches(name, records.batches())
    }

    /// An input's records as columns, a batch for each partition: where not all can be decoded.
    pub fn batches(mut self, name: &str, partitions: Vec<RecordBatch>) -> Check {
        self.inputs.push((name.to_owned(), partitions));
        self
    }

    /// The value of a job parameter.
    pub fn param(mut self, name: &str, value: impl Display) -> Check {
        self.params = self.params.with(name, value);
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

    /// Panics unless the job leaves the same under every schedule, and these rows in an output; see
    /// [`Left::expect`], by which other outputs are compared after it.
    #[track_caller]
    pub fn expect<P: Produce>(&self, output: &str, rows: impl IntoIterator<Item = P>) -> Left {
        let left = self.agrees();
        left.expect(output, rows);
        left
    }

    /// Like [`expect`](Check::expect), with floats that may be a little off; see
    /// [`Left::expect_within`].
    #[track_caller]
    pub fn expect_within<P: Produce>(
        &self,
        tolerance: f64,
        output: &str,
        rows: impl IntoIterator<Item = P>,
    ) -> Left {
        let left = self.agrees();
        left.expect_within(tolerance, output, rows);
        left
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
    pub fn outcome(&self) -> Result<Left> {
        let plan = Arc::new((self.plan)(&self.params)?);
        let mut config =
            RunConfig { on_error: self.on_error, spill: Some(folder()), ..RunConfig::default() };
        config.inputs = self.cut(0);
        let cut = |seed, config: &mut RunConfig| config.inputs = self.cut(seed);
        let subject = Subject { plan: &plan, config: &config, memory_bytes: 1, cut: &cut };
        // A partition is cut into five splits or so.
        let splits = self.inputs.iter().map(|(_, partitions)| 5 * partitions.len()).sum();
        let expected = subject.run(&Schedule::plain());
        for schedule in Schedule::all(self.seed, splits).iter().skip(1) {
            if let (_, Some(lines)) = subject.compare(schedule, &expected) {
                panic!("seed {}, {schedule}, is not as in plain batch:\n{lines}", self.seed);
            }
        }
        Ok(Left::new(&plan, expected?))
    }

    /// Each input's partitions cut into splits, whose sizes are drawn by a seed.
    fn cut(&self, seed: u64) -> BTreeMap<String, Arc<dyn Connect>> {
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
        let inputs = self.inputs.iter().map(|(name, partitions)| {
            (name.clone(), memory_input(partitions.iter().map(&mut partition).collect()))
        });
        inputs.collect()
    }
}

/// Where state goes: into memory where the system has such a folder, since nothing here outlives
/// the test.
fn folder() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() }
}
