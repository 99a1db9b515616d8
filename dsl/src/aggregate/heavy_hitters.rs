use super::encoding::encoded;
use super::group_test::GroupTest;
use super::key_set::decode;
use super::{Aggregate, Approx, Arg, DataOf};
use crate::data::Produce;
use crate::key::Key;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::marker::PhantomData;

/// The least share that can be asked for.
const SHARE_MIN: f64 = 1e-4;

/// The values that have a share of all. See [`heavy_hitters`].
pub struct HeavyHitters<T>(f64, PhantomData<fn() -> T>);

impl<T> Clone for HeavyHitters<T> {
    fn clone(&self) -> Self {
        HeavyHitters(self.0, PhantomData)
    }
}

/// The values that come so often in the group that they have at least a share of all, and about how
/// often each is there, the most frequent first; `None` does not count.
///
/// It takes whatever can be a [`Key`], gives values as keys are, -0.0 as 0.0 and all NaN as one, and
/// puts those with equal counts in the order of keys. The result is an [`Approx`] of a
/// `Vec<(value, u64)>`. While there are few different values it is exact. Beyond that each value with
/// its share is found with a probability of 99.9 per cent; a count is never too low, and with the same
/// probability too high by less than the share of all, mostly by far less. A share is from 0.0001
/// to 1. In a job, `heavy_hitters(0.01, |f| f.dest)`. The column is `heavy_hitters_` and the field's
/// name.
///
/// Up to `64 / share` different values or so are held as they are, in about as many bytes as they have
/// and 60 more. Then a group takes up to `40 / share` counters for each bit of the longest value, for
/// one per cent and values of 8 bytes about 1.5 MB, whatever comes; a record adds to five for each bit
/// of its value that is set. What is only known by the order in which records come, as Misra and
/// Gries's frequent items are, would not be the same in batch and stream. This is linear in the
/// records and gives values back by testing groups of them for each bit (Cormode and Muthukrishnan,
/// "What's hot and what's not: tracking most frequent items dynamically", 2005). Sketches merge to
/// what one of all records would be.
///
/// ```
/// use ouzel_dsl::{Approx, Arg, heavy_hitters, laws};
///
/// let dests = ["BOS", "LAX", "BOS", "ORD", "BOS"].map(str::to_owned);
/// let hot: Approx<Vec<(String, u64)>> =
///     laws::result(&heavy_hitters(0.5, Arg::<String>::new()), &dests)?;
/// # Ok::<(), String>(())
/// ```
pub fn heavy_hitters<P: Produce>(share: f64, _: Arg<P>) -> HeavyHitters<<DataOf<P> as Key>::Itself>
where
    DataOf<P>: Key,
{
    HeavyHitters(share, PhantomData)
}

/// How often values came, or a sketch of that. Which of the two it is depends on how many different
/// values there are, and not on how they came.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Hitters {
    /// Counts by the encodings of values, and the length of these.
    Few(BTreeMap<Vec<u8>, u64>, usize),
    /// Counters.
    Many(GroupTest),
}

impl Hitters {
    fn add(&mut self, encoding: &[u8], count: u64, width: usize) {
        match self {
            Hitters::Many(test) => test.add(encoding, count),
            Hitters::Few(counts, bytes) => {
                if let Some(held) = counts.get_mut(encoding) {
                    *held = held.wrapping_add(count);
                    return;
                }
                counts.insert(encoding.to_vec(), count);
                *bytes += encoding.len();
                if counts.len() > 16 * width {
                    let mut test = GroupTest::new(width);
                    counts.iter().for_each(|(encoding, count)| test.add(encoding, *count));
                    *self = Hitters::Many(test);
                }
            }
        }
    }
}

impl<T: Key> HeavyHitters<T> {
    /// How many groups values are put into at a time, so that the others in a frequent value's group
    /// have a quarter of its share or less, in the mean.
    fn width(&self) -> usize {
        // Values beyond what `check` lets pass are as the nearest ones.
        ((4.0 / self.0.clamp(SHARE_MIN, 1.0)).ceil() as usize).next_power_of_two()
    }
}

impl<T: Key> Aggregate for HeavyHitters<T> {
    type In = T;
    type Acc = Hitters;
    type Out = Approx<Vec<(T::Present, u64)>>;

    fn zero(&self) -> Hitters {
        Hitters::Few(BTreeMap::new(), 0)
    }

    #[inline]
    fn add(&self, acc: &mut Hitters, value: T::View<'_>) {
        if let Some(value) = T::present(value) {
            encoded::<T::Present, _>(value, |encoding| acc.add(encoding, 1, self.width()));
        }
    }

