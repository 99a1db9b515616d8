//! Remembers the numbers of keys by the address of their bytes.
//!
//! Columnar files keep strings in dictionaries, whose values stay at one address for a whole row
//! group although each batch wraps them anew. A key that lies in such a dictionary is found again
//! by its address, without being hashed or compared. The dictionaries are held here for as long as
//! addresses in them are remembered, so that an address cannot come to mean something else.

use arrow::array::{Array, AsArray, RecordBatch, StringArray};

/// A direct-mapped table from address and length to a key's number.
#[derive(Default)]
pub struct Memo {
    slots: Vec<Slot>,
    held: Vec<StringArray>,
    /// From the least to the greatest address of the held dictionaries' values.
    range: std::ops::Range<usize>,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    address: usize,
    len: u32,
    id: u32,
}

/// Slots of 16 bytes: twice the distinct strings of a common dictionary, and yet within a core's
/// cache.
const SLOTS: usize = 1 << 14;

impl Memo {
    /// Told before each chunk: forgets all if the chunk has other dictionaries.
    pub fn begin(&mut self, batch: &RecordBatch) {
        let dictionaries = || {
            batch.columns().iter().filter_map(|column| {
                column.as_any_dictionary_opt()?.values().as_string_opt::<i32>()
            })
        };
        let same = |a: &StringArray, b: &StringArray| {
            a.value_data().as_ptr() == b.value_data().as_ptr()
                && a.value_data().len() == b.value_data().len()
        };
        let kept = dictionaries().count() == self.held.len()
            && dictionaries().zip(&self.held).all(|(a, b)| same(a, b));
        if kept {
            return;
        }
        self.held = dictionaries().filter(|d| !d.is_empty()).cloned().collect();
        self.slots.clear();
        self.range = 0..0;
        // With several dictionaries the range between them is not held: only one is remembered.
        if let [one] = self.held.as_slice() {
            let start = one.value_data().as_ptr() as usize;
            self.range = start..start + one.value_data().len();
            self.slots.resize(SLOTS, Slot::default());
        }
    }

    /// The number of the key whose bytes lie at an address; `find` tells it where it is not
    /// remembered.
    #[inline(always)]
    pub fn get(&mut self, (address, len): (usize, usize), find: impl FnOnce() -> u32) -> u32 {
        if !self.range.contains(&address) {
            return find();
        }
        let hash =
            (address as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - SLOTS.trailing_zeros());
        let slot = &mut self.slots[hash as usize & (SLOTS - 1)];
        if slot.address == address && slot.len as usize == len {
            return slot.id;
        }
        let id = find();
        *slot = Slot { address, len: len as u32, id };
        id
    }

    /// Forgets all: the numbers are given anew.
    pub fn clear(&mut self) {
        self.slots.fill(Slot::default());
    }
}
