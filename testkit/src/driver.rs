//! A stream that a test drives step by step.

mod feed;
mod running;

use crate::left::Left;
use crate::rows::batch;
use arrow::array::RecordBatch;
use feed::Feed;
use ouzel::data::Produce;
use ouzel::dsl::connector::Connect;
use ouzel::dsl::plan::OutputKind;
use ouzel::hooks::OperatorTotals;
use ouzel::stage::OnError;
use ouzel::{Error, Job, Params, Plan, Record, Result, Timestamp};
use running::Running;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;

/// A job that runs as a stream, one epoch after the other, as a test says: to look at what it does
/// on the way, which depends on when records come.
///
/// It is the stream executor that runs, with its checkpoints, on one worker and without a clock: the
/// same calls always do the same. What comes out on the way of a table is how a stream gets to its
/// end, and no part of what batch and stream agree on; see [`check`](crate::check) for that.
///
/// ```
/// use ouzel::prelude::*;
/// use ouzel_testkit::{Driver, Watermark};
///
/// #[derive(Record)]
/// struct Flight {
///     #[record(event_time)]
///     scheduled: Timestamp,
///     carrier: String,
/// }
///
/// /// Departures of each carrier and hour, when they are final.
/// #[job]
/// fn departures(flights: Stream<Flight>) -> Stream<Final<String, u64>> {
///     let hourly = flights.key_by(|f| f.carrier).window(tumbling(hours(1))).lateness(minutes(10));
///     hourly.aggregate(count()).finals()
/// }
///
/// let at = |text: &str| text.parse::<Timestamp>();
/// let flight = |time, carrier: &str| Flight { scheduled: time, carrier: carrier.to_owned() };
/// let mut driver = Driver::new(departures);
/// driver.feed("flights", 0, [flight(at("2013-01-01T05:15:00Z")?, "UA")]).advance();
/// assert_eq!(driver.watermark("flights"), Watermark::At(at("2013-01-01T05:15:00Z")?));
/// assert!(driver.lines("departures").is_empty());
///
/// driver.feed("flights", 0, [flight(at("2013-01-01T06:10:00Z")?, "9E")]).advance();
/// let first = r#"{"carrier":"UA","window_start":"2013-01-01T05:00:00Z","window_end":"2013-01-01T06:00:00Z","count":1}"#;
/// assert_eq!(driver.lines("departures"), [first]);
/// # Ok::<(), String>(())
/// ```
pub struct Driver {
    make: fn(&Params) -> Result<Plan>,
    params: Params,
    on_error: OnError,
    feeds: BTreeMap<String, Feed>,
    running: Option<Running>,
}

/// How far an input has come in event time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Watermark {
    /// A partition has no records yet, or there is none.
    Nowhere,
    /// No partition is behind this time.
    At(Timestamp),
    /// All partitions have ended.
    Ended,
}

impl Driver {
    /// A job that has not begun to run, given by its name.
    pub fn new<J: Job>(_: impl FnOnce() -> J) -> Driver {
        Driver {
            make: J::plan,
            params: Params::new(),
            on_error: OnError::Fail,
            feeds: BTreeMap::new(),
            running: None,
        }
    }

    /// The value of a job parameter; to be given before the first step.
    pub fn param(mut self, name: &str, value: impl Display) -> Driver {
        self.params = self.params.with(name, value);
        self
    }

    /// What to do with records that cannot be processed; to be given before the first step.
    pub fn on_error(mut self, policy: OnError) -> Driver {
        self.on_error = policy;
        self
    }

    /// Adds records to a partition of an input, for the next step to read. The first call that
    /// names a partition makes it, and those below it.
    ///
    /// # Panics
    ///
    /// If the partition has ended.
    #[track_caller]
    pub fn feed<R: Record>(
        &mut self,
        input: &str,
        partition: usize,
        records: impl IntoIterator<Item = R>,
    ) -> &mut Driver {
        let feed = self.feeds.entry(input.to_owned()).or_default();
        let had_ended = feed.add(partition, Some(batch(records)), false);
        assert!(!had_ended, "partition {partition} of `{input}` has ended");
        self
    }

    /// Ends a partition: no records will come, and the watermark need not wait for it. An input
    /// whose partitions have all ended is at its end.
    pub fn end(&mut self, input: &str, partition: usize) -> &mut Driver {
        self.feeds.entry(input.to_owned()).or_default().add(partition, None, true);
        self
    }

    /// Takes a step: one epoch over all that was fed, which is then committed. Windows close, and
    /// timers fire, that the watermark passes by it.
    ///
    /// # Panics
    ///
    /// If the job fails, or all its inputs were at their ends already.
    #[track_caller]
    pub fn advance(&mut self) -> &mut Driver {
        if let Err(error) = self.try_advance() {
            panic!("{error}");
        }
        self
    }

    /// The same, with the error that the job fails with. Then it can go on only by
    /// [`restart`](Driver::restart).
    pub fn try_advance(&mut self) -> Result<()> {
        let running = self.running()?;
        for (name, output) in &running.outputs {
            running.before.insert(name, output.batches().len());
        }
        let Some(steps) = &mut running.steps else {
            let why = if running.ended {
                "all inputs are at their ends"
            } else {
                "the job has failed: `restart` goes on from the last step before that"
            };
            return Err(Error::Failed(why.to_owned()));
        };
        let stepped = steps.step();
        running.totals = steps.totals();
        match stepped {
            Ok(false) => Ok(()),
            Ok(true) => {
                running.ended = true;
                running.steps.take().map_or(Ok(()), |steps| steps.finish().map(drop))
            }
            Err(error) => {
                running.steps = None;
                Err(error)
            }
        }
    }

