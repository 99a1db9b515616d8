//! Records with an earlier one of their key.

use super::{Give, InOrder};
use ouzel_dsl::{Data, Key};
use std::collections::VecDeque;
use std::marker::PhantomData;

/// Each record, and the one that came so many before it.
pub struct Lag<T> {
    back: usize,
    record: PhantomData<fn() -> T>,
}

impl<T> Lag<T> {
    pub fn new(back: usize) -> Self {
        Lag { back, record: PhantomData }
    }
}

impl<T> Clone for Lag<T> {
    fn clone(&self) -> Self {
        Lag { ..*self }
    }
}

impl<K: Key, T: Data> InOrder<K> for Lag<T> {
    type In = T;
    type Out = (T, Option<T>);
    /// The last records, as bytes.
    type State = VecDeque<Vec<u8>>;

    fn load(&self, bytes: &[u8]) -> Option<Self::State> {
        match bytes {
            [] => Some(VecDeque::new()),
            bytes => postcard::from_bytes(bytes).ok(),
        }
    }

    fn save(&self, state: &Self::State, out: &mut Vec<u8>) {
        // Vectors of bytes can always be written.
        out.extend(postcard::to_allocvec(state).unwrap_or_default());
    }

    fn see(
        &self,
        state: &mut Self::State,
        _: K::View<'_>,
        record: T::View<'_>,
        _: i64,
        give: Give<'_, Self::Out>,
    ) -> Result<(), String> {
        let mut held = Vec::new();
        T::store(record, &mut held);
        state.push_back(held);
        let earlier = (state.len() > self.back).then(|| state.pop_front()).flatten();
        let earlier = earlier.as_ref().and_then(|bytes| T::load(&mut bytes.as_slice()));
        give((T::shorten(record), earlier));
        Ok(())
    }

    fn told_by(
        &self,
        records: &[(i64, &[u8])],
        give: Give<'_, Self::Out>,
    ) -> Option<Result<(), String>> {
        let (_, mut last) = *records.last()?;
        let earlier = records.len().checked_sub(self.back + 1).map(|nth| records[nth].1);
        let earlier = earlier.map(|mut earlier| T::load(&mut earlier));
        give((T::load(&mut last)?, earlier.flatten()));
        Some(Ok(()))
    }
}
