use super::{Aggregate, Arg, Condition, DataOf, Idempotent};
use crate::data::Produce;
use std::marker::PhantomData;

/// Whether a condition is true for any record. See [`any`].
pub struct Any<T>(PhantomData<fn() -> T>);

impl<T> Clone for Any<T> {
    fn clone(&self) -> Self {
        Any(PhantomData)
    }
}

/// Whether a condition is true for any record in the group; `None` does not count, and any of
/// nothing is false.
///
/// In a job, `any(|f| f.cancelled)`. The column is `any_` and the field's name. It takes a byte for
/// each group.
///
/// ```
/// use ouzel_dsl::{Arg, any, laws};
///
/// assert!(laws::result(&any(Arg::<bool>::new()), &[false, true])?);
/// # Ok::<(), String>(())
/// ```
pub fn any<P: Produce>(_: Arg<P>) -> Any<<DataOf<P> as Condition>::Itself>
where
    DataOf<P>: Condition,
{
    Any(PhantomData)
}

impl<T: Condition> Aggregate for Any<T> {
    type In = T;
    type Acc = bool;
    type Out = bool;

    fn zero(&self) -> bool {
        false
    }

    #[inline(always)]
    fn add(&self, acc: &mut bool, value: T::View<'_>) {
        *acc |= T::holds(value) == Some(true);
    }

    #[inline]
    fn merge(&self, acc: &mut bool, other: bool) {
        *acc |= other;
    }

    fn finish(&self, acc: &bool) -> Result<bool, String> {
        Ok(*acc)
    }
}

impl<T: Condition> Idempotent for Any<T> {}
