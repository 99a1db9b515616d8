use super::exact::Exact;
use super::exact_sum::{Moments, Term};
use super::measure::{Measure, Measured};
use super::{Aggregate, Arg, DataOf, Invertible};
use crate::data::Produce;
use num_bigint::Sign;
use std::marker::PhantomData;

/// What squares are divided by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Of {
    /// The number of values.
    Population,
    /// One less.
    Sample,
}

impl Of {
    /// The number of values times what is divided by; none where that is nothing.
    pub(super) fn divisor(self, values: u64) -> Option<Exact> {
        let by = match self {
            Of::Population => values,
            Of::Sample => values.saturating_sub(1),
        };
        (by > 0).then(|| &Exact::from(values) * &Exact::from(by))
    }
}

/// The sums of a value and of its square.
pub type Squares = Moments<2>;

/// Adds a value to sums of its powers.
#[inline]
pub(super) fn add_powers<T: Measure, const N: usize>(acc: &mut Moments<N>, view: T::View<'_>) {
    match T::measure(view) {
        None => {}
        Some(Measured::Finite(number)) => {
            let mut power = Term::new(number);
            acc.add(Some(std::array::from_fn(|nth| {
                if nth > 0 {
                    power = power.times(number);
                }
                power
            })));
        }
        Some(Measured::Infinite | Measured::Nan) => acc.add(None),
    }
}

/// `n * sum(x * y) - sum(x) * sum(y)`: so many squares times the covariance of the population.
pub(super) fn scatter(n: &Exact, xy: &Exact, x: &Exact, y: &Exact) -> Exact {
    n * xy - x * y
}

/// The variance as two numbers, one to be divided by the other.
fn variance<T: Measure>(of: Of, acc: &Squares) -> Option<(Exact, Exact)> {
    let [x, xx] = acc.sums.each_ref().map(Exact::from);
    let by = &of.divisor(acc.values)? * &Exact::power_of_ten(2 * T::SCALE);
    Some((scatter(&Exact::from(acc.values), &xx, &x, &x), by))
}

macro_rules! variances {
    ($($(#[$doc:meta])* $name:ident, $Name:ident, $of:expr, |$above:ident, $below:ident| $read:expr;)*) => {$(
        #[doc = concat!("See [`", stringify!($name), "`].")]
        pub struct $Name<T>(PhantomData<fn() -> T>);

        impl<T> Clone for $Name<T> {
            fn clone(&self) -> Self {
                $Name(PhantomData)
            }
        }

        $(#[$doc])*
        pub fn $name<P: Produce>(_: Arg<P>) -> $Name<<DataOf<P> as Measure>::Itself>
        where
            DataOf<P>: Measure,
        {
            $Name(PhantomData)
        }

        impl<T: Measure> Aggregate for $Name<T> {
            type In = T;
            type Acc = Squares;
            type Out = Option<f64>;

            fn zero(&self) -> Squares {
                Squares::new()
            }

            #[inline]
            fn add(&self, acc: &mut Squares, value: T::View<'_>) {
                add_powers::<T, 2>(acc, value);
            }

            fn merge(&self, acc: &mut Squares, other: Squares) {
                acc.merge(&other);
            }

            fn finish(&self, acc: &Squares) -> Result<Option<f64>, String> {
                let read = |($above, $below): (Exact, Exact)| $read;
                let finite = || variance::<T>($of, acc).map(read);
                Ok(acc.read($of.divisor(acc.values).is_some(), finite))
            }

            #[inline]
            fn heap_bytes(&self, acc: &Squares) -> usize {
                acc.heap_bytes()
            }
        }

        impl<T: Measure> Invertible for $Name<T> {
            fn subtract(&self, acc: &mut Squares, other: Squares) {
                acc.subtract(&other);
            }
        }
    )*};
}

variances! {
    /// The variance of a value over the group's records as a population: the mean of the squares of
    /// what each value differs from the mean by.
    ///
    /// The result is an `Option<f64>`: `None` does not count, and nothing has no variance. NaN and
    /// infinities make it NaN. The column is `var_pop_` and the field's name.
    ///
    /// It is the exact variance, rounded once: the sums of the values and of their squares are held
    /// without rounding, so that their difference loses nothing, however far from zero the values
    /// lie. A group takes about 200 bytes, and a record some ten additions of words.
    ///
    /// ```
    /// use ouzel_dsl::{Arg, laws, var_pop};
    ///
    /// let far = [1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0];
    /// assert_eq!(laws::result(&var_pop(Arg::<f64>::new()), &far)?, Some(22.5));
    /// # Ok::<(), String>(())
    /// ```
    var_pop, VarPop, Of::Population, |above, below| above.over(&below);
    /// The variance of a value over the group's records as a sample: as [`var_pop`], but divided by
    /// one less than the number of values, and so `None` for a single value.
    ///
    /// ```
    /// use ouzel_dsl::{Arg, laws, var_samp};
    ///
    /// assert_eq!(laws::result(&var_samp(Arg::<i64>::new()), &[4, 7, 13, 16])?, Some(30.0));
    /// assert_eq!(laws::result(&var_samp(Arg::<i64>::new()), &[4])?, None);
    /// # Ok::<(), String>(())
    /// ```
    var_samp, VarSamp, Of::Sample, |above, below| above.over(&below);
    /// The standard deviation of a value over the group's records as a population: the root of
    /// [`var_pop`], exact and rounded once as that is.
    ///
    /// ```
    /// use ouzel_dsl::{Arg, laws, stddev_pop};
    ///
    /// let scores = [2, 4, 4, 4, 5, 5, 7, 9];
    /// assert_eq!(laws::result(&stddev_pop(Arg::<i64>::new()), &scores)?, Some(2.0));
    /// # Ok::<(), String>(())
    /// ```
    stddev_pop, StddevPop, Of::Population, |above, below| above.root_over(&below, Sign::Plus);
    /// The standard deviation of a value over the group's records as a sample: the root of
    /// [`var_samp`], exact and rounded once as that is.
    ///
    /// ```
    /// use ouzel_dsl::{Arg, laws, stddev_samp};
    ///
    /// assert_eq!(laws::result(&stddev_samp(Arg::<f64>::new()), &[1.0, 3.0, 5.0])?, Some(2.0));
    /// # Ok::<(), String>(())
    /// ```
    stddev_samp, StddevSamp, Of::Sample, |above, below| above.root_over(&below, Sign::Plus);
}
