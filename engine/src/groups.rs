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

    fn bytes(&self) -> usize {
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

/// One window's accumulators. A table without windows is dense: a key's number is its place.
pub struct Table<Acc> {
    ids: Vec<u32>,
    accs: Vec<Acc>,
    /// Open addressing: a key's number plus one, and its place; zero is free.
    slots: Vec<(u32, u32)>,
    /// What the accumulators hold on the heap.
    heap_bytes: usize,
}

impl<Acc> Table<Acc> {
    fn new() -> Self {
        Table { ids: Vec::new(), accs: Vec::new(), slots: Vec::new(), heap_bytes: 0 }
    }

    /// The place of a key's accumulator. A dense table has no slots, and finds none.
    #[inline(always)]
    fn find(&self, id: u32) -> Option<usize> {
        let mask = self.slots.len().wrapping_sub(1);
        let mut slot = start(id, mask);
        while let Some((held, place)) = self.slots.get(slot) {
            if *held == id + 1 {
                return Some(*place as usize);
            }
            if *held == 0 {
                break;
            }
            slot = (slot + 1) & mask;
        }
        None
    }

    /// Adds a key's first accumulator; its place.
    #[inline(never)]
    fn insert<A: Aggregate<Acc = Acc>>(
        &mut self,
        aggregate: &A,
        id: u32,
        all: &mut usize,
    ) -> usize {
        // Slots are kept five eighths full at the most.
        if self.ids.len() >= self.slots.len() / 8 * 5 {
            self.resize(all, Table::grow);
        }
        self.ids.push(id);
        put(&mut self.slots, id, self.accs.len() as u32);
        self.push(aggregate, all);
        self.accs.len() - 1
    }

    /// Makes room for as many again.
    fn grow(&mut self) {
        let len = (self.slots.len() * 2).max(8);
        self.ids.reserve_exact(len / 8 * 5 - self.ids.len());
        self.accs.reserve_exact(len / 8 * 5 - self.accs.len());
        self.slots = vec![(0, 0); len];
        self.fill_slots();
    }

    fn fill_slots(&mut self) {
        for (place, id) in self.ids.iter().enumerate() {
            put(&mut self.slots, *id, place as u32);
        }
    }

    /// Adds an accumulator, and counts what it takes here and in `all`.
    #[inline(always)]
    fn push<A: Aggregate<Acc = Acc>>(&mut self, aggregate: &A, all: &mut usize) {
        let zero = aggregate.zero();
        let bytes = aggregate.heap_bytes(&zero);
        self.heap_bytes += bytes;
        *all += bytes;
        if self.accs.len() == self.accs.capacity() {
            self.resize(all, |table| table.accs.reserve(1));
        }
        self.accs.push(zero);
    }

    #[inline(never)]
    fn resize(&mut self, all: &mut usize, resize: impl FnOnce(&mut Self)) {
        *all -= self.bytes();
        resize(self);
        *all += self.bytes();
    }

    /// Changes an accumulator, and counts what that takes here and in `all`: nothing needs to be
    /// done where accumulators hold nothing on the heap.
    #[inline(always)]
    fn change<A: Aggregate<Acc = Acc>>(
        &mut self,
        aggregate: &A,
        place: usize,
        all: &mut usize,
        change: impl FnOnce(&mut Acc),
    ) {
        let acc = &mut self.accs[place];
        let before = aggregate.heap_bytes(acc);
        change(acc);
        let after = aggregate.heap_bytes(acc);
        if after != before {
            self.heap_bytes = (self.heap_bytes + after).saturating_sub(before);
            *all = (*all + after).saturating_sub(before);
        }
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
        self.ids.capacity() * size_of::<u32>()
            + self.accs.capacity() * size_of::<Acc>()
            + self.slots.capacity() * size_of::<(u32, u32)>()
            + self.heap_bytes
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
    /// What all tables take, kept up to date since there may be very many.
    tables_bytes: usize,
    /// The window of the last record, since the next is likely in the same.
    last: (i64, usize),
}

/// No window was the last one's.
const NO_WINDOW: (i64, usize) = (0, usize::MAX);

impl<K: Key, Acc> Default for Groups<K, Acc> {
    fn default() -> Self {
        Groups {
            keys: Keys::new(),
            starts: BTreeMap::new(),
            tables: Vec::new(),
            tables_bytes: 0,
            last: NO_WINDOW,
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

    /// Changes the accumulator of a key where there are no windows; it is made if there is none.
    /// Each number must be asked for once before the next one is given.
    #[inline(always)]
    pub fn dense<A: Aggregate<Acc = Acc>>(
        &mut self,
        aggregate: &A,
        id: u32,
        change: impl FnOnce(&mut Acc),
    ) {
        if self.tables.is_empty() {
            self.table(0);
        }
        let table = &mut self.tables[0];
        if id as usize == table.accs.len() {
            table.push(aggregate, &mut self.tables_bytes);
        }
        table.change(aggregate, id as usize, &mut self.tables_bytes, change);
    }

    /// Changes the accumulator of a key in the window that begins at `start`; it is made if there
    /// is none.
    #[inline(always)]
    pub fn windowed<A: Aggregate<Acc = Acc>>(
        &mut self,
        aggregate: &A,
        start: i64,
        id: u32,
        change: impl FnOnce(&mut Acc),
    ) {
        let table = match self.last {
            (last, table) if last == start && table < self.tables.len() => table,
            _ => self.table(start),
        };
        let (table, all) = (&mut self.tables[table], &mut self.tables_bytes);
        let place = match table.find(id) {
            Some(place) => place,
            None => table.insert(aggregate, id, all),
        };
        table.change(aggregate, place, all, change);
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
        let place = if table.ids.is_empty() { id as usize } else { table.find(id)? };
        table.accs.get(place)
    }

    /// The first window's start.
    pub fn first(&self) -> Option<i64> {
        self.starts.keys().next().copied()
    }

    /// Whether there are no groups.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// Frees a window; its keys stay until [`forget`](Groups::forget).
    pub fn remove(&mut self, start: i64) {
        if let Some(table) = self.starts.remove(&start) {
            let table = std::mem::replace(&mut self.tables[table], Table::new());
            self.tables_bytes -= table.bytes();
            self.last = NO_WINDOW;
        }
    }

    /// Gives up the keys that no window holds, if they are most of them. There must be windows.
    pub fn forget(&mut self) {
        let groups: usize = self.tables.iter().map(Table::len).sum();
        let few_windows = self.starts.len() * 2 + 16 < self.tables.len();
        if !few_windows && self.keys.len() <= 2 * groups + 1024 {
            return;
        }
        let mut kept = Groups::default();
        for (start, table) in std::mem::take(&mut self.starts) {
            let mut table = std::mem::replace(&mut self.tables[table], Table::new());
            for id in &mut table.ids {
                *id = kept.keys.intern(self.keys.get(*id), self.keys.hash(*id));
            }
            table.slots.fill((0, 0));
            table.fill_slots();
            kept.tables_bytes += table.bytes();
            kept.starts.insert(start, kept.tables.len());
            kept.tables.push(table);
        }
        *self = kept;
    }

    /// About how many bytes of memory all of it takes.
    pub fn bytes(&self) -> usize {
        // A tree's entries are two words, in nodes that are two thirds full.
        let windows = self.starts.len() * 24 + self.tables.capacity() * size_of::<Table<Acc>>();
        self.keys.bytes() + windows + self.tables_bytes
    }
}

/// Which of `parts` shards a hash belongs to.
#[inline(always)]
pub fn part(hash: u64, parts: usize) -> usize {
    ((u128::from(hash) * parts as u128) >> 64) as usize
}

/// Merges an accumulator into that of its key and window; the key's number.
pub fn merge<K: Key, A: Aggregate>(
    groups: &mut Groups<K, A::Acc>,
    windowed: bool,
    aggregate: &A,
    start: i64,
    key: (K::View<'_>, u64),
    acc: A::Acc,
) -> u32 {
    let id = groups.keys.intern(key.0, key.1);
    let change = |held: &mut A::Acc| aggregate.merge(held, acc);
    match windowed {
        true => groups.windowed(aggregate, start, id, change),
        false => groups.dense(aggregate, id, change),
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;
    use ouzel_dsl::{Arg, max};

    /// What the running count must be.
    fn counted(groups: &Groups<i64, Option<String>>) -> usize {
        let heap = |table: &Table<Option<String>>| -> usize {
            table.accs.iter().flatten().map(String::capacity).sum()
        };
        groups.tables.iter().map(|table| table.bytes() - table.heap_bytes + heap(table)).sum()
    }

    #[test]
    fn bytes_are_counted_as_groups_come_change_and_go() {
        let longest = max(Arg::<String>::new());
        let mut groups = Groups::<i64, Option<String>>::default();
        for n in 0..40_000i64 {
            let (window, key) = (n / 1_000, n % 700);
            let text = Some("x".repeat((n * 7 % 300) as usize));
            merge(&mut groups, true, &longest, window, (key, hash::<i64>(key)), text);
            if n % 1_000 == 999 && window % 3 == 1 {
                groups.remove(window);
            }
        }
        assert_eq!(groups.tables_bytes, counted(&groups));
        (0..39).for_each(|window| groups.remove(window));
        groups.forget();
        assert_eq!((groups.tables.len(), groups.tables_bytes), (1, counted(&groups)));
        assert!(groups.tables_bytes > 700 * 200, "{}", groups.tables_bytes);
    }
}
