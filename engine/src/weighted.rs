//! Rows of tables, each as often as it is there: what changes add up to (a Z-set).

use ouzel_dsl::Data;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Rows as bytes, each with how often it is there. While changes come in, that may be less than not
/// at all.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Weighted {
    /// In order; most groups have one row.
    Few(Vec<(Vec<u8>, i64)>),
    /// Many, and how many bytes they take.
    Many(BTreeMap<Vec<u8>, i64>, usize),
}

/// What an entry of many takes besides its bytes.
const ENTRY_BYTES: usize = 48;

/// So many rows are few.
const FEW: usize = 16;

impl Default for Weighted {
    fn default() -> Self {
        Weighted::Few(Vec::new())
    }
}

impl Weighted {
    /// Adds a row so many times.
    pub fn add<T: Data>(&mut self, row: T::View<'_>, weight: i64) {
        let mut bytes = Vec::new();
        T::store(row, &mut bytes);
        self.put(bytes, weight);
    }

    fn put(&mut self, bytes: Vec<u8>, weight: i64) {
        use std::collections::btree_map::Entry;
        match self {
            Weighted::Few(rows) => match rows.binary_search_by(|row| row.0.cmp(&bytes)) {
                Ok(place) => {
                    rows[place].1 += weight;
                    if rows[place].1 == 0 {
                        rows.remove(place);
                    }
                }
                Err(place) if rows.len() < FEW => {
                    if rows.is_empty() {
                        rows.reserve_exact(1);
                    }
                    rows.insert(place, (bytes, weight));
                }
                Err(_) => {
                    let rows: BTreeMap<_, _> = std::mem::take(rows).into_iter().collect();
                    let len = rows.keys().map(|row| row.len() + ENTRY_BYTES).sum();
                    *self = Weighted::Many(rows, len);
                    self.put(bytes, weight);
                }
            },
            Weighted::Many(rows, heap_bytes) => {
                let len = bytes.len() + ENTRY_BYTES;
                match rows.entry(bytes) {
                    Entry::Vacant(free) => {
                        free.insert(weight);
                        *heap_bytes += len;
                    }
                    Entry::Occupied(mut held) => {
                        *held.get_mut() += weight;
                        if *held.get() == 0 {
                            held.remove();
                            *heap_bytes -= len;
                        }
                    }
                }
            }
        }
    }

    /// Adds the rows of another.
    pub fn merge(&mut self, other: Weighted) {
        if self.is_empty() {
            *self = other;
            return;
        }
        match other {
            Weighted::Few(rows) => rows.into_iter().for_each(|(row, weight)| self.put(row, weight)),
            Weighted::Many(rows, _) => {
                rows.into_iter().for_each(|(row, weight)| self.put(row, weight));
            }
        }
    }

    /// The rows that are there, in order of their bytes.
    pub fn iter<T: Data>(&self) -> impl Iterator<Item = T::View<'_>> {
        let (few, many) = match self {
            Weighted::Few(rows) => (Some(rows.iter().map(|(row, weight)| (row, weight))), None),
            Weighted::Many(rows, _) => (None, Some(rows.iter())),
        };
        let rows = few.into_iter().flatten().chain(many.into_iter().flatten());
        let there = rows.filter(|(_, weight)| **weight > 0);
        there.filter_map(|(row, _)| T::load(&mut row.as_slice()))
    }

    /// Whether nothing has come, or all that came has gone.
    pub fn is_empty(&self) -> bool {
        match self {
            Weighted::Few(rows) => rows.is_empty(),
            Weighted::Many(rows, _) => rows.is_empty(),
        }
    }

    /// How many bytes it holds on the heap.
    pub fn heap_bytes(&self) -> usize {
        match self {
            Weighted::Few(rows) => {
                let bytes: usize = rows.iter().map(|(row, _)| row.capacity()).sum();
                rows.capacity() * size_of::<(Vec<u8>, i64)>() + bytes
            }
            Weighted::Many(_, heap_bytes) => *heap_bytes,
        }
    }
}
