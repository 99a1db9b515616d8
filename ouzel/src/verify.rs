//! Do batch and stream agree? Runs a job under several schedules and compares.

mod compare;
mod schedule;

use crate::session::{self, Mode};
use arrow::array::RecordBatch;
use compare::{Difference, compare};
use ouzel_connectors::MemoryOutput;
use ouzel_dsl::connector::Sink;
use ouzel_dsl::{Error, Plan, Result};
use ouzel_engine::{RunConfig, StreamConfig};
use ouzel_hooks::text::{Align, Grid, count, duration};
use ouzel_hooks::{OperatorTotals, Summary};
use schedule::Schedule;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
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
    difference: Option<String>,
}

impl Verification {
    /// Whether all schedules gave the same.
    pub fn agrees(&self) -> bool {
        self.runs.iter().all(|run| run.difference.is_none())
    }

    /// The seed by which the schedules were chosen.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// What differs under the first schedule that differs.
    pub fn difference(&self) -> Option<&str> {
        self.runs.iter().find_map(|run| run.difference.as_deref())
    }
}

impl fmt::Display for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut grid = schedule::grid();
        grid.row(schedule::HEADER);
        self.runs.iter().for_each(|run| grid.row(run.cells()));
        grid.fmt(f)?;
        let differ = self.runs.iter().filter(|run| run.difference.is_some()).count();
        let Some(first) = self.runs.iter().find(|run| run.difference.is_some()) else {
            return writeln!(f, "{}: all {} schedules agree", self.job, self.runs.len());
        };
        let (job, all, seed) = (&self.job, self.runs.len(), self.seed);
        writeln!(f, "{job}: {differ} of {all} schedules differ; the first is {}", first.schedule)?;
        f.write_str(first.difference.as_deref().unwrap_or_default())?;
        writeln!(f, "to see it again: verify with --seed {seed}")
    }
}

impl Ran {
    fn result(&self) -> &'static str {
        if self.difference.is_some() { "different" } else { "ok" }
    }

    /// Its row in the table.
    fn cells(&self) -> Vec<String> {
        let mut cells = self.schedule.cells();
        cells.extend([count(self.rows), duration(self.seconds), self.result().to_owned()]);
        cells
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} in {}", self.schedule, self.result(), duration(self.seconds))
    }
}

/// Runs all schedules; tells `watch` of each when it is done.
pub(crate) fn verify(
    plan: &Arc<Plan>,
    config: &RunConfig,
    seed: u64,
    watch: &mut dyn FnMut(&Ran) -> Result<()>,
) -> Result<Verification> {
    session::check(plan, config)?;
    if let Some(input) = session::unbounded(plan, config)? {
        return Err(Error::Usage(format!(
            "only input that ends can be verified, and the input {input} does not; \
             give a file or folder without `follow`"
        )));
    }
    let (config, splits) = cut_small(plan, config)?;
    let schedules = schedule::schedules(seed, splits);
    let run = |schedule: &Schedule| run(plan, &config, schedule);
    compare_all(plan, seed, schedules, &run, watch)
}

/// What a run left: each output's rows, and the operators' totals.
struct Left {
    outputs: BTreeMap<String, Vec<RecordBatch>>,
    operators: Vec<OperatorTotals>,
}

fn compare_all(
    plan: &Plan,
    seed: u64,
    schedules: Vec<Schedule>,
    run: &dyn Fn(&Schedule) -> Result<Left>,
    watch: &mut dyn FnMut(&Ran) -> Result<()>,
) -> Result<Verification> {
    let mut expected: Option<Left> = None;
    let mut runs = Vec::new();
    for schedule in schedules {
        let start = Instant::now();
        let left = run(&schedule).map_err(|e| Error::Failed(format!("under {schedule}: {e}")))?;
        let difference = match &expected {
            Some(expected) => difference(plan, expected, &left)?,
            None => None,
        };
        let rows = left.outputs.values().flatten().map(|b| b.num_rows() as u64).sum();
        let ran = Ran { schedule, rows, seconds: start.elapsed().as_secs_f64(), difference };
        watch(&ran)?;
        runs.push(ran);
        expected.get_or_insert(left);
    }
    Ok(Verification { job: plan.job.to_owned(), seed, runs })
}

/// What differs between two runs, in a few lines.
fn difference(plan: &Plan, expected: &Left, found: &Left) -> Result<Option<String>> {
    let mut out = String::new();
    for output in &plan.outputs {
        let rows = |left: &Left| left.outputs.get(output.name).cloned().unwrap_or_default();
        if let Some(difference) = compare(&rows(expected), &rows(found))? {
            out += &described(output.name, &difference);
        }
    }
    for (wanted, got) in expected.operators.iter().zip(&found.operators) {
        let numbers = |t: &OperatorTotals| [t.records_in, t.records_out, t.late, t.errors];
        for (name, (wanted_n, got_n)) in
            ["in", "out", "late", "errors"].iter().zip(numbers(wanted).iter().zip(numbers(got)))
        {
            if *wanted_n != got_n {
                let (id, site) = (&wanted.name, &wanted.site);
                out += &format!("  {id} ({site}): {name} is {got_n}, not {wanted_n}\n");
            }
        }
    }
    let (wanted, got) = (expected.operators.len(), found.operators.len());
    if wanted != got {
        out += &format!("  the totals are of {got} operators, not {wanted}\n");
    }
    Ok((!out.is_empty()).then_some(out))
}

fn described(output: &str, difference: &Difference) -> String {
    let Difference { missing, extra, missing_rows, extra_rows } = difference;
    let mut out = format!(
        "  `{output}` lacks {} rows and has {} too many\n",
        count(*missing_rows),
        count(*extra_rows)
    );
    missing.iter().for_each(|row| out += &format!("    missing: {row}\n"));
    extra.iter().for_each(|row| out += &format!("    extra:   {row}\n"));
    out
}

