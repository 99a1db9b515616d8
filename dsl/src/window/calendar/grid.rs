//! Where the windows of a calendar begin.

use super::unit::Unit;
use super::zone::Zone;
use jiff::civil::{Date, date};
use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};

/// The windows of a unit in a zone. Those of two centuries are looked up, the others worked out.
pub(super) struct Grid {
    pub(super) unit: Unit,
    /// The zone's canonical name; as it was given, where there is no such zone.
    pub(super) name: String,
    pub(super) zone: Option<Zone>,
    near: OnceLock<Near>,
}

/// The years whose windows are looked up: most records are of these. The first day is a Monday, and
/// so begins a window of each unit.
const NEAR: [Date; 2] = [date(1900, 1, 1), date(2100, 1, 1)];

impl Grid {
    /// The windows of a unit in the zone of a name. They are made once and stay, so that plans and
    /// stages can pass them around as they do a length.
    pub(super) fn of(unit: Unit, name: &str) -> &'static Grid {
        static MADE: Mutex<BTreeMap<(Unit, String), &Grid>> = Mutex::new(BTreeMap::new());
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        made.entry((unit, name.to_owned())).or_insert_with(|| {
            let (name, zone) = match Zone::named(name) {
                Some((name, zone)) => (name, Some(zone)),
                None => (name, None),
            };
            let (name, near) = (name.to_owned(), OnceLock::new());
            Box::leak(Box::new(Grid { unit, name, zone, near }))
        })
    }

    /// Start and end of the window that holds a time; none if it would begin or end before the year
    /// -9999 or after 9999.
    #[inline]
    pub(super) fn around(&self, time: i64) -> Option<(i64, i64)> {
        let near = self.near.get_or_init(|| Near::new(self));
        near.around(time).or_else(|| self.far(time))
    }

    /// The same, worked out.
    #[cold]
    fn far(&self, time: i64) -> Option<(i64, i64)> {
        let zone = self.zone.as_ref()?;
        let mut first = self.unit.first(zone.day(time)?)?;
        let mut start = zone.start(first)?;
        // Once, but where the clock was set back over midnight: the day that it shows has ended.
        loop {
            let next = self.unit.after(first)?;
            let end = zone.start(next)?;
            if time < end {
                return Some((start, end));
            }
            (first, start) = (next, end);
        }
    }
}

/// The starts of windows that follow each other.
struct Near {
    starts: Vec<i64>,
    /// How far they are apart on average.
    apart: i64,
}

impl Near {
    fn new(grid: &Grid) -> Near {
        let mut starts = Vec::new();
        let [mut first, until] = NEAR;
        while let Some(zone) = &grid.zone
            && first <= until
            && let (Some(start), Some(next)) = (zone.start(first), grid.unit.after(first))
        {
            // A day that was left out is no window.
            if starts.last().is_none_or(|last| *last < start) {
                starts.push(start);
            }
            first = next;
        }
        let apart = match starts.as_slice() {
            [first, .., last] => (last - first) / (starts.len() as i64 - 1),
            _ => 1,
        };
        Near { starts, apart }
    }

    /// Start and end of the window that holds a time, if it is one of these. It is at most a few
    /// places from where it were if all had one length.
    #[inline]
    fn around(&self, time: i64) -> Option<(i64, i64)> {
        let (first, last) = (*self.starts.first()?, *self.starts.last()?);
        if time < first || time >= last {
            return None;
        }
        let guess = ((time - first) / self.apart) as usize;
        let mut at = guess.min(self.starts.len() - 2);
        loop {
            let (start, end) = (*self.starts.get(at)?, *self.starts.get(at + 1)?);
            if time < start {
                at -= 1;
            } else if time >= end {
                at += 1;
            } else {
                return Some((start, end));
            }
        }
    }
}
