mod memory; mod check;
pub use memory::*;
use ouzel_dsl::connector::{Connect, Sink};
use ouzel_dsl::{Error, Result};
use std::sync::Arc;
pub fn input(uri: &str) -> Result<Arc<dyn Connect>> { Err(Error::Usage(format!("{uri}: no such connector"))) }
pub fn output(uri: &str) -> Result<Arc<dyn Sink>> { Err(Error::Usage(format!("{uri}: no such connector"))) }
