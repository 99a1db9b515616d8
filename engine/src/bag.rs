//! Records that a keyed operator holds, as bytes.

use crate::monoid::Moment;
use ouzel_dsl::Data;
use serde::{Deserialize, Serialize};

/// A multiset of records, each with its place in canonical order and its seen.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Bag {
    entries: Vec<Entry>,
    /// Addresses and records, each where its entry says.
    bytes: Vec<u8>,
    /// How many of the bytes are of records that are still there.
    live: usize,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Entry {
    time: i64,
    seen: i64,
    start: usize,
    address: u32,
    len: u32,
    marked: bool,
}

/// What a record and its address may take; a guess, so that the first one moves little.
const RECORD_BYTES: usize = 96;

/// A record in a [`Bag`].
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// Its event time.
    pub time: i64,
    /// Its seen.
    pub seen: i64,
    /// Its address.
    pub address: &'a [u8],
    /// Whether [`Bag::mark`] was called on it.
    pub marked: bool,
    record: &'a [u8],
}

impl<'a> Item<'a> {
    /// How many bytes it takes.
    pub fn bytes(&self) -> usize {
        self.address.len() + self.record.len()
    }

    /// The record; nothing if the bytes are of another type.
    #[inline]
    pub fn view<T: Data>(&self) -> Option<T::View<'a>> {
        T::load(&mut { self.record })
    }
}

impl Bag {
    /// Adds a record.
    pub fn push<T: Data>(&mut self, record: T::View<'_>, moment: Moment<'_>) {
        if self.entries.is_empty() {
            // Most keys have few records.
            self.entries.reserve_exact(1);
            self.bytes.reserve_exact(RECORD_BYTES);
        }
        let start = self.bytes.len();
        moment.place.write_address(&mut self.bytes);
        let address = self.bytes.len() - start;
        T::store(record, &mut self.bytes);
        let len = self.bytes.len() - start;
        self.live += len;
        let (time, seen) = (moment.place.time, moment.seen);
        let (address, len) = (address as u32, len as u32);
        self.entries.push(Entry { time, seen, start, address, len, marked: false });
    }

    /// Adds the records of another.
    pub fn append(&mut self, mut other: Bag) {
        if other.bytes.len() > self.bytes.len() {
            std::mem::swap(self, &mut other);
        }
        let base = self.bytes.len();
        self.bytes.extend_from_slice(&other.bytes);
        self.live += other.live;
        let moved =
            other.entries.into_iter().map(|entry| Entry { start: entry.start + base, ..entry });
        self.entries.extend(moved);
    }

    /// Brings the records into canonical order.
    pub fn sort(&mut self) {
        let Bag { entries, bytes, .. } = self;
        let place = |entry: &Entry| (entry.time, &bytes[entry.start..][..entry.address as usize]);
        if !entries.is_sorted_by_key(place) {
            entries.sort_by(|a, b| place(a).cmp(&place(b)));
        }
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// A record by its number.
    #[inline]
    pub fn get(&self, index: usize) -> Item<'_> {
        let Entry { time, seen, start, address, len, marked } = self.entries[index];
        let (address, record) = self.bytes[start..start + len as usize].split_at(address as usize);
        Item { time, seen, address, marked, record }
    }

    /// Marks a record.
    #[inline]
    pub fn mark(&mut self, index: usize) {
        self.entries[index].marked = true;
    }

    /// In a sorted bag, the numbers of the records from one time to another, both included.
    #[inline]
    pub fn between(&self, first: i64, last: i64) -> std::ops::Range<usize> {
        let from = self.entries.partition_point(|entry| entry.time < first);
        let len = self.entries[from..].partition_point(|entry| entry.time <= last);
        from..from + len
    }

    /// In a sorted bag, the event time of the first record.
    pub fn first_time(&self) -> Option<i64> {
        self.entries.first().map(|entry| entry.time)
    }

    /// Takes the first so many records out.
    pub fn drop_first(&mut self, count: usize) {
        let dropped: usize = self.entries.drain(..count).map(|entry| entry.len as usize).sum();
        self.live -= dropped;
        if self.entries.is_empty() {
            *self = Bag::default();
        } else if self.bytes.len() > 2 * self.live + 1024 {
            let mut bytes = Vec::with_capacity(self.live);
            for entry in &mut self.entries {
                let start = bytes.len();
                bytes.extend_from_slice(&self.bytes[entry.start..][..entry.len as usize]);
                entry.start = start;
            }
            self.bytes = bytes;
        }
    }

    /// How many bytes it holds on the heap.
    #[inline]
    pub fn heap_bytes(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>() + self.bytes.capacity()
    }
}
