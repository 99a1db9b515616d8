//! The batch executor: runs a plan over bounded input on rayon's threads.

use ouzel_dsl::{Plan, Result};
use ouzel_engine::RunConfig;
use ouzel_hooks::Summary;

/// Runs a plan to the end of its input.
pub fn run(_plan: &Plan, _config: &RunConfig) -> Result<Summary> {
    Ok(Summary::default())
}
