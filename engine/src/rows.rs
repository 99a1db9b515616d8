//! Makes the rows of a keyed operator: key, window, result.

use crate::groups::Groups;
use crate::guard::handed_on;
use crate::table_node::TableNode;
use crate::tabled::Tabled;
use arrow::array::{RecordBatch, RecordBatchOptions};
use ouzel_dsl::data::Builder;
use ouzel_dsl::keyed_node::{Change, Changes, Emit};
use ouzel_dsl::stage::caught;
use ouzel_dsl::{Data, Error, Key, Result, Windows};

/// How many rows a batch has at the most.
const ROWS: usize = 16_384;

/// And about how many bytes of text and the like.
const HEAP_BYTES: usize = 4 << 20;

/// Builds batches of rows and hands them on.
pub struct Rows<'a, K: Key, W: Windows, A: Tabled<K, W>> {
    node: &'a TableNode<K, W, A>,
    emit: Emit<'a>,
    /// Whether a result that cannot be read only withholds its row.
    withholds: bool,
    keys: <A::Keys as Data>::Builder,
    values: <A::Values as Data>::Builder,
    held: usize,
    heap_bytes: usize,
    count: u64,
}

impl<'a, K: Key, W: Windows, A: Tabled<K, W>> Rows<'a, K, W, A> {
    /// Hands batches to `emit`.
    pub fn new(node: &'a TableNode<K, W, A>, emit: Emit<'a>) -> Self {
        let (keys, values) = Default::default();
        Rows { node, emit, withholds: false, keys, values, held: 0, heap_bytes: 0, count: 0 }
    }

    /// Hands on rows that may still change: one whose result cannot be read is left out, since
    /// only a result that stays so is an error.
    pub fn changing(node: &'a TableNode<K, W, A>, emit: Emit<'a>) -> Self {
        Rows { withholds: true, ..Rows::new(node, emit) }
    }

    /// Adds the rows of a group.
    pub fn push(&mut self, start: i64, key: K::View<'_>, acc: &A::Acc) -> Result<()> {
        let Rows { node, keys, values, held, .. } = self;
        // A panic is a result that cannot be read, which in a changing row is none yet.
        let read = caught(|| {
            node.logic.rows(node.windows, key, start, acc, &mut |key, value| {
                keys.push(key);
                values.push(value);
                *held += 1;
            })
        });
        match read.unwrap_or_else(Err) {
            Ok(()) => {}
            Err(_) if self.withholds => return Ok(()),
            Err(message) => {
                return Err(Error::Aggregate { site: self.node.site.to_string(), message });
            }
        }
        self.heap_bytes += K::heap_bytes(key) + self.node.logic.heap_bytes(acc);
        if self.held >= ROWS || self.heap_bytes >= HEAP_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// Adds a row that was read before.
    fn push_read(&mut self, row: &ReadRow) -> Result<()> {
        let key = A::Keys::load(&mut row.key.as_slice());
        let value = A::Values::load(&mut row.value.as_slice());
        if let (Some(key), Some(value)) = (key, value) {
            self.keys.push(key);
            self.values.push(value);
            self.held += 1;
            self.heap_bytes += row.key.len() + row.value.len();
        }
        if self.held >= ROWS || self.heap_bytes >= HEAP_BYTES {
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

/// A row as bytes, to be compared with what comes in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadRow {
    key: Vec<u8>,
    value: Vec<u8>,
}

/// The rows of a group at the moment. One that cannot be read is not there.
pub fn read_rows<K: Key, W: Windows, A: Tabled<K, W>>(
    node: &TableNode<K, W, A>,
    start: i64,
    key: K::View<'_>,
    acc: &A::Acc,
) -> Vec<ReadRow> {
    let mut rows = Vec::new();
    let read = caught(|| {
        node.logic.rows(node.windows, key, start, acc, &mut |key, value| {
            let mut row = ReadRow { key: Vec::new(), value: Vec::new() };
            A::Keys::store(key, &mut row.key);
            A::Values::store(value, &mut row.value);
            rows.push(row);
        })
    });
    match read.unwrap_or_else(Err) {
        Ok(()) => rows,
        Err(_) => Vec::new(),
    }
}

/// Hands on the changes of a table.
pub struct Changed<'a, K: Key, W: Windows, A: Tabled<K, W>> {
    node: &'a TableNode<K, W, A>,
    removed: Rows<'a, K, W, A>,
    replaced: Rows<'a, K, W, A>,
    set: Rows<'a, K, W, A>,
}

/// What takes each kind of change; made of [`Changes`], so that rows can borrow it.
pub struct Takers<'a>([Box<dyn Fn(RecordBatch) -> Result<()> + Sync + 'a>; 3]);

impl<'a> Takers<'a> {
    pub fn new(changes: Changes<'a>) -> Self {
        let taker = |change| {
            Box::new(move |batch| (changes.emit)(change, batch))
                as Box<dyn Fn(RecordBatch) -> Result<()> + Sync + 'a>
        };
        Takers([taker(Change::Removed), taker(Change::Replaced), taker(Change::Set)])
    }
}

impl<'a, K: Key, W: Windows, A: Tabled<K, W>> Changed<'a, K, W, A> {
    /// Hands changes to their takers.
    pub fn new(
        node: &'a TableNode<K, W, A>,
        Takers([removed, replaced, set]): &'a Takers<'a>,
    ) -> Self {
        let rows = |emit: Emit<'a>| Rows::changing(node, emit);
        Changed { node, removed: rows(removed), replaced: rows(replaced), set: rows(set) }
    }

    /// Tells of a group of which it is not known what was there before.
    pub fn set(&mut self, start: i64, key: K::View<'_>, acc: &A::Acc) -> Result<()> {
        self.set.push(start, key, acc)
    }

    /// Tells what has changed in a group since its rows were these.
    pub fn since(
        &mut self,
        before: &[ReadRow],
        start: i64,
        key: K::View<'_>,
        acc: &A::Acc,
    ) -> Result<()> {
        let after = read_rows(self.node, start, key, acc);
        for row in before.iter().filter(|row| !after.contains(row)) {
            let mut others = after.iter().filter(|other| other.key == row.key).peekable();
            if others.peek().is_none() {
                self.removed.push_read(row)?;
                continue;
            }
            self.replaced.push_read(row)?;
            // Where changes come out of order there were several at once, and this one may have been
            // told last: those that stay are told again.
            for other in others.filter(|other| before.contains(other)) {
                self.replaced.push_read(other)?;
                self.set.push_read(other)?;
            }
        }
        after.iter().filter(|row| !before.contains(row)).try_for_each(|row| self.set.push_read(row))
    }

    /// Hands on what is left: first what is gone.
    pub fn finish(self) -> Result<()> {
        self.removed.finish()?;
        self.replaced.finish()?;
        self.set.finish().map(drop)
    }
}
