//! Jobs as values.

use crate::error::Result;
use crate::params::{ParamInfo, Params};
use crate::plan::Plan;

/// A compiled job; made by `#[job]`. The function's name becomes a type that is the job,
/// and a function that gives it.
pub trait Job {
    /// Its name, which is also the default name of its output.
    const NAME: &'static str;
    /// Its documentation.
    const DOC: &'static str;
    /// The names of its inputs, in order: what help shows without making a plan.
    const INPUTS: &'static [&'static str];
    /// The names of its outputs, in order.
    const OUTPUTS: &'static [&'static str];
    /// The version of the package that it is part of.
    const VERSION: &'static str;

    /// Its parameters.
    fn params() -> &'static [ParamInfo];

    /// Its plan with these parameters.
    fn plan(params: &Params) -> Result<Plan>;
}
