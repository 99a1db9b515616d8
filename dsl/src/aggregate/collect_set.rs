use super::key_set::KeySet;
use super::{Aggregate, Arg, DataOf, Idempotent};
use crate::data::Produce;
use crate::key::Key;
use std::marker::PhantomData;

/// The different values, in order. See [`collect_set`].
pub struct CollectSet<T>(PhantomData<fn() -> T>);

impl<T> Clone for CollectSet<T> {
    fn clone(&self) -> Self {
        CollectSet(PhantomData)
    }
}

/// The different values in the group as a `Vec`, in the order of keys; `None` does not count.
///
/// It takes whatever can be a [`Key`], and values are the same if they are the same key: -0.0 is
/// 0.0, and all NaN are one. In a job, `collect_set(|f| f.dest)`. The column is `collect_set_` and
/// the field's name.
///
/// Each group holds every value once, in about as many bytes as it has and 30 more; adding one
/// takes constant time, and they are sorted when they are read.
///
/// ```
/// use ouzel_dsl::{Arg, collect_set, laws};
///
/// let gates = [Some(7), None, Some(3), Some(7)];
/// assert_eq!(laws::result(&collect_set(Arg::<Option<i64>>::new()), &gates)?, [3, 7]);
/// # Ok::<(), String>(())
/// ```
pub fn collect_set<P: Produce>(_: Arg<P>) -> CollectSet<<DataOf<P> as Key>::Itself>
where
    DataOf<P>: Key,
{
    CollectSet(PhantomData)
}

impl<T: Key> Aggregate for CollectSet<T> {
    type In = T;
    type Acc = KeySet<T::Present>;
    type Out = Vec<T::Present>;

    fn zero(&self) -> Self::Acc {
        KeySet::default()
    }

    #[inline]
    fn add(&self, acc: &mut Self::Acc, value: T::View<'_>) {
        if let Some(value) = T::present(value) {
            acc.insert(value);
        }
    }

    fn merge(&self, acc: &mut Self::Acc, other: Self::Acc) {
        acc.merge(other);
    }

    fn finish(&self, acc: &Self::Acc) -> Result<Self::Out, String> {
        acc.sorted()
    }

    #[inline]
    fn heap_bytes(&self, acc: &Self::Acc) -> usize {
        acc.heap_bytes()
    }
}

impl<T: Key> Idempotent for CollectSet<T> {}
