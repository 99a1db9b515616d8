//! What a driven stream is made of once it runs.

use crate::trial::folder;
use ouzel::connectors::MemoryOutput;
use ouzel::dsl::connector::{Connect, Sink};
use ouzel::hooks::OperatorTotals;
use ouzel::private::Steps;
use ouzel::stage::OnError;
use ouzel::{Clock, Error, Plan, Result, RunConfig, StreamConfig};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What there is once the first step was taken.
pub(super) struct Running {
    pub plan: Arc<Plan>,
    pub config: RunConfig,
    pub state: tempfile::TempDir,
    pub outputs: BTreeMap<&'static str, MemoryOutput>,
    /// How many batches of each output were there before the last step.
    pub before: BTreeMap<&'static str, usize>,
    /// Nothing once the input has ended, or the job has failed.
    pub steps: Option<Steps>,
    pub ended: bool,
    pub totals: Vec<OperatorTotals>,
    pub clock: Clock,
}

impl Running {
    pub fn new(
        plan: Arc<Plan>,
        inputs: BTreeMap<String, Arc<dyn Connect>>,
        on_error: OnError,
        clock: Clock,
    ) -> Result<Running> {
        let outputs: BTreeMap<_, _> =
            plan.outputs.iter().map(|output| (output.name, MemoryOutput::new())).collect();
        let sink = |output: &MemoryOutput| Arc::new(output.clone()) as Arc<dyn Sink>;
        let config = RunConfig {
            inputs,
            outputs: outputs.iter().map(|(name, out)| ((*name).to_owned(), sink(out))).collect(),
            on_error,
            dead_letters: Some(sink(&MemoryOutput::new())),
            workers: 1,
            spill: Some(folder()),
            ..RunConfig::default()
        };
        let state = tempfile::tempdir_in(folder());
        let state = state.map_err(|e| Error::io("making a folder for state", e))?;
        let (before, totals) = (BTreeMap::new(), Vec::new());
        let (steps, ended) = (None, false);
        let mut running =
            Running { plan, config, state, outputs, before, steps, ended, totals, clock };
        running.steps = Some(running.open()?);
        Ok(running)
    }

    pub fn open(&self) -> Result<Steps> {
        let stream = StreamConfig {
            state: Some(self.state.path().to_owned()),
            // An hour: an epoch ends when there is nothing to read.
            epoch_ms: 3_600_000,
            clock: self.clock.clone(),
            ..StreamConfig::default()
        };
        Steps::open(&self.plan, &self.config, &stream)
    }
}
