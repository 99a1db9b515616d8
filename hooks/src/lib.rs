//! One observer interface, called with the same events by both executors.
#![warn(missing_docs)]

mod background;
mod meter;
mod progress;
mod summary;
pub mod text;

use background::Background;
pub use progress::Progress;
pub use summary::{OperatorTotals, StageTotals, Summary};

use ouzel_dsl::Plan;
use ouzel_dsl::arrow::array::RecordBatch;
use ouzel_dsl::plan::Operator;
use std::borrow::Cow;
use std::sync::Arc;

/// Something happened in a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The run begins.
    Started {
        /// `batch` or `stream`.
        mode: &'static str,
        /// The job's name.
        job: Cow<'a, str>,
        /// How many bytes there are to read, if that is known.
        bytes_total: Option<u64>,
    },
    /// A chunk went through its stage.
    Chunk {
        /// Rows in it.
        rows: u64,
    },
    /// Operators have counted: what they have passed on, and what went wrong. All of it together is what
    /// the closing summary says, of a run that does not go on from an earlier one's state. Comes now and
    /// then, not for each record. In a group, what was undone counts again when it is done again.
    Counted {
        /// By operator, those that have counted anything.
        counts: Cow<'a, [Counts]>,
    },
    /// A split of an input was read to its end.
    Split {
        /// The input's name.
        input: Cow<'a, str>,
        /// Bytes of input it covered.
        bytes: u64,
    },
    /// The least watermark of all sources moved, in microseconds since 1970.
    Watermark {
        /// Where it is now; `i64::MAX` at the end of input.
        micros: i64,
    },
    /// An epoch was committed: state, positions and outputs are durable together.
    Commit {
        /// The epoch's number.
        epoch: u64,
        /// Bytes written to the checkpoint.
        bytes: u64,
    },
    /// A keyed operator gave rows for good: of a stream, of windows that close, and at the end of
    /// input all others.
    Rows {
        /// The operator's id.
        operator: Cow<'a, str>,
        /// The rows: key, window and value of a table's.
        batch: Cow<'a, RecordBatch>,
    },
    /// A process of a group has taken up a shard of a keyed operator's state.
    Restored {
        /// The operator's id.
        operator: Cow<'a, str>,
        /// The shard's number.
        shard: u32,
        /// What it began with: `log`, a `copy` on disk, or a `standby` in memory.
        from: &'static str,
        /// Bytes of letters read besides.
        bytes: u64,
    },
    /// State went to disk.
    Spill {
        /// Bytes written.
        bytes: u64,
    },
    /// So many events were not told to this observer, since it was too slow.
    Missed {
        /// How many.
        events: u64,
    },
    /// The run ended.
    Finished {
        /// What it did.
        summary: Cow<'a, Summary>,
    },
}

/// What an operator has counted since it was last told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The operator's index in the plan: that of its totals in the summary.
    pub operator: usize,
    /// Records that it passed on.
    pub records_out: u64,
    /// Late records, once for each window missed.
    pub late: u64,
    /// Records that it failed on.
    pub errors: u64,
}

impl Event<'_> {
    /// The same, for as long as one likes. Rows are shared, and not copied.
    pub fn to_static(&self) -> Event<'static> {
        fn owned<T: ToOwned + ?Sized>(of: &T) -> Cow<'static, T> {
            Cow::Owned(of.to_owned())
        }
        match self {
            Event::Started { mode, job, bytes_total } => {
                Event::Started { mode, job: owned(job), bytes_total: *bytes_total }
            }
            Event::Chunk { rows } => Event::Chunk { rows: *rows },
            Event::Counted { counts } => Event::Counted { counts: owned(counts) },
            Event::Split { input, bytes } => Event::Split { input: owned(input), bytes: *bytes },
            Event::Watermark { micros } => Event::Watermark { micros: *micros },
            Event::Commit { epoch, bytes } => Event::Commit { epoch: *epoch, bytes: *bytes },
            Event::Rows { operator, batch } => {
                Event::Rows { operator: owned(operator), batch: owned(batch) }
            }
            Event::Restored { operator, shard, from, bytes } => {
                let (shard, bytes) = (*shard, *bytes);
                Event::Restored { operator: owned(operator), shard, from, bytes }
            }
            Event::Spill { bytes } => Event::Spill { bytes: *bytes },
            Event::Missed { events } => Event::Missed { events: *events },
            Event::Finished { summary } => Event::Finished { summary: owned(summary) },
        }
    }
}

