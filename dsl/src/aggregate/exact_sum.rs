//! Exact sums of products.
//!
//! A finite double is an integer times a power of two, and so are its powers and the products of
//! doubles. They are added as integers, in fixed-point numbers that grow at both ends to hold what
//! comes: nothing is ever rounded, so that no order can be seen. (Kulisch's long accumulator, as
//! short as the values allow.)

use super::measure::Dyadic;
use num_bigint::BigInt;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A product of a few integers, times a power of two.
#[derive(Clone, Copy, Debug)]
pub struct Term {
    negative: bool,
    /// The magnitude, least limb first.
    limbs: [u64; 8],
    len: usize,
    exponent: i32,
}

impl Term {
    /// A number as a term.
    #[inline]
    pub fn new(number: Dyadic) -> Term {
        let Dyadic { negative, magnitude, exponent } = number;
        let mut limbs = [0; 8];
        (limbs[0], limbs[1]) = (magnitude as u64, (magnitude >> 64) as u64);
        let len = if limbs[1] != 0 { 2 } else { usize::from(limbs[0] != 0) };
        Term { negative, limbs, len, exponent }
    }

    /// The product with a number. Four numbers at most have room in a term.
    #[inline]
    pub fn times(&self, number: Dyadic) -> Term {
        let other = Term::new(number);
        let mut limbs = [0; 8];
        for (i, a) in self.limbs[..self.len].iter().enumerate() {
            let mut carry = 0;
            for (j, b) in other.limbs[..other.len].iter().enumerate() {
                let wide = u128::from(*a) * u128::from(*b) + u128::from(limbs[i + j]) + carry;
                limbs[i + j] = wide as u64;
                carry = wide >> 64;
            }
            if carry > 0 {
                limbs[i + other.len] = carry as u64;
            }
        }
        let longest = self.len + other.len;
        let len = limbs[..longest].iter().rposition(|limb| *limb != 0).map_or(0, |top| top + 1);
        let exponent = self.exponent + other.exponent;
        Term { negative: self.negative != other.negative, limbs, len, exponent }
    }
}

/// The exact sum of any number of [`Term`]s.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ExactSum {
    /// In two's complement, least limb first.
    limbs: Vec<u64>,
    /// The first limb's lowest bit is 2^(64 * base).
    base: i32,
}

impl ExactSum {
    /// Adds a term.
    #[inline]
    pub fn add(&mut self, term: &Term) {
        if term.len == 0 {
            return;
        }
        let (place, shift) = (term.exponent.div_euclid(64), term.exponent.rem_euclid(64) as u32);
        self.make_room(place, place + term.len as i32 + 1);
        let mut under = 0;
        let shifted = term.limbs[..term.len].iter().chain([&0]).map(|limb| {
            let wide = u128::from(*limb) << shift | u128::from(under);
            under = (wide >> 64) as u64;
            wide as u64
        });
        let held = &mut self.limbs[(place - self.base) as usize..];
        if term.negative {
            combine(held, shifted, 0, u64::overflowing_sub);
        } else {
            combine(held, shifted, 0, u64::overflowing_add);
        }
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: &ExactSum) {
        let Some(top) = other.limbs.last() else { return };
        self.make_room(other.base, other.base + other.limbs.len() as i32);
        let held = &mut self.limbs[(other.base - self.base) as usize..];
        combine(held, other.limbs.iter().copied(), sign(*top), u64::overflowing_add);
    }

    /// Takes another sum out.
    pub fn subtract(&mut self, other: &ExactSum) {
        let Some(top) = other.limbs.last() else { return };
        self.make_room(other.base, other.base + other.limbs.len() as i32);
        let held = &mut self.limbs[(other.base - self.base) as usize..];
        combine(held, other.limbs.iter().copied(), sign(*top), u64::overflowing_sub);
    }

    /// Divides the sum by two to the power of 64 times so many.
    pub(super) fn move_down(&mut self, limbs: i32) {
        self.base -= limbs;
    }

    /// The sum as an integer and a power of two.
    pub(super) fn value(&self) -> (BigInt, i64) {
        let bytes: Vec<u8> = self.limbs.iter().flat_map(|limb| limb.to_le_bytes()).collect();
        (BigInt::from_signed_bytes_le(&bytes), i64::from(self.base) * 64)
    }

