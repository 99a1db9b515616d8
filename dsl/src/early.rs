//! Results that are shown before they are final.

use std::marker::PhantomData;

/// What a table holds now and then, before it is final: what [`Table::early`](crate::Table::early)
/// gives. It goes to an output, and to no operator.
pub struct Early<K, V>(PhantomData<fn() -> (K, V)>);

impl<K, V> Clone for Early<K, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, V> Copy for Early<K, V> {}

impl<K, V> Early<K, V> {
    #[doc(hidden)]
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Early(PhantomData)
    }

    /// Names the operator before it: its id in plans, and the output's name where it is one of
    /// several.
    pub fn named(self, _name: &'static str) -> Self {
        self
    }
}
