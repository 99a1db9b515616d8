use super::exact::Exact;
use super::measure::of_float;
use super::placed::NOWHERE;
use super::{Aggregate, Approx, Arg, DataOf, Dyadic, ExactSum, Measure, Measured, Term};
use crate::Span;
use crate::data::Produce;
use crate::place::Place;
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// So many half-lives make a block: beyond them no double counts, be it the greatest, and be there
/// 2^64 of them.
const BLOCK: i64 = 64 * BLOCK_LIMBS as i64;
const BLOCK_LIMBS: i32 = 34;

/// A sum in which values lose weight as they grow old. See [`decayed_sum`].
pub struct DecayedSum<T>(i64, PhantomData<fn() -> T>);

impl<T> Clone for DecayedSum<T> {
    fn clone(&self) -> Self {
        DecayedSum(self.0, PhantomData)
    }
}

/// The sum of a value over the group's records, in which each weighs half as much for every
/// half-life by which it is older than the group's latest value; `None` does not count.
///
/// It takes integers, floats, decimals and options of these, and gives an [`Approx`] of `f64`. Ages are
/// differences of event times, so that records need one; they may come in any order. In a job,
/// `decayed_sum(hours(1), |b| b.price)`. The column is `decayed_sum_` and the field's name. The mean
/// by these weights is the quotient of it and [`decayed_count`].
///
/// Each record's weight is rounded once, to within three parts in 2^53, and so is the result; the
/// sum between them is exact, so that no order can be seen. What is more than some thousands of
/// half-lives old counts no more, be it NaN or an infinity.
///
/// A group takes about 100 bytes where ages are a few half-lives, and 2 KiB at most; a record takes a
/// power of two and some additions.
///
/// ```
/// use ouzel_dsl::{Approx, Arg, Timestamp, decayed_sum, laws, hours};
///
/// let hour = |n: i64| Timestamp::from_micros(n * 3_600_000_000);
/// // 8 is two half-lives old, 3 is none: 8 / 4 + 3.
/// let prices = [(hour(10), 8.0), (hour(12), 3.0)];
/// let five: Approx<f64> = laws::result_at(&decayed_sum(hours(1), Arg::<f64>::new()), &prices)?;
/// # Ok::<(), String>(())
/// ```
pub fn decayed_sum<P: Produce>(
    half_life: Span,
    _: Arg<P>,
) -> DecayedSum<<DataOf<P> as Measure>::Itself>
where
    DataOf<P>: Measure,
{
    DecayedSum(half_life.micros(), PhantomData)
}

/// A count in which records lose weight as they grow old. See [`decayed_count`].
#[derive(Clone, Copy, Debug)]
pub struct DecayedCount(i64);

/// The number of the group's records, in which each counts half as much for every half-life by which
/// it is older than the group's latest: the [`decayed_sum`] of ones.
///
/// ```
/// use ouzel_dsl::{Approx, decayed_count, laws, seconds};
///
/// let three: Approx<f64> = laws::result(&decayed_count(seconds(1)), &[(), (), ()])?;
/// # Ok::<(), String>(())
/// ```
pub fn decayed_count(half_life: Span) -> DecayedCount {
    DecayedCount(half_life.micros())
}

impl<T: Measure> Aggregate for DecayedSum<T> {
    type In = T;
    type Acc = Decay;
    type Out = Approx<f64>;

    fn zero(&self) -> Decay {
        Decay::default()
    }

    fn add(&self, acc: &mut Decay, value: T::View<'_>) {
        self.add_at(acc, value, NOWHERE);
    }

    const ORDERED: bool = true;

    #[inline]
    fn add_at(&self, acc: &mut Decay, value: T::View<'_>, place: Place<'_>) {
        match T::measure(value) {
            None => {}
            Some(Measured::Finite(number)) => acc.add(self.0, place.time, Ok(number)),
            // That is a float, and it says which.
            Some(_) => {
                acc.add(self.0, place.time, Err(T::approximate(value).unwrap_or(f64::NAN)));
            }
        }
    }

    fn merge(&self, acc: &mut Decay, other: Decay) {
        acc.merge(self.0, other);
    }

    fn finish(&self, acc: &Decay) -> Result<Approx<f64>, String> {
        Ok(Approx::new(acc.value(self.0, T::SCALE)))
    }

    #[inline]
    fn heap_bytes(&self, acc: &Decay) -> usize {
        acc.heap_bytes()
    }

    fn check(&self) -> Result<(), String> {
        check(self.0)
    }
}

impl Aggregate for DecayedCount {
    type In = ();
    type Acc = Decay;
    type Out = Approx<f64>;

