//! Exact sums of floats.
//!
//! A double is a 53-bit integer times a power of two, so a wide enough fixed-point number holds any
//! sum of doubles without rounding (Kulisch's long accumulator). Nearly all sums fit 128 bits with
//! the point at bit 72: those take two words and two additions a value. A sum that does not fit
//! grows to the long accumulator, on the heap. Rounding happens once, when the sum is read, so
//! that it is the same bits in whatever order the values came.

use serde::{Deserialize, Serialize};

/// Bits after the point of the short form.
const POINT: i32 = 72;
/// A double's least bit is 2^-1074: the long form's bit 0.
const LEAST: i32 = 1074;
/// 2098 bits hold every double; 64 more hold the sum of 2^64 of them, with a sign.
const LIMBS: usize = 35;

/// The exact sum of any number of doubles. NaN and infinities are counted, not added.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct FloatSum {
    low: u64,
    high: i64,
    long: Option<Box<Long>>,
}

/// The long form, in two's complement, least limb first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Long {
    limbs: Vec<u64>,
    nans: u64,
    infinities: u64,
    negative_infinities: u64,
}

impl FloatSum {
    /// Adds a value.
    #[inline(always)]
    pub fn add(&mut self, value: f64) {
        let bits = value.to_bits();
        let exponent = ((bits >> 52) & 0x7FF) as i32;
        // A normal double is mantissa * 2^(exponent - 1075). Within these exponents it is a whole
        // number of the short form's units and well below its greatest.
        let shift = exponent - 1075 + POINT;
        if (0..=63).contains(&shift) {
            let mantissa = (bits & ((1 << 52) - 1)) | (1 << 52);
            let units = i128::from(mantissa) << shift;
            let units = if bits >> 63 == 1 { -units } else { units };
            if let Some(sum) = self.short().checked_add(units) {
                self.set_short(sum);
                return;
            }
        } else if value == 0.0 {
            return;
        }
        self.add_slowly(value);
    }

    #[inline(always)]
    fn short(&self) -> i128 {
        i128::from(self.high) << 64 | i128::from(self.low)
    }

    #[inline(always)]
    fn set_short(&mut self, sum: i128) {
        self.low = sum as u64;
        self.high = (sum >> 64) as i64;
    }

    #[cold]
    fn add_slowly(&mut self, value: f64) {
        if !value.is_finite() {
            let long = self.long();
            match value {
                f64::INFINITY => long.infinities = long.infinities.wrapping_add(1),
                f64::NEG_INFINITY => {
                    long.negative_infinities = long.negative_infinities.wrapping_add(1);
                }
                _ => long.nans = long.nans.wrapping_add(1),
            }
            return;
        }
        let bits = value.to_bits();
        let exponent = ((bits >> 52) & 0x7FF) as i32;
        let fraction = bits & ((1 << 52) - 1);
        let (mantissa, power) = match exponent {
            0 => (fraction, -LEAST),
            _ => (fraction | (1 << 52), exponent - 1075),
        };
        let signed = if bits >> 63 == 1 { -i128::from(mantissa) } else { i128::from(mantissa) };
        // A small value may still be whole in units of the short form.
        let down = -(power + POINT);
        if (1..53).contains(&down)
            && mantissa.trailing_zeros() as i32 >= down
            && let Some(sum) = self.short().checked_add(signed >> down)
        {
            self.set_short(sum);
            return;
        }
        self.long().add(signed, (power + LEAST) as usize);
    }

    fn long(&mut self) -> &mut Long {
        self.long.get_or_insert_with(|| Box::new(Long::new()))
    }

    /// How many bytes it holds on the heap.
    #[inline(always)]
    pub fn heap_bytes(&self) -> usize {
        if self.long.is_some() { size_of::<Long>() + LIMBS * size_of::<u64>() } else { 0 }
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: &FloatSum) {
        match self.short().checked_add(other.short()) {
            Some(sum) => self.set_short(sum),
            None => self.long().add(other.short(), (LEAST - POINT) as usize),
        }
        if let Some(other) = &other.long {
            self.long().merge(other);
        }
    }

    /// Takes another sum out.
    pub fn subtract(&mut self, other: &FloatSum) {
        match self.short().checked_sub(other.short()) {
            Some(sum) => self.set_short(sum),
            None => {
                let mut long = Long::new();
                long.add(other.short(), (LEAST - POINT) as usize);
                self.long().subtract(&long);
            }
        }
        if let Some(other) = &other.long {
            self.long().subtract(other);
        }
    }

    /// The sum, rounded to the nearest double, ties to even.
    pub fn value(&self) -> f64 {
        match &self.long {
            None => self.short() as f64 * 2f64.powi(-POINT),
            Some(long) => {
                let mut whole = long.clone();
                whole.add(self.short(), (LEAST - POINT) as usize);
                whole.value()
            }
        }
    }
}

impl Long {
    fn new() -> Long {
        Long { limbs: vec![0; LIMBS], ..Long::default() }
    }