    /// How many bytes it holds on the heap.
    #[inline(always)]
    pub fn heap_bytes(&self) -> usize {
        self.limbs.capacity() * size_of::<u64>()
    }

    /// Makes the limbs reach from one place up to another, with one of nothing but signs above, so
    /// that adding what lies between them cannot overflow.
    #[inline]
    fn make_room(&mut self, from: i32, to: i32) {
        if self.limbs.is_empty() {
            self.base = from;
        }
        if from < self.base {
            let more = (self.base - from) as usize;
            self.limbs.splice(..0, std::iter::repeat_n(0, more));
            self.base = from;
        }
        let top = self.limbs.last().copied().unwrap_or(0);
        let len = self.limbs.len();
        let signs = if sign(top) == top { len } else { len + 1 };
        let wanted = signs.max((to - self.base) as usize + 1);
        if wanted > len {
            self.limbs.resize(wanted, sign(top));
        }
    }
}

/// All bits as the highest one.
#[inline(always)]
fn sign(top: u64) -> u64 {
    (top as i64 >> 63) as u64
}

/// Adds or subtracts words, and `beyond` for all that would follow them.
#[inline(always)]
fn combine(
    held: &mut [u64],
    mut words: impl Iterator<Item = u64>,
    beyond: u64,
    step: impl Fn(u64, u64) -> (u64, bool),
) {
    let (mut carry, mut ended) = (false, false);
    for limb in held {
        let word = words.next().unwrap_or_else(|| {
            ended = true;
            beyond
        });
        if ended && beyond == 0 && !carry {
            return;
        }
        let (sum, first) = step(*limb, word);
        let (sum, second) = step(sum, u64::from(carry));
        (*limb, carry) = (sum, first | second);
    }
}

/// How many values there were, and exact sums of so many products of them.
#[derive(Clone, Debug)]
pub struct Moments<const N: usize> {
    /// All values, also those that are not finite.
    pub(super) values: u64,
    pub(super) not_finite: u64,
    pub(super) sums: [ExactSum; N],
}

impl<const N: usize> Moments<N> {
    /// Of no values.
    pub fn new() -> Self {
        Moments { values: 0, not_finite: 0, sums: std::array::from_fn(|_| ExactSum::default()) }
    }

    /// Adds the terms of one value, or one that is not finite.
    #[inline]
    pub fn add(&mut self, terms: Option<[Term; N]>) {
        self.values = self.values.wrapping_add(1);
        match terms {
            Some(terms) => self.sums.iter_mut().zip(&terms).for_each(|(sum, term)| sum.add(term)),
            None => self.not_finite = self.not_finite.wrapping_add(1),
        }
    }

    /// Adds those of other values.
    pub fn merge(&mut self, other: &Self) {
        self.values = self.values.wrapping_add(other.values);
        self.not_finite = self.not_finite.wrapping_add(other.not_finite);
        self.sums.iter_mut().zip(&other.sums).for_each(|(sum, other)| sum.merge(other));
    }

    /// Takes those of other values out.
    pub fn subtract(&mut self, other: &Self) {
        self.values = self.values.wrapping_sub(other.values);
        self.not_finite = self.not_finite.wrapping_sub(other.not_finite);
        self.sums.iter_mut().zip(&other.sums).for_each(|(sum, other)| sum.subtract(other));
    }

    /// The result: nothing if there are too few values, NaN if one of them is not finite.
    pub(super) fn read(&self, enough: bool, finite: impl FnOnce() -> Option<f64>) -> Option<f64> {
        match (enough, self.not_finite) {
            (false, _) => None,
            (true, 0) => finite(),
            (true, _) => Some(f64::NAN),
        }
    }

    /// How many bytes they hold on the heap.
    #[inline(always)]
    pub fn heap_bytes(&self) -> usize {
        self.sums.iter().map(ExactSum::heap_bytes).sum()
    }
}

impl<const N: usize> Default for Moments<N> {
    fn default() -> Self {
        Moments::new()
    }
}

impl<const N: usize> Serialize for Moments<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.values, self.not_finite, self.sums.as_slice()).serialize(serializer)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Moments<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (values, not_finite, sums) = <(u64, u64, Vec<ExactSum>)>::deserialize(deserializer)?;
        let sums = sums.try_into().map_err(|_| serde::de::Error::custom("a sum is missing"))?;
        Ok(Moments { values, not_finite, sums })
    }
}
