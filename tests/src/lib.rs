//! The tests of this crate are in `contract/`. Here is what they take from another crate.

use ouzel::prelude::*;

/// The departure of a flight.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct Departure {
    /// When it was to be.
    #[record(event_time)]
    pub scheduled: Timestamp,
    /// Who was to fly.
    pub carrier: String,
    /// How many minutes it was late by.
    pub delay: Option<i64>,
}

/// Whether an airline's code is one.
pub fn known(carrier: &str) -> bool {
    !carrier.is_empty()
}

/// Departures that have a carrier and took place.
#[flow]
pub fn tidy(departures: Stream<Departure>) -> Stream<Departure> {
    departures.filter(|d| d.delay.is_some()).filter(|d| crate::known(d.carrier))
}

/// What a flow of another crate may call.
pub mod inner {
    use super::Late;
    use ouzel::prelude::*;

    /// Another flow of this name, which keeps what was late.
    #[flow]
    pub fn tidy<T: Record>(records: Stream<T>, least: i64) -> Stream<T>
    where
        T::View<'static>: Late,
    {
        use crate::Late;
        records.filter(|record| record.late_by() >= least)
    }
}

/// What is late.
pub trait Late {
    /// How many minutes it is late by.
    fn late_by(&self) -> i64;
}

impl Late for DepartureRef<'_> {
    fn late_by(&self) -> i64 {
        self.delay.unwrap_or(i64::MIN)
    }
}

/// Departures by carrier and hour, with a closure that is a function, and values.
#[flow]
pub fn hourly(
    departures: Stream<Departure>,
    least: i64,
) -> Table<Windowed<String>, (u64, Option<i64>)> {
    use crate::inside::{HOUR, WHOLE, has_delay, longest};
    let limit = least.max(WHOLE);
    departures
        .filter(has_delay)
        .filter(|d| d.delay >= Some(limit) && limit >= WHOLE)
        .key_by(|d| d.carrier)
        .window(tumbling(hours(HOUR)))
        .aggregate((count(), longest(|d| d.delay)))
}

/// What it takes.
pub mod inside {
    pub use ouzel::max as longest;

    /// One.
    pub const HOUR: i64 = 1;
    /// None.
    pub const WHOLE: i64 = 0;

    /// Whether it left.
    pub fn has_delay(d: &super::DepartureRef<'_>) -> bool {
        d.delay.is_some()
    }
}
