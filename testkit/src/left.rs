//! What a run leaves, to be compared with another run or with a plain twin.

use crate::rows::columns;
use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{Field, Schema, UInt64Type};
use ouzel::Data;
use ouzel::hooks::OperatorTotals;
use ouzel::private::difference;
use std::sync::Arc;

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
    job: &'static str,
    left: ouzel::private::Left,
    letters: Vec<Letter>,
}

impl Left {
    pub(crate) fn new(job: &'static str, left: ouzel::private::Left) -> Left {
        Left { job, letters: letters(&left.dead_letters), left }
    }

    #[track_caller]
    fn rows(&self, output: &str) -> &[RecordBatch] {
        match self.left.outputs.get(output) {
            Some(rows) => rows,
            None => panic!("{} has no output `{output}`", self.job),
        }
    }

    #[track_caller]
    fn compare(&self, output: &str, twin: Vec<ArrayRef>) -> &Left {
        let rows = self.rows(output);
        if let Some(lines) = difference(&[like(rows, twin)], rows) {
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

fn letters(letters: &[RecordBatch]) -> Vec<Letter> {
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
