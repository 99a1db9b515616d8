//! The hash table of keyed state: keys interned once, and for each window a table from key to
//! accumulator.
//!
//! A key is hashed and compared once, to find its number; a window's table is then a small hash
//! table from numbers to accumulators, which lie densely. Records in order of time so work on
//! little memory at a time, and a window is freed as a whole.

mod keys;
mod table;

pub use keys::{Keys, hash};
pub use table::Table;

use crate::monoid::Monoid;
use ouzel_dsl::{Key, Result};
use std::collections::BTreeMap;
use std::sync::Mutex;

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
    /// How many groups may have become empty since they were last looked at.
    untidy: usize,
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
            untidy: 0,
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
    pub fn dense<A: Monoid<Acc = Acc>>(
        &mut self,
        aggregate: &A,
        id: u32,
        change: impl FnOnce(&mut Acc),
    ) {
        if self.tables.is_empty() {
            self.table(0);
        }
        let table = &mut self.tables[0];
        if id as usize == table.len() {
            table.push(aggregate, &mut self.tables_bytes);
        }
        table.change(aggregate, id as usize, &mut self.tables_bytes, change);
    }

    /// Changes the accumulator of a key in the window that begins at `start`; it is made if there
    /// is none.
    #[inline(always)]
    pub fn windowed<A: Monoid<Acc = Acc>>(
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
        self.window(start)?.get(id)
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
            table.renumber(|id| kept.keys.intern(self.keys.get(id), self.keys.hash(id)));
            kept.tables_bytes += table.bytes();
            kept.starts.insert(start, kept.tables.len());
            kept.tables.push(table);
        }
        *self = kept;
    }

    /// Takes all groups out: window, key, its hash, accumulator.
    pub fn into_groups(self, mut each: impl FnMut(i64, K::View<'_>, u64, Acc)) {
        let Groups { keys, starts, mut tables, .. } = self;
        for (start, table) in starts {
            let table = std::mem::replace(&mut tables[table], Table::new());
            table.into_accs(|id, acc| each(start, keys.get(id), keys.hash(id), acc));
        }
    }

    /// The keys, and each group with an accumulator that one thread of many may take.
    #[allow(clippy::type_complexity)]
    pub fn into_cells(self) -> (Keys<K>, Vec<(i64, u32, Mutex<Option<Acc>>)>) {
        let Groups { keys, starts, mut tables, .. } = self;
        let mut cells = Vec::new();
        for (start, table) in starts {
            let table = std::mem::replace(&mut tables[table], Table::new());
            table.into_accs(|id, acc| cells.push((start, id, Mutex::new(Some(acc)))));
        }
        (keys, cells)
    }

    /// Changes all accumulators.
    pub fn change_all<A: Monoid<Acc = Acc>>(
        &mut self,
        logic: &A,
        mut change: impl FnMut(K::View<'_>, &mut Acc) -> Result<()>,
    ) -> Result<()> {
        let Groups { keys, tables, tables_bytes, .. } = self;
        tables.iter_mut().try_for_each(|table| {
            table.change_all(logic, tables_bytes, |id, acc| change(keys.get(id), acc))
        })
    }

    /// Gives up the groups without windows that are as if they had never been, if they are many.
    /// `touched` tells how many may have become so.
    pub fn forget_if<A: Monoid<Acc = Acc>>(
        &mut self,
        touched: usize,
        logic: &A,
        is_empty: impl Fn(&Acc) -> bool,
    ) {
        self.untidy = self.untidy.saturating_add(touched);
        if self.untidy < self.keys.len() / 2 + 1024 {
            return;
        }
        self.untidy = 0;
        let Some(table) = self.tables.first() else { return };
        let kept = table.iter().filter(|(_, acc)| !is_empty(acc)).count();
        if kept > table.len() / 2 {
            return;
        }
        let mut tidy = Groups::default();
        std::mem::take(self).into_groups(|start, key, hash, acc| {
            if !is_empty(&acc) {
                merge(&mut tidy, false, logic, start, (key, hash), acc);
            }
        });
        *self = tidy;
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
pub fn merge<K: Key, A: Monoid>(
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
    use crate::plain::Plain;
    use ouzel_dsl::{Arg, max};

    /// What the running count must be.
    fn counted(groups: &Groups<i64, Option<String>>) -> usize {
        let heap = |table: &Table<Option<String>>| -> usize {
            table.iter().filter_map(|(_, acc)| acc.as_ref()).map(String::capacity).sum()
        };
        let tables = groups.tables.iter();
        tables.map(|table| table.bytes() - table.heap_bytes() + heap(table)).sum()
    }

    #[test]
    fn bytes_are_counted_as_groups_come_change_and_go() {
        let longest = Plain(max(Arg::<String>::new()));
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
