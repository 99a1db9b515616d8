//! Counters from which values that are frequent can be read.
//!
//! Values are put into groups by a hash, several times by different ones. Of each group it is counted
//! how many records it has, and for each bit how many of their values have it set. A value that has
//! more than half of the records of its group is then known bit by bit. All of it is addition, so
//! that no order can be seen (Cormode and Muthukrishnan, "What's hot and what's not: tracking most
//! frequent items dynamically", 2005).

use super::encoding::hash_of;
use crate::key::mix;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// So many times values are put into groups.
const ROWS: usize = 5;

/// The counters.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GroupTest {
    /// A power of two, as many groups in each row.
    width: usize,
    /// Row after row.
    groups: Vec<Group>,
    total: u64,
    heap_bytes: usize,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Group {
    count: u64,
    /// For each bit of the values' bytes, the highest of a byte first, how often it is set.
    ones: Vec<u64>,
}

impl GroupTest {
    /// Of no values.
    pub(super) fn new(width: usize) -> GroupTest {
        let groups = vec![Group::default(); ROWS * width];
        let heap_bytes = groups.capacity() * size_of::<Group>();
        GroupTest { width, groups, total: 0, heap_bytes }
    }

    /// Adds a value that came so often, as bytes.
    pub(super) fn add(&mut self, bytes: &[u8], count: u64) {
        self.total = self.total.wrapping_add(count);
        for place in places(self.width, bytes) {
            let Some(group) = self.groups.get_mut(place) else { continue };
            group.count = group.count.wrapping_add(count);
            self.heap_bytes += group.make_room(8 * bytes.len());
            for (byte, ones) in bytes.iter().zip(group.ones.as_chunks_mut::<8>().0) {
                // Only the bits that are set.
                let mut rest = *byte;
                while rest != 0 {
                    let bit = rest.leading_zeros();
                    ones[bit as usize] = ones[bit as usize].wrapping_add(count);
                    rest &= !(0x80 >> bit);
                }
            }
        }
    }

    /// Adds other counters.
    pub(super) fn merge(&mut self, other: GroupTest) {
        self.total = self.total.wrapping_add(other.total);
        for (group, other) in self.groups.iter_mut().zip(other.groups) {
            group.count = group.count.wrapping_add(other.count);
            self.heap_bytes += group.make_room(other.ones.len());
            for (ones, other) in group.ones.iter_mut().zip(other.ones) {
                *ones = ones.wrapping_add(other);
            }
        }
    }

    /// The values that have more than half of the records of one of their groups, and at most how
    /// often each came. `value_at_front` gives the value that bytes begin with, if they do, since
    /// zeros follow where another value is longer.
    pub(super) fn found(
        &self,
        value_at_front: impl Fn(&[u8]) -> Option<Vec<u8>>,
    ) -> Vec<(Vec<u8>, u64)> {
        let mut found = BTreeMap::new();
        for (place, group) in self.groups.iter().enumerate().filter(|(_, group)| group.count > 0) {
            if let Some(value) = value_at_front(&group.frequent())
                // What is put together from several values mostly belongs elsewhere.
                && places(self.width, &value).any(|own| own == place)
            {
                found.entry(value).or_insert(0);
            }
        }
        for (value, count) in &mut found {
            let groups = places(self.width, value).filter_map(|place| self.groups.get(place));
            *count = groups.map(|group| group.at_most(value)).min().unwrap_or(0);
        }
        found.into_iter().collect()
    }

    /// How many records there were.
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// How many bytes it holds on the heap.
    #[inline(always)]
    pub(super) fn heap_bytes(&self) -> usize {
        self.heap_bytes
    }
}

impl Group {
    /// Makes room for so many bits; gives how many bytes more that takes.
    fn make_room(&mut self, bits: usize) -> usize {
        let before = self.ones.capacity();
        if bits > self.ones.len() {
            // Values are about as long as each other: there is no need for more.
            self.ones.reserve_exact(bits - self.ones.len());
            self.ones.resize(bits, 0);
        }
        (self.ones.capacity() - before) * size_of::<u64>()
    }

    /// The bytes whose bits are those of more than half of the records.
    fn frequent(&self) -> Vec<u8> {
        let bit = |ones: &u64| u8::from(*ones > self.count / 2);
        let bytes = self.ones.as_chunks::<8>().0;
        bytes.iter().map(|ones| ones.iter().fold(0, |byte, ones| byte << 1 | bit(ones))).collect()
    }

    /// How often a value came at most: no bit that it has has fewer records.
    fn at_most(&self, value: &[u8]) -> u64 {
        let bits = self.ones.iter().enumerate().map(|(at, ones)| {
            let set = value.get(at / 8).is_some_and(|byte| byte & (0x80 >> (at % 8)) != 0);
            if set { *ones } else { self.count.wrapping_sub(*ones) }
        });
        bits.min().map_or(self.count, |least| least.min(self.count))
    }
}

/// The groups of a value, one in each row.
fn places(width: usize, bytes: &[u8]) -> impl Iterator<Item = usize> + use<> {
    let hash = hash_of(bytes);
    (0..ROWS)
        .map(move |row| row * width + (mix(hash, row as u64 + 1) as usize & width.wrapping_sub(1)))
}
