use super::encoding::hash;
use super::{Aggregate, Approx, Arg, DataOf, Idempotent};
use crate::data::Produce;
use crate::key::Key;
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// So many bits of a hash choose the register.
const INDEX_BITS: u32 = 12;
/// So many registers, a byte each.
const REGISTERS: usize = 1 << INDEX_BITS;
/// The bits that are left, of which a register holds the place of the first one.
const REST_BITS: u32 = 64 - INDEX_BITS;
/// As many hashes as take the room of the registers.
const FEW: usize = REGISTERS / size_of::<u64>();

/// About how many different values there are. See [`approx_count_distinct`].
pub struct ApproxCountDistinct<T>(PhantomData<fn() -> T>);

impl<T> Clone for ApproxCountDistinct<T> {
    fn clone(&self) -> Self {
        ApproxCountDistinct(PhantomData)
    }
}

/// About how many different values there are in the group; `None` does not count.
///
/// It takes what [`count_distinct`](super::count_distinct) does, and gives an [`Approx`]: the count
/// itself up to 512 different values, and beyond an estimate with a standard error of 1.6 per cent.
/// In a job, `approx_count_distinct(|f| f.tailnum)`. The column is `approx_count_distinct_` and the
/// field's name.
///
/// A group takes 8 bytes for each of up to 512 values, and 4 KiB then. It is a HyperLogLog of 4096
/// registers (Flajolet, Fusy, Gandouet and Meunier, "HyperLogLog: the analysis of a near-optimal
/// cardinality estimation algorithm", 2007), read by the estimator of Ertl, "New cardinality
/// estimation algorithms for HyperLogLog sketches", 2017. Sketches merge to what one of all records
/// would be.
///
/// ```
/// use ouzel_dsl::{Approx, Arg, approx_count_distinct, laws};
///
/// let tails = ["N14228", "N24211", "N14228"].map(str::to_owned);
/// let about: Approx<u64> = laws::result(&approx_count_distinct(Arg::<String>::new()), &tails)?;
/// # Ok::<(), String>(())
/// ```
pub fn approx_count_distinct<P: Produce>(
    _: Arg<P>,
) -> ApproxCountDistinct<<DataOf<P> as Key>::Itself>
where
    DataOf<P>: Key,
{
    ApproxCountDistinct(PhantomData)
}

impl<T: Key> Aggregate for ApproxCountDistinct<T> {
    type In = T;
    type Acc = HyperLogLog;
    type Out = Approx<u64>;

    fn zero(&self) -> HyperLogLog {
        HyperLogLog::Few(Vec::new())
    }

    #[inline]
    fn add(&self, acc: &mut HyperLogLog, value: T::View<'_>) {
        if let Some(value) = T::present(value) {
            acc.add(hash::<T::Present>(value));
        }
    }

    fn merge(&self, acc: &mut HyperLogLog, other: HyperLogLog) {
        acc.merge(other);
    }

    fn finish(&self, acc: &HyperLogLog) -> Result<Approx<u64>, String> {
        Ok(Approx::new(acc.estimate()))
    }

    #[inline]
    fn heap_bytes(&self, acc: &HyperLogLog) -> usize {
        match acc {
            HyperLogLog::Few(hashes) => hashes.capacity() * size_of::<u64>(),
            HyperLogLog::Many(registers) => registers.capacity(),
        }
    }
}

impl<T: Key> Idempotent for ApproxCountDistinct<T> {}

/// A set of hashes while there are few, and then for each register the place of the first bit set
/// among those hashes that it was chosen by, at most.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum HyperLogLog {
    /// At most 512 hashes in order.
    Few(Vec<u64>),
    /// The registers of more.
    Many(Vec<u8>),
}

