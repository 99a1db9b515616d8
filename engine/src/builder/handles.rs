//! Where stages find their ports: a handle knows the type of what is at its index.

use crate::combiner::Combiner;
use crate::output::Output;
use ouzel_dsl::stage::Ports;
use ouzel_dsl::{Aggregate, Data, Key, Tie, Windows};
use std::cell::RefMut;
use std::marker::PhantomData;

/// Key, windows and aggregate, none of which is held.
type Types<K, W, A> = PhantomData<fn() -> (K, W, A)>;

/// Where a stage finds the combiner of a keyed operator.
pub struct KeyedHandle<K, W, A> {
    /// The keyed operator's index.
    pub index: usize,
    pub(super) port: usize,
    pub(super) types: Types<K, W, A>,
}

impl<K, W, A> Clone for KeyedHandle<K, W, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, W, A> Copy for KeyedHandle<K, W, A> {}

impl<K, W, A> KeyedHandle<K, W, A> {
    /// The worker's combiner.
    // The bounds stand here, so that rustc names the one that is not met and not this method.
    pub fn port(self, ports: &Ports) -> RefMut<'_, Combiner<K, W, A>>
    where
        K: Key,
        W: Windows,
        A: Aggregate,
    {
        ports.get(self.port)
    }

    /// Whether it asks where records stand in canonical order.
    pub fn ordered(self) -> bool
    where
        A: Aggregate,
    {
        A::ORDERED
    }

    /// The type of the aggregate's result.
    pub fn value(self) -> Tie<A::Out>
    where
        A: Aggregate,
    {
        Tie::new()
    }
}

/// Where a stage finds the rows of an output.
pub struct OutputHandle<T> {
    pub(super) port: usize,
    pub(super) types: PhantomData<fn() -> T>,
}

impl<T> Clone for OutputHandle<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for OutputHandle<T> {}

impl<T: Data> OutputHandle<T> {
    /// The worker's rows.
    pub fn port(self, ports: &Ports) -> RefMut<'_, Output<T>> {
        ports.get(self.port)
    }
}
