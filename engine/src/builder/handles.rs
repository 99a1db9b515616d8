//! Where stages find their ports: a handle knows the type of what is at its index.

use crate::combiner::Combiner;
use crate::monoid::Monoid;
use crate::output::Output;
use ouzel_dsl::stage::Ports;
use ouzel_dsl::{Data, Key, Windows};
use std::cell::RefMut;
use std::marker::PhantomData;

/// Key, windows and what is done, none of which is held.
type Types<K, W, A> = PhantomData<fn() -> (K, W, A)>;

/// Where a stage finds the combiner of a keyed operator.
pub struct KeyedHandle<K, W, A> {
    /// The keyed operator's index.
    pub index: usize,
    pub(super) port: usize,
    pub(super) ordered: bool,
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
        A: Monoid,
    {
        ports.get(self.port)
    }

    /// Whether it asks where records stand in canonical order.
    pub fn ordered(self) -> bool {
        self.ordered
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
