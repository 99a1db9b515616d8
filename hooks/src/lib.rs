//! One observer interface, called with the same events by both executors.
#![warn(missing_docs)]

mod meter;
mod progress;
mod summary;
pub mod text;

pub use progress::Progress;
pub use summary::{OperatorTotals, StageTotals, Summary};

use ouzel_dsl::Plan;
use ouzel_dsl::arrow::array::RecordBatch;
use ouzel_dsl::plan::Operator;
use std::sync::Arc;

/// Something happened in a run.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The run begins.
    Started {
        /// `batch` or `stream`.
        mode: &'static str,
        /// The job's name.
        job: &'a str,
        /// How many bytes there are to read, if that is known.
        bytes_total: Option<u64>,
    },
    /// A chunk went through its stage.
    Chunk {
        /// Rows in it.
        rows: u64,
    },
    /// A split of an input was read to its end.
    Split {
        /// The input's name.
        input: &'a str,
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
        operator: &'a str,
        /// The rows: key, window and value of a table's.
        batch: &'a RecordBatch,
    },
    /// A process of a group has taken up a shard of a keyed operator's state.
    Restored {
        /// The operator's id.
        operator: &'a str,
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
    /// The run ended.
    Finished {
        /// What it did.
        summary: &'a Summary,
    },
}

/// Watches a run. Called from any thread, and never allowed to change a result.
pub trait Observer: Send + Sync {
    /// Takes an event; must return soon.
    fn on(&self, event: &Event<'_>);
}

/// Several observers as one.
#[derive(Clone, Default)]
pub struct Observers(Vec<Arc<dyn Observer>>);

impl Observers {
    /// Adds one more.
    pub fn with(mut self, observer: Arc<dyn Observer>) -> Observers {
        self.0.push(observer);
        self
    }

    /// Tells all.
    pub fn tell(&self, event: Event<'_>) {
        for observer in &self.0 {
            observer.on(&event);
        }
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
