use super::{Aggregate, Arg, Condition, DataOf, Idempotent};
use crate::data::Produce;
use std::marker::PhantomData;

/// Whether a condition is true for every record. See [`all`].
pub struct All<T>(PhantomData<fn() -> T>);

impl<T> Clone for All<T> {
    fn clone(&self) -> Self {
        All(PhantomData)
    }
}

/// Whether a condition is true for every record in the group; `None` does not count, and all of
/// nothing is true.
///
/// In a job, `all(|f| f.cancelled)`. The column is `all_` and the field's name. It takes a byte for
/// each group.
///
/// ```
/// use ouzel_dsl::{Arg, all, laws};
///
/// assert!(!laws::result(&all(Arg::<bool>::new()), &[false, true])?);
/// # Ok::<(), String>(())
/// ```
pub fn all<P: Produce>(_: Arg<P>) -> All<<DataOf<P> as Condition>::Itself>
where
    DataOf<P>: Condition,
{
    All(PhantomData)
}

impl<T: Condition> Aggregate for All<T> {
    type In = T;
    type Acc = bool;
    type Out = bool;

    fn zero(&self) -> bool {
        true
    }

    #[inline(always)]
    fn add(&self, acc: &mut bool, value: T::View<'_>) {
        *acc &= T::holds(value) != Some(false);
    }

    #[inline]
    fn merge(&self, acc: &mut bool, other: bool) {
        *acc &= other;
    }

    fn finish(&self, acc: &bool) -> Result<bool, String> {
        Ok(*acc)
    }
}

impl<T: Condition> Idempotent for All<T> {}
