//! Keys, each found or interned by one look at a hash table.

use hashbrown::HashTable;
use ouzel_dsl::Key;

/// The seed of all key hashes.
const SEED: u64 = 0x51_7C_C1_B7_27_22_0A_95;

/// The hash by which keys are interned and spread.
#[inline(always)]
pub fn hash<K: Key>(key: K::View<'_>) -> u64 {
    K::hash(key, SEED)
}

/// Keys, each with a number.
pub struct Keys<K> {
    keys: Vec<K>,
    hashes: Vec<u64>,
    index: HashTable<u32>,
    heap_bytes: usize,
}

impl<K: Key> Keys<K> {
    pub(crate) fn new() -> Self {
        Keys { keys: Vec::new(), hashes: Vec::new(), index: HashTable::new(), heap_bytes: 0 }
    }

    /// The number of a key, given now if it has none.
    #[inline]
    pub fn intern(&mut self, key: K::View<'_>, hash: u64) -> u32 {
        let Keys { keys, hashes, index, .. } = self;
        match index.find(hash, |id| hashes[*id as usize] == hash && keys[*id as usize].same(key)) {
            Some(id) => *id,
            None => self.insert(key, hash),
        }
    }

    /// The number of a key, if it has one.
    #[inline]
    pub fn find(&self, key: K::View<'_>, hash: u64) -> Option<u32> {
        let Keys { keys, hashes, index, .. } = self;
        let same = |id: &u32| hashes[*id as usize] == hash && keys[*id as usize].same(key);
        index.find(hash, same).copied()
    }

    fn insert(&mut self, key: K::View<'_>, hash: u64) -> u32 {
        let id = number(self.keys.len());
        self.heap_bytes += K::heap_bytes(key);
        let mut owned = K::own(key);
        owned.canonicalize();
        self.keys.push(owned);
        self.hashes.push(hash);
        let hashes = &self.hashes;
        self.index.insert_unique(hash, id, |id| hashes[*id as usize]);
        id
    }

    /// The key of a number.
    #[inline]
    pub fn get(&self, id: u32) -> K::View<'_> {
        self.keys[id as usize].view()
    }

    /// The hash of a key by its number.
    #[inline]
    pub fn hash(&self, id: u32) -> u64 {
        self.hashes[id as usize]
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.keys.capacity() * size_of::<K>()
            + self.hashes.capacity() * size_of::<u64>()
            + self.index.allocation_size()
            + self.heap_bytes
    }
}

/// The number of a new key. A window's table holds it plus one.
fn number(keys: usize) -> u32 {
    match u32::try_from(keys) {
        Ok(id) if id < u32::MAX => id,
        _ => panic!(
            "a worker holds 4,294,967,295 keys, and can hold no more: with less `--memory` they go to disk"
        ),
    }
}
