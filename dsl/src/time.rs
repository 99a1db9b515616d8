//! Times, dates and lengths of time.

use jiff::fmt::strtime;
use jiff::{SignedDuration, civil};
use std::fmt;
use std::str::FromStr;

/// A moment: microseconds since 1970-01-01T00:00:00Z.
///
/// ```
/// use ouzel_dsl::Timestamp;
/// let t: Timestamp = "2013-01-01T10:15:00Z".parse()?;
/// assert_eq!(t.micros(), 1_357_035_300_000_000);
/// assert_eq!(t.to_string(), "2013-01-01T10:15:00Z");
/// # Ok::<(), String>(())
/// ```
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From microseconds since 1970.
    pub const fn from_micros(micros: i64) -> Timestamp {
        Timestamp(micros)
    }

    /// Microseconds since 1970.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Milliseconds since 1970, rounded down.
    pub const fn millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// The day in UTC that holds the moment.
    pub fn date(self) -> Date {
        Date(self.0.div_euclid(86_400_000_000) as i32)
    }

    /// Hour of the day in UTC, 0 to 23.
    pub fn hour(self) -> u8 {
        (self.0.rem_euclid(86_400_000_000) / 3_600_000_000) as u8
    }

    /// The moment as text by a `strftime` format, in UTC; `None` where the year is not between
    /// -9999 and 9999 or the format has no meaning.
    pub fn format(self, format: &str) -> Option<String> {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(time) => strtime::format(format, time).ok(),
            // The library's moments end a day before its years do.
            Err(_) => strtime::format(format, self.civil()?).ok(),
        }
    }

    /// Date and time in UTC, where the year is between -9999 and 9999.
    fn civil(self) -> Option<civil::DateTime> {
        let midnight = civil::date(1970, 1, 1).at(0, 0, 0, 0);
        midnight.checked_add(SignedDuration::from_micros(self.0)).ok()
    }

    /// Reads a moment by a `strftime` format: in UTC, unless the format reads an offset.
    pub fn parse_with(format: &str, text: &str) -> Result<Timestamp, String> {
        let parts = strtime::parse(format, text).map_err(|e| e.to_string())?;
        match parts.to_timestamp() {
            Ok(time) => return Ok(floor(time)),
            Err(error) if parts.offset().is_some() => return Err(error.to_string()),
            Err(_) => {}
        }
        let local = parts
            .to_datetime()
            .or_else(|_| parts.to_date().map(|d| d.to_datetime(civil::Time::midnight())))
            .map_err(|e| e.to_string())?;
        Ok(utc(local))
    }
}

/// A civil time of UTC as a moment.
fn utc(local: civil::DateTime) -> Timestamp {
    let days = i64::from(day(local.date()).0);
    let time = local.time();
    let hours = days * 24 + i64::from(time.hour());
    let seconds = (hours * 60 + i64::from(time.minute())) * 60 + i64::from(time.second());
    Timestamp(seconds * 1_000_000 + i64::from(time.subsec_nanosecond()) / 1_000)
}

/// A moment in whole microseconds, the finer part cut off towards the past.
fn floor(time: jiff::Timestamp) -> Timestamp {
    Timestamp(time.as_nanosecond().div_euclid(1_000) as i64)
}

impl FromStr for Timestamp {
    type Err = String;

    /// RFC 3339 (`2013-01-01T05:15:00-05:00`), or a date and time without an offset, which is
    /// UTC, with a blank in the place of the `T` if need be.
    fn from_str(text: &str) -> Result<Timestamp, String> {
        if let Some(micros) = fast_rfc3339(text.as_bytes()) {
            return Ok(Timestamp(micros));
        }
        if let Ok(time) = text.parse::<jiff::Timestamp>() {
            return Ok(floor(time));
        }
        let local = text
            .parse::<civil::DateTime>()
            .map_err(|_| format!("{text:?} is not a time such as 2013-01-01T05:15:00Z"))?;
        Ok(utc(local))
    }
}

