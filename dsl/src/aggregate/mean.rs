use super::{Aggregate, Arg, DataOf, Invertible, Summable};
use crate::data::Produce;
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// The mean of a value. See [`mean`].
pub struct Mean<T>(PhantomData<fn() -> T>);

impl<T> Clone for Mean<T> {
    fn clone(&self) -> Self {
        Mean(PhantomData)
    }
}

/// The mean of a value over the group's records, as `f64`: the exact sum, rounded once, divided by
/// the number of values.
///
/// `None` does not count; over an option the result is an option too, since the mean of nothing is
/// `None`. The column is `mean_` and the field's name.
pub fn mean<P: Produce>(_: Arg<P>) -> Mean<<DataOf<P> as Summable>::Itself>
where
    DataOf<P>: Summable,
{
    Mean(PhantomData)
}

/// An exact sum and the number of values in it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct MeanOf<S> {
    sum: S,
    values: u64,
}

impl<T: Summable> Aggregate for Mean<T> {
    type In = T;
    type Acc = MeanOf<T::Acc>;
    type Out = T::Mean;

    fn zero(&self) -> Self::Acc {
        MeanOf { sum: T::Acc::default(), values: 0 }
    }

    #[inline(always)]
    fn add(&self, acc: &mut Self::Acc, value: T::View<'_>) {
        acc.values = acc.values.wrapping_add(T::add(&mut acc.sum, value).into());
    }

    #[inline]
    fn merge(&self, acc: &mut Self::Acc, other: Self::Acc) {
        T::merge(&mut acc.sum, other.sum);
        acc.values = acc.values.wrapping_add(other.values);
    }

    fn finish(&self, acc: &Self::Acc) -> Result<T::Mean, String> {
        T::mean((acc.values > 0).then(|| T::approximate(&acc.sum) / acc.values as f64))
    }

    #[inline(always)]
    fn heap_bytes(&self, acc: &Self::Acc) -> usize {
        T::heap_bytes(&acc.sum)
    }
}

impl<T: Summable> Invertible for Mean<T> {
    fn subtract(&self, acc: &mut Self::Acc, other: Self::Acc) {
        T::subtract(&mut acc.sum, other.sum);
        acc.values = acc.values.wrapping_sub(other.values);
    }
}
