//! Rows of tables, each as often as it is there: what changes add up to (a Z-set).

use ouzel_dsl::Data;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Rows as bytes, each with how often it is there. While changes come in, that may be less than not
/// at all.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Weighted {
    rows: BTreeMap<Vec<u8>, i64>,
    heap_bytes: usize,
}

/// What an entry takes besides its bytes.
const ENTRY_BYTES: usize = 48;

impl Weighted {
    /// Adds a row so many times.
    pub fn add<T: Data>(&mut self, row: T::View<'_>, weight: i64) {
        let mut bytes = Vec::new();
        T::store(row, &mut bytes);
        self.put(bytes, weight);
    }

    fn put(&mut self, bytes: Vec<u8>, weight: i64) {
        use std::collections::btree_map::Entry;
        let len = bytes.len() + ENTRY_BYTES;
        match self.rows.entry(bytes) {
            Entry::Vacant(free) => {
                free.insert(weight);
                self.heap_bytes += len;
            }
            Entry::Occupied(mut held) => {
                *held.get_mut() += weight;
                if *held.get() == 0 {
                    held.remove();
                    self.heap_bytes -= len;
                }
            }
        }
    }

    /// Adds the rows of another.
    pub fn merge(&mut self, other: Weighted) {
        other.rows.into_iter().for_each(|(bytes, weight)| self.put(bytes, weight));
    }

    /// The rows that are there.
    pub fn iter<T: Data>(&self) -> impl Iterator<Item = T::View<'_>> {
        let there = self.rows.iter().filter(|(_, weight)| **weight > 0);
        there.filter_map(|(bytes, _)| T::load(&mut bytes.as_slice()))
    }

    /// Whether nothing has come, or all that came has gone.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many bytes it holds on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.heap_bytes
    }
}
