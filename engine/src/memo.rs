//! Remembers the numbers of keys by the address of their bytes.
//!
//! Columnar files keep strings in dictionaries, whose values stay at one address for a whole row
//! group although each batch wraps them anew. A key that lies in such a dictionary is found again
//! by its address, without being hashed or compared. The dictionaries are held here for as long as
//! addresses in them are remembered, so that an address cannot come to mean something else.

use arrow::array::{Array, AsArray, RecordBatch, StringArray};

/// A direct-mapped table from address and length to a key's number.
///
/// A string's slot is its place in the dictionary, scaled: strings of like length so have slots of
/// their own, and nothing needs to be hashed.
#[derive(Default)]
pub struct Memo {
    slots: Vec<Slot>,
    held: Vec<StringArray>,
    /// The first address of the dictionary's bytes, and how many there are.
    start: usize,
    len: usize,
    /// Slots a byte, in units of 2^-32.
    scale: u64,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    address: usize,
    len: u32,
    id: u32,
}

/// Dictionaries of more strings than this are not worth remembering.
const STRINGS_MAX: usize = 1 << 20;

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
        *self = Memo { held: dictionaries().cloned().collect(), ..Memo::default() };
        // Of several dictionaries the largest is remembered: the others' keys are found quickly.
        let largest = self.held.iter().max_by_key(|d| d.value_data().len());
        if let Some(largest) = largest.filter(|d| d.len() <= STRINGS_MAX) {
            self.start = largest.value_data().as_ptr() as usize;
            self.len = largest.value_data().len();
            let slots = 2 * largest.len() + 1;
            self.scale = ((slots as u64) << 32) / (self.len as u64 + 1);
            self.slots.resize(slots, Slot::default());
        }
    }

    /// The number of the key whose bytes lie at an address; `find` tells it where it is not
    /// remembered.
    #[inline(always)]
    pub fn get(&mut self, (address, len): (usize, usize), find: impl FnOnce() -> u32) -> u32 {
        let place = address.wrapping_sub(self.start);
        if place >= self.len {
            return find();
        }
        let slot = ((place as u128 * u128::from(self.scale)) >> 32) as usize;
        let Some(slot) = self.slots.get_mut(slot) else { return find() };
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