/// `YYYY-MM-DDTHH:MM:SS[.fffffffff](Z|nothing)`, which is nearly every time in a file.
fn fast_rfc3339(text: &[u8]) -> Option<i64> {
    let digits = |range: std::ops::Range<usize>| {
        text.get(range)?
            .iter()
            .try_fold(0i64, |n, b| b.is_ascii_digit().then(|| n * 10 + i64::from(b - b'0')))
    };
    let is = |at: usize, wanted: &[u8]| text.get(at).is_some_and(|b| wanted.contains(b));
    if !(is(4, b"-") && is(7, b"-") && is(10, b"T ") && is(13, b":") && is(16, b":")) {
        return None;
    }
    let (year, month, day) = (digits(0..4)?, digits(5..7)?, digits(8..10)?);
    let (hour, minute, second) = (digits(11..13)?, digits(14..16)?, digits(17..19)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let month_days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=month_days).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut rest = text.get(19..)?;
    let mut micros = 0;
    if let Some(fraction) = rest.strip_prefix(b".") {
        let len = fraction.iter().take_while(|b| b.is_ascii_digit()).count();
        if len == 0 || len > 9 {
            return None;
        }
        let kept = len.min(6);
        micros = digits(20..20 + kept)? * 10i64.pow(6 - kept as u32);
        rest = fraction.get(len..)?;
    }
    if !matches!(rest, b"" | b"Z" | b"z") {
        return None;
    }
    let days = days_from_civil(year, month, day);
    Some((((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000 + micros)
}

/// Days since 1970-01-01 of a Gregorian date (Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms").
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.civil() {
            Some(time) => write!(f, "{time}Z"),
            None => write!(f, "{}us since 1970", self.0),
        }
    }
}

/// A day: days since 1970-01-01.
///
/// ```
/// use ouzel_dsl::Date;
/// assert_eq!("2013-01-01".parse::<Date>()?.days(), 15_706);
/// # Ok::<(), String>(())
/// ```
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
pub struct Date(i32);

impl Date {
    /// From days since 1970-01-01.
    pub const fn from_days(days: i32) -> Date {
        Date(days)
    }

    /// Days since 1970-01-01.
    pub const fn days(self) -> i32 {
        self.0
    }
}

impl FromStr for Date {
    type Err = String;

    fn from_str(text: &str) -> Result<Date, String> {
        // The library would read a date and time, and leave the time out.
        let date = Some(text).filter(|text| !text.contains(['T', 't', ' ']));
        date.and_then(|text| text.parse::<civil::Date>().ok())
            .map(day)
            .ok_or_else(|| format!("{text:?} is not a date such as 2013-01-31"))
    }
}

/// A civil date as a day.
fn day(date: civil::Date) -> Date {
    let (y, m, d) = (date.year(), date.month(), date.day());
    Date(days_from_civil(i64::from(y), i64::from(m), i64::from(d)) as i32)
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp(i64::from(self.0).saturating_mul(86_400_000_000)).civil() {
            Some(day) => day.date().fmt(f),
            None => write!(f, "{} days since 1970", self.0),
        }
    }
}

/// A length of time in microseconds, for windows and lateness.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(i64);

impl Span {
    /// Its length in microseconds.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// As text for people, in the greatest unit that gives a whole number.
    ///
    /// ```
    /// assert_eq!(ouzel_dsl::seconds(90).short(), "90s");
    /// ```
    pub fn short(self) -> String {
        let units = [(86_400_000_000, "d"), (3_600_000_000, "h"), (60_000_000, "min")];
        let mut units = units.into_iter().chain([(1_000_000, "s"), (1_000, "ms")]);
        match units.find(|(size, _)| self.0 % size == 0) {
            Some((size, unit)) => format!("{}{unit}", self.0 / size),
            None => format!("{}us", self.0),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(86_400_000_000, "days"), (3_600_000_000, "hours"), (60_000_000, "minutes")];
        let units = units.into_iter().chain([(1_000_000, "seconds"), (1_000, "millis")]);
        for (size, name) in units {
            if self.0 != 0 && self.0 % size == 0 {
                return write!(f, "{name}({})", self.0 / size);
            }
        }
        write!(f, "micros({})", self.0)
    }
}

