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
pub use steps::Steps;

use ouzel_dsl::{Error, Plan, Result};
use ouzel_engine::{RunConfig, StreamConfig};
use ouzel_hooks::Summary;
use std::sync::Arc;
use tokio::runtime::Runtime;

/// Runs a plan until its input ends or it is told to stop.
pub fn run(plan: &Arc<Plan>, config: &RunConfig, stream: &StreamConfig) -> Result<Summary> {
    runtime(config)?.block_on(epoch::run(plan, config, stream))
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
