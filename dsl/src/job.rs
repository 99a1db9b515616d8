//! Jobs as values.

use crate::error::Result;
use crate::params::{ParamInfo, Params};
use crate::plan::Plan;

/// A compiled job; made by `#[job]`, which gives the function's name to a unit struct.
pub trait Job {
    /// Its name, which is also the default name of its output.
    const NAME: &'static str;
    /// Its documentation.
    const DOC: &'static str;

    /// Its parameters.
    fn params() -> &'static [ParamInfo];

    /// Its plan with these parameters.
    fn plan(params: &Params) -> Result<Plan>;
}
