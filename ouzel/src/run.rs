//! Running a job from Rust, without a command line.

use crate::session::{self, Mode};
use crate::verify::{self, Verification};
use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use ouzel_connectors::MemoryOutput;
use ouzel_dsl::connector::{Connect, Sink};
use ouzel_dsl::data::Builder;
use ouzel_dsl::schema::Field;
use ouzel_dsl::stage::OnError;
use ouzel_dsl::{Error, Job, Params, Plan, Record, Result};
use ouzel_engine::{RunConfig, StreamConfig};
use ouzel_hooks::{Observer, Summary};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::PathBuf;
use std::sync::Arc;

/// Begins to describe a run of a job.
///
/// ```
/// use ouzel::prelude::*;
/// use ouzel::Mode;
///
/// #[derive(Record)]
/// struct Flight {
///     carrier: String,
///     dep_delay: i64,
/// }
///
/// /// Departures of each carrier that were late by more than `min` minutes.
/// #[job]
/// fn late(flights: Stream<Flight>, min: i64) -> Table<String, u64> {
///     flights.filter(|f| f.dep_delay > min).key_by(|f| f.carrier).aggregate(count())
/// }
///
/// let flight = |carrier: &str, dep_delay| Flight { carrier: carrier.to_owned(), dep_delay };
/// let outcome = ouzel::run::<late>()
///     .mode(Mode::Stream)
///     .param("min", 3)
///     .input_rows("flights", vec![flight("UA", 5), flight("UA", 7), flight("9E", 2)])
///     .execute()?;
/// assert_eq!(outcome.lines("late"), [r#"{"carrier":"UA","count":2}"#]);
/// # Ok::<(), ouzel::Error>(())
/// ```
pub fn run<J: Job>() -> Run {
    Run::new(J::plan)
}

/// A run that is being described; made by [`run`].
///
/// What was given wrongly comes out as an error of [`execute`](Run::execute).
#[must_use = "a run does nothing until it is executed"]
pub struct Run {
    make: fn(&Params) -> Result<Plan>,
    params: Params,
    mode: Option<Mode>,
    inputs: BTreeMap<String, Result<Arc<dyn Connect>>>,
    outputs: BTreeMap<String, Result<Arc<dyn Sink>>>,
    config: RunConfig,
    stream: StreamConfig,
}

/// What a run did and what it gave.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Its totals.
    pub summary: Summary,
    /// The rows of each output that was not sent elsewhere with [`Run::output`].
    pub outputs: BTreeMap<String, Vec<RecordBatch>>,
}

impl Outcome {
    /// An output's rows as JSON, in order of their text: to print or compare. Empty for an output
    /// that the run did not collect.
    pub fn lines(&self, output: &str) -> Vec<String> {
        let batches = self.outputs.get(output).map_or(&[][..], Vec::as_slice);
        let mut lines: Vec<_> = batches
            .iter()
            .flat_map(|batch| (0..batch.num_rows()).map(|row| ouzel_dsl::json::row(batch, row)))
            .collect();
        lines.sort_unstable();
        lines
    }
}

impl Run {
    pub(crate) fn new(make: fn(&Params) -> Result<Plan>) -> Run {
        Run {
            make,
            params: Params::new(),
            mode: None,
            inputs: BTreeMap::new(),
            outputs: BTreeMap::new(),
            config: RunConfig::default(),
            stream: StreamConfig::default(),
        }
    }

    /// Batch or stream; otherwise batch if every input ends by itself.
    pub fn mode(mut self, mode: Mode) -> Run {
        self.mode = Some(mode);
        self
    }

    /// Where an input comes from: record batches, a URI as on the command line, or a connector of
    /// your own.
    pub fn input(mut self, name: &str, input: impl Into<Input>) -> Run {
        self.inputs.insert(name.to_owned(), input.into().0);
        self
    }

    /// An input's records themselves, as one partition.
    pub fn input_rows<R: Record>(self, name: &str, rows: impl IntoIterator<Item = R>) -> Run {
        let batch = batch(rows);
        self.input(name, batch)
    }

    /// The value of a job parameter.
    pub fn param(mut self, name: &str, value: impl Display) -> Run {
        self.params = self.params.with(name, value);
        self
    }

    /// Where an output goes: a URI or a connector of your own. Those not given are collected in
    /// [`Outcome::outputs`].
    pub fn output(mut self, name: &str, output: impl Into<Output>) -> Run {
        self.outputs.insert(name.to_owned(), output.into().0);
        self
    }