    /// Ends all inputs, and takes the last step.
    ///
    /// # Panics
    ///
    /// If the job fails.
    #[track_caller]
    pub fn finish(&mut self) -> &mut Driver {
        if let Err(error) = self.running().map(drop) {
            panic!("{error}");
        }
        self.feeds.values().for_each(Feed::end);
        self.advance()
    }

    /// Goes on as another process would after a crash: from the last step that was committed.
    ///
    /// # Panics
    ///
    /// If the state cannot be read.
    #[track_caller]
    pub fn restart(&mut self) -> &mut Driver {
        if let Some(running) = self.running.as_mut().filter(|running| !running.ended) {
            // The state folder is for one process at a time.
            running.steps = None;
            match running.open() {
                Ok(steps) => running.steps = Some(steps),
                Err(error) => panic!("{error}"),
            }
        }
        self
    }

    /// How far an input has come.
    ///
    /// # Panics
    ///
    /// If there is no such input, or no step was taken.
    #[track_caller]
    pub fn watermark(&self, input: &str) -> Watermark {
        let running = self.begun();
        let source = running.plan.sources.iter().position(|source| source.input == input);
        let Some(source) = source else { panic!("{} has no input `{input}`", running.plan.job) };
        match running.steps.as_ref().map(|steps| steps.watermark(source)) {
            _ if running.ended => Watermark::Ended,
            None | Some(i64::MIN) => Watermark::Nowhere,
            Some(i64::MAX) => Watermark::Ended,
            Some(micros) => Watermark::At(Timestamp::from_micros(micros)),
        }
    }

    /// Panics unless an output has these rows, to the bit: a table, all of it as it is now; a
    /// stream, what the last step gave, in any order.
    #[track_caller]
    pub fn expect<P: Produce>(&self, output: &str, rows: impl IntoIterator<Item = P>) -> &Driver {
        self.left(output).expect(output, rows);
        self
    }

    /// Rows of an output as JSON, in order of their text: of a table all that it has now, of a
    /// stream those that the last step gave.
    #[track_caller]
    pub fn lines(&self, output: &str) -> Vec<String> {
        self.left(output).lines(output)
    }

    /// How many groups a keyed operator holds, by its id: one for each key, or each key and open
    /// window. None, if it gives a stream, as a join of streams does.
    ///
    /// # Panics
    ///
    /// If there is no such operator, or no step was taken.
    #[track_caller]
    pub fn groups(&mut self, operator: &str) -> u64 {
        self.begun();
        let Some(running) = &mut self.running else { return 0 };
        let ids = |keyed: &ouzel::dsl::plan::KeyedEntry| &running.plan.operators[keyed.operator].id;
        let keyed = running.plan.keyed.iter().position(|keyed| ids(keyed) == operator);
        let Some(keyed) = keyed else {
            let known: Vec<_> = running.plan.keyed.iter().map(ids).collect();
            panic!("{} has no keyed operator `{operator}`, but {known:?}", running.plan.job)
        };
        match running.steps.as_mut().map_or(Ok(0), |steps| steps.held(keyed)) {
            Ok(groups) => groups,
            Err(error) => panic!("{error}"),
        }
    }

    /// The totals so far of the operator with this id.
    ///
    /// # Panics
    ///
    /// If there is no such operator, or no step was taken.
    #[track_caller]
    pub fn totals(&self, operator: &str) -> &OperatorTotals {
        let running = self.begun();
        match running.totals.iter().find(|totals| totals.name == operator) {
            Some(totals) => totals,
            None => panic!("{} has no operator `{operator}`", running.plan.job),
        }
    }

    #[track_caller]
    fn begun(&self) -> &Running {
        match &self.running {
            Some(running) => running,
            None => panic!("no step was taken yet: call `advance` first"),
        }
    }

    /// What there is to see of an output.
    #[track_caller]
    fn left(&self, output: &str) -> Left {
        let running = self.begun();
        let node = running.plan.outputs.iter().find(|node| node.name == output);
        let Some(node) = node else { panic!("{} has no output `{output}`", running.plan.job) };
        let mut rows = running.outputs[node.name].batches();
        if node.kind == OutputKind::Stream {
            let before = running.before.get(node.name).copied().unwrap_or(0);
            rows.drain(..before.min(rows.len()));
        }
        let outputs: BTreeMap<String, Vec<RecordBatch>> = [(output.to_owned(), rows)].into();
        Left::new(&running.plan, ouzel::private::Left { outputs, ..Default::default() })
    }

    /// Opens everything, at the first step.
    fn running(&mut self) -> Result<&mut Running> {
        if self.running.is_none() {
            let plan = Arc::new((self.make)(&self.params)?);
            let inputs = plan.sources.iter().map(|source| {
                let feed = self.feeds.entry(source.input.to_owned()).or_default().clone();
                (source.input.to_owned(), Arc::new(feed) as Arc<dyn Connect>)
            });
            let inputs = inputs.collect();
            if let Some(input) = self.feeds.keys().find(|input| !contains(&plan, input)) {
                return Err(Error::Usage(format!("{} has no input `{input}`", plan.job)));
            }
            self.running = Some(Running::new(plan, inputs, self.on_error)?);
        }
        self.running.as_mut().ok_or(Error::Cancelled)
    }
}

fn contains(plan: &Plan, input: &str) -> bool {
    plan.sources.iter().any(|source| source.input == input)
}
