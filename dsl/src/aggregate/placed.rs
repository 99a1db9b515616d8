//! Values with the places of their records in canonical order, as bytes.

use crate::data::Data;
use crate::place::{Path, Place, time_of};
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::cmp::Ordering;
use std::marker::PhantomData;

/// A value, and where its record stands in canonical order.
///
/// Both are kept as bytes, and so the value to the bit: a key would lose which zero or NaN it was.
#[derive(Serialize, Deserialize)]
pub struct Placed<T> {
    /// The place, then the value.
    bytes: Vec<u8>,
    place_len: usize,
    #[serde(skip)]
    of: PhantomData<fn() -> T>,
}

impl<T: Data> Placed<T> {
    /// A value at a place.
    pub(super) fn new(place: Place<'_>, value: T::View<'_>) -> Self {
        let mut placed = Placed { bytes: Vec::new(), place_len: 0, of: PhantomData };
        placed.set(place, value);
        placed
    }

    /// Puts another value at another place, in the same memory.
    pub(super) fn set(&mut self, place: Place<'_>, value: T::View<'_>) {
        self.bytes.clear();
        place.write(&mut self.bytes);
        self.place_len = self.bytes.len();
        T::store(value, &mut self.bytes);
    }

    /// The value.
    pub(super) fn value(&self) -> Result<T, String> {
        let value = self.bytes.get(self.place_len..).and_then(|mut bytes| T::load(&mut bytes));
        value.map(T::own).ok_or_else(|| "a kept value cannot be read back".to_owned())
    }
}

impl<T> Placed<T> {
    /// The place, in a form whose order is the canonical order.
    pub(super) fn place(&self) -> &[u8] {
        self.bytes.get(..self.place_len).unwrap_or_default()
    }

    /// How many bytes it holds on the heap.
    #[inline(always)]
    pub fn heap_bytes(&self) -> usize {
        self.bytes.capacity()
    }
}

impl<T> Clone for Placed<T> {
    fn clone(&self) -> Self {
        Placed { bytes: self.bytes.clone(), place_len: self.place_len, of: PhantomData }
    }
}

impl<T> std::fmt::Debug for Placed<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Placed").field("place", &self.place()).finish_non_exhaustive()
    }
}

/// Compares a place with a kept one. Mostly their times differ, and nothing is written.
#[inline]
pub(super) fn order(place: Place<'_>, kept: &[u8]) -> Ordering {
    place.time.cmp(&time_of(kept)).then_with(|| {
        thread_local!(static WRITTEN: Cell<Vec<u8>> = const { Cell::new(Vec::new()) });
        let mut written = WRITTEN.take();
        written.clear();
        place.write(&mut written);
        let order = written.as_slice().cmp(kept);
        WRITTEN.set(written);
        order
    })
}

/// Where a value stands that is added without a place.
pub(super) const NOWHERE: Place<'static> =
    Place { time: i64::MIN, log: &[], offset: None, path: Path::new() };