    /// Adds `value * 2^(bit - LEAST)`.
    fn add(&mut self, value: i128, bit: usize) {
        let (limb, shift) = (bit / 64, (bit % 64) as u32);
        let low = (value as u128) << shift;
        // The bits shifted out at the top, with the sign.
        let high = if shift == 0 { value >> 127 } else { value >> (128 - shift) };
        let sign = (value >> 127) as u64;
        let words = [low as u64, (low >> 64) as u64, high as u64];
        let mut carry = false;
        for (i, held) in self.limbs.iter_mut().enumerate().skip(limb) {
            let word = words.get(i - limb).copied().unwrap_or(sign);
            let (sum, first) = held.overflowing_add(word);
            let (sum, second) = sum.overflowing_add(u64::from(carry));
            (*held, carry) = (sum, first | second);
        }
    }

    fn merge(&mut self, other: &Long) {
        let mut carry = false;
        for (held, word) in self.limbs.iter_mut().zip(&other.limbs) {
            let (sum, first) = held.overflowing_add(*word);
            let (sum, second) = sum.overflowing_add(u64::from(carry));
            (*held, carry) = (sum, first | second);
        }
        self.nans = self.nans.wrapping_add(other.nans);
        self.infinities = self.infinities.wrapping_add(other.infinities);
        self.negative_infinities = self.negative_infinities.wrapping_add(other.negative_infinities);
    }

    fn subtract(&mut self, other: &Long) {
        let mut borrow = false;
        for (held, word) in self.limbs.iter_mut().zip(&other.limbs) {
            let (rest, first) = held.overflowing_sub(*word);
            let (rest, second) = rest.overflowing_sub(u64::from(borrow));
            (*held, borrow) = (rest, first | second);
        }
        self.nans = self.nans.wrapping_sub(other.nans);
        self.infinities = self.infinities.wrapping_sub(other.infinities);
        self.negative_infinities = self.negative_infinities.wrapping_sub(other.negative_infinities);
    }

    fn value(&self) -> f64 {
        match (self.nans, self.infinities, self.negative_infinities) {
            (0, 0, 0) => self.finite(),
            (0, _, 0) => f64::INFINITY,
            (0, 0, _) => f64::NEG_INFINITY,
            _ => f64::NAN,
        }
    }

    fn finite(&self) -> f64 {
        let negative = self.limbs.last().is_some_and(|top| top >> 63 == 1);
        let mut magnitude = self.limbs.clone();
        if negative {
            let mut carry = true;
            for limb in &mut magnitude {
                (*limb, carry) = (!*limb).overflowing_add(u64::from(carry));
            }
        }
        let bit = |at: usize| magnitude[at / 64] >> (at % 64) & 1;
        let Some(top) = (0..magnitude.len() * 64).rev().find(|at| bit(*at) == 1) else {
            return 0.0;
        };
        // The 53 bits from the top, or as many as there are: below 2^53 units nothing is rounded.
        let cut = (top + 1).saturating_sub(53);
        let mut mantissa = (cut..=top).rev().fold(0u64, |m, at| m << 1 | bit(at));
        let half = cut > 0 && bit(cut - 1) == 1;
        let beyond = cut > 1 && (0..cut - 1).any(|at| bit(at) == 1);
        if half && (beyond || mantissa & 1 == 1) {
            mantissa += 1;
        }
        // Two steps, since 2^-1074 alone is at the edge of what `powi` gives.
        let power = cut as i32 - LEAST;
        let scaled = mantissa as f64 * 2f64.powi(power / 2) * 2f64.powi(power - power / 2);
        if negative { -scaled } else { scaled }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(values: &[f64]) -> f64 {
        let mut sum = FloatSum::default();
        values.iter().for_each(|v| sum.add(*v));
        sum.value()
    }

    #[test]
    fn sums_are_exact_and_rounded_once() {
        assert_eq!(sum(&[0.1; 10]), 1.0);
        assert_eq!(sum(&[1e308, 1e308, -1e308, -1e308, 1.5]), 1.5);
        assert_eq!(sum(&[f64::MIN_POSITIVE, 1e300, -1e300]), f64::MIN_POSITIVE);
        assert_eq!(sum(&[5e-324, 5e-324]), 1e-323);
        assert_eq!(sum(&[f64::MAX, f64::MAX]), f64::INFINITY);
        assert_eq!(sum(&[-f64::MAX, 1.0]), -f64::MAX);
        assert_eq!(sum(&[1e16, 1.0, -1e16]), 1.0);
        assert_eq!(sum(&[9007199254740992.0, 1.0]), 9007199254740992.0);
        assert_eq!(sum(&[9007199254740992.0, 1.0, 2f64.powi(-60)]), 9007199254740994.0);
    }

    #[test]
    fn what_is_not_finite_wins() {
        assert!(sum(&[f64::NAN, 1.0]).is_nan());
        assert!(sum(&[f64::INFINITY, f64::NEG_INFINITY]).is_nan());
        assert_eq!(sum(&[f64::INFINITY, -1e308, -1e308]), f64::INFINITY);
        assert_eq!(sum(&[f64::NEG_INFINITY, 1.0]), f64::NEG_INFINITY);
    }

    #[test]
    fn one_value_is_itself() {
        for bits in (0..=u64::MAX - 977).step_by(usize::MAX / 4096) {
            let value = f64::from_bits(bits);
            if value.is_finite() {
                assert_eq!(sum(&[value]), value, "{value:e}");
                assert_eq!(sum(&[value, value, -value]), value, "{value:e}");
            }
        }
    }
}
