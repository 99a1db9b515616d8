//! Statistics against their definitions, in exact rational numbers: what is read must be the double
//! nearest to them.

use num_bigint::{BigInt, Sign};
use ouzel_dsl::aggregate::*;
use ouzel_dsl::{Aggregate, Arg, Decimal};
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::prelude::*;

/// A fraction; what is below the line is not negative.
#[derive(Clone, Debug)]
struct Ratio(BigInt, BigInt);

impl Ratio {
    fn new(value: i64) -> Ratio {
        Ratio(value.into(), 1.into())
    }

    /// A double is a fraction.
    fn of(value: f64) -> Ratio {
        let bits = value.abs().to_bits();
        let (exponent, fraction) = ((bits >> 52) as i32, bits & ((1 << 52) - 1));
        let (integer, power) = match exponent {
            0 => (fraction, -1074),
            _ => (fraction | 1 << 52, exponent - 1075),
        };
        let integer = BigInt::from(integer) * if value < 0.0 { -1 } else { 1 };
        match power {
            0.. => Ratio(integer << power, 1.into()),
            _ => Ratio(integer, BigInt::from(1) << -power),
        }
    }

    fn plus(&self, other: &Ratio) -> Ratio {
        Ratio(&self.0 * &other.1 + &other.0 * &self.1, &self.1 * &other.1)
    }

    fn minus(&self, other: &Ratio) -> Ratio {
        Ratio(&self.0 * &other.1 - &other.0 * &self.1, &self.1 * &other.1)
    }

    fn times(&self, other: &Ratio) -> Ratio {
        Ratio(&self.0 * &other.0, &self.1 * &other.1)
    }

    fn over(&self, other: &Ratio) -> Ratio {
        assert_eq!(other.0.sign(), Sign::Plus);
        Ratio(&self.0 * &other.1, &self.1 * &other.0)
    }

    fn is_zero(&self) -> bool {
        self.0.sign() == Sign::NoSign
    }

    fn at_most(&self, other: &Ratio) -> bool {
        &self.0 * &other.1 <= &other.0 * &self.1
    }

    fn sum(values: impl Iterator<Item = Ratio>) -> Ratio {
        values.fold(Ratio::new(0), |sum, value| sum.plus(&value))
    }
}

/// The sum of products of what values differ from their means by.
fn moment(columns: &[&Vec<Ratio>]) -> Ratio {
    let n = Ratio::new(columns[0].len() as i64);
    let apart = |column: &[Ratio]| -> Vec<Ratio> {
        let mean = Ratio::sum(column.iter().cloned()).over(&n);
        column.iter().map(|value| value.minus(&mean)).collect()
    };
    let apart: Vec<_> = columns.iter().map(|column| apart(column)).collect();
    let product = |row: usize| apart.iter().fold(Ratio::new(1), |p, column| p.times(&column[row]));
    Ratio::sum((0..columns[0].len()).map(product)).over(&n)
}

/// Whether a double is the nearest to a fraction.
fn is_nearest(found: f64, exact: &Ratio) -> bool {
    let half = Ratio(1.into(), 2.into());
    let between = |a: f64, b: f64| Ratio::of(a).plus(&Ratio::of(b)).times(&half);
    let (below, above) = (between(found.next_down(), found), between(found, found.next_up()));
    below.at_most(exact) && exact.at_most(&above)
}

/// Whether a double is the nearest to the root of a fraction.
fn is_nearest_root(found: f64, square: &Ratio) -> bool {
    if square.is_zero() {
        return found == 0.0;
    }
    let half = Ratio(1.into(), 2.into());
    let between = |a: f64, b: f64| Ratio::of(a).plus(&Ratio::of(b)).times(&half);
    let found = found.abs();
    let (below, above) = (between(found.next_down(), found), between(found, found.next_up()));
    below.times(&below).at_most(square) && square.at_most(&above.times(&above))
}

fn read<A: Aggregate<Out = Option<f64>>>(aggregate: A, values: &[A::In]) -> Option<f64> {
    laws::result(&aggregate, values).unwrap()
}

