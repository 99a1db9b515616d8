//! Runs what is kept of a failure once more.

use crate::kept;
use ouzel::connectors::MemoryOutput;
use ouzel::{Job, Mode, Outcome, Params, Plan, Result};
use std::path::Path;
use std::sync::Arc;

/// Runs a job in one mode, on one worker, over the input that a failing check has kept in `dir`, and
/// prints what it leaves: something to step through with a debugger.
///
/// # Panics
///
/// If the files cannot be read, or the job fails.
#[track_caller]
pub fn replay<J: Job>(_: impl FnOnce() -> J, dir: impl AsRef<Path>, mode: Mode) -> Outcome {
    match run::<J>(dir.as_ref(), mode) {
        Ok(outcome) => outcome,
        Err(error) => panic!("{} in {mode}: {error}", J::NAME),
    }
}

fn run<J: Job>(dir: &Path, mode: Mode) -> Result<Outcome> {
    let (case, inputs) = kept::load(dir, &plan(J::plan))?;
    let mut run = ouzel::run::<J>().mode(mode).workers(1).on_error(case.on_error());
    let letters = Arc::new(MemoryOutput::new());
    run = run.config(|config| {
        config.dead_letters = Some(letters.clone());
        config.layout = case.layout();
    });
    for (name, value) in &case.params {
        run = run.param(name, value);
    }
    for (name, partitions) in inputs {
        let partitions: Vec<_> = partitions.into_iter().map(|batch| vec![batch]).collect();
        run = run.input(&name, partitions);
    }
    let outcome = run.execute()?;
    for output in outcome.outputs.keys() {
        println!("{output}");
        outcome.lines(output).iter().for_each(|line| println!("  {line}"));
    }
    Ok(outcome)
}

/// A plan with the parameters that the job was run with.
pub(crate) fn plan(make: impl Fn(&Params) -> Result<Plan>) -> impl Fn(&kept::Case) -> Result<Plan> {
    move |case| {
        let params = case.params.iter();
        make(&params.fold(Params::new(), |params, (name, value)| params.with(name, value)))
    }
}
