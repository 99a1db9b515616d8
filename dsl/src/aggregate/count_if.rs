use super::{Aggregate, Arg, Condition, DataOf, Invertible};
use crate::data::Produce;
use std::marker::PhantomData;

/// The number of records for which a condition is true. See [`count_if`].
pub struct CountIf<T>(PhantomData<fn() -> T>);

impl<T> Clone for CountIf<T> {
    fn clone(&self) -> Self {
        CountIf(PhantomData)
    }
}

/// The number of records in the group for which a condition is true, as `u64`; `None` does not
/// count.
///
/// In a job, `count_if(|f| f.dep_delay > Some(15.0))`. The column is `count_if_` and the field's
/// name. It takes a word for each group, and one addition a record.
///
/// ```
/// use ouzel_dsl::{Arg, count_if, laws};
///
/// assert_eq!(laws::result(&count_if(Arg::<bool>::new()), &[true, false, true])?, 2);
/// # Ok::<(), String>(())
/// ```
pub fn count_if<P: Produce>(_: Arg<P>) -> CountIf<<DataOf<P> as Condition>::Itself>
where
    DataOf<P>: Condition,
{
    CountIf(PhantomData)
}

impl<T: Condition> Aggregate for CountIf<T> {
    type In = T;
    type Acc = u64;
    type Out = u64;

    fn zero(&self) -> u64 {
        0
    }

    #[inline(always)]
    fn add(&self, acc: &mut u64, value: T::View<'_>) {
        *acc = acc.wrapping_add(u64::from(T::holds(value) == Some(true)));
    }

    #[inline]
    fn merge(&self, acc: &mut u64, other: u64) {
        *acc = acc.wrapping_add(other);
    }

    fn finish(&self, acc: &u64) -> Result<u64, String> {
        Ok(*acc)
    }
}

impl<T: Condition> Invertible for CountIf<T> {
    fn subtract(&self, acc: &mut u64, other: u64) {
        *acc = acc.wrapping_sub(other);
    }
}
