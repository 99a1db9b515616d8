//! States that go from record to record.

use super::{Give, InOrder};
use ouzel_dsl::{Data, Key};
use std::marker::PhantomData;

/// The state of a key after each record.
pub struct Scan<T, S, F> {
    init: Vec<u8>,
    next: F,
    types: PhantomData<fn() -> (T, S)>,
}

/// The same with the key: what `fold` is made of.
pub struct Fold<T, S, F>(Scan<T, S, F>);

/// What all records of a key up to each one have been reduced to, with the key.
pub struct Reduce<T, F> {
    reduce: F,
    record: PhantomData<fn() -> T>,
}

impl<T, S: Data, F> Scan<T, S, F> {
    pub fn new(init: S, next: F) -> Self {
        let mut bytes = Vec::new();
        S::store(init.view(), &mut bytes);
        Scan { init: bytes, next, types: PhantomData }
    }
}

impl<T, S: Data, F> Fold<T, S, F> {
    pub fn new(init: S, next: F) -> Self {
        Fold(Scan::new(init, next))
    }
}

impl<T, F> Reduce<T, F> {
    pub fn new(reduce: F) -> Self {
        Reduce { reduce, record: PhantomData }
    }
}

impl<T, S, F: Clone> Clone for Scan<T, S, F> {
    fn clone(&self) -> Self {
        Scan { init: self.init.clone(), next: self.next.clone(), types: PhantomData }
    }
}

impl<T, S, F: Clone> Clone for Fold<T, S, F> {
    fn clone(&self) -> Self {
        Fold(self.0.clone())
    }
}

impl<T, F: Clone> Clone for Reduce<T, F> {
    fn clone(&self) -> Self {
        Reduce { reduce: self.reduce.clone(), record: PhantomData }
    }
}

/// A closure that changes a state by a record.
pub trait Next<T: Data, S>:
    for<'a, 'b, 'c> Fn(&'a mut S, &'b T::View<'c>) + Clone + Send + Sync + 'static
{
}

impl<T: Data, S, F> Next<T, S> for F where
    F: for<'a, 'b, 'c> Fn(&'a mut S, &'b T::View<'c>) + Clone + Send + Sync + 'static
{
}

impl<K: Key, T: Data, S: Data, F: Next<T, S>> InOrder<K> for Scan<T, S, F> {
    type In = T;
    type Out = S;
    type State = S;

    fn load(&self, bytes: &[u8]) -> Option<S> {
        let mut bytes = if bytes.is_empty() { self.init.as_slice() } else { bytes };
        S::load(&mut bytes).map(S::own)
    }

    fn save(&self, state: &S, out: &mut Vec<u8>) {
        S::store(state.view(), out);
    }

    fn see(
        &self,
        state: &mut S,
        _: K::View<'_>,
        record: T::View<'_>,
        _: i64,
        give: Give<'_, S>,
    ) -> Result<(), String> {
        (self.next)(state, &record);
        give(state.view());
        Ok(())
    }
}

impl<K: Key, T: Data, S: Data, F: Next<T, S>> InOrder<K> for Fold<T, S, F> {
    type In = T;
    type Out = (K, S);
    type State = S;

    fn load(&self, bytes: &[u8]) -> Option<S> {
        InOrder::<K>::load(&self.0, bytes)
    }

    fn save(&self, state: &S, out: &mut Vec<u8>) {
        InOrder::<K>::save(&self.0, state, out);
    }

    fn see(
        &self,
        state: &mut S,
        key: K::View<'_>,
        record: T::View<'_>,
        _: i64,
        give: Give<'_, (K, S)>,
    ) -> Result<(), String> {
        (self.0.next)(state, &record);
        give((K::shorten(key), state.view()));
        Ok(())
    }
}

/// A closure that makes one record of two.
pub trait Two<T: Data>:
    for<'a, 'b, 'c, 'd> Fn(&'a T::View<'b>, &'c T::View<'d>) -> T + Clone + Send + Sync + 'static
{
}

impl<T: Data, F> Two<T> for F where
    F: for<'a, 'b, 'c, 'd> Fn(&'a T::View<'b>, &'c T::View<'d>) -> T
        + Clone
        + Send
        + Sync
        + 'static
{
}

impl<K: Key, T: Data, F: Two<T>> InOrder<K> for Reduce<T, F> {
    type In = T;
    type Out = (K, T);
    type State = Option<T>;

    fn load(&self, bytes: &[u8]) -> Option<Option<T>> {
        match bytes {
            [] => Some(None),
            mut bytes => T::load(&mut bytes).map(|view| Some(T::own(view))),
        }
    }

    fn save(&self, state: &Option<T>, out: &mut Vec<u8>) {
        if let Some(state) = state {
            T::store(state.view(), out);
        }
    }

    fn see(
        &self,
        state: &mut Option<T>,
        key: K::View<'_>,
        record: T::View<'_>,
        _: i64,
        give: Give<'_, (K, T)>,
    ) -> Result<(), String> {
        let next = match state {
            Some(held) => (self.reduce)(&held.view(), &record),
            None => T::own(record),
        };
        give((K::shorten(key), state.insert(next).view()));
        Ok(())
    }
}
