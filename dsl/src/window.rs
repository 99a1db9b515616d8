//! Windows of event time.

mod calendar;
mod hopping;
mod session;
mod tumbling;
mod unwindowed;
mod windowed;

pub use calendar::{
    Calendar, calendar_days, calendar_months, calendar_quarters, calendar_weeks, calendar_years,
};
pub use hopping::{Hopping, hopping};
pub use session::{Session, session};
pub use tumbling::{Tumbling, tumbling};
pub use unwindowed::Unwindowed;
pub use windowed::{Windowed, WindowedView};

use crate::Timestamp;
use crate::data::{Data, Draw};

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
    /// One window, which the record misses if `end` plus `lateness` is at or before `seen`.
    #[inline(always)]
    fn one(start: i64, end: i64, seen: i64, lateness: Option<i64>) -> Assigned {
        let passed = |lateness| end.checked_add(lateness).is_some_and(|reach| reach <= seen);
        let late = lateness.is_some_and(passed);
        Assigned { first: start, step: end - start, late: late.into(), live: (!late).into() }
    }

    /// The starts of the windows that the record is in time for.
    #[inline(always)]
    pub fn starts(self) -> impl Iterator<Item = i64> {
        (0..i64::from(self.live)).map(move |i| self.first + (i64::from(self.late) + i) * self.step)
    }
}

/// How records are put into windows.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say how records are put into windows",
    label = "expected `tumbling(..)`, `hopping(..)`, `session(..)` or `calendar_days(..)`",
    note = "such as `tumbling(hours(1))` or `hopping(hours(1), minutes(5))`"
)]
pub trait Windows: Copy + Send + Sync + 'static {
    /// Whether each record is put into windows by its time alone; otherwise all records of a key are
    /// in one group.
    const WINDOWED: bool;
    /// Itself. Rustc says nothing of what is made of it where it has none.
    #[doc(hidden)]
    type Itself: Windows;
    /// The key of the table that an aggregate over such windows gives.
    type Keyed<K: Data>: Data;

    /// The windows of a record with this event time. It misses those whose end plus `lateness` is
    /// at or before `seen`. `None` if a window would begin or end beyond the range of time.
    fn assign(self, time: i64, seen: i64, lateness: Option<i64>) -> Option<Assigned>;

    /// The start of the last window that could end at or before `reach`; none if that is too early
    /// for any. All windows that begin at or before it have ended by then.
    fn passed(self, reach: i64) -> Option<i64>;

    /// The end of the window that begins at `start`; none where windows do not begin at set times.
    fn end(self, start: i64) -> Option<i64>;

    /// As long as any window is, or longer, in microseconds.
    fn longest(self) -> i64;

    /// The key of a row: a key, and the window that begins at `start`.
    fn keyed<K: Data>(self, key: K::View<'_>, start: i64) -> <Self::Keyed<K> as Data>::View<'_>;

    /// What is wrong with the lengths, if anything is.
    fn check(self) -> Result<(), String>;

    /// The kind and length of the windows, for plans: `windows of 6h every 90min`.
    fn describe(self) -> String;

    /// What tells the windows from any others: state that was kept by others is not read.
    fn identity(self) -> String {
        self.describe()
    }
}
