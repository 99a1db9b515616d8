//! Exact numbers, rounded once: how statistics are read from exact sums.

use super::ExactSum;
use num_bigint::{BigInt, BigUint, Sign};
use std::ops::{Mul, Sub};

/// An integer of any size times a power of two.
#[derive(Clone, Debug)]
pub(super) struct Exact {
    integer: BigInt,
    exponent: i64,
}

impl From<&ExactSum> for Exact {
    fn from(sum: &ExactSum) -> Exact {
        let (integer, exponent) = sum.value();
        Exact { integer, exponent }
    }
}

impl From<u64> for Exact {
    fn from(value: u64) -> Exact {
        Exact { integer: value.into(), exponent: 0 }
    }
}

impl Mul for &Exact {
    type Output = Exact;

    fn mul(self, other: &Exact) -> Exact {
        let integer = &self.integer * &other.integer;
        Exact { integer, exponent: self.exponent + other.exponent }
    }
}

impl Sub for Exact {
    type Output = Exact;

    fn sub(self, other: Exact) -> Exact {
        let exponent = self.exponent.min(other.exponent);
        Exact { integer: self.at(exponent) - other.at(exponent), exponent }
    }
}

impl Exact {
    pub(super) fn power_of_ten(power: u32) -> Exact {
        Exact { integer: BigInt::from(10).pow(power), exponent: 0 }
    }

    /// The integer at a power of two that is not above its own.
    fn at(self, exponent: i64) -> BigInt {
        self.integer << (self.exponent - exponent)
    }

    pub(super) fn squared(&self) -> Exact {
        self * self
    }

    pub(super) fn is_zero(&self) -> bool {
        self.integer.sign() == Sign::NoSign
    }

    /// This divided by something above zero, as the nearest double, ties to even.
    pub(super) fn over(&self, by: &Exact) -> f64 {
        // Two bits more than a double has, and whether anything is left, decide how to round.
        let (quotient, exponent, rest) = self.divided(by, 66, |_| false);
        signed(rounded(&quotient, exponent, rest), self.integer.sign())
    }

    /// The root of this divided by something above zero, as the nearest double, with a sign.
    pub(super) fn root_over(&self, by: &Exact, sign: Sign) -> f64 {
        let (quotient, exponent, rest) = self.divided(by, 132, |exponent| exponent % 2 != 0);
        let root = quotient.sqrt();
        let rest = rest || &root * &root != quotient;
        signed(rounded(&root, exponent / 2, rest), sign)
    }

    pub(super) fn sign(&self) -> Sign {
        self.integer.sign()
    }

    /// The magnitude of this divided by something, in at least so many bits: an integer, its power
    /// of two, and whether that is less than all. One bit more is given if the power asks for it.
    fn divided(&self, by: &Exact, bits: i64, more: impl Fn(i64) -> bool) -> (BigUint, i64, bool) {
        let (above, below) = (self.integer.magnitude(), by.integer.magnitude());
        let mut shift = (bits + below.bits() as i64 - above.bits() as i64).max(0);
        let exponent = self.exponent - by.exponent;
        shift += i64::from(more(exponent - shift));
        let above = above << shift;
        let quotient = &above / below;
        let rest = &quotient * below != above;
        (quotient, exponent - shift, rest)
    }
}

/// An integer times a power of two, and perhaps a little more, as the nearest double.
fn rounded(integer: &BigUint, exponent: i64, more: bool) -> f64 {
    let bits = integer.bits() as i64;
    if bits == 0 {
        return 0.0;
    }
    // The last of a double's 53 bits, or of fewer near zero.
    let last = (bits - 53 + exponent).max(-1074);
    let drop = last - exponent;
    let mut mantissa = if drop > 0 { integer >> drop } else { integer << -drop };
    if drop > 0 && integer.bit(drop as u64 - 1) {
        let below = more || integer.trailing_zeros().is_some_and(|zeros| (zeros as i64) < drop - 1);
        if below || mantissa.bit(0) {
            mantissa += 1u32;
        }
    }
    let Some(mantissa) = mantissa.iter_u64_digits().next() else { return 0.0 };
    if last > 1023 - 52 {
        return f64::INFINITY;
    }
    // A mantissa of 54 bits carries into the exponent, as it should.
    if mantissa < 1 << 52 {
        f64::from_bits(mantissa)
    } else {
        f64::from_bits((((last + 1075) as u64) << 52) + (mantissa - (1 << 52)))
    }
}

fn signed(magnitude: f64, sign: Sign) -> f64 {
    if sign == Sign::Minus { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::exact_sum::Term;
    use crate::aggregate::measure::{Dyadic, Measure, Measured};
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn exact(value: f64) -> Exact {
        let mut sum = ExactSum::default();
        if let Some(Measured::Finite(number)) = f64::measure(value) {
            sum.add(&Term::new(number));
        }
        Exact::from(&sum)
    }

    #[test]
    fn edges_are_rounded_as_ieee_says() {
        let one = Exact::from(1);
        let over = |a: &Exact, b: f64| a.over(&exact(b));
        assert_eq!(over(&one, 3.0), 1.0 / 3.0);
        assert_eq!(over(&exact(5e-324), 2.0), 0.0);
        assert_eq!(over(&exact(1.5e-323), 2.0), 1e-323);
        assert_eq!(over(&exact(f64::MIN_POSITIVE), 3.0), f64::MIN_POSITIVE / 3.0);
        assert_eq!(over(&exact(f64::MAX), 0.5), f64::INFINITY);
        assert_eq!((&exact(f64::MAX) * &exact(f64::MAX)).root_over(&one, Sign::Plus), f64::MAX);
        assert_eq!(Exact::from(0).over(&one).to_bits(), 0);
    }

    proptest! {
        #[test]
        fn one_operation_is_rounded_as_the_machine_does(a: f64, b: f64) {
            prop_assume!(a.is_finite() && b.is_finite() && b != 0.0);
            let (x, y) = (exact(a), exact(b));
            let one = Exact::from(1);
            prop_assert_eq!(x.over(&one), a);
            prop_assert_eq!((&x * &y).over(&one), a * b);
            prop_assert_eq!((x.clone() - y.clone()).over(&one), a - b);
            prop_assert_eq!(x.over(&exact(b.abs())), a / b.abs());
            prop_assert_eq!(exact(a.abs()).root_over(&one, Sign::Plus), a.abs().sqrt());
        }

        #[test]
        fn sums_are_those_of_large_integers(
            terms in vec((any::<[i64; 4]>(), 0i32..200), 0..20),
            least in -200i32..200,
        ) {
            let (mut sum, mut twin) = (ExactSum::default(), BigInt::ZERO);
            for (factors, up) in terms {
                let number = |(i, n): (usize, &i64)| Dyadic {
                    negative: *n < 0,
                    magnitude: n.unsigned_abs().into(),
                    exponent: if i == 0 { least + up } else { 0 },
                };
                let mut numbers = factors.iter().enumerate().map(number);
                let first = Term::new(numbers.next().unwrap());
                sum.add(&numbers.fold(first, |term, number| term.times(number)));
                twin += factors.iter().map(|n| BigInt::from(*n)).product::<BigInt>() << up;
            }
            let (found, exponent) = sum.value();
            let down = exponent.min(i64::from(least));
            prop_assert_eq!(found << (exponent - down), twin << (i64::from(least) - down));
        }
    }
}