    fn zero(&self) -> Decay {
        Decay::default()
    }

    fn add(&self, acc: &mut Decay, (): ()) {
        self.add_at(acc, (), NOWHERE);
    }

    const ORDERED: bool = true;

    #[inline]
    fn add_at(&self, acc: &mut Decay, (): (), place: Place<'_>) {
        acc.add(self.0, place.time, Ok(Dyadic { negative: false, magnitude: 1, exponent: 0 }));
    }

    fn merge(&self, acc: &mut Decay, other: Decay) {
        acc.merge(self.0, other);
    }

    fn finish(&self, acc: &Decay) -> Result<Approx<f64>, String> {
        Ok(Approx::new(acc.value(self.0, 0)))
    }

    #[inline]
    fn heap_bytes(&self, acc: &Decay) -> usize {
        acc.heap_bytes()
    }

    fn check(&self) -> Result<(), String> {
        check(self.0)
    }
}

fn check(half_life: i64) -> Result<(), String> {
    if half_life > 0 {
        return Ok(());
    }
    Err(format!("a half-life is longer than nothing, and not {half_life} µs"))
}

/// The sum of values, each times two to the power of its time in half-lives: what it weighs beside
/// others, whichever turns out to be the latest.
///
/// Times are counted from the beginning of a block of half-lives, and of blocks there are two, that
/// of the latest value and the one before: what is older counts no more.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Decay {
    /// The latest value's time.
    latest: Option<i64>,
    /// The block of that time.
    now: Block,
    before: Block,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Block {
    sum: ExactSum,
    nans: u64,
    infinities: u64,
    negative_infinities: u64,
}

/// A time in half-lives.
struct Age {
    block: i128,
    /// Whole half-lives since the beginning of the block.
    whole: i32,
    /// What is left, below one.
    rest: f64,
}

impl Age {
    #[inline]
    fn of(time: i64, half_life: i64) -> Age {
        let half_life = half_life.max(1);
        let (whole, rest) = (time.div_euclid(half_life), time.rem_euclid(half_life));
        Age {
            block: whole.div_euclid(BLOCK).into(),
            whole: whole.rem_euclid(BLOCK) as i32,
            rest: rest as f64 / half_life as f64,
        }
    }

    /// Two to this power, since the beginning of the block.
    #[inline]
    fn power(&self) -> Dyadic {
        match of_float(self.rest.exp2()) {
            Measured::Finite(number) => Dyadic { exponent: number.exponent + self.whole, ..number },
            // Not reached: it is from one to two.
            _ => Dyadic { negative: false, magnitude: 1, exponent: self.whole },
        }
    }
}

impl Decay {
    /// Adds a value, or a float that is not finite.
    #[inline]
    fn add(&mut self, half_life: i64, time: i64, value: Result<Dyadic, f64>) {
        let age = Age::of(time, half_life);
        let latest = self.advance(half_life, time);
        let block = match latest - age.block {
            0 => &mut self.now,
            1 => &mut self.before,
            _ => return,
        };
        match value {
            Ok(number) => block.sum.add(&Term::new(number).times(age.power())),
            Err(f64::INFINITY) => block.infinities = block.infinities.wrapping_add(1),
            Err(f64::NEG_INFINITY) => {
                block.negative_infinities = block.negative_infinities.wrapping_add(1);
            }
            Err(_) => block.nans = block.nans.wrapping_add(1),
        }
    }

    /// Makes a time the latest if it is; gives the latest's block.
    #[inline]
    fn advance(&mut self, half_life: i64, time: i64) -> i128 {
        let block = |time| Age::of(time, half_life).block;
        let Some(latest) = self.latest else {
            self.latest = Some(time);
            return block(time);
        };
        let held = block(latest);
        if time <= latest {
            return held;
        }
        self.latest = Some(time);
        let found = block(time);
        if found > held {
            let now = std::mem::take(&mut self.now);
            self.before = if found == held + 1 { now } else { Block::default() };
        }
        found
    }

    fn merge(&mut self, half_life: i64, other: Decay) {
        let Some(time) = other.latest else { return };
        let (latest, block) = (self.advance(half_life, time), Age::of(time, half_life).block);
        match latest - block {
            0 => {
                self.now.merge(&other.now);
                self.before.merge(&other.before);
            }
            1 => self.before.merge(&other.now),
            _ => {}
        }
    }

