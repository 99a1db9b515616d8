use super::key_bag::KeyBag;
use super::{Aggregate, Arg, DataOf};
use crate::data::Produce;
use crate::key::Key;
use std::marker::PhantomData;

/// All values, in order. See [`collect_list`].
pub struct CollectList<T>(PhantomData<fn() -> T>);

impl<T> Clone for CollectList<T> {
    fn clone(&self) -> Self {
        CollectList(PhantomData)
    }
}

/// All values in the group as a `Vec`, each as often as it is there, in the order of keys; `None`
/// does not count.
///
/// It takes whatever can be a [`Key`], and gives values as keys are: -0.0 as 0.0, and all NaN as
/// one. A list by time is one of tuples, `collect_list(|f| (f.scheduled, f.dest))`. In a job, `collect_list(|f| f.dest)`. The column is `collect_list_` and
/// the field's name.
///
/// Each group holds all of its values, in about as many bytes as they have; adding one takes
/// constant time, and they are sorted when they are read.
///
/// ```
/// use ouzel_dsl::{Arg, collect_list, laws};
///
/// let gates = [Some(7), None, Some(3), Some(7)];
/// assert_eq!(laws::result(&collect_list(Arg::<Option<i64>>::new()), &gates)?, [3, 7, 7]);
/// # Ok::<(), String>(())
/// ```
pub fn collect_list<P: Produce>(_: Arg<P>) -> CollectList<<DataOf<P> as Key>::Itself>
where
    DataOf<P>: Key,
{
    CollectList(PhantomData)
}

impl<T: Key> Aggregate for CollectList<T> {
    type In = T;
    type Acc = KeyBag<T::Present>;
    type Out = Vec<T::Present>;

    fn zero(&self) -> Self::Acc {
        KeyBag::default()
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
