//! A job run over an input under schedules, and compared.

use arrow::array::RecordBatch;
use ouzel::connectors::memory_input;
use ouzel::dsl::connector::Connect;
use ouzel::private::{Difference, Left, Part, Random, Schedule, Subject};
use ouzel::stage::OnError;
use ouzel::{Layout, Plan, Result, RunConfig};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Inputs by name: a batch for each partition.
pub(crate) type Inputs = Vec<(String, Vec<RecordBatch>)>;

/// A job that is tried.
pub(crate) struct Trial {
    pub plan: Arc<Plan>,
    pub on_error: OnError,
    pub layout: Layout,
    /// Chooses the schedules.
    pub seed: u64,
}

/// One of the schedules of a seed, whatever the input, with parts taken out of it.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    pub seed: u64,
    index: usize,
    without: Vec<Part>,
}

/// A schedule under which a job does not leave what the reference says.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub way: Way,
    pub schedule: Schedule,
    pub difference: Difference,
}

impl Way {
    /// Those of a seed, but for the reference.
    pub fn all(seed: u64) -> impl Iterator<Item = Way> {
        let count = Schedule::all(seed, 1).len();
        (1..count).map(move |index| Way { seed, index, without: Vec::new() })
    }

    /// The schedule over an input of so many splits.
    fn schedule(&self, splits: usize) -> Option<Schedule> {
        let schedule = Schedule::all(self.seed, splits).into_iter().nth(self.index)?;
        Some(self.without.iter().fold(schedule, |schedule, part| schedule.without(*part)))
    }

    pub fn without(&self, part: Part) -> Way {
        let mut way = self.clone();
        way.without.push(part);
        way
    }

    /// The same schedule of another seed.
    pub fn seeded(&self, seed: u64) -> Way {
        Way { seed, ..self.clone() }
    }
}

impl Trial {
    /// What the reference says, or how it fails; or the first schedule that differs.
    pub fn all(&self, inputs: &Inputs) -> Result<Result<Left>, Box<Fault>> {
        let expected = self.reference(inputs);
        for way in Way::all(self.seed) {
            if let Some(schedule) = way.schedule(splits(inputs))
                && let Some(difference) = self.compare(inputs, &schedule, &expected)
            {
                return Err(Box::new(Fault { way, schedule, difference }));
            }
        }
        Ok(expected)
    }

    /// The difference from the reference under one schedule, if there is one.
    pub fn under(&self, inputs: &Inputs, way: &Way) -> Option<Fault> {
        let schedule = way.schedule(splits(inputs))?;
        let expected = self.reference(inputs);
        let difference = self.compare(inputs, &schedule, &expected)?;
        Some(Fault { way: way.clone(), schedule, difference })
    }

    /// What the reference says.
    pub fn reference(&self, inputs: &Inputs) -> Result<Left> {
        self.run(inputs, &Schedule::reference())
    }

    fn run(&self, inputs: &Inputs, schedule: &Schedule) -> Result<Left> {
        self.with(inputs, |subject| subject.run(schedule))
    }

    fn compare(
        &self,
        inputs: &Inputs,
        schedule: &Schedule,
        expected: &Result<Left>,
    ) -> Option<Difference> {
        self.with(inputs, |subject| subject.compare(schedule, expected).1)
    }

    fn with<T>(&self, inputs: &Inputs, run: impl FnOnce(&Subject<'_>) -> T) -> T {
        let mut config = RunConfig {
            on_error: self.on_error,
            layout: self.layout.clone(),
            spill: Some(folder()),
            ..RunConfig::default()
        };
        config.inputs = cut(inputs, 0);
        let cut = |seed, config: &mut RunConfig| config.inputs = cut(inputs, seed);
        run(&Subject { plan: &self.plan, config: &config, memory_bytes: 1, cut: &cut })
    }
}

/// A partition is cut into five splits or so.
fn splits(inputs: &Inputs) -> usize {
    inputs.iter().map(|(_, partitions)| 5 * partitions.len()).sum()
}

/// Each input's partitions cut into splits, whose sizes are drawn by a seed; by that of the reference
/// and the plain schedule into one each, so that few records can show what depends on splits.
fn cut(inputs: &Inputs, seed: u64) -> BTreeMap<String, Arc<dyn Connect>> {
    let mut random = Random(seed);
    let mut partition = |batch: &RecordBatch| {
        let (mut splits, mut at) = (Vec::new(), 0);
        let most = batch.num_rows().div_ceil(4);
        while at < batch.num_rows() {
            let rows = if seed == 0 { batch.num_rows() } else { random.upto(most) };
            let rows = rows.min(batch.num_rows() - at);
            splits.push(batch.slice(at, rows));
            at += rows;
        }
        splits
    };
    let inputs = inputs.iter().map(|(name, partitions)| {
        (name.clone(), memory_input(partitions.iter().map(&mut partition).collect()))
    });
    inputs.collect()
}

/// Where state goes: into memory where the system has such a folder, since nothing here outlives
/// the test.
pub(crate) fn folder() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() }
}
