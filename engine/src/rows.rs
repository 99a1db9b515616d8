//! Makes the rows of a keyed operator: key, window, result.

use crate::aggregation::Aggregation;
use crate::groups::Groups;
use crate::guard::handed_on;
use arrow::array::{RecordBatch, RecordBatchOptions};
use ouzel_dsl::data::Builder;
use ouzel_dsl::keyed_node::Emit;
use ouzel_dsl::stage::caught;
use ouzel_dsl::{Aggregate, Data, Error, Key, Result, Windows};

/// How many rows a batch has at the most.
const ROWS: usize = 16_384;

/// And about how many bytes of text and the like.
const HEAP_BYTES: usize = 4 << 20;

/// Builds batches of rows and hands them on.
pub struct Rows<'a, K: Key, W: Windows, A: Aggregate> {
    node: &'a Aggregation<K, W, A>,
    emit: Emit<'a>,
    /// Whether a result that cannot be read only withholds its row.
    withholds: bool,
    keys: <W::Keyed<K> as Data>::Builder,
    values: <A::Out as Data>::Builder,
    held: usize,
    heap_bytes: usize,
    count: u64,
}

impl<'a, K: Key, W: Windows, A: Aggregate> Rows<'a, K, W, A> {
    /// Hands batches to `emit`.
    pub fn new(node: &'a Aggregation<K, W, A>, emit: Emit<'a>) -> Self {
        let (keys, values) = Default::default();
        Rows { node, emit, withholds: false, keys, values, held: 0, heap_bytes: 0, count: 0 }
    }

    /// Hands on rows that may still change: one whose result cannot be read is left out, since
    /// only a result that stays so is an error.
    pub fn changing(node: &'a Aggregation<K, W, A>, emit: Emit<'a>) -> Self {
        Rows { withholds: true, ..Rows::new(node, emit) }
    }

    /// Adds a group's row.
    pub fn push(&mut self, start: i64, key: K::View<'_>, acc: &A::Acc) -> Result<()> {
        // A panic is a result that cannot be read, which in a changing row is none yet.
        let value = match caught(|| self.node.aggregate.finish(acc)).unwrap_or_else(Err) {
            Ok(value) => value,
            Err(_) if self.withholds => return Ok(()),
            Err(message) => {
                return Err(Error::Aggregate { site: self.node.site.to_string(), message });
            }
        };
        self.keys.push(self.node.windows.keyed::<K>(key, start));
        self.values.push(value.view());
        self.held += 1;
        self.heap_bytes += K::heap_bytes(key) + self.node.aggregate.heap_bytes(acc);
        if self.held == ROWS || self.heap_bytes >= HEAP_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// Adds the rows of a window.
    pub fn push_window(&mut self, start: i64, groups: &Groups<K, A::Acc>) -> Result<()> {
        for (id, acc) in groups.window(start).into_iter().flat_map(|table| table.iter()) {
            self.push(start, groups.keys().get(id), acc)?;
        }
        Ok(())
    }

    /// Adds the row of one group, if it is there.
    pub fn push_group(&mut self, start: i64, id: u32, groups: &Groups<K, A::Acc>) -> Result<()> {
        match groups.get(start, id) {
            Some(acc) => self.push(start, groups.keys().get(id), acc),
            None => Ok(()),
        }
    }

    fn flush(&mut self) -> Result<()> {
        let mut columns = Vec::new();
        self.keys.finish_row(&mut columns);
        self.values.finish_row(&mut columns);
        let options = RecordBatchOptions::new().with_row_count(Some(self.held));
        let batch = RecordBatch::try_new_with_options(self.node.schema.clone(), columns, &options)
            .map_err(|e| Error::Format(format!("{}: {e}", self.node.site)))?;
        self.count += self.held as u64;
        (self.held, self.heap_bytes) = (0, 0);
        handed_on(self.emit, batch)
    }

    /// Hands on what is left; how many rows there were in all.
    pub fn finish(mut self) -> Result<u64> {
        if self.held > 0 {
            self.flush()?;
        }
        Ok(self.count)
    }
}
