use super::exact::Exact;
use super::exact_sum::{Moments, Term};
use super::measure::{Measure, Measured};
use super::variance::{Of, scatter};
use super::{Aggregate, Arg, DataOf, Invertible};
use crate::data::{Data, Produce};
use std::marker::PhantomData;

macro_rules! covariances {
    ($($(#[$doc:meta])* $name:ident, $Name:ident, $of:expr;)*) => {$(
        #[doc = concat!("See [`", stringify!($name), "`].")]
        #[allow(clippy::type_complexity)]
        pub struct $Name<T, U>(PhantomData<fn() -> (T, U)>);

        impl<T, U> Clone for $Name<T, U> {
            fn clone(&self) -> Self {
                $Name(PhantomData)
            }
        }

        $(#[$doc])*
        #[allow(clippy::type_complexity)]
        pub fn $name<P: Produce, Q: Produce>(
            _: Arg<P>,
            _: Arg<Q>,
        ) -> $Name<<DataOf<P> as Measure>::Itself, <DataOf<Q> as Measure>::Itself>
        where
            DataOf<P>: Measure,
            DataOf<Q>: Measure,
        {
            $Name(PhantomData)
        }

        impl<T: Measure, U: Measure> Aggregate for $Name<T, U> {
            type In = (T, U);
            /// The sums of both values and of their product.
            type Acc = Moments<3>;
            type Out = Option<f64>;

            fn zero(&self) -> Moments<3> {
                Moments::new()
            }

            #[inline]
            fn add(&self, acc: &mut Moments<3>, (x, y): <(T, U) as Data>::View<'_>) {
                match T::measure(x).zip(U::measure(y)) {
                    None => {}
                    Some((Measured::Finite(x), Measured::Finite(y))) => {
                        let term = Term::new(x);
                        acc.add(Some([term, Term::new(y), term.times(y)]));
                    }
                    Some(_) => acc.add(None),
                }
            }

            fn merge(&self, acc: &mut Moments<3>, other: Moments<3>) {
                acc.merge(&other);
            }

            fn finish(&self, acc: &Moments<3>) -> Result<Option<f64>, String> {
                let divisor = $of.divisor(acc.values);
                let finite = || {
                    let [x, y, xy] = acc.sums.each_ref().map(Exact::from);
                    let by = divisor.as_ref()? * &Exact::power_of_ten(T::SCALE + U::SCALE);
                    Some(scatter(&Exact::from(acc.values), &xy, &x, &y).over(&by))
                };
                Ok(acc.read(divisor.is_some(), finite))
            }

            #[inline]
            fn heap_bytes(&self, acc: &Moments<3>) -> usize {
                acc.heap_bytes()
            }
        }

        impl<T: Measure, U: Measure> Invertible for $Name<T, U> {
            fn subtract(&self, acc: &mut Moments<3>, other: Moments<3>) {
                acc.subtract(&other);
            }
        }
    )*};
}

covariances! {
    /// The covariance of two values over the group's records as a population: the mean of the
    /// products of what both differ from their means by.
    ///
    /// The result is an `Option<f64>`: a record counts if both values are there, and nothing has no
    /// covariance. NaN and infinities make it NaN. In a job,
    /// `covar_pop(|f| f.dep_delay, |f| f.distance)`. The column is `covar_pop_` and the second
    /// field's name.
    ///
    /// It is exact and rounded once, as [`var_pop`](super::var_pop) is.
    ///
    /// ```
    /// use ouzel_dsl::{Arg, covar_pop, laws};
    ///
    /// let covariance = covar_pop(Arg::<i64>::new(), Arg::<f64>::new());
    /// assert_eq!(laws::result(&covariance, &[(1, 8.0), (3, 6.0), (2, 4.0)])?, Some(-2.0 / 3.0));
    /// # Ok::<(), String>(())
    /// ```
    covar_pop, CovarPop, Of::Population;
    /// The covariance of two values over the group's records as a sample: as [`covar_pop`], but
    /// divided by one less than the number of values, and so `None` for a single one.
    ///
    /// ```
    /// use ouzel_dsl::{Arg, covar_samp, laws};
    ///
    /// let covariance = covar_samp(Arg::<i64>::new(), Arg::<f64>::new());
    /// assert_eq!(laws::result(&covariance, &[(1, 8.0), (3, 6.0), (2, 4.0)])?, Some(-1.0));
    /// # Ok::<(), String>(())
    /// ```
    covar_samp, CovarSamp, Of::Sample;
}
