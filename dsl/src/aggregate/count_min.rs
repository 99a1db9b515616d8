use super::encoding::hash;
use super::{Aggregate, Approx, Arg, DataOf, Invertible};
use crate::Bytes;
use crate::data::Produce;
use crate::key::{Key, mix};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::marker::PhantomData;

/// So many counters hold each value.
const ROWS: usize = 5;
/// What a sketch's bytes begin with: a name, and the version of what follows.
const MAGIC: [u8; 4] = *b"OZC\x01";
/// The least error, with which a sketch takes 100 MiB.
const ERROR_MIN: f64 = 1e-6;

/// A Count-Min sketch of what a closure gives. See [`count_min`].
pub struct CountMinOf<T>(f64, PhantomData<fn() -> T>);

impl<T> Clone for CountMinOf<T> {
    fn clone(&self) -> Self {
        CountMinOf(self.0, PhantomData)
    }
}

/// About how often each of the group's values is there, as bytes that [`CountMin::read`] reads
/// outside of a job; `None` does not count.
///
/// Asked for a value, it says a count that is never too low, and with a probability of 99 per cent
/// too high by no more than `error` times the number of all values. It takes whatever can be a
/// [`Key`] and gives an [`Approx`] of [`Bytes`]: it may be written out, and the job itself cannot ask
/// it. In a job, `count_min(0.001, |f| f.tailnum)`. The column is `count_min_` and the field's name.
/// To know which values are frequent take [`heavy_hitters`](super::heavy_hitters).
///
/// A sketch takes `109 / error` bytes when it is written; before that 30 bytes for each value of
/// which there are few. Adding one takes five additions. Sketches merge to what one of all records
/// would be, since they are added (Cormode and Muthukrishnan, "An improved data stream summary: the
/// count-min sketch and its applications", 2005).
///
/// ```
/// use ouzel_dsl::{Approx, Arg, Bytes, count_min, laws};
///
/// let tails = ["N14228", "N24211", "N14228"].map(str::to_owned);
/// let counts: Approx<Bytes> = laws::result(&count_min(0.01, Arg::<String>::new()), &tails)?;
/// # Ok::<(), String>(())
/// ```
pub fn count_min<P: Produce>(error: f64, _: Arg<P>) -> CountMinOf<<DataOf<P> as Key>::Itself>
where
    DataOf<P>: Key,
{
    CountMinOf(error, PhantomData)
}

impl<T: Key> Aggregate for CountMinOf<T> {
    type In = T;
    type Acc = CountMin;
    type Out = Approx<Bytes>;

    fn zero(&self) -> CountMin {
        // Values beyond what `check` lets pass are as the nearest ones.
        let width = (std::f64::consts::E / self.0.clamp(ERROR_MIN, 1.0)).ceil() as u32;
        CountMin { width, total: 0, held: Held::Few(BTreeMap::new()) }
    }

    #[inline]
    fn add(&self, acc: &mut CountMin, value: T::View<'_>) {
        if let Some(value) = T::present(value) {
            acc.total = acc.total.wrapping_add(1);
            acc.add(hash::<T::Present>(value), 1);
        }
    }

    fn merge(&self, acc: &mut CountMin, other: CountMin) {
        acc.merge(other, 1);
    }

    fn finish(&self, acc: &CountMin) -> Result<Approx<Bytes>, String> {
        Ok(Approx::new(Bytes(acc.to_bytes())))
    }

    #[inline]
    fn heap_bytes(&self, acc: &CountMin) -> usize {
        match &acc.held {
            // A node of the tree is two thirds full.
            Held::Few(counts) => counts.len() * size_of::<(u64, u64)>() * 3 / 2,
            Held::Cells(cells) => cells.capacity() * size_of::<u64>(),
        }
    }

    fn check(&self) -> Result<(), String> {
        if self.0 >= ERROR_MIN && self.0 < 1.0 {
            return Ok(());
        }
        Err(format!("the error of a Count-Min sketch is from {ERROR_MIN} to 1, and not {}", self.0))
    }
}

impl<T: Key> Invertible for CountMinOf<T> {
    fn subtract(&self, acc: &mut CountMin, other: CountMin) {
        // In arithmetic that wraps around, this is times -1.
        acc.merge(other, u64::MAX);
    }
}

