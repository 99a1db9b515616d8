use super::key_set::KeySet;
use super::{Aggregate, Arg, DataOf, Idempotent};
use crate::data::Produce;
use crate::key::Key;
use std::marker::PhantomData;

/// The number of different values. See [`count_distinct`].
pub struct CountDistinct<T>(PhantomData<fn() -> T>);

impl<T> Clone for CountDistinct<T> {
    fn clone(&self) -> Self {
        CountDistinct(PhantomData)
    }
}

/// The number of different values in the group, as `u64`; `None` does not count.
///
/// It takes whatever can be a [`Key`], and values are the same if they are the same key: -0.0 is
/// 0.0, and all NaN are one. In a job, `count_distinct(|f| f.tailnum)`. The column is
/// `count_distinct_` and the field's name.
///
/// The count is exact, so that each group holds every value once, in about as many bytes as it has
/// and 30 more; adding one takes constant time.
/// [`approx_count_distinct`](super::approx_count_distinct) takes 4 KiB at most.
///
/// ```
/// use ouzel_dsl::{Arg, count_distinct, laws};
///
/// let tails = ["N14228", "N24211", "N14228"].map(str::to_owned);
/// assert_eq!(laws::result(&count_distinct(Arg::<String>::new()), &tails)?, 2);
/// # Ok::<(), String>(())
/// ```
pub fn count_distinct<P: Produce>(_: Arg<P>) -> CountDistinct<<DataOf<P> as Key>::Itself>
where
    DataOf<P>: Key,
{
    CountDistinct(PhantomData)
}

impl<T: Key> Aggregate for CountDistinct<T> {
    type In = T;
    type Acc = KeySet<T::Present>;
    type Out = u64;

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

    fn finish(&self, acc: &Self::Acc) -> Result<u64, String> {
        Ok(acc.len() as u64)
    }

    #[inline]
    fn heap_bytes(&self, acc: &Self::Acc) -> usize {
        acc.heap_bytes()
    }
}

impl<T: Key> Idempotent for CountDistinct<T> {}
