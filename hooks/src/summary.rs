//! What a run did.

use serde::Serialize;

/// The totals of a finished run. Those of the operators are the same in both modes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// The job's name.
    pub job: String,
    /// `batch` or `stream`.
    pub mode: String,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// Bytes of input read.
    pub bytes: u64,
    /// Each operator, in the plan's order.
    pub operators: Vec<OperatorTotals>,
    /// Whether the run ended since it was told to, before the end of input.
    pub stopped: bool,
    /// Whether an earlier run had already finished, so that this one did nothing.
    pub already_finished: bool,
}

/// One operator's totals.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OperatorTotals {
    /// Its id.
    pub name: String,
    /// What kind it is.
    pub kind: String,
    /// Where it is written.
    pub site: String,
    /// Records it took.
    #[serde(rename = "in")]
    pub records_in: u64,
    /// Records it gave.
    #[serde(rename = "out")]
    pub records_out: u64,
    /// Late records, once for each window missed.
    pub late: u64,
    /// Records that it failed on.
    pub errors: u64,
}