    /// What to do with records that cannot be decoded or processed; to keep them aside, set
    /// `dead_letters` in [`config`](Run::config) too.
    pub fn on_error(mut self, policy: OnError) -> Run {
        self.config.on_error = policy;
        self
    }

    /// What to do with those of one operator, by the name that the plan shows.
    pub fn on_error_of(mut self, operator: &str, policy: OnError) -> Run {
        self.config.on_error_of.insert(operator.to_owned(), policy);
        self
    }

    /// How many threads run stages.
    pub fn workers(mut self, workers: usize) -> Run {
        self.config.workers = workers.max(1);
        self
    }

    /// Someone who watches, on a thread of their own: whatever they do, the run goes on as it would. For
    /// one that is to be asked where things happen, see
    /// [`Observers::with`](crate::hooks::Observers::with).
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Run {
        self.config.observers = self.config.observers.beside(observer);
        self
    }

    /// Where a stream's checkpoints are kept.
    pub fn state(mut self, dir: impl Into<PathBuf>) -> Run {
        self.stream.state = Some(dir.into());
        self
    }

    /// Changes what is left: chunk sizes, memory, the flag that stops the run.
    pub fn config(mut self, change: impl FnOnce(&mut RunConfig)) -> Run {
        change(&mut self.config);
        self
    }

    /// Changes what only a stream is told.
    pub fn stream(mut self, change: impl FnOnce(&mut StreamConfig)) -> Run {
        change(&mut self.stream);
        self
    }

    /// Runs the job to the end of its input, or until it is stopped.
    pub fn execute(self) -> Result<Outcome> {
        let (plan, mut ready) = self.ready()?;
        let mut collected = BTreeMap::new();
        for output in &plan.outputs {
            if !ready.config.outputs.contains_key(output.name) {
                let memory = Arc::new(MemoryOutput::new());
                collected.insert(output.name.to_owned(), Arc::clone(&memory));
                ready.config.outputs.insert(output.name.to_owned(), memory);
            }
        }
        let mode = session::mode(&plan, &ready.config, ready.mode)?;
        let done = session::execute(&plan, mode, &ready.config, &ready.stream);
        ready.config.observers.finish();
        let summary = done?;
        let outputs = collected.into_iter().map(|(name, memory)| (name, memory.batches()));
        Ok(Outcome { summary, outputs: outputs.collect() })
    }

    /// Runs the job in batch and as a stream under several schedules, with crashes and spills among
    /// them, and compares the rows, dead letters and totals that they leave. Logs that go on end where
    /// they end now. The seed chooses the schedules. All code is run twice, and accumulators are merged in random trees.
    ///
    /// # Errors
    ///
    /// What makes the job fail in batch: there is nothing to compare then.
    pub fn verify(self, seed: u64) -> Result<Verification> {
        let (plan, mut ready) = self.ready()?;
        ready.config.until_now = true;
        verify::verify(&plan, &ready.config, seed, &mut |_| Ok(()))
    }

    fn ready(self) -> Result<(Arc<Plan>, Ready)> {
        let plan = Arc::new((self.make)(&self.params)?);
        let mut config = self.config;
        for (name, input) in self.inputs {
            config.inputs.insert(name, input?);
        }
        for (name, output) in self.outputs {
            config.outputs.insert(name, output?);
        }
        Ok((plan, Ready { mode: self.mode, config, stream: self.stream }))
    }
}

/// A run whose inputs and outputs are good.
struct Ready {
    mode: Option<Mode>,
    config: RunConfig,
    stream: StreamConfig,
}

/// Where an input comes from.
pub struct Input(Result<Arc<dyn Connect>>);

impl From<&str> for Input {
    fn from(uri: &str) -> Input {
        Input(crate::uri::input(uri))
    }
}

impl From<Arc<dyn Connect>> for Input {
    fn from(connect: Arc<dyn Connect>) -> Input {
        Input(Ok(connect))
    }
}

impl<C: Connect + 'static> From<Arc<C>> for Input {
    fn from(connect: Arc<C>) -> Input {
        Input(Ok(connect))
    }
}

/// Batches of one partition.
impl From<Vec<RecordBatch>> for Input {
    fn from(batches: Vec<RecordBatch>) -> Input {
        Input::from(vec![batches])
    }
}

