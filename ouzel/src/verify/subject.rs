//! A job and its input, run under one schedule after another.

use super::difference::{Difference, difference};
use super::left::Left;
use super::schedule::{Crash, Schedule};
use super::{lock, tree, twice};
use crate::session;
use arrow::array::RecordBatch;
use ouzel_connectors::MemoryOutput;
use ouzel_dsl::connector::Sink;
use ouzel_dsl::plan::{OutputKind, OutputNode};
use ouzel_dsl::{Error, Plan, Result};
use ouzel_engine::{RunConfig, StreamConfig};
use ouzel_hooks::{Counts, Event, Observer, Summary};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// A job and its input.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The job.
    pub plan: &'a Arc<Plan>,
    /// What each run is told, but for what its schedule says.
    pub config: &'a RunConfig,
    /// What keyed state is given where it is to go to disk.
    pub memory_bytes: usize,
    /// Cuts the input into splits in a way that a seed chooses.
    pub cut: &'a dyn Fn(u64, &mut RunConfig),
}

/// More restarts than any schedule needs: beyond, a run makes no progress.
const RESTARTS_MAX: usize = 10_000;

impl Subject<'_> {
    /// Runs it under a schedule; what it leaves, and what differs from what is expected.
    pub fn compare(
        &self,
        schedule: &Schedule,
        expected: &Result<Left>,
    ) -> (Result<Left>, Option<Difference>) {
        let (plan, found) = match schedule.twice {
            true => twice::twice(self.plan),
            false => (Plan::clone(self.plan), twice::Found::default()),
        };
        let left = Subject { plan: &Arc::new(plan), ..*self }.run(schedule);
        let difference = found.take().or_else(|| difference(expected, &left));
        (left, difference)
    }

    /// Runs it under a schedule, into memory; again and again if it is ended on the way.
    pub fn run(&self, schedule: &Schedule) -> Result<Left> {
        let outputs = self.plan.outputs.iter().map(|o| (o.name.to_owned(), MemoryOutput::new()));
        let (outputs, letters): (BTreeMap<_, _>, _) = (outputs.collect(), MemoryOutput::new());
        let sink = |memory: &MemoryOutput| Arc::new(memory.clone()) as Arc<dyn Sink>;
        let mut config = self.config.clone();
        config.workers = schedule.workers;
        config.chunk_rows = schedule.chunk_rows;
        config.outputs = outputs.iter().map(|(name, out)| (name.clone(), sink(out))).collect();
        config.dead_letters = Some(sink(&letters));
        let shows = |output: &OutputNode| {
            (output.name.to_owned(), self.plan.operators[output.operator].id.clone())
        };
        let shows: BTreeMap<_, _> = self.plan.outputs.iter().map(shows).collect();
        let shown = shows.values().cloned().collect();
        let rows = Arc::new(KeyedRows { shown, rows: Mutex::default() });
        config.observers = config.observers.with(rows.clone());
        if schedule.spills {
            config.memory_bytes = self.memory_bytes;
        }
        let counted =
            Arc::new(Counted(Mutex::new(vec![Counts::default(); self.plan.operators.len()])));
        let summary = match schedule.crash {
            Crash::Never if schedule.reference => {
                self.process(schedule, 0, config, schedule.stream())?
            }
            Crash::Never => {
                config.observers = config.observers.with(counted.clone());
                let summary = self.process(schedule, 0, config, schedule.stream())?;
                counted.check(&summary)?;
                summary
            }
            crash => self.restarted(schedule, crash, &config)?,
        };
        // Early results are no part of what agrees.
        let early = |name: &str| {
            let mut outputs = self.plan.outputs.iter();
            outputs.any(|o| o.name == name && matches!(o.kind, OutputKind::Early { .. }))
        };
        let outputs = outputs.into_iter().filter(|(name, _)| !early(name));
        let outputs = outputs.map(|(name, memory)| (name, memory.batches()));
        Ok(Left {
            outputs: outputs.collect(),
            dead_letters: letters.batches(),
            operators: summary.operators,
            keyed: self.compared(std::mem::take(&mut *lock(&rows.rows))),
            shows,
        })
    }

    /// Without the seen of rows for which nobody asks, which the reference knows all the same.
    fn compared(
        &self,
        mut keyed: BTreeMap<String, Vec<RecordBatch>>,
    ) -> BTreeMap<String, Vec<RecordBatch>> {
        for entry in self.plan.keyed.iter().filter(|entry| entry.streams) {
            let known = |source: &usize| self.plan.sources[*source].needs_seen;
            let rows = keyed.get_mut(&self.plan.operators[entry.operator].id);
            if let Some(rows) = rows.filter(|_| !entry.sources.iter().all(known)) {
                rows.iter_mut().for_each(|rows| {
                    if rows.num_columns() >= 3 {
                        rows.remove_column(rows.num_columns() - 2);
                    }
                });
            }
        }
        keyed
    }

    /// One process; each sees the input cut in another way, since positions are offsets.
    fn process(
        &self,
        schedule: &Schedule,
        nth: usize,
        mut config: RunConfig,
        stream: StreamConfig,
    ) -> Result<Summary> {
        (self.cut)(schedule.cut.wrapping_add(nth as u64), &mut config);
        if schedule.reference {
            return session::refer(self.plan, &config);
        }
        let plan = match schedule.tree {
            Some(seed) => &Arc::new(tree::merged_by(self.plan, seed.wrapping_add(nth as u64))),
            None => self.plan,
        };
        session::execute(plan, schedule.mode, &config, &stream)
    }

    /// Runs until the end of input, with the state that each process leaves to the next.
    fn restarted(&self, schedule: &Schedule, crash: Crash, config: &RunConfig) -> Result<Summary> {
        let parent = config.spill.clone().unwrap_or_else(std::env::temp_dir);
        let state = tempfile::tempdir_in(parent);
        let state = state.map_err(|e| Error::io("making a folder for state", e))?;
        for nth in 0..RESTARTS_MAX {
            let (config, stream) = ended_on_the_way(schedule, crash, nth, config, state.path());
            match self.process(schedule, nth, config, stream) {
                Ok(summary) if summary.stopped => {}
                Ok(summary) => return Ok(summary),
                Err(Error::Failed(message)) if message == ouzel_runtime_stream::CRASH => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::Failed(format!("the input has no end after {RESTARTS_MAX} restarts")))
    }
}

