//! A stream whose epochs are asked for, one after the other: for tests.

use crate::epoch::Run;
use crate::keyed::parallel;
use crate::resume;
use ouzel_dsl::{Plan, Result};
use ouzel_engine::{RunConfig, StreamConfig};
use ouzel_hooks::{OperatorTotals, Summary, totals};
use std::sync::Arc;
use tokio::runtime::Runtime;

/// A run of a plan that does nothing until it is told to, and can be looked at in between.
///
/// It is the very run that [`run`](crate::run) drives by the clock.
pub struct Steps {
    // Before the runtime, whose threads may hold parts of it.
    run: Run,
    runtime: Runtime,
}

impl Steps {
    /// Opens the sources, and goes on where an earlier run has left state.
    pub fn open(plan: &Arc<Plan>, config: &RunConfig, stream: &StreamConfig) -> Result<Steps> {
        let kept = resume::open(plan, config, stream)?;
        let stream = StreamConfig { until_idle: true, ..stream.clone() };
        let run = Run::open(plan, config, &stream, kept)?;
        Ok(Steps { run, runtime: crate::runtime(config)? })
    }

    /// Runs one epoch over everything that there is to read, commits it, and writes all tables;
    /// whether the input is at its end.
    pub fn step(&mut self) -> Result<bool> {
        self.run.reader.look_again();
        let ended = self.runtime.block_on(self.run.read())?;
        self.run.end_epoch(ended, false)?;
        if !ended {
            self.run.write_tables(true)?;
        }
        Ok(ended)
    }

    /// Ends the outputs, after the end of input.
    pub fn finish(self) -> Result<Summary> {
        self.run.finish(true)
    }

    /// The watermark of a source, by index.
    pub fn watermark(&self, source: usize) -> i64 {
        self.run.reader.watermark(source, &self.run.gates)
    }

    /// How many rows a keyed operator, by index, holds: one for each key and open window.
    pub fn held(&mut self, keyed: usize) -> Result<u64> {
        self.run.states[keyed].rows(&parallel, &|_| Ok(()))
    }

    /// The operators' totals so far, in the plan's order.
    pub fn totals(&self) -> Vec<OperatorTotals> {
        totals(&self.run.wiring.plan, &self.run.tally)
    }
}
