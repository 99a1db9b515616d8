use super::exact::Exact;
use super::exact_sum::{Moments, Term};
use super::measure::{Measure, Measured};
use super::variance::scatter;
use super::{Aggregate, Arg, DataOf, Invertible};
use crate::data::{Data, Produce};
use std::marker::PhantomData;

/// The correlation of two values. See [`corr`].
#[allow(clippy::type_complexity)]
pub struct Corr<T, U>(PhantomData<fn() -> (T, U)>);

impl<T, U> Clone for Corr<T, U> {
    fn clone(&self) -> Self {
        Corr(PhantomData)
    }
}

/// Pearson's correlation of two values over the group's records: their covariance divided by both
/// standard deviations, from -1 to 1.
///
/// The result is an `Option<f64>`: a record counts if both values are there, and where one of them
/// is always the same there is no correlation. NaN and infinities make it NaN. In a job,
/// `corr(|f| f.dep_delay, |f| f.distance)`. The column is `corr_` and the second field's name.
///
/// It is exact and rounded once, as [`var_pop`](super::var_pop) is.
///
/// ```
/// use ouzel_dsl::{Arg, corr, laws};
///
/// let correlation = corr(Arg::<i64>::new(), Arg::<f64>::new());
/// assert_eq!(laws::result(&correlation, &[(1, 8.0), (3, 4.0), (2, 6.0)])?, Some(-1.0));
/// assert_eq!(laws::result(&correlation, &[(1, 8.0), (1, 4.0)])?, None);
/// # Ok::<(), String>(())
/// ```
#[allow(clippy::type_complexity)]
pub fn corr<P: Produce, Q: Produce>(
    _: Arg<P>,
    _: Arg<Q>,
) -> Corr<<DataOf<P> as Measure>::Itself, <DataOf<Q> as Measure>::Itself>
where
    DataOf<P>: Measure,
    DataOf<Q>: Measure,
{
    Corr(PhantomData)
}

impl<T: Measure, U: Measure> Aggregate for Corr<T, U> {
    type In = (T, U);
    /// The sums of both values, of their squares and of their product.
    type Acc = Moments<5>;
    type Out = Option<f64>;

    fn zero(&self) -> Moments<5> {
        Moments::new()
    }

    #[inline]
    fn add(&self, acc: &mut Moments<5>, (x, y): <(T, U) as Data>::View<'_>) {
        match T::measure(x).zip(U::measure(y)) {
            None => {}
            Some((Measured::Finite(x), Measured::Finite(y))) => {
                let (one, other) = (Term::new(x), Term::new(y));
                acc.add(Some([one, other, one.times(x), other.times(y), one.times(y)]));
            }
            Some(_) => acc.add(None),
        }
    }

    fn merge(&self, acc: &mut Moments<5>, other: Moments<5>) {
        acc.merge(&other);
    }

    fn finish(&self, acc: &Moments<5>) -> Result<Option<f64>, String> {
        let finite = || {
            let n = Exact::from(acc.values);
            let [x, y, xx, yy, xy] = acc.sums.each_ref().map(Exact::from);
            let covariance = scatter(&n, &xy, &x, &y);
            let both = &scatter(&n, &xx, &x, &x) * &scatter(&n, &yy, &y, &y);
            // Scales and numbers of values are the same above and below.
            (!both.is_zero()).then(|| covariance.squared().root_over(&both, covariance.sign()))
        };
        Ok(acc.read(acc.values > 0, finite))
    }

    #[inline]
    fn heap_bytes(&self, acc: &Moments<5>) -> usize {
        acc.heap_bytes()
    }
}

impl<T: Measure, U: Measure> Invertible for Corr<T, U> {
    fn subtract(&self, acc: &mut Moments<5>, other: Moments<5>) {
        acc.subtract(&other);
    }
}