/// What a process is told that does not come to the end of input.
fn ended_on_the_way(
    schedule: &Schedule,
    crash: Crash,
    nth: usize,
    config: &RunConfig,
    state: &Path,
) -> (RunConfig, StreamConfig) {
    let mut config = config.clone();
    let mut stream = StreamConfig { state: Some(state.to_owned()), ..schedule.stream() };
    match crash {
        Crash::Once(splits) if nth == 0 => stream.crash_after_splits = Some(splits),
        Crash::InCommit(point, nth_commit) => stream.crash_in_commit = Some((nth_commit, point)),
        Crash::Always(splits) => stream.crash_after_splits = Some(splits),
        Crash::StopAtEachCommit => {
            // Every third process is stopped before it has read anything.
            config.stop = Arc::new(AtomicBool::new(nth % 3 == 2));
            config.observers = config.observers.with(Arc::new(StopAtCommit(config.stop.clone())));
        }
        Crash::Never | Crash::Once(_) => {}
    }
    (config, stream)
}

/// Keeps the rows of keyed operators that no output shows.
struct KeyedRows {
    /// The operators that outputs show.
    shown: BTreeSet<String>,
    rows: Mutex<BTreeMap<String, Vec<RecordBatch>>>,
}

impl Observer for KeyedRows {
    fn on(&self, event: &Event<'_>) {
        if let Event::Rows { operator, batch } = event
            && !self.shown.contains(&**operator)
        {
            let mut rows = lock(&self.rows);
            rows.entry(operator.to_string()).or_default().push((**batch).clone());
        }
    }
}

/// What observers were told of each operator.
struct Counted(Mutex<Vec<Counts>>);

impl Observer for Counted {
    fn on(&self, event: &Event<'_>) {
        let Event::Counted { counts } = event else { return };
        let mut all = lock(&self.0);
        for one in counts.iter() {
            let sum = &mut all[one.operator];
            sum.records_out += one.records_out;
            sum.late += one.late;
            sum.errors += one.errors;
        }
    }
}

impl Counted {
    /// All that was told is what the summary says: who watches a run sees the same numbers.
    fn check(&self, summary: &Summary) -> Result<()> {
        for (told, totals) in lock(&self.0).iter().zip(&summary.operators) {
            let said = (totals.records_out, totals.late, totals.errors);
            if (told.records_out, told.late, told.errors) != said {
                return Err(Error::Failed(format!(
                    "observers were told {told:?} of `{}`, and the summary says {said:?}",
                    totals.name
                )));
            }
        }
        Ok(())
    }
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