    fn value(&self, half_life: i64, scale: u32) -> f64 {
        let Some(latest) = self.latest else { return 0.0 };
        let mut all = self.before.clone();
        all.sum.move_down(BLOCK_LIMBS);
        all.merge(&self.now);
        match (all.nans, all.infinities, all.negative_infinities) {
            (0, 0, 0) => {}
            (0, _, 0) => return f64::INFINITY,
            (0, 0, _) => return f64::NEG_INFINITY,
            _ => return f64::NAN,
        }
        let mut power = ExactSum::default();
        power.add(&Term::new(Age::of(latest, half_life).power()));
        Exact::from(&all.sum).over(&(&Exact::from(&power) * &Exact::power_of_ten(scale)))
    }

    #[inline]
    fn heap_bytes(&self) -> usize {
        self.now.sum.heap_bytes() + self.before.sum.heap_bytes()
    }
}

impl Block {
    fn merge(&mut self, other: &Block) {
        self.sum.merge(&other.sum);
        self.nans = self.nans.wrapping_add(other.nans);
        self.infinities = self.infinities.wrapping_add(other.infinities);
        self.negative_infinities = self.negative_infinities.wrapping_add(other.negative_infinities);
    }
}

#[cfg(test)]
mod tests {
    use super::super::laws;
    use super::*;
    use crate::{Decimal, Timestamp, hours, micros, minutes};
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn sum<T: Measure + Clone>(half_life: Span, values: &[(i64, T)]) -> f64 {
        let aggregate = DecayedSum::<T>(half_life.micros(), PhantomData);
        let values =
            values.iter().map(|(time, value)| (Timestamp::from_micros(*time), value.clone()));
        laws::result_at(&aggregate, &values.collect::<Vec<_>>()).unwrap().into_inner()
    }

    #[test]
    fn whole_half_lives_are_powers_of_two() {
        let hour = hours(1).micros();
        assert_eq!(sum(hours(1), &[(10 * hour, 8.0), (12 * hour, 3.0)]), 5.0);
        assert_eq!(sum(hours(1), &[(12 * hour, 3), (10 * hour, 8)]), 5.0);
        assert_eq!(sum(hours(1), &[(-hour, 3i64), (0, -1)]), 0.5);
        assert_eq!(sum(minutes(1), &[(0, f64::MAX), (hour, 0.0)]), f64::MAX * 2f64.powi(-60));
        let price = |cents| Decimal::<2>::from_units(cents);
        assert_eq!(sum(hours(1), &[(0, Some(price(110))), (hour, None)]), 1.1);
        assert_eq!(sum::<f64>(hours(1), &[]), 0.0);
        // As old as two blocks and a bit less.
        for age in [1, 1000, BLOCK, 2 * BLOCK - 1, 2 * BLOCK, 9 * BLOCK, i64::MAX / 2] {
            for now in [0, 1, 7 * BLOCK, 7 * BLOCK - 1] {
                let found = sum(micros(1), &[(now, 1.0), (now - age, 2f64.powi(500))]);
                let old = if age < 1100 { 2f64.powi(500 - age as i32) } else { 0.0 };
                assert_eq!(found, 1.0 + old, "{age} before {now}");
            }
        }
    }

    #[test]
    fn what_is_not_finite_wins_until_it_is_very_old() {
        let (inf, nan) = (f64::INFINITY, f64::NAN);
        assert_eq!(sum(hours(1), &[(0, inf), (5, 1.0)]), inf);
        assert_eq!(sum(hours(1), &[(0, -inf), (5, 1.0)]), -inf);
        assert!(sum(hours(1), &[(0, inf), (5, -inf)]).is_nan());
        assert!(sum(hours(1), &[(0, 1.0), (5, nan)]).is_nan());
        assert_eq!(sum(micros(1), &[(0, nan), (3 * BLOCK, 1.0)]), 1.0);
    }

    proptest! {
        #[test]
        fn it_is_what_the_formula_gives(
            values in vec((-90_000i64..90_000, -9.0f64..9.0), 1..20),
            half_life in 1i64..100_000,
        ) {
            let latest = values.iter().map(|(time, _)| *time).max().unwrap();
            let weight = |time: i64| (-((latest - time) as f64) / half_life as f64).exp2();
            let terms = values.iter().map(|(time, value)| value * weight(*time));
            let most = values.iter().map(|(time, value)| (value * weight(*time)).abs()).sum::<f64>();
            let found = sum(micros(half_life), &values);
            prop_assert!((found - terms.sum::<f64>()).abs() <= 1e-11 * most, "{found}");
            let ones: Vec<_> = values.iter().map(|(time, _)| (Timestamp::from_micros(*time), ())).collect();
            let count = laws::result_at(&decayed_count(micros(half_life)), &ones).unwrap().into_inner();
            let weights = values.iter().map(|(time, _)| weight(*time)).sum::<f64>();
            prop_assert!((count - weights).abs() <= 1e-11 * weights, "{count}");
        }
    }
}
