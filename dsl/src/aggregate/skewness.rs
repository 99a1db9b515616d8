use super::exact::Exact;
use super::exact_sum::Moments;
use super::measure::Measure;
use super::variance::{add_powers, scatter};
use super::{Aggregate, Arg, DataOf, Invertible};
use crate::data::Produce;
use std::marker::PhantomData;

/// The skewness of a value. See [`skewness`].
pub struct Skewness<T>(PhantomData<fn() -> T>);

impl<T> Clone for Skewness<T> {
    fn clone(&self) -> Self {
        Skewness(PhantomData)
    }
}

/// The skewness of a value over the group's records as a population: the third moment about the
/// mean, divided by the third power of the standard deviation (Fisher and Pearson's g1).
///
/// The result is an `Option<f64>`: `None` does not count, and where all values are the same there
/// is no skewness. NaN and infinities make it NaN. The column is `skewness_` and the field's name.
///
/// It is exact and rounded once, as [`var_pop`](super::var_pop) is. A group takes about 300 bytes.
///
/// ```
/// use ouzel_dsl::{Arg, laws, skewness};
///
/// let skewness = skewness(Arg::<i64>::new());
/// assert_eq!(laws::result(&skewness, &[1, 2, 3])?, Some(0.0));
/// assert_eq!(laws::result(&skewness, &[0, 0, 3])?, Some(0.5f64.sqrt()));
/// # Ok::<(), String>(())
/// ```
pub fn skewness<P: Produce>(_: Arg<P>) -> Skewness<<DataOf<P> as Measure>::Itself>
where
    DataOf<P>: Measure,
{
    Skewness(PhantomData)
}

impl<T: Measure> Aggregate for Skewness<T> {
    type In = T;
    /// The sums of a value's first three powers.
    type Acc = Moments<3>;
    type Out = Option<f64>;

    fn zero(&self) -> Moments<3> {
        Moments::new()
    }

    #[inline]
    fn add(&self, acc: &mut Moments<3>, value: T::View<'_>) {
        add_powers::<T, 3>(acc, value);
    }

    fn merge(&self, acc: &mut Moments<3>, other: Moments<3>) {
        acc.merge(&other);
    }

    fn finish(&self, acc: &Moments<3>) -> Result<Option<f64>, String> {
        let finite = || {
            let n = &Exact::from(acc.values);
            let [x, xx, xxx] = &acc.sums.each_ref().map(Exact::from);
            let second = scatter(n, xx, x, x);
            // The third moment times n^3, as `second` is the second times n^2:
            // n^2 xxx - 3 n x xx + 2 x^3 = n (n xxx - x xx) - 2 x (n xx - x^2).
            let twice = &Exact::from(2) * x;
            let third = n * &scatter(n, xxx, x, xx) - &twice * &second;
            let by = &second.squared() * &second;
            (!by.is_zero()).then(|| third.squared().root_over(&by, third.sign()))
        };
        Ok(acc.read(acc.values > 0, finite))
    }

    #[inline]
    fn heap_bytes(&self, acc: &Moments<3>) -> usize {
        acc.heap_bytes()
    }
}

impl<T: Measure> Invertible for Skewness<T> {
    fn subtract(&self, acc: &mut Moments<3>, other: Moments<3>) {
        acc.subtract(&other);
    }
}
