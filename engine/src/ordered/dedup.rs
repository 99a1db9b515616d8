//! Records that repeat no other of their key.

use super::{Give, InOrder};
use ouzel_dsl::{Data, Key};
use std::marker::PhantomData;

/// The records that come later after the last one kept than a length of time, in microseconds.
pub struct Dedup<T> {
    within: i64,
    record: PhantomData<fn() -> T>,
}

impl<T> Dedup<T> {
    pub fn new(within: i64) -> Self {
        Dedup { within, record: PhantomData }
    }
}

impl<T> Clone for Dedup<T> {
    fn clone(&self) -> Self {
        Dedup { ..*self }
    }
}

impl<K: Key, T: Data> InOrder<K> for Dedup<T> {
    type In = T;
    type Out = T;
    /// The event time of the last record that was kept.
    type State = Option<i64>;

    fn load(&self, bytes: &[u8]) -> Option<Option<i64>> {
        match bytes {
            [] => Some(None),
            bytes => bytes.try_into().ok().map(|bytes| Some(i64::from_le_bytes(bytes))),
        }
    }

    fn save(&self, state: &Option<i64>, out: &mut Vec<u8>) {
        out.extend(state.iter().flat_map(|time| time.to_le_bytes()));
    }

    fn see(
        &self,
        state: &mut Option<i64>,
        _: K::View<'_>,
        record: T::View<'_>,
        time: i64,
        give: Give<'_, T>,
    ) -> Result<(), String> {
        if state.is_none_or(|kept| time > kept.saturating_add(self.within)) {
            *state = Some(time);
            give(record);
        }
        Ok(())
    }

    fn useless_after(&self, state: &Option<i64>) -> Option<i64> {
        state.map(|kept| kept.saturating_add(self.within))
    }
}
