//! Windows of event time.

mod windowed;

pub use windowed::{Windowed, WindowedView};

use crate::data::{Data, Draw};
use crate::{Span, Timestamp};

/// A window of event time, half open: `start` is in it, `end` is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window {
    /// The first instant.
    pub start: Timestamp,
    /// The first instant after it.
    pub end: Timestamp,
}

impl Window {
    /// The window of `size` microseconds that begins at `start`.
    #[inline(always)]
    pub fn from(start: i64, size: i64) -> Window {
        let end = Timestamp::from_micros(start.saturating_add(size));
        Window { start: Timestamp::from_micros(start), end }
    }

    /// Draws an hour.
    pub(crate) fn draw(source: &mut dyn Draw) -> Window {
        const HOUR: i64 = 3_600_000_000;
        Window::from(source.time().div_euclid(HOUR) * HOUR, HOUR)
    }

    /// Appends both ends, as [`Data::store`] does.
    pub(crate) fn store(self, out: &mut Vec<u8>) {
        Timestamp::store(self.start, out);
        Timestamp::store(self.end, out);
    }

    /// Reads a window that [`Window::store`] wrote.
    pub(crate) fn load(bytes: &mut &[u8]) -> Option<Window> {
        Some(Window { start: Timestamp::load(bytes)?, end: Timestamp::load(bytes)? })
    }
}

/// Windows of one length, one after the other. See [`tumbling`].
#[derive(Clone, Copy, Debug)]
pub struct Tumbling {
    size: i64,
}

/// Windows of one length that overlap. See [`hopping`].
#[derive(Clone, Copy, Debug)]
pub struct Hopping {
    size: i64,
    every: i64,
}

/// No windows: one group a key.
#[derive(Clone, Copy, Debug)]
pub struct Unwindowed;

/// Windows of length `size`, aligned to 1970-01-01T00:00:00Z, each beginning where the one before
/// ends. Every record is in one of them.
pub const fn tumbling(size: Span) -> Tumbling {
    Tumbling { size: size.micros() }
}

/// Windows of length `size` of which one begins at every multiple of `every` since
/// 1970-01-01T00:00:00Z. A record is in `size / every` of them.
pub const fn hopping(size: Span, every: Span) -> Hopping {
    Hopping { size: size.micros(), every: every.micros() }
}

/// The windows of one record: `late` windows that it misses, then `live` ones, each `step` after
/// the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assigned {
    /// The start of the earliest window, missed or not.
    pub first: i64,
    /// From one start to the next.
    pub step: i64,
    /// How many windows the record misses: the earliest ones, since they end first.
    pub late: u32,
    /// How many it is in time for.
    pub live: u32,
}

impl Assigned {
    /// The starts of the windows that the record is in time for.
    #[inline(always)]
    pub fn starts(self) -> impl Iterator<Item = i64> {
        (0..i64::from(self.live)).map(move |i| self.first + (i64::from(self.late) + i) * self.step)
    }
}

/// How records are put into windows.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say how records are put into windows",
    label = "expected `tumbling(..)` or `hopping(..)`",
    note = "such as `tumbling(hours(1))` or `hopping(hours(1), minutes(5))`"
)]
pub trait Windows: Copy + Send + Sync + 'static {
    /// Whether there are windows at all; without, every record is in one group a key.
    const WINDOWED: bool;
    /// Itself. Rustc says nothing of what is made of it where it has none.
    #[doc(hidden)]
    type Itself: Windows;
    /// The key of the table that an aggregate over such windows gives.
    type Keyed<K: Data>: Data;

    /// The windows of a record with this event time. It misses those whose end plus `lateness` is
    /// at or before `seen`. `None` if a window would begin or end beyond the range of time.
    fn assign(self, time: i64, seen: i64, lateness: Option<i64>) -> Option<Assigned>;

    /// A window's length in microseconds.
    fn size(self) -> i64;

    /// The key of a row: a key, and the window that begins at `start`.
    fn keyed<K: Data>(self, key: K::View<'_>, start: i64) -> <Self::Keyed<K> as Data>::View<'_>;

    /// What is wrong with the lengths, if anything is.
    fn check(self) -> Result<(), String>;
}

impl Windows for Unwindowed {
    const WINDOWED: bool = false;
    type Itself = Self;
    type Keyed<K: Data> = K;

    #[inline(always)]
    fn assign(self, _: i64, _: i64, _: Option<i64>) -> Option<Assigned> {
        Some(Assigned { first: 0, step: 0, late: 0, live: 1 })
    }

    fn size(self) -> i64 {
        0
    }

