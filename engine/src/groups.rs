//! The hash table of keyed state: keys interned once, and for each window a table from key to
//! accumulator.
//!
//! A key is hashed and compared once, to find its number; a window's table is then a small hash
//! table from numbers to accumulators, which lie densely. Records in order of time so work on
//! little memory at a time, and a window is freed as a whole.

use hashbrown::HashTable;
use ouzel_dsl::{Aggregate, Key};
use std::collections::BTreeMap;

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
    fn new() -> Self {
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

    fn insert(&mut self, key: K::View<'_>, hash: u64) -> u32 {
        let id = self.keys.len() as u32;
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

    fn bytes(&self) -> usize {
        self.keys.capacity() * size_of::<K>()
            + self.hashes.capacity() * 8
            + self.index.allocation_size()
            + self.heap_bytes
    }
}

/// One window's accumulators. A table without windows is dense: a key's number is its place.
pub struct Table<Acc> {
    ids: Vec<u32>,
    accs: Vec<Acc>,
    /// Open addressing: a key's number plus one, and its place; zero is free.
    slots: Vec<(u32, u32)>,
}

impl<Acc> Table<Acc> {
    fn new() -> Self {
        Table { ids: Vec::new(), accs: Vec::new(), slots: Vec::new() }
    }

    /// The place of a key's accumulator, made by `zero` if there is none.
    #[inline(always)]
    fn place(&mut self, id: u32, zero: impl FnOnce() -> Acc) -> usize {
        let mask = self.slots.len().wrapping_sub(1);
        let mut slot = start(id, mask);
        // A table without slots has a mask of all ones and finds none.
        while let Some((held, place)) = self.slots.get(slot) {
            if *held == id + 1 {
                return *place as usize;
            }
            if *held == 0 {
                break;
            }
            slot = (slot + 1) & mask;
        }
        self.add(id, zero())
    }

    #[inline(never)]
    fn add(&mut self, id: u32, acc: Acc) -> usize {
        if (self.accs.len() + 1) * 8 > self.slots.len() * 5 {
            let len = (self.slots.len() * 2).max(16);
            self.slots.clear();
            self.slots.resize(len, (0, 0));
            for (place, id) in self.ids.iter().enumerate() {
                put(&mut self.slots, *id, place as u32);
            }
        }
        let place = self.accs.len();
        put(&mut self.slots, id, place as u32);
        self.ids.push(id);
        self.accs.push(acc);
        place
    }

    /// Every key's number and accumulator.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &Acc)> {
        let dense = self.ids.is_empty();
        self.accs
            .iter()
            .enumerate()
            .map(move |(place, acc)| (if dense { place as u32 } else { self.ids[place] }, acc))
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.accs.len()
    }

    fn bytes(&self) -> usize {
        self.ids.capacity() * 4
            + self.accs.capacity() * size_of::<Acc>()
            + self.slots.capacity() * 8
    }
}

