//! One window's table from key numbers to accumulators.

use crate::monoid::Monoid;
use ouzel_dsl::Result;

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
    pub(super) fn new() -> Self {
        Table { ids: Vec::new(), accs: Vec::new(), slots: Vec::new(), heap_bytes: 0 }
    }

    /// The place of a key's accumulator. A dense table has no slots, and finds none.
    #[inline(always)]
    pub(super) fn find(&self, id: u32) -> Option<usize> {
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
    pub(super) fn insert<A: Monoid<Acc = Acc>>(
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
    pub(super) fn push<A: Monoid<Acc = Acc>>(&mut self, aggregate: &A, all: &mut usize) {
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
    pub(super) fn change<A: Monoid<Acc = Acc>>(
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

    /// Changes all accumulators, by the numbers of their keys.
    pub(super) fn change_all<A: Monoid<Acc = Acc>>(
        &mut self,
        logic: &A,
        all: &mut usize,
        mut change: impl FnMut(u32, &mut Acc) -> Result<()>,
    ) -> Result<()> {
        let dense = self.ids.is_empty();
        *all -= self.heap_bytes;
        self.heap_bytes = 0;
        for (place, acc) in self.accs.iter_mut().enumerate() {
            change(if dense { place as u32 } else { self.ids[place] }, acc)?;
            self.heap_bytes += logic.heap_bytes(acc);
        }
        *all += self.heap_bytes;
        Ok(())
    }

    /// The accumulator of a key.
    pub fn get(&self, id: u32) -> Option<&Acc> {
        let place = if self.ids.is_empty() { id as usize } else { self.find(id)? };
        self.accs.get(place)
    }

    /// Gives keys other numbers. The table must not be dense.
    pub(super) fn renumber(&mut self, mut number: impl FnMut(u32) -> u32) {
        self.ids.iter_mut().for_each(|id| *id = number(*id));
        self.slots.fill((0, 0));
        self.fill_slots();
    }

    /// Every key's number and accumulator.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &Acc)> {
        let dense = self.ids.is_empty();
        self.accs
            .iter()
            .enumerate()
            .map(move |(place, acc)| (if dense { place as u32 } else { self.ids[place] }, acc))
    }

    /// Takes every key's number and accumulator out.
    pub(super) fn into_accs(self, mut each: impl FnMut(u32, Acc)) {
        let dense = self.ids.is_empty();
        for (place, acc) in self.accs.into_iter().enumerate() {
            each(if dense { place as u32 } else { self.ids[place] }, acc);
        }
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.accs.len()
    }

    #[cfg(test)]
    pub(super) fn heap_bytes(&self) -> usize {
        self.heap_bytes
    }

    pub(super) fn bytes(&self) -> usize {
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
