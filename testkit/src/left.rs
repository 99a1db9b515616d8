//! What a run leaves, to be compared with another run or with a plain twin.

use crate::rows::{Multiset, columns};
use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::UInt64Type;
use ouzel::Data;
use ouzel::hooks::{OperatorTotals, Summary};
use std::collections::BTreeMap;

/// A record that was kept aside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub struct Letter {
    pub input: String,
    pub partition: String,
    pub offset: u64,
    pub operator: String,
    pub site: String,
    pub error: String,
    pub record: String,
}

/// What a run leaves: the rows of its outputs, its dead letters and its totals.
#[derive(Clone, Debug)]
pub struct Left {
    job: String,
    outputs: BTreeMap<String, (Multiset, Vec<String>)>,
    letters: Multiset,
    kept: Vec<Letter>,
    operators: Vec<OperatorTotals>,
}

impl Left {
    pub(crate) fn new(
        summary: Summary,
        outputs: BTreeMap<String, Vec<RecordBatch>>,
        letters: &[RecordBatch],
    ) -> Left {
        let names = |batches: &[RecordBatch]| {
            let schema = batches.first().map(RecordBatch::schema);
            schema.iter().flat_map(|s| s.fields().iter()).map(|f| f.name().clone()).collect()
        };
        Left {
            job: summary.job,
            outputs: outputs
                .into_iter()
                .map(|(name, batches)| (name, (Multiset::new(&batches), names(&batches))))
                .collect(),
            letters: Multiset::new(letters),
            kept: kept(letters),
            operators: summary.operators,
        }
    }

    /// What differs in another run, in a few lines.
    pub(crate) fn difference(&self, other: &Left) -> Option<String> {
        let mut out = String::new();
        for (name, (rows, _)) in &self.outputs {
            if let Some(lines) = rows.difference(other.multiset(name)) {
                out += &format!("  output `{name}`:\n{lines}");
            }
        }
        if let Some(lines) = self.letters.difference(&other.letters) {
            out += &format!("  dead letters:\n{lines}");
        }
        for (expected, found) in self.operators.iter().zip(&other.operators) {
            if expected != found {
                out += &format!("  totals: {found:?}\n  not     {expected:?}\n");
            }
        }
        if self.operators.len() != other.operators.len() {
            out += "  the totals are of other operators\n";
        }
        (!out.is_empty()).then_some(out)
    }

    fn multiset(&self, output: &str) -> &Multiset {
        match self.outputs.get(output) {
            Some((rows, _)) => rows,
            None => panic!("{} has no output `{output}`", self.job),
        }
    }

    #[track_caller]
    fn compare(&self, output: &str, twin: Vec<arrow::array::ArrayRef>) -> &Left {
        let names = self.outputs.get(output).map_or(&[][..], |(_, names)| names);
        let twin = Multiset::of_columns(twin, names);
        if let Some(lines) = twin.difference(self.multiset(output)) {
            panic!(
                "{}: batch and stream agree, and differ from the twin in `{output}`:\n{lines}",
                self.job
            );
        }
        self
    }

    /// Panics unless an output stream has these rows, to the bit and each as often.
    #[track_caller]
    pub fn stream<T: Data>(&self, output: &str, twin: impl IntoIterator<Item = T>) -> &Left {
        self.compare(output, columns(twin))
    }

    /// Panics unless an output table is this map, to the bit.
    #[track_caller]
    pub fn table<K: Data, V: Data>(
        &self,
        output: &str,
        twin: impl IntoIterator<Item = (K, V)>,
    ) -> &Left {
        let (keys, values): (Vec<K>, Vec<V>) = twin.into_iter().unzip();
        let mut all = columns(keys);
        all.extend(columns(values));
        self.compare(output, all)
    }

    /// An output's rows as JSON, in order of their text.
    pub fn lines(&self, output: &str) -> Vec<String> {
        self.multiset(output).lines()
    }

    /// The dead letters, in order.
    pub fn dead_letters(&self) -> &[Letter] {
        &self.kept
    }

    /// The totals of the operator with this id.
    pub fn totals(&self, id: &str) -> &OperatorTotals {
        match self.operators.iter().find(|o| o.name == id) {
            Some(totals) => totals,
            None => {
                let ids: Vec<_> = self.operators.iter().map(|o| &o.name).collect();
                panic!("{} has no operator `{id}`, but {ids:?}", self.job)
            }
        }
    }

    /// Records that any operator failed on.
    pub fn errors(&self) -> u64 {
        self.operators.iter().map(|o| o.errors).sum()
    }
}

fn kept(letters: &[RecordBatch]) -> Vec<Letter> {
    let mut all = Vec::new();
    for batch in letters {
        let text = |column: &str, row| {
            let column = batch.column_by_name(column).expect("dead letters have this column");
            column.as_string::<i32>().value(row).to_owned()
        };
        let offsets = batch.column_by_name("offset").expect("dead letters have an offset");
        all.extend((0..batch.num_rows()).map(|row| Letter {
            input: text("input", row),
            partition: text("partition", row),
            offset: offsets.as_primitive::<UInt64Type>().value(row),
            operator: text("operator", row),
            site: text("site", row),
            error: text("error", row),
            record: text("record", row),
        }));
    }
    all.sort_unstable();
    all
}