#[inline(always)]
fn start(id: u32, mask: usize) -> usize {
    (u64::from(id).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize & mask
}

fn put(slots: &mut [(u32, u32)], id: u32, place: u32) {
    let mask = slots.len() - 1;
    let mut slot = start(id, mask);
    while slots[slot].0 != 0 {
        slot = (slot + 1) & mask;
    }
    slots[slot] = (id + 1, place);
}

/// Keys, windows and accumulators.
pub struct Groups<K, Acc> {
    keys: Keys<K>,
    /// Window starts in order, and the index of each one's table.
    starts: BTreeMap<i64, usize>,
    tables: Vec<Table<Acc>>,
    /// The window of the last record, since the next is likely in the same.
    last: (i64, usize),
}

impl<K: Key, Acc> Default for Groups<K, Acc> {
    fn default() -> Self {
        Groups {
            keys: Keys::new(),
            starts: BTreeMap::new(),
            tables: Vec::new(),
            last: (0, usize::MAX),
        }
    }
}

impl<K: Key, Acc> Groups<K, Acc> {
    /// The keys.
    pub fn keys(&self) -> &Keys<K> {
        &self.keys
    }

    /// The keys, to give numbers to new ones.
    #[inline(always)]
    pub fn keys_mut(&mut self) -> &mut Keys<K> {
        &mut self.keys
    }

    /// The accumulator of a key where there are no windows. Each number must be asked for once
    /// before the next one is given.
    #[inline(always)]
    pub fn dense(&mut self, id: u32, zero: impl FnOnce() -> Acc) -> &mut Acc {
        let table = match self.tables.first() {
            Some(_) => 0,
            None => self.table(0),
        };
        let accs = &mut self.tables[table].accs;
        if id as usize == accs.len() {
            accs.push(zero());
        }
        &mut accs[id as usize]
    }

    /// The accumulator of a key in the window that begins at `start`; true if it is new.
    #[inline(always)]
    pub fn windowed(
        &mut self,
        start: i64,
        id: u32,
        zero: impl FnOnce() -> Acc,
    ) -> (&mut Acc, bool) {
        let table = match self.last {
            (last, table) if last == start && table < self.tables.len() => table,
            _ => self.table(start),
        };
        let table = &mut self.tables[table];
        let before = table.accs.len();
        let place = table.place(id, zero);
        let new = table.accs.len() > before;
        (&mut table.accs[place], new)
    }

    #[inline(never)]
    fn table(&mut self, start: i64) -> usize {
        let tables = &mut self.tables;
        let table = *self.starts.entry(start).or_insert_with(|| {
            tables.push(Table::new());
            tables.len() - 1
        });
        self.last = (start, table);
        table
    }

    /// The windows in order, with their tables.
    pub fn iter(&self) -> impl Iterator<Item = (i64, &Table<Acc>)> {
        self.starts.iter().map(|(start, table)| (*start, &self.tables[*table]))
    }

    /// The table of one window.
    pub fn window(&self, start: i64) -> Option<&Table<Acc>> {
        self.starts.get(&start).map(|table| &self.tables[*table])
    }

    /// One group's accumulator.
    pub fn get(&self, start: i64, id: u32) -> Option<&Acc> {
        let table = self.window(start)?;
        if table.ids.is_empty() {
            return table.accs.get(id as usize);
        }
        let mask = table.slots.len().wrapping_sub(1);
        let mut slot = self::start(id, mask);
        loop {
            match table.slots.get(slot)? {
                (0, _) => return None,
                (held, place) if *held == id + 1 => return table.accs.get(*place as usize),
                _ => slot = (slot + 1) & mask,
            }
        }
    }

    /// The first window's start.
    pub fn first(&self) -> Option<i64> {
        self.starts.keys().next().copied()
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        self.tables.iter().map(Table::len).sum()
    }

    /// Frees a window; its keys stay until [`forget`](Groups::forget).
    pub fn remove(&mut self, start: i64) {
        if let Some(table) = self.starts.remove(&start) {
            self.tables[table] = Table::new();
            self.last = (0, usize::MAX);
        }
    }

    /// Gives up the keys that no window holds, if they are most of them.
    pub fn forget(&mut self) {
        let few_windows = self.starts.len() * 2 + 16 < self.tables.len();
        if !few_windows && self.keys.len() <= 2 * self.len() + 1024 {
            return;
        }
        let mut kept = Groups::default();
        for (start, table) in std::mem::take(&mut self.starts) {
            let table = std::mem::replace(&mut self.tables[table], Table::new());
            for (id, acc) in table.ids.into_iter().zip(table.accs) {
                let id = kept.keys.intern(self.keys.get(id), self.keys.hash(id));
                kept.windowed(start, id, || acc);
            }
        }
        *self = kept;
    }

    /// About how many bytes of memory all of it takes.
    pub fn bytes(&self) -> usize {
        self.keys.bytes() + self.tables.iter().map(Table::bytes).sum::<usize>()
    }
}

/// Which of `parts` shards a hash belongs to.
#[inline(always)]
pub fn part(hash: u64, parts: usize) -> usize {
    ((u128::from(hash) * parts as u128) >> 64) as usize
}

/// Merges an accumulator into that of its key and window; true if the group is new.
pub fn merge<K: Key, A: Aggregate>(
    groups: &mut Groups<K, A::Acc>,
    windowed: bool,
    aggregate: &A,
    start: i64,
    key: (K::View<'_>, u64),
    acc: A::Acc,
) -> bool {
    let known = groups.keys.len();
    let id = groups.keys.intern(key.0, key.1);
    if !windowed {
        aggregate.merge(groups.dense(id, || aggregate.zero()), acc);
        return id as usize == known;
    }
    let (held, new) = groups.windowed(start, id, || aggregate.zero());
    aggregate.merge(held, acc);
    new
}
