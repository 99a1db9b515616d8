use super::encoding::hash;
use super::{Aggregate, Approx, Arg, DataOf, Idempotent};
use crate::Bytes;
use crate::data::Produce;
use crate::key::{Key, mix};
use serde::{Deserialize, Serialize};
use std::f64::consts::LN_2;
use std::marker::PhantomData;

/// How many hashes are kept before there are bits, at most.
const FEW: usize = 512;
/// What a filter's bytes begin with: a name, and the version of what follows.
const MAGIC: [u8; 4] = *b"OZB\x01";
/// The greatest filter, of 256 MiB.
const WORDS_MAX: f64 = 33_554_432.0;

/// A Bloom filter of what a closure gives. See [`bloom_filter`].
pub struct BloomFilterOf<T>(f64, f64, PhantomData<fn() -> T>);

impl<T> Clone for BloomFilterOf<T> {
    fn clone(&self) -> Self {
        BloomFilterOf(self.0, self.1, PhantomData)
    }
}

/// A Bloom filter of the group's values, as bytes that [`BloomFilter::read`] reads outside of a job;
/// `None` does not count.
///
/// Asked for a value, it says yes if that was in the group, and no with a probability of
/// `1 - rate` at least if it was not, as long as no more than `expected` different values were. It
/// takes whatever can be a [`Key`] and gives an [`Approx`] of [`Bytes`]: it may be written out, and
/// the job itself cannot ask it. In a job, `bloom_filter(100_000, 0.01, |f| f.tailnum)`. The column
/// is `bloom_filter_` and the field's name.
///
/// A filter takes `1.44 * log2(1 / rate)` bits for each value that is expected, 10 for one per cent,
/// whether they come or not; while there are few, 8 bytes for each value that came. Adding one takes
/// as many steps as there are powers of two in `1 / rate`. Filters merge to what one of all records
/// would be, since they are the union of bits (Bloom, "Space/time trade-offs in hash coding with
/// allowable errors", 1970; Kirsch and Mitzenmacher, "Less hashing, same performance", 2006).
///
/// ```
/// use ouzel_dsl::{Approx, Arg, Bytes, bloom_filter, laws};
///
/// let tails = ["N14228", "N24211", "N14228"].map(str::to_owned);
/// let filter = bloom_filter(1_000, 0.01, Arg::<String>::new());
/// let bytes: Approx<Bytes> = laws::result(&filter, &tails)?;
/// # Ok::<(), String>(())
/// ```
pub fn bloom_filter<P: Produce>(
    expected: u64,
    rate: f64,
    _: Arg<P>,
) -> BloomFilterOf<<DataOf<P> as Key>::Itself>
where
    DataOf<P>: Key,
{
    BloomFilterOf(expected as f64, rate, PhantomData)
}

impl<T: Key> Aggregate for BloomFilterOf<T> {
    type In = T;
    type Acc = BloomFilter;
    type Out = Approx<Bytes>;

    fn zero(&self) -> BloomFilter {
        // Values beyond what `check` lets pass are as the nearest ones.
        let words = words(self.0, self.1).clamp(1.0, WORDS_MAX);
        let steps = (words * 64.0 / self.0.max(1.0) * LN_2).round().clamp(1.0, 64.0);
        BloomFilter { words: words as u32, steps: steps as u8, held: Held::Few(Vec::new()) }
    }

    #[inline]
    fn add(&self, acc: &mut BloomFilter, value: T::View<'_>) {
        if let Some(value) = T::present(value) {
            acc.add(hash::<T::Present>(value));
        }
    }

    fn merge(&self, acc: &mut BloomFilter, other: BloomFilter) {
        acc.merge(other);
    }

    fn finish(&self, acc: &BloomFilter) -> Result<Approx<Bytes>, String> {
        Ok(Approx::new(Bytes(acc.to_bytes())))
    }

    #[inline]
    fn heap_bytes(&self, acc: &BloomFilter) -> usize {
        let (Held::Few(words) | Held::Bits(words)) = &acc.held;
        words.capacity() * size_of::<u64>()
    }