/// Small and large, near to each other and far apart.
fn values() -> impl Strategy<Value = Vec<f64>> {
    let wide = prop_oneof![-9.0f64..9.0, -1e30f64..1e30, Just(0.0), (-9i32..9).prop_map(f64::from)];
    let far = (prop::sample::select(vec![1e9, -1e15, 1e-3]), vec(0.0f64..1.0, 1..9));
    prop_oneof![
        vec(wide, 1..9),
        far.prop_map(|(far, near)| near.into_iter().map(|near| far + near).collect()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn moments_of_one_value_are_the_nearest_doubles(values in values()) {
        let arg = Arg::<f64>::new;
        let column: Vec<_> = values.iter().map(|v| Ratio::of(*v)).collect();
        let second = moment(&[&column; 2]);
        prop_assert!(is_nearest(read(var_pop(arg()), &values).unwrap(), &second));
        prop_assert!(is_nearest_root(read(stddev_pop(arg()), &values).unwrap(), &second));
        let n = values.len() as i64;
        if n == 1 {
            prop_assert_eq!(read(var_samp(arg()), &values), None);
            prop_assert_eq!(read(stddev_samp(arg()), &values), None);
        } else {
            let sample = second.times(&Ratio::new(n)).over(&Ratio::new(n - 1));
            prop_assert!(is_nearest(read(var_samp(arg()), &values).unwrap(), &sample));
            prop_assert!(is_nearest_root(read(stddev_samp(arg()), &values).unwrap(), &sample));
        }
        if second.is_zero() {
            prop_assert_eq!(read(skewness(arg()), &values), None);
            prop_assert_eq!(read(kurtosis(arg()), &values), None);
        } else {
            let third = moment(&[&column; 3]);
            let square = third.times(&third).over(&second.times(&second).times(&second));
            let found = read(skewness(arg()), &values).unwrap();
            prop_assert!(is_nearest_root(found, &square));
            prop_assert_eq!(found < 0.0, third.0.sign() == Sign::Minus);
            let fourth = moment(&[&column; 4]).over(&second.times(&second));
            let excess = fourth.minus(&Ratio::new(3));
            prop_assert!(is_nearest(read(kurtosis(arg()), &values).unwrap(), &excess));
        }
    }

    #[test]
    fn moments_of_two_values_are_the_nearest_doubles(
        pairs in vec((-99999i128..99999, prop_oneof![any::<i64>(), -9i64..9]), 1..9),
    ) {
        let pairs: Vec<_> = pairs.into_iter().map(|(x, y)| (Decimal::<3>::from_units(x), y)).collect();
        let (x, y) = (Arg::<Decimal<3>>::new, Arg::<i64>::new);
        let xs: Vec<_> =
            pairs.iter().map(|(x, _)| Ratio(x.units().into(), 1000.into())).collect();
        let ys: Vec<_> = pairs.iter().map(|(_, y)| Ratio::new(*y)).collect();
        let covariance = moment(&[&xs, &ys]);
        prop_assert!(is_nearest(read(covar_pop(x(), y()), &pairs).unwrap(), &covariance));
        let n = pairs.len() as i64;
        if n > 1 {
            let sample = covariance.times(&Ratio::new(n)).over(&Ratio::new(n - 1));
            prop_assert!(is_nearest(read(covar_samp(x(), y()), &pairs).unwrap(), &sample));
        }
        let both = moment(&[&xs; 2]).times(&moment(&[&ys; 2]));
        let found = read(corr(x(), y()), &pairs);
        if both.is_zero() {
            prop_assert_eq!(found, None);
        } else {
            let found = found.unwrap();
            prop_assert!((-1.0..=1.0).contains(&found));
            prop_assert!(is_nearest_root(found, &covariance.times(&covariance).over(&both)));
            prop_assert_eq!(found < 0.0, covariance.0.sign() == Sign::Minus);
        }
        let units: Vec<_> = pairs.iter().map(|(x, _)| *x).collect();
        prop_assert!(is_nearest(read(var_pop(x()), &units).unwrap(), &moment(&[&xs; 2])));
    }

    #[test]
    fn products_are_those_of_the_twin(factors in vec(prop_oneof![-9i64..9, any::<i64>()], 0..9)) {
        let exact: BigInt = factors.iter().map(|n| BigInt::from(*n)).product();
        let found = laws::result(&product(Arg::<i64>::new()), &factors).ok();
        prop_assert_eq!(found, i64::try_from(exact).ok());
    }
}

#[test]
fn what_is_not_finite_or_too_large_is_told() {
    let arg = Arg::<Option<f64>>::new;
    let is_nan = |found: Option<f64>| found.unwrap().is_nan();
    assert_eq!(read(var_pop(arg()), &[]), None);
    assert_eq!(read(var_pop(arg()), &[None]), None);
    assert!(is_nan(read(var_pop(arg()), &[Some(f64::NAN)])));
    assert_eq!(read(var_samp(arg()), &[Some(f64::NAN), None]), None);
    assert!(is_nan(read(skewness(arg()), &[Some(f64::INFINITY), Some(1.0)])));
    let huge = [Some(f64::MAX), Some(-f64::MAX)];
    assert_eq!(read(var_pop(arg()), &huge), Some(f64::INFINITY));
    assert_eq!(read(stddev_pop(arg()), &huge), Some(f64::MAX));
    assert_eq!(read(kurtosis(arg()), &huge), Some(-2.0));
    let tiny = [Some(5e-324), Some(-5e-324)];
    assert_eq!(read(var_pop(arg()), &tiny), Some(0.0));
    assert_eq!(read(stddev_pop(arg()), &tiny), Some(5e-324));
    assert_eq!(read(skewness(arg()), &tiny), Some(0.0));
}
