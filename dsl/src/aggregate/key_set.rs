//! A set of keys, held as their canonical encodings one after the other.

use crate::key::{Key, mix_bytes};
use hashbrown::HashTable;
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// A set of keys. They are the same if their encodings are.
///
/// Adding one that is there already allocates nothing.
#[derive(Serialize, Deserialize)]
#[serde(try_from = "Parts")]
pub struct KeySet<K> {
    bytes: Vec<u8>,
    /// Where each encoding ends.
    ends: Vec<usize>,
    #[serde(skip)]
    index: HashTable<usize>,
    #[serde(skip)]
    of: PhantomData<fn() -> K>,
}

impl<K: Key> KeySet<K> {
    /// Adds a key.
    pub fn insert(&mut self, key: K::View<'_>) {
        let start = self.bytes.len();
        K::encode(key, &mut self.bytes);
        if !self.keep_last() {
            self.bytes.truncate(start);
        }
    }

    /// Adds the keys of another set.
    pub fn merge(&mut self, mut other: Self) {
        if other.len() > self.len() {
            std::mem::swap(self, &mut other);
        }
        for encoding in other.encodings() {
            let start = self.bytes.len();
            self.bytes.extend_from_slice(encoding);
            if !self.keep_last() {
                self.bytes.truncate(start);
            }
        }
    }

    /// The keys in order.
    pub fn sorted(&self) -> Result<Vec<K>, String> {
        let mut encodings: Vec<&[u8]> = self.encodings().collect();
        encodings.sort_unstable();
        encodings.into_iter().map(|mut encoding| decode(&mut encoding)).collect()
    }
}

impl<K> KeySet<K> {
    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// How many bytes it holds on the heap.
    #[inline]
    pub fn heap_bytes(&self) -> usize {
        self.bytes.capacity()
            + self.ends.capacity() * size_of::<usize>()
            + self.index.allocation_size()
    }

    fn encodings(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.ends.len()).map(|place| encoding(&self.bytes, &self.ends, place))
    }

    /// Makes the encoding after the last end a member, unless it is one.
    fn keep_last(&mut self) -> bool {
        let KeySet { bytes, ends, index, .. } = self;
        let new = &bytes[ends.last().copied().unwrap_or(0)..];
        let hash = mix_bytes(0, new);
        if index.find(hash, |place| encoding(bytes, ends, *place) == new).is_some() {
            return false;
        }
        ends.push(bytes.len());
        let hash_of = |place: &usize| mix_bytes(0, encoding(bytes, ends, *place));
        index.insert_unique(hash, ends.len() - 1, hash_of);
        true
    }
}

/// Reads a key from the front of encodings.
pub(super) fn decode<K: Key>(encodings: &mut &[u8]) -> Result<K, String> {
    K::decode(encodings).ok_or_else(|| "a collected value cannot be read back".to_owned())
}

fn encoding<'a>(bytes: &'a [u8], ends: &[usize], place: usize) -> &'a [u8] {
    let start = place.checked_sub(1).map_or(0, |before| ends[before]);
    &bytes[start..ends[place]]
}

impl<K> Default for KeySet<K> {
    fn default() -> Self {
        let (bytes, ends) = (Vec::new(), Vec::new());
        KeySet { bytes, ends, index: HashTable::new(), of: PhantomData }
    }
}

impl<K> Clone for KeySet<K> {
    fn clone(&self) -> Self {
        let KeySet { bytes, ends, index, of } = self;
        KeySet { bytes: bytes.clone(), ends: ends.clone(), index: index.clone(), of: *of }
    }
}

/// What is written of a set.
#[derive(Deserialize)]
struct Parts {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl<K> TryFrom<Parts> for KeySet<K> {
    type Error = &'static str;

    fn try_from(parts: Parts) -> Result<Self, Self::Error> {
        let Parts { bytes, ends } = parts;
        if !ends.is_sorted() || ends.last().copied().unwrap_or(0) != bytes.len() {
            return Err("the parts of a set do not fit");
        }
        let mut set = KeySet::default();
        for place in 0..ends.len() {
            set.bytes.extend_from_slice(encoding(&bytes, &ends, place));
            if !set.keep_last() {
                return Err("a set holds a value twice");
            }
        }
        Ok(set)
    }
}
