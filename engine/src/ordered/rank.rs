//! Records with their numbers.

use super::{Give, InOrder};
use ouzel_dsl::{Data, Key};
use std::marker::PhantomData;

/// Each record, and its number among those of its key, from 1.
pub struct Rank<T>(PhantomData<fn() -> T>);

impl<T> Rank<T> {
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Rank(PhantomData)
    }
}

impl<T> Clone for Rank<T> {
    fn clone(&self) -> Self {
        Rank(PhantomData)
    }
}

impl<K: Key, T: Data> InOrder<K> for Rank<T> {
    type In = T;
    type Out = (T, u64);
    type State = u64;

    fn load(&self, bytes: &[u8]) -> Option<u64> {
        match bytes {
            [] => Some(0),
            bytes => bytes.try_into().ok().map(u64::from_le_bytes),
        }
    }

    fn save(&self, state: &u64, out: &mut Vec<u8>) {
        out.extend_from_slice(&state.to_le_bytes());
    }

    fn see(
        &self,
        state: &mut u64,
        _: K::View<'_>,
        record: T::View<'_>,
        _: i64,
        give: Give<'_, Self::Out>,
    ) -> Result<(), String> {
        *state += 1;
        give((record, *state));
        Ok(())
    }

    fn told_by(
        &self,
        records: &[(i64, &[u8])],
        give: Give<'_, Self::Out>,
    ) -> Option<Result<(), String>> {
        let (_, mut last) = *records.last()?;
        give((T::load(&mut last)?, records.len() as u64));
        Some(Ok(()))
    }
}
