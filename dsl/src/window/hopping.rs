//! Windows of one length that overlap.

use super::{Assigned, Window, Windowed, WindowedView, Windows};
use crate::data::Data;
use crate::{Span, micros};

/// Windows of one length that overlap. See [`hopping`].
#[derive(Clone, Copy, Debug)]
pub struct Hopping {
    size: i64,
    every: i64,
}

/// Windows of length `size` of which one begins at every multiple of `every` since
/// 1970-01-01T00:00:00Z. A record is in `size / every` of them.
pub const fn hopping(size: Span, every: Span) -> Hopping {
    Hopping { size: size.micros(), every: every.micros() }
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

    fn passed(self, reach: i64) -> Option<i64> {
        reach.checked_sub(self.size)
    }

    #[inline(always)]
    fn end(self, start: i64) -> Option<i64> {
        Some(start.saturating_add(self.size))
    }

    fn longest(self) -> i64 {
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

    fn describe(self) -> String {
        let [size, every] = [self.size, self.every].map(|length| micros(length).short());
        match size == every {
            true => format!("windows of {size}"),
            false => format!("windows of {size} every {every}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{hours, minutes, tumbling};

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
            assert_eq!(tumbling(micros(day)).assign(window, window, None), None);
            let hopping = hopping(micros(day), micros(day / 2));
            assert_eq!(hopping.assign(window, window, Some(0)), None);
        }
    }

    #[test]
    fn windows_are_told_in_whole_units() {
        assert_eq!(tumbling(hours(1)).describe(), "windows of 1h");
        assert_eq!(tumbling(hours(48)).describe(), "windows of 2d");
        assert_eq!(hopping(hours(6), minutes(90)).describe(), "windows of 6h every 90min");
        assert_eq!(hopping(hours(6), hours(6)).describe(), "windows of 6h");
    }
}