    fn check(&self) -> Result<(), String> {
        let BloomFilterOf(expected, rate, _) = *self;
        if !(rate > 0.0 && rate < 1.0) {
            return Err(format!("a rate of wrong answers is between 0 and 1, and not {rate}"));
        }
        if words(expected, rate) > WORDS_MAX {
            return Err(format!(
                "a Bloom filter of {expected} values that is wrong at a rate of {rate} takes more than 256 MiB"
            ));
        }
        Ok(())
    }
}

impl<T: Key> Idempotent for BloomFilterOf<T> {}

/// How many words of 64 bits a filter takes.
fn words(expected: f64, rate: f64) -> f64 {
    (expected * -rate.ln() / (LN_2 * LN_2 * 64.0)).ceil()
}

/// A set of values that says yes to some others too: what [`bloom_filter`] gives, read back from its
/// bytes.
///
/// ```
/// use ouzel_dsl::BloomFilter;
///
/// # let bytes = BloomFilter::of(100, 0.001, ["N14228", "N24211"])?.to_bytes();
/// // The bytes are what a column of the output holds.
/// let filter = BloomFilter::read(&bytes)?;
/// assert!(filter.contains("N14228"));
/// assert!(!filter.contains("N668DN"));
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BloomFilter {
    words: u32,
    /// How many bits a value sets.
    steps: u8,
    held: Held,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Held {
    /// Hashes in order, each once: a set that bits can still be made of.
    Few(Vec<u64>),
    Bits(Vec<u64>),
}

impl BloomFilter {
    /// A filter of these values, as a job makes it.
    pub fn of<P: Produce>(
        expected: u64,
        rate: f64,
        values: impl IntoIterator<Item = P>,
    ) -> Result<BloomFilter, String>
    where
        DataOf<P>: Key,
    {
        let aggregate = BloomFilterOf::<DataOf<P>>(expected as f64, rate, PhantomData);
        aggregate.check()?;
        let mut filter = aggregate.zero();
        values.into_iter().for_each(|value| aggregate.add(&mut filter, value.produce()));
        Ok(filter)
    }

    /// Reads what [`bloom_filter`] gave; says what is wrong where these are other bytes.
    pub fn read(bytes: &[u8]) -> Result<BloomFilter, String> {
        let parts = bytes.strip_prefix(&MAGIC).and_then(<[u8]>::split_first);
        if let Some((steps @ 1..=64, bits)) = parts
            && let (words, []) = bits.as_chunks::<8>()
            && let Ok(count @ 1..) = u32::try_from(words.len())
        {
            let bits = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
            return Ok(BloomFilter { words: count, steps: *steps, held: Held::Bits(bits) });
        }
        Err("these are not the bytes of a Bloom filter".to_owned())
    }

    /// The bytes that [`BloomFilter::read`] reads: those that a job writes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(5 + 8 * self.words as usize);
        out.extend_from_slice(&MAGIC);
        out.push(self.steps);
        match &self.held {
            Held::Bits(bits) => out.extend(bits.iter().flat_map(|word| word.to_le_bytes())),
            Held::Few(hashes) => {
                let bits = self.bits_of(hashes);
                out.extend(bits.iter().flat_map(|word| word.to_le_bytes()));
            }
        }
        out
    }

    /// Whether the value was in the group: surely not if it is false. The value has the type that the
    /// closure had, `7i32` where that gave an `i32`, `"N14228"` where it gave text.
    pub fn contains<P: Produce>(&self, value: P) -> bool
    where
        DataOf<P>: Key,
    {
        let Some(value) = DataOf::<P>::present(value.produce()) else { return false };
        let hash = hash::<<DataOf<P> as Key>::Present>(value);
        match &self.held {
            Held::Few(hashes) => hashes.binary_search(&hash).is_ok(),
            Held::Bits(bits) => self.places(hash).all(|place| {
                bits.get(place / 64).is_some_and(|word| word >> (place % 64) & 1 == 1)
            }),
        }
    }

    #[inline]
    fn add(&mut self, hash: u64) {
        let places = self.places(hash);
        match &mut self.held {
            Held::Bits(bits) => places.for_each(|place| set(bits, place)),
            Held::Few(hashes) => {
                if let Err(place) = hashes.binary_search(&hash) {
                    hashes.insert(place, hash);
                    self.have_bits_if_many();
                }
            }
        }
    }

    fn merge(&mut self, mut other: BloomFilter) {
        if matches!(other.held, Held::Bits(_)) {
            std::mem::swap(self, &mut other);
        }
        match (&mut self.held, other.held) {
            (Held::Bits(bits), Held::Bits(others)) => {
                bits.iter_mut().zip(others).for_each(|(word, other)| *word |= other);
            }
            (_, Held::Few(hashes)) => hashes.into_iter().for_each(|hash| self.add(hash)),
            // Not reached: other was exchanged for what has bits.
            (Held::Few(_), Held::Bits(_)) => {}
        }
    }

    /// Makes bits of hashes as soon as these take as much room, or a long time to search.
    fn have_bits_if_many(&mut self) {
        if let Held::Few(hashes) = &self.held
            && hashes.len() > FEW.min(self.words as usize)
        {
            self.held = Held::Bits(self.bits_of(hashes));
        }
    }

    fn bits_of(&self, hashes: &[u64]) -> Vec<u64> {
        let mut bits = vec![0; self.words as usize];
        for hash in hashes {
            self.places(*hash).for_each(|place| set(&mut bits, place));
        }
        bits
    }

    /// The bits of a hash.
    #[inline]
    fn places(&self, hash: u64) -> impl Iterator<Item = usize> + use<> {
        let (bits, step) = (u128::from(self.words) * 64, mix(hash, 1) | 1);
        (0..u64::from(self.steps)).map(move |n| {
            let mixed = hash.wrapping_add(n.wrapping_mul(step));
            ((u128::from(mixed) * bits) >> 64) as usize
        })
    }
}

