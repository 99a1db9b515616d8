//! What a run leaves, to be compared with another run or with a plain twin.

use crate::letters::{Letter, letters};
use crate::rows::{columns, table_columns};
use crate::tolerance;
use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{Field, Schema};
use ouzel::Plan;
use ouzel::data::Produce;
use ouzel::dsl::plan::OutputKind;
use ouzel::hooks::OperatorTotals;
use ouzel::private::difference_of_rows;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a run leaves: the rows of its outputs, its dead letters and its totals.
#[derive(Clone, Debug)]
pub struct Left {
    job: &'static str,
    kinds: BTreeMap<&'static str, OutputKind>,
    left: ouzel::private::Left,
    letters: Vec<Letter>,
}

impl Left {
    pub(crate) fn new(plan: &Plan, left: ouzel::private::Left) -> Left {
        let kinds = plan.outputs.iter().map(|output| (output.name, output.kind));
        let letters = letters(&left.dead_letters);
        Left { job: plan.job, kinds: kinds.collect(), letters, left }
    }

    #[track_caller]
    fn rows(&self, output: &str) -> &[RecordBatch] {
        match self.left.outputs.get(output) {
            Some(rows) => rows,
            None => panic!("{} has no output `{output}`", self.job),
        }
    }

    /// Panics unless an output has these rows, to the bit: a stream each as often, a table as a map
    /// of which the rows are pairs of key and value.
    #[track_caller]
    pub fn expect<P: Produce>(&self, output: &str, rows: impl IntoIterator<Item = P>) -> &Left {
        let twin = self.twin(output, rows);
        if let Some(lines) = difference_of_rows(&[twin], self.rows(output)) {
            self.differs(output, &lines);
        }
        self
    }

    /// Like [`expect`](Left::expect), with floats that may be off by `tolerance`: by so much if they
    /// are no greater than one, else by so much of their size. All else must be the same.
    #[track_caller]
    pub fn expect_within<P: Produce>(
        &self,
        tolerance: f64,
        output: &str,
        rows: impl IntoIterator<Item = P>,
    ) -> &Left {
        let (twin, rows) = (self.twin(output, rows), self.rows(output));
        let Some(exact) = difference_of_rows(std::slice::from_ref(&twin), rows) else {
            return self;
        };
        // Other columns are told as they are where nothing may be off.
        match tolerance::difference(&twin, rows, tolerance).unwrap_or(Some(exact)) {
            Some(lines) => self.differs(output, &lines),
            None => self,
        }
    }

    /// The rows expected, with the columns of those found.
    #[track_caller]
    fn twin<P: Produce>(&self, output: &str, rows: impl IntoIterator<Item = P>) -> RecordBatch {
        let columns = match self.kinds.get(output) {
            Some(OutputKind::Table(_) | OutputKind::Early { .. }) => table_columns(rows),
            _ => columns(rows),
        };
        like(self.rows(output), columns)
    }

    #[track_caller]
    fn differs(&self, output: &str, lines: &str) -> ! {
        panic!("{}: the output `{output}` is not as expected:\n{lines}", self.job);
    }

    /// An output's rows as JSON, in order of their text.
    pub fn lines(&self, output: &str) -> Vec<String> {
        let rows = self.rows(output).iter();
        let lines = rows.flat_map(|b| (0..b.num_rows()).map(|row| ouzel::json::row(b, row)));
        let mut lines: Vec<_> = lines.collect();
        lines.sort_unstable();
        lines
    }

    /// The dead letters, in order.
    pub fn dead_letters(&self) -> &[Letter] {
        &self.letters
    }

    /// The totals of the operator with this id.
    pub fn totals(&self, id: &str) -> &OperatorTotals {
        match self.left.operators.iter().find(|o| o.name == id) {
            Some(totals) => totals,
            None => {
                let ids: Vec<_> = self.left.operators.iter().map(|o| &o.name).collect();
                panic!("{} has no operator `{id}`, but {ids:?}", self.job)
            }
        }
    }

    /// Records that any operator failed on.
    pub fn errors(&self) -> u64 {
        self.left.operators.iter().map(|o| o.errors).sum()
    }
}

/// The columns of a twin, which have no names of their own, as those of the rows.
fn like(rows: &[RecordBatch], twin: Vec<ArrayRef>) -> RecordBatch {
    let schema = rows.first().map(RecordBatch::schema);
    let named =
        |i: usize| schema.as_ref().and_then(|s| s.fields().get(i).map(|f| f.name().clone()));
    let fields = twin.iter().enumerate().map(|(i, column)| {
        let name = named(i).unwrap_or_else(|| i.to_string());
        Field::new(name, column.data_type().clone(), true)
    });
    let schema = Schema::new(fields.collect::<Vec<_>>());
    RecordBatch::try_new(Arc::new(schema), twin).expect("columns of one length")
}
