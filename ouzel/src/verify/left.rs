//! What a run leaves, to be compared with what another one leaves.

use arrow::array::RecordBatch;
use ouzel_hooks::OperatorTotals;
use std::collections::BTreeMap;

/// What a run leaves.
#[derive(Clone, Debug, Default)]
pub struct Left {
    /// The rows of each output.
    pub outputs: BTreeMap<String, Vec<RecordBatch>>,
    /// The records that were kept aside.
    pub dead_letters: Vec<RecordBatch>,
    /// The operators' totals, in the plan's order: those upstream first.
    pub operators: Vec<OperatorTotals>,
    /// The final rows that each keyed operator gave that no output shows, by its id. A run that was
    /// killed and started again may have given some of them more than once.
    pub keyed: BTreeMap<String, Vec<RecordBatch>>,
    /// The operator that each output shows, by the output's name.
    pub shows: BTreeMap<String, String>,
}

impl Left {
    /// How many rows the outputs have.
    pub fn rows(&self) -> u64 {
        self.outputs.values().flatten().map(|batch| batch.num_rows() as u64).sum()
    }
}