/// Watches a run.
///
/// ```
/// use ouzel_hooks::{Event, Observer};
///
/// /// Says how long commits have become.
/// struct Commits;
///
/// impl Observer for Commits {
///     fn on(&self, event: &Event<'_>) {
///         if let Event::Commit { epoch, bytes } = event {
///             println!("commit {epoch}: {bytes} bytes");
///         }
///     }
/// }
/// ```
pub trait Observer: Send + Sync {
    /// Takes an event.
    fn on(&self, event: &Event<'_>);
}

/// Several observers as one. None can change a result.
#[derive(Clone, Default)]
pub struct Observers {
    within: Vec<Arc<dyn Observer>>,
    beside: Vec<Background>,
}

impl Observers {
    /// Adds one that is called where things happen, from any thread: it must return soon, and not panic.
    pub fn with(mut self, observer: Arc<dyn Observer>) -> Observers {
        self.within.push(observer);
        self
    }

    /// Adds one that is called on a thread of its own, in the order in which things happened. If it is
    /// too slow, some is not told to it, but how much; if it panics, it is told no more. The run goes on
    /// as it would.
    pub fn beside(mut self, observer: Arc<dyn Observer>) -> Observers {
        self.beside.push(Background::start(observer));
        self
    }

    /// Tells all.
    pub fn tell(&self, event: Event<'_>) {
        self.within.iter().for_each(|observer| observer.on(&event));
        self.beside.iter().for_each(|observer| observer.on(&event));
    }

    /// How many events were not told to observers that were too slow.
    pub fn missed(&self) -> u64 {
        self.beside.iter().map(Background::missed).sum()
    }

    /// Waits until observers beside the run have been told all; not more than a few seconds for each.
    pub fn finish(&self) {
        self.beside.iter().for_each(Background::finish);
    }
}

/// The operators' totals of a finished run, in the plan's order.
pub fn totals(plan: &Plan, tally: &ouzel_dsl::stage::Tally) -> Vec<OperatorTotals> {
    let nanos = |stage: &usize| tally.stages.get(*stage).map_or(0, |(nanos, _)| *nanos);
    let records_in = |operator: &Operator| -> u64 {
        let (inputs, given) = match operator.kind {
            "errors" => (&operator.inputs[..], &tally.errors),
            // Its table is found, and does not come to it.
            "lookup" => (&operator.inputs[..1], &tally.out),
            _ => (&operator.inputs[..], &tally.out),
        };
        inputs.iter().map(|input| given[*input]).sum()
    };
    plan.operators
        .iter()
        .enumerate()
        .map(|(i, operator)| OperatorTotals {
            name: operator.id.clone(),
            kind: operator.kind.to_owned(),
            site: operator.site.to_string(),
            records_in: records_in(operator),
            records_out: tally.out[i],
            late: tally.late[i],
            errors: tally.errors[i],
            time: operator.stages.iter().map(nanos).sum::<u64>() as f64 / 1e9,
        })
        .collect()
}

/// The stages' totals of a finished run, in the plan's order.
pub fn stage_totals(plan: &Plan, tally: &ouzel_dsl::stage::Tally) -> Vec<StageTotals> {
    let stages = plan.stages.iter().enumerate();
    let totals = stages.map(|(i, stage)| {
        let (nanos, chunks) = tally.stages.get(i).copied().unwrap_or_default();
        let names = stage.operators.iter().map(|o| plan.operators[*o].id.clone());
        StageTotals { operators: names.collect(), seconds: nanos as f64 / 1e9, chunks }
    });
    totals.collect()
}
