//! A multiset of keys, held as their canonical encodings one after the other.

use super::key_set::decode;
use crate::key::Key;
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// A multiset of keys.
#[derive(Serialize, Deserialize)]
pub struct KeyBag<K> {
    bytes: Vec<u8>,
    #[serde(skip)]
    of: PhantomData<fn() -> K>,
}

impl<K: Key> KeyBag<K> {
    /// Adds a key.
    #[inline]
    pub fn insert(&mut self, key: K::View<'_>) {
        K::encode(key, &mut self.bytes);
    }

    /// The keys in order, each as often as it was added.
    pub fn sorted(&self) -> Result<Vec<K>, String> {
        let mut rest = self.bytes.as_slice();
        let mut keys = Vec::new();
        while !rest.is_empty() {
            let from = rest;
            let key: K = decode(&mut rest)?;
            keys.push((&from[..from.len() - rest.len()], key));
        }
        // Where encodings are the same, so are the keys that were read from them.
        keys.sort_unstable_by_key(|(encoding, _)| *encoding);
        Ok(keys.into_iter().map(|(_, key)| key).collect())
    }
}

impl<K> KeyBag<K> {
    /// Adds the keys of another.
    pub fn merge(&mut self, mut other: Self) {
        if other.bytes.capacity() > self.bytes.capacity() {
            std::mem::swap(self, &mut other);
        }
        self.bytes.extend_from_slice(&other.bytes);
    }

    /// Takes all keys out.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }

    /// How many bytes it holds on the heap.
    #[inline(always)]
    pub fn heap_bytes(&self) -> usize {
        self.bytes.capacity()
    }
}

impl<K> Default for KeyBag<K> {
    fn default() -> Self {
        KeyBag { bytes: Vec::new(), of: PhantomData }
    }
}

impl<K> Clone for KeyBag<K> {
    fn clone(&self) -> Self {
        KeyBag { bytes: self.bytes.clone(), of: PhantomData }
    }
}