macro_rules! spans {
    ($($(#[$doc:meta])* $name:ident = $micros:literal;)*) => {$(
        $(#[$doc])*
        pub const fn $name(n: i64) -> Span {
            Span(n.saturating_mul($micros))
        }
    )*};
}

spans! {
    /// So many days of 24 hours.
    days = 86_400_000_000;
    /// So many hours.
    hours = 3_600_000_000;
    /// So many minutes.
    minutes = 60_000_000;
    /// So many seconds.
    seconds = 1_000_000;
    /// So many milliseconds.
    millis = 1_000;
    /// So many microseconds.
    micros = 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fast_path_agrees_with_the_library() {
        for text in [
            "1969-12-31T23:59:59.999999Z",
            "2000-02-29T00:00:00Z",
            "2013-07-04T12:34:56.5Z",
            "0001-01-01T00:00:00Z",
            "9999-12-30T22:00:00Z",
        ] {
            let slow = text.parse::<jiff::Timestamp>().map(|t| t.as_microsecond()).ok();
            assert_eq!(fast_rfc3339(text.as_bytes()), slow, "{text}");
        }
        for text in ["2013-02-29T00:00:00Z", "2013-1-01T00:00:00Z", "2013-01-01T24:00:00Z", ""] {
            assert_eq!(fast_rfc3339(text.as_bytes()), None, "{text}");
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_offset_counts() {
        let with: Timestamp = "2013-01-01T05:15:00-05:00".parse().unwrap();
        assert_eq!(with, "2013-01-01 10:15:00".parse().unwrap());
        assert_eq!(Timestamp::parse_with("%d.%m.%Y %H:%M %z", "01.01.2013 05:15 -0500"), Ok(with));
        assert_eq!(Timestamp::parse_with("%d.%m.%Y %H:%M", "01.01.2013 10:15"), Ok(with));
    }

    #[test]
    fn what_is_finer_than_a_microsecond_is_cut_off_towards_the_past() {
        for (text, micros) in [
            ("1970-01-01T00:00:00.0000019Z", 1),
            ("1969-12-31T23:59:59.9999999Z", -1),
            ("1969-12-31T23:59:59.9999999+00:00", -1),
            ("1969-12-31 23:59:59.9999999", -1),
        ] {
            assert_eq!(text.parse(), Ok(Timestamp(micros)), "{text}");
        }
    }

    #[test]
    fn the_last_day_of_the_calendar_is_read_and_written() {
        let text = "9999-12-31T23:59:59.999999Z";
        let time: Timestamp = text.parse().unwrap();
        assert_eq!(time.to_string(), text);
        assert_eq!(time.date().to_string(), "9999-12-31");
        let format = "%Y-%m-%d %H:%M:%S%.6f";
        let formatted = time.format(format).unwrap();
        assert_eq!(formatted, "9999-12-31 23:59:59.999999");
        assert_eq!(Timestamp::parse_with(format, &formatted), Ok(time));
        assert_eq!(Timestamp(i64::MAX).format(format), None);
        assert_eq!(Timestamp(i64::MAX).to_string(), "9223372036854775807us since 1970");
        assert_eq!(Date(i32::MAX).to_string(), "2147483647 days since 1970");
    }

    #[test]
    fn formats_with_an_offset_or_seconds_since_1970_are_read_and_written() {
        let time: Timestamp = "2013-01-01T10:15:00Z".parse().unwrap();
        for (format, text) in
            [("%d.%m.%Y %H:%M %z", "01.01.2013 10:15 +0000"), ("%s", "1357035300")]
        {
            assert_eq!(time.format(format).as_deref(), Some(text));
            assert_eq!(Timestamp::parse_with(format, text), Ok(time));
        }
        assert_eq!(
            Timestamp::parse_with("%d.%m.%Y", "01.01.2013"),
            Ok("2013-01-01T00:00:00Z".parse().unwrap())
        );
        assert!(Timestamp::parse_with("%d.%m.%Y", "31.02.2013").is_err());
        assert!(Timestamp::parse_with("%H:%M", "10:15").is_err());
    }

    #[test]
    fn a_date_with_a_time_is_not_a_date() {
        for text in ["2013-01-31T10:00", "2013-01-31 10:00", "2013-02-30", "31.01.2013", ""] {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
        assert_eq!("1969-12-31".parse(), Ok(Date(-1)));
    }
}
