//! Dead letters, to be looked at.

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::UInt64Type;

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

/// All dead letters, in order.
pub(crate) fn letters(letters: &[RecordBatch]) -> Vec<Letter> {
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
