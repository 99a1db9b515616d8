//! Rows in one order, so that the same job prints the same.

use arrow::array::{RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, take_record_batch};
use arrow::error::ArrowError;
use arrow::row::{RowConverter, SortField};
use ouzel_dsl::{Error, Result};

/// The batches' rows as one batch in ascending order of the first `columns` columns (null first,
/// NaN last), and of these rows the first `limit`.
pub fn sorted(batches: &[RecordBatch], columns: usize, limit: usize) -> Result<RecordBatch> {
    let sort = || {
        let Some(first) = batches.first() else {
            return Ok(RecordBatch::new_empty(std::sync::Arc::new(
                arrow::datatypes::Schema::empty(),
            )));
        };
        let all = concat_batches(first.schema_ref(), batches)?;
        let keys = all.columns().get(..columns).unwrap_or(all.columns());
        if keys.is_empty() {
            return Ok(all.slice(0, all.num_rows().min(limit)));
        }
        let fields = keys.iter().map(|c| SortField::new(c.data_type().clone())).collect();
        let rows = RowConverter::new(fields)?.convert_columns(keys)?;
        let mut order: Vec<u32> = (0..all.num_rows() as u32).collect();
        order.sort_by(|a, b| rows.row(*a as usize).cmp(&rows.row(*b as usize)));
        order.truncate(limit);
        take_record_batch(&all, &UInt32Array::from(order))
    };
    sort().map_err(|e: ArrowError| Error::Failed(format!("sorting rows to be shown: {e}")))
}

/// The first rows in order of all that pass by, in bounded memory.
pub struct First {
    columns: usize,
    limit: usize,
    held: Vec<RecordBatch>,
    held_rows: usize,
    /// How many rows passed by.
    pub rows: usize,
}

impl First {
    /// The first `limit` rows in order of the first `columns` columns.
    pub fn new(columns: usize, limit: usize) -> First {
        First { columns, limit, held: Vec::new(), held_rows: 0, rows: 0 }
    }

    /// Looks at a batch.
    pub fn add(&mut self, batch: &RecordBatch) -> Result<()> {
        const HELD_MAX: usize = 1 << 16;
        self.rows += batch.num_rows();
        self.held_rows += batch.num_rows();
        self.held.push(batch.clone());
        if self.held_rows > HELD_MAX.max(self.limit) {
            self.held = vec![sorted(&self.held, self.columns, self.limit)?];
            self.held_rows = self.limit;
        }
        Ok(())
    }

    /// The first rows of all.
    pub fn finish(&self) -> Result<RecordBatch> {
        sorted(&self.held, self.columns, self.limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::batch;

    #[test]
    fn the_first_rows_do_not_depend_on_the_order_of_batches() {
        let rows: Vec<_> = (0..200_000).map(|i| ("x", f64::from(i * 7919 % 200_000))).collect();
        let batches: Vec<_> = rows.chunks(30_000).map(batch).collect();
        let first = |batches: Vec<&RecordBatch>| {
            let mut first = First::new(2, 3);
            batches.into_iter().for_each(|b| first.add(b).unwrap());
            assert_eq!(first.rows, 200_000);
            first.finish().unwrap()
        };
        let expected = batch(&[("x", 0.0), ("x", 1.0), ("x", 2.0)]);
        assert_eq!(first(batches.iter().collect()), expected);
        assert_eq!(first(batches.iter().rev().collect()), expected);
    }

    #[test]
    fn no_rows_and_no_columns_are_fine() {
        assert_eq!(sorted(&[], 2, 10).unwrap().num_rows(), 0);
        assert_eq!(sorted(&[batch(&[])], 2, 10).unwrap().num_rows(), 0);
        assert_eq!(sorted(&[batch(&[("a", 1.0)])], 0, 10).unwrap().num_rows(), 1);
    }
}