impl HyperLogLog {
    #[inline]
    fn add(&mut self, hash: u64) {
        match self {
            HyperLogLog::Many(registers) => raise(registers, hash),
            HyperLogLog::Few(hashes) => {
                if let Err(place) = hashes.binary_search(&hash) {
                    hashes.insert(place, hash);
                    if hashes.len() > FEW {
                        let mut registers = vec![0; REGISTERS];
                        hashes.iter().for_each(|hash| raise(&mut registers, *hash));
                        *self = HyperLogLog::Many(registers);
                    }
                }
            }
        }
    }

    fn merge(&mut self, mut other: HyperLogLog) {
        if matches!(other, HyperLogLog::Many(_)) {
            std::mem::swap(self, &mut other);
        }
        match (self, other) {
            (HyperLogLog::Many(registers), HyperLogLog::Many(others)) => {
                registers.iter_mut().zip(others).for_each(|(a, b)| *a = (*a).max(b));
            }
            (into, HyperLogLog::Few(hashes)) => hashes.into_iter().for_each(|hash| into.add(hash)),
            // Not reached: other was exchanged for what has registers.
            (_, HyperLogLog::Many(_)) => {}
        }
    }

    fn estimate(&self) -> u64 {
        match self {
            HyperLogLog::Few(hashes) => hashes.len() as u64,
            HyperLogLog::Many(registers) => estimate(registers).round() as u64,
        }
    }
}

#[inline]
fn raise(registers: &mut [u8], hash: u64) {
    let place = (hash << INDEX_BITS).leading_zeros().min(REST_BITS) as u8 + 1;
    if let Some(register) = registers.get_mut((hash >> REST_BITS) as usize) {
        *register = place.max(*register);
    }
}

/// Ertl's improved estimator (his algorithm 6).
fn estimate(registers: &[u8]) -> f64 {
    let mut counts = [0u32; REST_BITS as usize + 2];
    for register in registers {
        if let Some(count) = counts.get_mut(usize::from(*register)) {
            *count += 1;
        }
    }
    let all = REGISTERS as f64;
    let [empty, between @ .., full] = counts.map(f64::from);
    let full = all * tau(1.0 - full / all);
    let sum = between.iter().rev().fold(full, |sum, count| 0.5 * (sum + count));
    all * all / (2.0 * std::f64::consts::LN_2 * (sum + all * sigma(empty / all)))
}

/// `x + sum of x^(2^k) * 2^(k-1) over k = 1, 2, ..`
fn sigma(x: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    let (mut power, mut factor, mut sum) = (x, 1.0, x);
    loop {
        power *= power;
        let before = sum;
        sum += power * factor;
        factor += factor;
        if sum == before {
            return sum;
        }
    }
}

/// `(1 - x - sum of (1 - x^(2^-k))^2 * 2^-k over k = 1, 2, ..) / 3`
fn tau(x: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return 0.0;
    }
    let (mut root, mut factor, mut sum) = (x, 1.0, 1.0 - x);
    loop {
        root = root.sqrt();
        let before = sum;
        factor *= 0.5;
        sum -= (1.0 - root) * (1.0 - root) * factor;
        if sum == before {
            return sum / 3.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: impl Iterator<Item = i64>) -> u64 {
        let aggregate = ApproxCountDistinct::<i64>(PhantomData);
        let mut acc = aggregate.zero();
        values.for_each(|value| aggregate.add(&mut acc, value));
        acc.estimate()
    }

    #[test]
    fn few_are_counted() {
        for n in [0, 1, 2, 100, 511, 512] {
            assert_eq!(of((0..n).chain(0..n)), n as u64);
        }
    }

    #[test]
    fn many_are_estimated_within_four_standard_errors() {
        for n in [513, 1_000, 5_000, 20_000, 300_000] {
            for step in [1, 1 << 20, -977] {
                let about = of((0..n).chain(0..n / 2).map(|i| i * step)) as f64;
                let error = about / n as f64 - 1.0;
                assert!(error.abs() < 4.0 * 0.0163, "{about} of {n}");
            }
        }
    }
}