    fn merge(&self, acc: &mut Hitters, mut other: Hitters) {
        if matches!(other, Hitters::Many(_)) {
            std::mem::swap(acc, &mut other);
        }
        match (acc, other) {
            (Hitters::Many(test), Hitters::Many(other)) => test.merge(other),
            (acc, Hitters::Few(counts, _)) => {
                let width = self.width();
                counts.into_iter().for_each(|(encoding, n)| acc.add(&encoding, n, width));
            }
            // Not reached: other was exchanged for what has counters.
            (Hitters::Few(..), Hitters::Many(_)) => {}
        }
    }

    fn finish(&self, acc: &Hitters) -> Result<Self::Out, String> {
        let (mut found, total) = match acc {
            Hitters::Few(counts, _) => {
                let total = counts.values().fold(0u64, |total, n| total.wrapping_add(*n));
                (counts.iter().map(|(e, n)| (e.clone(), *n)).collect(), total)
            }
            Hitters::Many(test) => (test.found(encoding_at_front::<T::Present>), test.total()),
        };
        found.retain(|(_, count)| *count as f64 >= self.0 * total as f64);
        found.sort_unstable_by(|(a, m), (b, n)| (Reverse(m), a).cmp(&(Reverse(n), b)));
        let values = found.iter().map(|(encoding, n)| Ok((decode(&mut &encoding[..])?, *n)));
        values.collect::<Result<_, String>>().map(Approx::new)
    }

    #[inline]
    fn heap_bytes(&self, acc: &Hitters) -> usize {
        match acc {
            // A node of the tree is two thirds full.
            Hitters::Few(counts, bytes) => {
                counts.len() * size_of::<(Vec<u8>, u64)>() * 3 / 2 + bytes
            }
            Hitters::Many(test) => test.heap_bytes(),
        }
    }

    fn check(&self) -> Result<(), String> {
        if self.0 >= SHARE_MIN && self.0 <= 1.0 {
            return Ok(());
        }
        Err(format!("a share is from {SHARE_MIN} to 1, and not {}", self.0))
    }
}

/// The canonical encoding that bytes begin with, if they do.
fn encoding_at_front<K: Key>(bytes: &[u8]) -> Option<Vec<u8>> {
    let key = K::decode(&mut &bytes[..])?;
    Some(encoded::<K, _>(key.view(), <[u8]>::to_vec)).filter(|encoding| bytes.starts_with(encoding))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found among values of which the nth is there `counts[n]` times.
    fn found<K: Key>(share: f64, counts: &[u64], key: fn(usize) -> K) -> Vec<(K::Present, u64)> {
        let aggregate = HeavyHitters::<K>(share, PhantomData);
        let mut acc = aggregate.zero();
        for (n, count) in counts.iter().enumerate() {
            let value = key(n);
            (0..*count).for_each(|_| aggregate.add(&mut acc, value.view()));
        }
        let few = counts.len() <= 16 * aggregate.width();
        assert_eq!(matches!(acc, Hitters::Few(..)), few);
        aggregate.finish(&acc).unwrap().into_inner()
    }

    #[test]
    fn the_most_frequent_of_few_are_counted() {
        let found = found(0.25, &[5, 1, 9, 5], |n| n as i64);
        assert_eq!(found, [(2, 9), (0, 5), (3, 5)]);
        assert_eq!(self::found::<i64>(1.0, &[], |n| n as i64), []);
    }

    #[test]
    fn the_most_frequent_of_many_are_found() {
        for share in [0.02, 0.1] {
            // Twenty frequent values among thousands that come but once.
            let mut counts = vec![1; 20_000];
            let total = 20_000.0 / (1.0 - 20.0 * share * 1.05f64).max(0.1);
            let frequent = if share > 0.05 { 5 } else { 20 };
            counts[100..100 + frequent].fill((total * share * 1.05) as u64);
            let all = counts.iter().sum::<u64>() as f64;
            let wanted: Vec<usize> =
                (0..counts.len()).filter(|n| counts[*n] as f64 >= share * all).collect();
            assert_eq!(wanted.len(), frequent);
            let check = |found: Vec<(usize, u64)>| {
                for (n, count) in &found {
                    let over = count - counts[*n];
                    assert!((over as f64) < share * all / 8.0, "{count} of {}", counts[*n]);
                }
                let mut found: Vec<_> = found.into_iter().map(|(n, _)| n).collect();
                found.sort_unstable();
                assert_eq!(found, wanted);
            };
            let numbers = found(share, &counts, |n| n as i64 * 977);
            check(numbers.into_iter().map(|(n, count)| (n as usize / 977, count)).collect());
            let texts = found(share, &counts, |n| format!("{n}\0").repeat(n % 3 + 1));
            let number = |text: String| text.split('\0').next().unwrap().parse().unwrap();
            check(texts.into_iter().map(|(text, count)| (number(text), count)).collect());
        }
    }

    #[test]
    fn what_cannot_be_is_told() {
        let check = |share| HeavyHitters::<i64>(share, PhantomData).check();
        assert!([0.0, -1.0, 1.1, f64::NAN].iter().all(|share| check(*share).is_err()));
        assert_eq!(check(1.0), Ok(()));
    }
}