/// Runs one schedule into memory: twice if it crashes on the way, with the state that the first
/// one left.
fn run(plan: &Arc<Plan>, config: &RunConfig, schedule: &Schedule) -> Result<Left> {
    let outputs: BTreeMap<_, _> =
        plan.outputs.iter().map(|o| (o.name.to_owned(), Arc::new(MemoryOutput::new()))).collect();
    let mut config = config.clone();
    config.workers = schedule.workers;
    config.chunk_rows = schedule.chunk_rows;
    config.outputs = outputs
        .iter()
        .map(|(name, memory)| (name.clone(), Arc::clone(memory) as Arc<dyn Sink>))
        .collect();
    let summary = match (schedule.mode, schedule.crash_after_splits) {
        (Mode::Stream, Some(_)) => crash_and_go_on(plan, &config, schedule)?,
        (mode, _) => session::execute(plan, mode, &config, &schedule.stream())?,
    };
    let outputs = outputs.into_iter().map(|(name, memory)| (name, memory.batches())).collect();
    Ok(Left { outputs, operators: summary.operators })
}

/// Runs until the crash, and again with the same state until the input is at its end.
fn crash_and_go_on(plan: &Arc<Plan>, config: &RunConfig, schedule: &Schedule) -> Result<Summary> {
    let state = tempfile::tempdir().map_err(|e| Error::io("making a folder for state", e))?;
    let stream = StreamConfig { state: Some(state.path().to_owned()), ..schedule.stream() };
    match session::execute(plan, Mode::Stream, config, &stream) {
        // The input may be at its end before the crash could happen.
        Ok(_) => {}
        Err(Error::Failed(message)) if message == ouzel_runtime_stream::CRASH => {}
        Err(error) => return Err(error),
    }
    let stream = StreamConfig { crash_after_splits: None, ..stream };
    session::execute(plan, Mode::Stream, config, &stream)
}

/// Cuts the input into splits so small that schedules can differ; also tells how many there are.
fn cut_small(plan: &Plan, config: &RunConfig) -> Result<(RunConfig, usize)> {
    const SPLITS: u64 = 32;
    const SPLIT_BYTES_MIN: u64 = 256;
    let open = |config: &RunConfig| {
        let sources = plan.sources.iter().filter_map(|source| {
            let connect = config.inputs.get(source.input)?;
            Some(connect.open(&session::request(source, config)))
        });
        sources.collect::<Result<Vec<_>>>()
    };
    let mut config = config.clone();
    let bytes: u64 = open(&config)?.iter().filter_map(|source| source.bytes()).sum();
    if bytes > 0 {
        config.split_bytes = (bytes / SPLITS).max(SPLIT_BYTES_MIN).min(config.split_bytes);
    }
    let mut splits = 0;
    for source in open(&config)? {
        splits += source.splits(&[])?.splits.len();
    }
    Ok((config, splits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{self, batch};

    fn left(rows: &[(&str, f64)], late: u64) -> Left {
        let outputs = [("delays".to_owned(), vec![batch(rows)])].into();
        let (name, site) = ("delays.3".to_owned(), "src/main.rs:18 aggregate".to_owned());
        let operators = vec![OperatorTotals { name, site, late, ..OperatorTotals::default() }];
        Left { outputs, operators }
    }

    fn verification(run: &dyn Fn(&Schedule) -> Result<Left>) -> Verification {
        let mut watched = 0;
        let mut watch = |_: &Ran| {
            watched += 1;
            Ok(())
        };
        let schedules = schedule::schedules(7, 10);
        let all = schedules.len();
        let done = compare_all(&testing::plan(), 7, schedules, run, &mut watch).unwrap();
        assert_eq!(watched, all);
        done
    }

    #[test]
    fn equal_rows_in_any_order_agree() {
        let done = verification(&|schedule| {
            Ok(match schedule.mode {
                Mode::Batch => left(&[("a", 1.0), ("b", 2.0)], 0),
                Mode::Stream => left(&[("b", 2.0), ("a", 1.0)], 0),
            })
        });
        assert!(done.agrees(), "{done}");
        assert!(done.to_string().contains("schedules agree"));
    }

    #[test]
    fn a_row_that_differs_is_shown_with_the_schedule_and_seed() {
        let done = verification(&|schedule| {
            let crashed = schedule.crash_after_splits.is_some();
            Ok(left(&[("a", if crashed { 1.5 } else { 1.0 })], 0))
        });
        assert!(!done.agrees());
        let text = done.to_string();
        assert!(text.contains("`delays` lacks 1 rows and has 1 too many"), "{text}");
        assert!(text.contains("missing: {\"carrier\":\"a\",\"delay\":1.0}"), "{text}");
        assert!(text.contains("extra:   {\"carrier\":\"a\",\"delay\":1.5}"), "{text}");
        assert!(text.contains("crash after") && text.contains("--seed 7"), "{text}");
    }

    #[test]
    fn totals_are_compared_too() {
        let done =
            verification(&|schedule| Ok(left(&[], u64::from(schedule.mode == Mode::Stream))));
        let expected = "  delays.3 (src/main.rs:18 aggregate): late is 1, not 0\n";
        assert_eq!(done.difference(), Some(expected));
    }

    #[test]
    fn a_failure_names_its_schedule() {
        let run = |_: &Schedule| Err(Error::Failed("no luck".to_owned()));
        let schedules = schedule::schedules(7, 10);
        let error = compare_all(&testing::plan(), 7, schedules, &run, &mut |_| Ok(())).unwrap_err();
        assert!(error.to_string().starts_with("under batch, 1 worker"), "{error}");
    }
}
