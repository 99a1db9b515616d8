use super::encoding::encoded;
use super::key_set::decode;
use super::{Aggregate, Arg, DataOf, Idempotent, Invertible};
use crate::data::{Data, Produce};
use crate::key::Key;
use crate::place::Place;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::marker::PhantomData;

/// An aggregate for each key among a group's records. See [`per_key`].
#[allow(clippy::type_complexity)]
pub struct PerKey<K, A>(A, PhantomData<fn() -> K>);

impl<K, A: Clone> Clone for PerKey<K, A> {
    fn clone(&self) -> Self {
        PerKey(self.0.clone(), PhantomData)
    }
}

/// An aggregate for each key among the group's records, as a `Vec` of keys and results in the order
/// of keys. A key that is `None` does not count.
///
/// It takes whatever can be a [`Key`], and gives keys as keys are: -0.0 as 0.0, and all NaN as one.
/// In a job, `per_key(|b| b.channel, count())`. What stands within may be a tuple or a record of
/// aggregates, and hold more combinators. The column is that of what stands within, `_per_` and the
/// key's field.
///
/// It is no second `key_by`: a group holds all of its keys and is one row, so that it suits keys
/// that are few. Each takes about as many bytes as it has, 50 more, and what its aggregate holds.
///
/// ```
/// use ouzel_dsl::{Arg, laws, per_key, sum};
///
/// let sums = per_key(Arg::<Option<i64>>::new(), sum(Arg::<f64>::new()));
/// let values = [(Some(7), 0.5), (None, 9.0), (Some(-1), 2.0), (Some(7), 0.25)];
/// assert_eq!(laws::result(&sums, &values)?, [(-1, 2.0), (7, 0.75)]);
/// # Ok::<(), String>(())
/// ```
pub fn per_key<P: Produce, A>(_: Arg<P>, aggregate: A) -> PerKey<<DataOf<P> as Key>::Itself, A>
where
    DataOf<P>: Key,
{
    PerKey(aggregate, PhantomData)
}

/// An accumulator for each key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ByKey<T> {
    /// By a key's encoding: how many values it has, and their accumulator.
    groups: BTreeMap<Vec<u8>, (u64, T)>,
    /// What keys and accumulators hold on the heap.
    heap_bytes: usize,
}

impl<K: Key, A: Aggregate> PerKey<K, A> {
    /// Changes the accumulator of a key by so many values.
    #[inline]
    fn change(
        &self,
        acc: &mut ByKey<A::Acc>,
        key: &[u8],
        values: u64,
        change: impl FnOnce(&mut A::Acc),
    ) {
        let ByKey { groups, heap_bytes } = acc;
        // Most keys are there already, and need not be owned.
        if let Some((held, group)) = groups.get_mut(key) {
            let before = self.0.heap_bytes(group);
            *held = held.wrapping_add(values);
            change(group);
            *heap_bytes = (*heap_bytes + self.0.heap_bytes(group)).saturating_sub(before);
        } else {
            let mut group = self.0.zero();
            change(&mut group);
            *heap_bytes += key.len() + self.0.heap_bytes(&group);
            groups.insert(key.to_vec(), (values, group));
        }
    }
}

impl<K: Key, A: Aggregate> Aggregate for PerKey<K, A> {
    type In = (K, A::In);
    type Acc = ByKey<A::Acc>;
    type Out = Vec<(K::Present, A::Out)>;

    fn zero(&self) -> Self::Acc {
        ByKey { groups: BTreeMap::new(), heap_bytes: 0 }
    }

    #[inline]
    fn add(&self, acc: &mut Self::Acc, (key, value): <Self::In as Data>::View<'_>) {
        if let Some(key) = K::present(key) {
            encoded::<K::Present, _>(key, |key| {
                self.change(acc, key, 1, |group| self.0.add(group, value));
            });
        }
    }

    const ORDERED: bool = A::ORDERED;

    #[inline]
    fn add_at(
        &self,
        acc: &mut Self::Acc,
        (key, value): <Self::In as Data>::View<'_>,
        place: Place<'_>,
    ) {
        if let Some(key) = K::present(key) {
            encoded::<K::Present, _>(key, |key| {
                self.change(acc, key, 1, |group| self.0.add_at(group, value, place));
            });
        }
    }

    fn merge(&self, acc: &mut Self::Acc, mut other: Self::Acc) {
        if other.groups.len() > acc.groups.len() {
            std::mem::swap(acc, &mut other);
        }
        for (key, (values, group)) in other.groups {
            self.change(acc, &key, values, |held| self.0.merge(held, group));
        }
    }

    fn finish(&self, acc: &Self::Acc) -> Result<Self::Out, String> {
        // A key may have been taken out again.
        let groups = acc.groups.iter().filter(|(_, (values, _))| *values > 0);
        let results =
            groups.map(|(key, (_, group))| Ok((decode(&mut &key[..])?, self.0.finish(group)?)));
        results.collect()
    }

    #[inline]
    fn heap_bytes(&self, acc: &Self::Acc) -> usize {
        // A node of the tree is two thirds full.
        let entry = size_of::<(Vec<u8>, (u64, A::Acc))>() * 3 / 2;
        acc.groups.len() * entry + acc.heap_bytes
    }

    fn check(&self) -> Result<(), String> {
        self.0.check()
    }
}

impl<K: Key, A: Invertible> Invertible for PerKey<K, A> {
    fn subtract(&self, acc: &mut Self::Acc, other: Self::Acc) {
        for (key, (values, group)) in other.groups {
            self.change(acc, &key, values.wrapping_neg(), |held| self.0.subtract(held, group));
        }
    }
}

impl<K: Key, A: Idempotent> Idempotent for PerKey<K, A> {}
