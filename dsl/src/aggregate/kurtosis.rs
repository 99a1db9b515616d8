use super::exact::Exact;
use super::exact_sum::Moments;
use super::measure::Measure;
use super::variance::{add_powers, scatter};
use super::{Aggregate, Arg, DataOf, Invertible};
use crate::data::Produce;
use std::marker::PhantomData;

/// The kurtosis of a value. See [`kurtosis`].
pub struct Kurtosis<T>(PhantomData<fn() -> T>);

impl<T> Clone for Kurtosis<T> {
    fn clone(&self) -> Self {
        Kurtosis(PhantomData)
    }
}

/// The excess kurtosis of a value over the group's records as a population: the fourth moment about
/// the mean divided by the square of the variance, less the 3 that a normal distribution has
/// (Fisher's g2).
///
/// The result is an `Option<f64>`: `None` does not count, and where all values are the same there
/// is no kurtosis. NaN and infinities make it NaN. The column is `kurtosis_` and the field's name.
///
/// It is exact and rounded once, as [`var_pop`](super::var_pop) is. A group takes about 400 bytes.
///
/// ```
/// use ouzel_dsl::{Arg, kurtosis, laws};
///
/// assert_eq!(laws::result(&kurtosis(Arg::<i64>::new()), &[1, 2, 3])?, Some(-1.5));
/// # Ok::<(), String>(())
/// ```
pub fn kurtosis<P: Produce>(_: Arg<P>) -> Kurtosis<<DataOf<P> as Measure>::Itself>
where
    DataOf<P>: Measure,
{
    Kurtosis(PhantomData)
}

impl<T: Measure> Aggregate for Kurtosis<T> {
    type In = T;
    /// The sums of a value's first four powers.
    type Acc = Moments<4>;
    type Out = Option<f64>;

    fn zero(&self) -> Moments<4> {
        Moments::new()
    }

    #[inline]
    fn add(&self, acc: &mut Moments<4>, value: T::View<'_>) {
        add_powers::<T, 4>(acc, value);
    }

    fn merge(&self, acc: &mut Moments<4>, other: Moments<4>) {
        acc.merge(&other);
    }

    fn finish(&self, acc: &Moments<4>) -> Result<Option<f64>, String> {
        let finite = || {
            let n = &Exact::from(acc.values);
            let [x, xx, xxx, xxxx] = &acc.sums.each_ref().map(Exact::from);
            let second = scatter(n, xx, x, x);
            // The fourth moment times n^4, as `second` is the second times n^2:
            // n^3 xxxx - 4 n^2 x xxx + 6 n x^2 xx - 3 x^4
            // = n^2 (n xxxx - x xxx) - 3 x (n (n xxx - x xx) - x (n xx - x^2)).
            let three = &Exact::from(3);
            let inner = n * &scatter(n, xxx, x, xx) - x * &second;
            let fourth = &(n * n) * &scatter(n, xxxx, x, xxx) - &(three * x) * &inner;
            let by = second.squared();
            (!by.is_zero()).then(|| (fourth - three * &by).over(&by))
        };
        Ok(acc.read(acc.values > 0, finite))
    }

    #[inline]
    fn heap_bytes(&self, acc: &Moments<4>) -> usize {
        acc.heap_bytes()
    }
}

impl<T: Measure> Invertible for Kurtosis<T> {
    fn subtract(&self, acc: &mut Moments<4>, other: Moments<4>) {
        acc.subtract(&other);
    }
}