/// Batches of several partitions.
impl From<Vec<Vec<RecordBatch>>> for Input {
    fn from(partitions: Vec<Vec<RecordBatch>>) -> Input {
        Input(Ok(ouzel_connectors::memory_input(partitions)))
    }
}

impl From<Result<RecordBatch>> for Input {
    fn from(batch: Result<RecordBatch>) -> Input {
        match batch {
            Ok(batch) => Input::from(vec![batch]),
            Err(error) => Input(Err(error)),
        }
    }
}

/// Where an output goes.
pub struct Output(Result<Arc<dyn Sink>>);

impl From<&str> for Output {
    fn from(uri: &str) -> Output {
        Output(crate::uri::output(uri))
    }
}

impl From<Arc<dyn Sink>> for Output {
    fn from(sink: Arc<dyn Sink>) -> Output {
        Output(Ok(sink))
    }
}

impl<S: Sink + 'static> From<Arc<S>> for Output {
    fn from(sink: Arc<S>) -> Output {
        Output(Ok(sink))
    }
}

/// Records as the batch that a source would give.
fn batch<R: Record>(rows: impl IntoIterator<Item = R>) -> Result<RecordBatch> {
    let mut builder = R::Builder::default();
    for row in rows {
        builder.push(row.view());
    }
    let mut columns = Vec::new();
    builder.finish_row(&mut columns);
    let schema = Schema::new(R::fields().iter().map(Field::arrow).collect::<Vec<_>>());
    RecordBatch::try_new(Arc::new(schema), columns)
        .map_err(|e| Error::Schema(format!("rows of `{}`: {e}", R::NAME)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn what_was_given_wrongly_is_an_error_of_execute() {
        let error = testing::run().input("flights", "nowhere://x").execute().unwrap_err();
        assert!(matches!(error, Error::Usage(_)), "{error}");
        let error = testing::run().input("flight", Vec::<RecordBatch>::new()).execute();
        assert!(error.unwrap_err().to_string().contains("did you mean `flights`?"));
        let error = testing::run().execute().unwrap_err().to_string();
        assert!(error.contains(".input(\"flights\", ..)"), "{error}");
    }

    #[test]
    fn outputs_that_were_not_given_are_collected() {
        for mode in [Mode::Batch, Mode::Stream] {
            let batches = vec![testing::batch(&[("a", 1.0)]), testing::batch(&[("b", 2.0)])];
            let run = testing::run().mode(mode).input("flights", batches);
            let outcome = run.execute().unwrap();
            assert_eq!(outcome.summary.mode, mode.to_string());
            assert_eq!(outcome.outputs.keys().collect::<Vec<_>>(), ["kept"]);
            let expected = [r#"{"carrier":"a","delay":1.0}"#, r#"{"carrier":"b","delay":2.0}"#];
            assert_eq!(outcome.lines("kept"), expected);
            assert!(outcome.lines("other").is_empty());
        }
    }

    #[test]
    fn outputs_that_were_given_are_not_collected() {
        let memory = Arc::new(MemoryOutput::new());
        let run = testing::run().input("flights", vec![testing::batch(&[("a", 1.0)])]);
        let outcome = run.output("kept", memory.clone()).execute().unwrap();
        assert!(outcome.outputs.is_empty());
        assert_eq!(memory.batches().iter().map(RecordBatch::num_rows).sum::<usize>(), 1);
    }

    #[test]
    fn verify_runs_every_schedule_to_its_end() {
        let batches = (0..40).map(|i| testing::batch(&[("a", f64::from(i)), ("b", 0.5)]));
        let partitions = vec![batches.clone().collect(), batches.collect::<Vec<_>>()];
        for seed in 0..4 {
            let run = testing::run().input("flights", partitions.clone());
            let verification = run.verify(seed).unwrap();
            assert!(verification.agrees(), "{verification}");
            assert!(
                verification.to_string().contains("all 16 runs left the same"),
                "{verification}"
            );
        }
    }

    #[test]
    fn lines_are_sorted() {
        let batches = vec![testing::batch(&[("b", 2.0), ("a", 1.0)])];
        let outputs = [("x".to_owned(), batches)].into();
        let outcome = Outcome { summary: Summary::default(), outputs };
        let expected = [r#"{"carrier":"a","delay":1.0}"#, r#"{"carrier":"b","delay":2.0}"#];
        assert_eq!(outcome.lines("x"), expected);
    }
}
