//! The rows of a table that was filtered or mapped, or is not held by its own key, held by that.

use crate::monoid::{Moment, Monoid, Takes};
use crate::tabled::{Give, Tabled};
use crate::weighted::Weighted;
use ouzel_dsl::{Data, Key, Unwindowed};
use std::marker::PhantomData;

/// Rows by key, as they come and go.
pub struct Arranged<V>(PhantomData<fn() -> V>);

impl<V> Arranged<V> {
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Arranged(PhantomData)
    }
}

impl<V> Clone for Arranged<V> {
    fn clone(&self) -> Self {
        Arranged(PhantomData)
    }
}

impl<V: Data> Monoid for Arranged<V> {
    type Acc = Weighted;

    fn zero(&self) -> Weighted {
        Weighted::default()
    }

    fn merge(&self, acc: &mut Weighted, other: Weighted) {
        acc.merge(other);
    }

    fn heap_bytes(&self, acc: &Weighted) -> usize {
        acc.heap_bytes()
    }
}

impl<V: Data> Takes<0> for Arranged<V> {
    type In = V;

    fn add(&self, acc: &mut Weighted, value: V::View<'_>, moment: Moment<'_>) {
        acc.add::<V>(value, moment.weight);
    }
}

impl<K: Key, V: Data> Tabled<K, Unwindowed> for Arranged<V> {
    type Keys = K;
    type Values = V;
    const REMOVES: bool = true;

    fn rows(
        &self,
        _: Unwindowed,
        key: K::View<'_>,
        _: i64,
        acc: &Weighted,
        give: &mut impl Give<K, V>,
    ) -> Result<(), String> {
        acc.iter::<V>().for_each(|value| give(key, value));
        Ok(())
    }

    fn is_empty(&self, acc: &Weighted) -> bool {
        acc.is_empty()
    }
}