#[inline]
fn set(bits: &mut [u64], place: usize) {
    if let Some(word) = bits.get_mut(place / 64) {
        *word |= 1 << (place % 64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_found_and_little_else() {
        for (n, rate) in [(10u32, 0.1), (600, 0.01), (20_000, 0.01), (20_000, 0.0001)] {
            let filter = BloomFilter::of(n.into(), rate, 0..n).unwrap();
            let read = BloomFilter::read(&filter.to_bytes()).unwrap();
            assert!((0..n).all(|i| read.contains(i) && filter.contains(Some(i))));
            let wrong = (n..n + 100_000).filter(|i| read.contains(*i)).count() as f64 / 1e5;
            assert!(wrong < rate * 1.3 + 0.0001, "{wrong} of others, with {n} and {rate}");
        }
    }

    #[test]
    fn other_bytes_are_no_filter() {
        let bytes = BloomFilter::of(9, 0.5, [""]).unwrap().to_bytes();
        assert!(BloomFilter::read(&bytes).is_ok());
        let damaged =
            [&bytes[..bytes.len() - 1], &bytes[1..], &bytes[..5], &bytes[..3], b"", b"OZB\x01\0"];
        assert!(damaged.iter().all(|bytes| BloomFilter::read(bytes).is_err()));
    }

    #[test]
    fn what_cannot_be_is_told() {
        let check = |expected: f64, rate| {
            BloomFilterOf::<i64>(expected, rate, PhantomData).check().unwrap_err()
        };
        assert!(check(1.0, 0.0).contains("between 0 and 1, and not 0"));
        assert!(check(1.0, f64::NAN).contains("not NaN"));
        assert!(check(1e12, 0.01).contains("more than 256 MiB"));
        assert_eq!(BloomFilterOf::<i64>(0.0, 0.5, PhantomData).check(), Ok(()));
    }
}
