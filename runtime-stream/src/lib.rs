//! The stream executor: runs a plan over unbounded input on tokio.

use ouzel_dsl::{Plan, Result};
use ouzel_engine::{RunConfig, StreamConfig};
use ouzel_hooks::Summary;

/// Runs a plan until its input ends or it is told to stop.
pub fn run(_plan: &Plan, _config: &RunConfig, _stream: &StreamConfig) -> Result<Summary> {
    Ok(Summary::default())
}