/// Counts of values that are never too low and seldom much too high: what [`count_min`] gives, read
/// back from its bytes.
///
/// ```
/// use ouzel_dsl::CountMin;
///
/// # let bytes = CountMin::of(0.01, ["N14228", "N24211", "N14228"])?.to_bytes();
/// // The bytes are what a column of the output holds.
/// let counts = CountMin::read(&bytes)?;
/// assert_eq!((counts.count("N14228"), counts.total()), (2, 3));
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CountMin {
    /// How many counters there are in a row.
    width: u32,
    total: u64,
    held: Held,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Held {
    /// Counts by hash, of which cells can still be made.
    Few(BTreeMap<u64, u64>),
    /// Counters, row after row.
    Cells(Vec<u64>),
}

impl CountMin {
    /// A sketch of these values, as a job makes it.
    pub fn of<P: Produce>(
        error: f64,
        values: impl IntoIterator<Item = P>,
    ) -> Result<CountMin, String>
    where
        DataOf<P>: Key,
    {
        let aggregate = CountMinOf::<DataOf<P>>(error, PhantomData);
        aggregate.check()?;
        let mut sketch = aggregate.zero();
        values.into_iter().for_each(|value| aggregate.add(&mut sketch, value.produce()));
        Ok(sketch)
    }

    /// Reads what [`count_min`] gave; says what is wrong where these are other bytes.
    pub fn read(bytes: &[u8]) -> Result<CountMin, String> {
        let words = bytes.strip_prefix(&MAGIC).map(<[u8]>::as_chunks::<8>);
        if let Some(([total, cells @ ..], [])) = words
            && cells.len() % ROWS == 0
            && let Ok(width @ 1..) = u32::try_from(cells.len() / ROWS)
        {
            let cells = cells.iter().map(|cell| u64::from_le_bytes(*cell)).collect();
            let total = u64::from_le_bytes(*total);
            return Ok(CountMin { width, total, held: Held::Cells(cells) });
        }
        Err("these are not the bytes of a Count-Min sketch".to_owned())
    }

    /// The bytes that [`CountMin::read`] reads: those that a job writes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(12 + 8 * ROWS * self.width as usize);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&self.total.to_le_bytes());
        match &self.held {
            Held::Cells(cells) => out.extend(cells.iter().flat_map(|cell| cell.to_le_bytes())),
            Held::Few(counts) => {
                let cells = cells_of(self.width, counts);
                out.extend(cells.iter().flat_map(|cell| cell.to_le_bytes()));
            }
        }
        out
    }

    /// About how often the value was in the group. It has the type that the closure had, `7i32`
    /// where that gave an `i32`, `"N14228"` where it gave text.
    pub fn count<P: Produce>(&self, value: P) -> u64
    where
        DataOf<P>: Key,
    {
        let Some(value) = DataOf::<P>::present(value.produce()) else { return 0 };
        let hash = hash::<<DataOf<P> as Key>::Present>(value);
        match &self.held {
            Held::Few(counts) => counts.get(&hash).copied().unwrap_or(0),
            Held::Cells(cells) => places(self.width, hash)
                .filter_map(|place| cells.get(place))
                .min()
                .copied()
                .unwrap_or(0),
        }
    }

    /// How many values there were, which is exact.
    pub fn total(&self) -> u64 {
        self.total
    }

    #[inline]
    fn add(&mut self, hash: u64, count: u64) {
        let places = places(self.width, hash);
        match &mut self.held {
            Held::Cells(cells) => add_to(cells, places, count),
            Held::Few(counts) => {
                let held = counts.entry(hash).or_default();
                *held = held.wrapping_add(count);
                if *held == 0 {
                    counts.remove(&hash);
                } else if counts.len() > self.width as usize {
                    self.held = Held::Cells(cells_of(self.width, counts));
                }
            }
        }
    }

    /// Adds another sketch so many times.
    fn merge(&mut self, other: CountMin, times: u64) {
        self.total = self.total.wrapping_add(other.total.wrapping_mul(times));
        match other.held {
            Held::Few(counts) => {
                counts.into_iter().for_each(|(hash, n)| self.add(hash, n.wrapping_mul(times)));
            }
            Held::Cells(others) => {
                if let Held::Few(counts) = &self.held {
                    self.held = Held::Cells(cells_of(self.width, counts));
                }
                if let Held::Cells(cells) = &mut self.held {
                    for (cell, other) in cells.iter_mut().zip(others) {
                        *cell = cell.wrapping_add(other.wrapping_mul(times));
                    }
                }
            }
        }
    }
}

fn cells_of(width: u32, counts: &BTreeMap<u64, u64>) -> Vec<u64> {
    let mut cells = vec![0; ROWS * width as usize];
    for (hash, count) in counts {
        add_to(&mut cells, places(width, *hash), *count);
    }
    cells
}

/// The counters of a hash, one in each row.
#[inline]
fn places(width: u32, hash: u64) -> impl Iterator<Item = usize> {
    let width = width as usize;
    (0..ROWS).map(move |row| {
        let mixed = mix(hash, row as u64 + 1);
        row * width + ((u128::from(mixed) * width as u128) >> 64) as usize
    })
}

#[inline]
fn add_to(cells: &mut [u64], places: impl Iterator<Item = usize>, count: u64) {
    for place in places {
        if let Some(cell) = cells.get_mut(place) {
            *cell = cell.wrapping_add(count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_never_too_low_and_seldom_much_too_high() {
        for (different, error) in [(5u64, 0.1), (3_000, 0.01), (3_000, 0.001)] {
            // The nth is there 1 + n % 7 times.
            let values = || (0..different).flat_map(|n| (0..=n % 7).map(move |_| n));
            let sketch = CountMin::of(error, values()).unwrap();
            let read = CountMin::read(&sketch.to_bytes()).unwrap();
            assert_eq!(read.total(), values().count() as u64);
            let over = |n: u64| read.count(n) - (1 + n % 7);
            let most = error * read.total() as f64;
            let far_off = (0..different).filter(|n| over(*n) as f64 > most).count();
            assert!(far_off as f64 <= 0.01 * different as f64, "{far_off} of {different}");
        }
    }

    #[test]
    fn other_bytes_are_no_sketch() {
        let bytes = CountMin::of(0.5, [7i32]).unwrap().to_bytes();
        assert_eq!(CountMin::read(&bytes).unwrap().count(7i32), 1);
        let damaged =
            [&bytes[..bytes.len() - 8], &bytes[..bytes.len() - 1], &bytes[1..], &bytes[..12], b""];
        assert!(damaged.iter().all(|bytes| CountMin::read(bytes).is_err()));
    }

    #[test]
    fn what_cannot_be_is_told() {
        let check = |error| CountMinOf::<i64>(error, PhantomData).check();
        assert!([0.0, -1.0, 1.0, 1e-9, f64::NAN].iter().all(|error| check(*error).is_err()));
        assert_eq!((check(ERROR_MIN), check(0.5)), (Ok(()), Ok(())));
    }
}