    #[inline(always)]
    fn keyed<K: Data>(self, key: K::View<'_>, _: i64) -> K::View<'_> {
        key
    }

    fn check(self) -> Result<(), String> {
        Ok(())
    }
}

impl Windows for Tumbling {
    const WINDOWED: bool = true;
    type Itself = Self;
    type Keyed<K: Data> = Windowed<K>;

    #[inline(always)]
    fn assign(self, time: i64, seen: i64, lateness: Option<i64>) -> Option<Assigned> {
        let first = time.checked_sub(time.rem_euclid(self.size))?;
        let end = first.checked_add(self.size)?;
        let passed = |lateness| end.checked_add(lateness).is_some_and(|reach| reach <= seen);
        let late = lateness.is_some_and(passed);
        Some(Assigned { first, step: self.size, late: late.into(), live: (!late).into() })
    }

    fn size(self) -> i64 {
        self.size
    }

    #[inline(always)]
    fn keyed<K: Data>(self, key: K::View<'_>, start: i64) -> WindowedView<'_, K> {
        WindowedView { key, window: Window::from(start, self.size) }
    }

    fn check(self) -> Result<(), String> {
        match self.size {
            1.. => Ok(()),
            _ => Err("a tumbling window must be longer than nothing".to_owned()),
        }
    }
}

impl Windows for Hopping {
    const WINDOWED: bool = true;
    type Itself = Self;
    type Keyed<K: Data> = Windowed<K>;

    #[inline]
    fn assign(self, time: i64, seen: i64, lateness: Option<i64>) -> Option<Assigned> {
        let last = time.checked_sub(time.rem_euclid(self.every))?;
        last.checked_add(self.size)?;
        // The earliest window that still holds the time: its end is the first one after it.
        let before = (self.size - 1 - (time - last)).div_euclid(self.every);
        let first = last.checked_sub(before.checked_mul(self.every)?)?;
        let all = u32::try_from(before + 1).ok()?;
        let late = match lateness {
            // Windows with start + size + lateness <= seen.
            Some(lateness) => {
                let reach = i128::from(seen) - i128::from(lateness) - i128::from(self.size);
                let missed = (reach - i128::from(first)).div_euclid(i128::from(self.every)) + 1;
                missed.clamp(0, i128::from(all)) as u32
            }
            None => 0,
        };
        Some(Assigned { first, step: self.every, late, live: all - late })
    }

    fn size(self) -> i64 {
        self.size
    }

    #[inline(always)]
    fn keyed<K: Data>(self, key: K::View<'_>, start: i64) -> WindowedView<'_, K> {
        WindowedView { key, window: Window::from(start, self.size) }
    }

    fn check(self) -> Result<(), String> {
        match (self.size, self.every) {
            (size, every) if size < 1 || every < 1 => {
                Err("a hopping window and its step must be longer than nothing".to_owned())
            }
            (size, every) if every > size => {
                Err("a hopping window's step must not be longer than the window: records between windows would be lost".to_owned())
            }
            (size, every) if size / every > 100_000 => {
                Err("a record would be in more than 100,000 hopping windows".to_owned())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::micros;

    /// The windows of a record by trying every start near it.
    fn plain(
        size: i64,
        every: i64,
        time: i64,
        seen: i64,
        lateness: Option<i64>,
    ) -> (Vec<i64>, u32) {
        let starts = (-200..200).map(|i| i * every).filter(|s| *s <= time && time < s + size);
        let (late, live): (Vec<i64>, Vec<i64>) =
            starts.partition(|s| lateness.is_some_and(|d| s + size + d <= seen));
        (live, late.len() as u32)
    }

    #[test]
    fn windows_are_those_that_hold_the_time_and_have_not_passed() {
        for (size, every) in [(10, 10), (10, 3), (7, 2), (5, 5), (1, 1), (12, 4)] {
            for time in -30..30 {
                for (seen, lateness) in
                    [(time, None), (time, Some(0)), (time + 9, Some(2)), (100, Some(0))]
                {
                    let hopping = hopping(micros(size), micros(every));
                    let got = hopping.assign(time, seen, lateness).unwrap();
                    let plain = plain(size, every, time, seen, lateness);
                    assert_eq!(
                        (got.starts().collect::<Vec<_>>(), got.late),
                        plain,
                        "{size} {every} {time} {seen}"
                    );
                    if size == every {
                        assert_eq!(tumbling(micros(size)).assign(time, seen, lateness), Some(got));
                    }
                }
            }
        }
    }

    #[test]
    fn times_at_the_edge_have_no_window() {
        let day = 86_400_000_000;
        for window in [i64::MIN, i64::MAX] {
            assert_eq!(Tumbling { size: day }.assign(window, window, None), None);
            assert_eq!(Hopping { size: day, every: day / 2 }.assign(window, window, Some(0)), None);
        }
    }
}
