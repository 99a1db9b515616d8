//! The stream executor: runs a plan over bounded or growing input on tokio.
//!
//! Work advances in epochs. Within one, splits are read and run through their stages by blocking
//! tasks, as many at a time as there are workers, so that a slow stage holds its source back. At
//! its end nothing is in flight: combiners are merged into keyed state, watermarks move, windows
//! close, and one commit makes state, positions and outputs durable together.

mod checkpoint;
mod early;
mod epoch;
mod flights;
mod group;
mod keyed;
mod layout;
mod outputs;
mod reader;
mod resume;
mod settled;
mod steps;

pub use flights::CRASH;
pub use group::{GroupTopics, InputTopic, StateTopics, group_topics, input_topics};
pub use steps::Steps;

use ouzel_dsl::{Error, Plan, Result};
use ouzel_engine::{Guarantee, RunConfig, StreamConfig, one_log};
use ouzel_hooks::Summary;
use std::sync::Arc;
use tokio::runtime::Runtime;

/// Runs a plan until its input ends or it is told to stop.
pub fn run(plan: &Arc<Plan>, config: &RunConfig, stream: &StreamConfig) -> Result<Summary> {
    check(plan, config, stream)?;
    runtime(config)?.block_on(epoch::run(plan, config, stream))
}

/// Refuses what is asked for and cannot be given, before anything is opened.
pub fn check(plan: &Plan, config: &RunConfig, stream: &StreamConfig) -> Result<()> {
    one_log(plan, config)?;
    if stream.group.is_some() {
        return group::check(plan, config);
    }
    if stream.guarantee != Some(Guarantee::ExactlyOnce) {
        return Ok(());
    }
    if stream.state.is_none() {
        return Err(Error::Usage(
            "exactly-once needs the state of the run to be kept: give it a folder with `--state`"
                .to_owned(),
        ));
    }
    for (index, output) in plan.outputs.iter().enumerate() {
        let sink = config.sink(plan, index)?;
        if sink.log().is_none() && !sink.replaceable() {
            return Err(Error::Usage(format!(
                "the output `{}` ({}) takes nothing back, so that what was printed before a crash is printed again: exactly-once needs a file or a topic",
                output.name,
                sink.describe()
            )));
        }
    }
    Ok(())
}

/// The threads of a run.
fn runtime(config: &RunConfig) -> Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(config.workers.max(1))
        .max_blocking_threads(config.workers.max(1) + 1)
        .thread_name("ouzel-stream")
        .enable_time()
        .build()
        .map_err(|e| Error::Failed(format!("the worker threads cannot be started: {e}")))
}
