//! Windows of event time.

mod hopping;
mod tumbling;
mod unwindowed;
mod windowed;

pub use hopping::{Hopping, hopping};
pub use tumbling::{Tumbling, tumbling};
pub use unwindowed::Unwindowed;
pub use windowed::{Windowed, WindowedView};

use crate::Timestamp;
use crate::data::Data;

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

    /// The start of the last window that could end at or before `reach`; none if that is too early
    /// for any. All windows that begin at or before it have ended by then.
    fn passed(self, reach: i64) -> Option<i64>;

    /// The key of a row: a key, and the window that begins at `start`.
    fn keyed<K: Data>(self, key: K::View<'_>, start: i64) -> <Self::Keyed<K> as Data>::View<'_>;

    /// What is wrong with the lengths, if anything is.
    fn check(self) -> Result<(), String>;

    /// The kind and length of the windows, for plans: `windows of 6h every 90min`. State that was
    /// kept by other windows is not read.
    fn describe(self) -> String;
}
