//! Do batch and stream agree? Runs a job under several schedules and compares what they leave.

mod difference;
mod left;
mod random;
mod rows;
mod schedule;
mod subject;
mod tree;
mod twice;

pub use difference::Difference;
pub use left::Left;
pub use random::Random;
pub use rows::difference as difference_of_rows;
pub use schedule::{Part, Schedule};
pub use subject::Subject;

use crate::session;
use ouzel_dsl::{Error, Plan, Result};
use ouzel_engine::RunConfig;
use ouzel_hooks::text::{Align, Grid, count, duration};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// What came out of comparing schedules. Shown with `{}`, it is a table of them, and the first
/// difference.
#[derive(Clone, Debug)]
pub struct Verification {
    job: String,
    seed: u64,
    runs: Vec<Ran>,
}

/// A schedule and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct Ran {
    schedule: Schedule,
    rows: u64,
    seconds: f64,
    /// What differs from the first schedule, if anything does.
    difference: Option<Difference>,
}

impl Verification {
    /// Whether all schedules left the same.
    pub fn agrees(&self) -> bool {
        self.difference().is_none()
    }

    /// The seed by which the schedules were chosen.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// What differs under the first schedule that differs.
    pub fn difference(&self) -> Option<&str> {
        self.first().map(|difference| difference.lines.as_str())
    }

    /// The id of the first operator, those upstream first, that does something else there; not known
    /// where a run fails elsewhere than in an operator.
    pub fn operator(&self) -> Option<&str> {
        self.first()?.operator.as_deref()
    }

    fn first(&self) -> Option<&Difference> {
        self.runs.iter().find_map(|run| run.difference.as_ref())
    }
}

impl fmt::Display for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Align::{Left, Right};
        let mut grid = Grid::new([Left, Right, Right, Right, Right, Left, Left]);
        grid.row(["mode", "workers", "chunk", "rows left", "time", "result", "besides"]);
        self.runs.iter().for_each(|run| grid.row(run.cells()));
        grid.fmt(f)?;
        let (job, all, seed) = (&self.job, self.runs.len(), self.seed);
        let differ: Vec<_> = self.runs.iter().filter(|run| run.difference.is_some()).collect();
        let Some(first) = differ.first() else {
            return writeln!(
                f,
                "{job}: all {all} runs left the same rows, dead letters and totals"
            );
        };
        let differ = differ.len();
        writeln!(f, "{job}: {differ} of {all} runs differ; the first is {}", first.schedule)?;
        first.difference.as_ref().map_or(Ok(()), |difference| difference.fmt(f))?;
        writeln!(f, "to see it again: verify with --seed {seed}")
    }
}

impl Ran {
    fn result(&self) -> &'static str {
        if self.difference.is_some() { "different" } else { "ok" }
    }

    /// Its row in the table.
    fn cells(&self) -> Vec<String> {
        let Schedule { mode, workers, chunk_rows, .. } = &self.schedule;
        let reference = self.schedule.reference;
        vec![
            if reference { "reference".to_owned() } else { mode.to_string() },
            if reference { String::new() } else { workers.to_string() },
            if reference { String::new() } else { count(*chunk_rows as u64) },
            count(self.rows),
            duration(self.seconds),
            self.result().to_owned(),
            self.schedule.besides(),
        ]
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} in {}", self.schedule, self.result(), duration(self.seconds))
    }
}

/// Runs all schedules; tells `watch` of each when it is done. A job that fails under the first has
/// nothing to be compared.
pub(crate) fn verify(
    plan: &Arc<Plan>,
    config: &RunConfig,
    seed: u64,
    watch: &mut dyn FnMut(&Ran) -> Result<()>,
) -> Result<Verification> {
    if let Some(input) = session::unbounded(plan, config)? {
        return Err(Error::Usage(format!(
            "only input that ends can be verified, and the input {input} does not; \
             give a file or folder without `follow`"
        )));
    }
    let Size { split_bytes, splits, memory_bytes } = size(plan, config)?;
    let cut = |seed: u64, config: &mut RunConfig| {
        config.split_bytes = split_bytes * Random(seed).upto(4) as u64;
    };
    let subject = Subject { plan, config, memory_bytes, cut: &cut };
    let runs = compare_all(Schedule::all(seed, splits), &subject, watch)?;
    Ok(Verification { job: plan.job.to_owned(), seed, runs })
}

fn compare_all(
    schedules: Vec<Schedule>,
    subject: &Subject<'_>,
    watch: &mut dyn FnMut(&Ran) -> Result<()>,
) -> Result<Vec<Ran>> {
    let (mut expected, mut runs) = (None, Vec::new());
    for schedule in schedules {
        let start = Instant::now();
        let (left, difference) = match &expected {
            None => (Ok(subject.run(&schedule)?), None),
            Some(expected) => subject.compare(&schedule, expected),
        };
        let rows = left.as_ref().map_or(0, Left::rows);
        let ran = Ran { schedule, rows, seconds: start.elapsed().as_secs_f64(), difference };
        watch(&ran)?;
        runs.push(ran);
        expected.get_or_insert(left);
    }
    Ok(runs)
}

/// Sizes so small that schedules can differ.
struct Size {
    split_bytes: u64,
    /// How many splits there are then.
    splits: usize,
    memory_bytes: usize,
}

fn size(plan: &Plan, config: &RunConfig) -> Result<Size> {
    const SPLITS: u64 = 64;
    const SPLIT_BYTES_MIN: u64 = 256;
    let open = |config: &RunConfig| {
        let sources = plan.sources.iter().filter_map(|source| {
            let connect = config.inputs.get(source.input)?;
            Some(connect.open(&session::request(source, config)))
        });
        sources.collect::<Result<Vec<_>>>()
    };
    let bytes: u64 = open(config)?.iter().filter_map(|source| source.bytes()).sum();
    let split_bytes = (bytes / SPLITS).max(SPLIT_BYTES_MIN).min(config.split_bytes);
    let mut splits = 0;
    for source in open(&RunConfig { split_bytes, ..config.clone() })? {
        splits += source.splits(&[])?.splits.len();
    }
    // Next to nothing where the input is small; no more than some hundred files where it is large.
    let memory_bytes = usize::try_from(bytes / 4).unwrap_or(usize::MAX);
    let memory_bytes = if bytes < 1 << 16 { 1 } else { memory_bytes };
    Ok(Size { split_bytes, splits, memory_bytes })
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
