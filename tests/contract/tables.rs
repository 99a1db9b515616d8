//! Tables of tables: the twin makes the first table, and looks at all of its rows.

use ouzel::prelude::*;
use ouzel::stage::OnError;
use ouzel_testkit::plain::{self, is_late, with_seen};
use ouzel_testkit::{check, strategy};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug, PartialEq, Record)]
struct Event {
    #[record(event_time)]
    at: Timestamp,
    who: String,
    n: i64,
}

fn event() -> impl Strategy<Value = Event> {
    (strategy::time(), strategy::text(), -4i64..5).prop_map(|(at, who, n)| Event { at, who, n })
}

/// Sums by person; how many have each; the same of those that are not negative, doubled.
#[job]
#[allow(clippy::type_complexity)]
fn grouped(
    events: Stream<Event>,
) -> (
    Table<String, i64>,
    Table<i64, (u64, i64)>,
    Table<String, (i64, i64)>,
    Table<bool, u64>,
    Table<i64, u64>,
) {
    let sums = events.key_by(|e| e.who).aggregate(sum(|e| e.n));
    let by_sum = sums
        .group_by(|(_, n)| *n)
        .named("sum")
        .aggregate((count(), sum(|(who, _)| who.len() as i64).named("letters")));
    let wanted = sums.filter(|(who, n)| *n >= 0 && *who != "a");
    let doubled = wanted.map(|(_, n)| {
        let twice = n * 2;
        (n, twice)
    });
    let even = doubled.group_by(|(_, (n, _))| n % 2 == 0).named("even").aggregate(count());
    let counts = by_sum.group_by(|(_, (n, _))| *n as i64).named("people").aggregate(count());
    (sums, by_sum, doubled, even, counts)
}

/// Joins of two tables by key.
#[job]
#[allow(clippy::type_complexity)]
fn joined(
    a: Stream<Event>,
    b: Stream<Event>,
) -> (
    Table<String, (i64, u64)>,
    Table<String, (i64, Option<u64>)>,
    Table<String, (Option<i64>, Option<u64>)>,
    Table<String, i64>,
    Table<String, i64>,
    Table<(), i64>,
) {
    let sums = a.key_by(|e| e.who).aggregate(sum(|e| e.n));
    let counts = b.key_by(|e| e.who).aggregate(count()).filter(|(_, n)| *n % 2 == 1);
    let inner = sums.join(counts);
    let outer = sums.left_join(counts);
    let full = sums.full_join(counts);
    let semi = sums.semi_join(counts);
    let anti = sums.anti_join(counts);
    let total = inner.group_by(|_| ()).aggregate(sum(|(_, (n, m))| n * *m as i64).named("total"));
    (inner, outer, full, semi, anti, total)
}

/// Last records, and a join by a key that they refer to.
#[job]
fn foreign(
    events: Stream<Event>,
    names: Stream<Event>,
) -> (
    Table<String, Event>,
    Table<String, (Event, String)>,
    Table<String, (Event, Option<String>)>,
    Table<String, ()>,
) {
    let last = events.key_by(|e| e.who).named("id").latest();
    let names = names.key_by(|e| e.n).latest().map(|(_, e)| e.who).named("name");
    let named = last.join_on(|(_, e)| e.n, names);
    let all = last.left_join_on(|(_, e)| e.n, names);
    let known = events.key_by(|e| e.who).distinct();
    (last, named, all, known)
}

/// Tables of windows that close.
#[job]
fn windows(events: Stream<Event>) -> (Table<Timestamp, (u64, i64)>, Table<Windowed<String>, i64>) {
    let hourly = events.key_by(|e| e.who).window(tumbling(hours(1))).lateness(hours(300));
    let hourly = hourly.aggregate(sum(|e| e.n));
    let totals = hourly
        .group_by(|(key, _)| key.window.start)
        .named("hour")
        .aggregate((count(), sum(|(_, n)| *n).named("total")));
    let many = hourly.filter(|(_, n)| *n > 2);
    (totals, many)
}

/// Closures that fail on values, some of which do not stay.
#[job]
fn failing(events: Stream<Event>) -> (Table<String, i64>, Table<i64, u64>, Table<Timestamp, u64>) {
    let sums = events.key_by(|e| e.who).aggregate(sum(|e| e.n));
    let checked = sums.try_map(|(_, n)| match n % 3 {
        0 => Err("a multiple of three"),
        _ => Ok(*n),
    });
    let checked = checked.named("checked");
    let counts = checked.group_by(|(_, n)| *n).named("n").aggregate(count());
    let hourly = events.key_by(|e| e.who).window(tumbling(hours(1))).lateness(minutes(30));
    let rising = hourly.aggregate(sum(|e| e.n)).filter(|(_, n)| {
        assert!(*n != 0, "nothing");
        *n > 0
    });
    let rising = rising.named("rising");
    let hours = rising.group_by(|(key, _)| key.window.start).named("hour").aggregate(count());
    (checked, counts, hours)
}

fn sums<'a>(events: impl IntoIterator<Item = &'a Event>) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    events.into_iter().for_each(|e| *sums.entry(e.who.clone()).or_default() += e.n);
    sums
}

/// The last of each key: partitions are in order of their numbers as text, which all have one digit.
fn latest<K: Ord>(partitions: &[Vec<Event>], key: impl Fn(&Event) -> K) -> BTreeMap<K, Event> {
    partitions.iter().flatten().map(|e| (key(e), e.clone())).collect()
}

proptest! {
    #![proptest_config(strategy::cases(24))]

    #[test]
    fn aggregates_of_tables(events in strategy::partitions(event()), seed: u64) {
        let left = check(grouped).input("events", events.clone()).seed(seed).agrees();
        let sums = sums(events.iter().flatten());
        left.expect("sums", sums.clone());
        let mut by_sum: BTreeMap<i64, (u64, i64)> = BTreeMap::new();
        for (who, n) in &sums {
            let group = by_sum.entry(*n).or_default();
            *group = (group.0 + 1, group.1 + who.len() as i64);
        }
        left.expect("by_sum", by_sum.clone());
        let doubled: BTreeMap<_, _> = sums
            .into_iter()
            .filter(|(who, n)| *n >= 0 && who != "a")
            .map(|(who, n)| (who, (n, n * 2)))
            .collect();
        let mut even = BTreeMap::new();
        doubled.values().for_each(|(n, _)| *even.entry(n % 2 == 0).or_insert(0u64) += 1);
        left.expect("doubled", doubled);
        left.expect("even", even);
        let mut counts = BTreeMap::new();
        by_sum.values().for_each(|(n, _)| *counts.entry(*n as i64).or_insert(0u64) += 1);
        left.expect("counts", counts);
    }

    #[test]
    fn joins_of_tables(
        a in strategy::partitions(event()),
        b in strategy::partitions(event()),
        seed: u64,
    ) {
        let left =
            check(joined).input("a", a.clone()).input("b", b.clone()).seed(seed).agrees();
        let sums = sums(a.iter().flatten());
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        b.iter().flatten().for_each(|e| *counts.entry(e.who.clone()).or_default() += 1);
        counts.retain(|_, n| *n % 2 == 1);
        let both = sums.iter().filter_map(|(k, n)| Some((k.clone(), (*n, *counts.get(k)?))));
        let both: Vec<_> = both.collect();
        left.expect("inner", both.clone());
        left.expect("outer", sums.iter().map(|(k, n)| (k.clone(), (*n, counts.get(k).copied()))));
        let keys: BTreeSet<_> = sums.keys().chain(counts.keys()).cloned().collect();
        left.expect("full", keys.into_iter().map(|k| {
            let row = (sums.get(&k).copied(), counts.get(&k).copied());
            (k, row)
        }));
        let (semi, anti): (Vec<_>, Vec<_>) =
            sums.into_iter().partition(|(k, _)| counts.contains_key(k));
        left.expect("semi", semi);
        left.expect("anti", anti);
        let total: i64 = both.iter().map(|(_, (n, m))| n * *m as i64).sum();
        left.expect("total", (!both.is_empty()).then_some(((), total)));
    }

    #[test]
    fn last_records_and_what_they_refer_to(
        events in strategy::partitions(event()),
        names in strategy::partitions(event()),
        seed: u64,
    ) {
        let left = check(foreign)
            .input("events", events.clone())
            .input("names", names.clone())
            .seed(seed)
            .agrees();
        let last = latest(&events, |e| e.who.clone());
        let names = latest(&names, |e| e.n);
        let name = |e: &Event| names.get(&e.n).map(|name| name.who.clone());
        left.expect("last", last.clone());
        left.expect("named", last.iter().filter_map(|(k, e)| {
            Some((k.clone(), (e.clone(), name(e)?)))
        }));
        left.expect("all", last.iter().map(|(k, e)| (k.clone(), (e.clone(), name(e)))));
        left.expect("known", last.into_keys().map(|k| (k, ())));
    }

    #[test]
    fn an_error_on_a_row_counts_if_the_row_stays(
        events in strategy::partitions(event()),
        seed: u64,
    ) {
        let check = check(failing).input("events", events.clone());
        let left = check.seed(seed).on_error(OnError::DeadLetter).agrees();
        let (good, bad): (BTreeMap<_, _>, BTreeMap<_, _>) =
            sums(events.iter().flatten()).into_iter().partition(|(_, n)| n % 3 != 0);
        prop_assert_eq!(left.totals("checked").errors, bad.len() as u64);
        prop_assert_eq!(left.totals("checked").records_out, good.len() as u64);
        let mut counts = BTreeMap::new();
        good.values().for_each(|n| *counts.entry(*n).or_insert(0u64) += 1);
        left.expect("checked", good);
        left.expect("counts", counts);
        let mut hourly: BTreeMap<(String, Timestamp), i64> = BTreeMap::new();
        for (e, seen) in events.into_iter().flat_map(|p| with_seen(p, |e| e.at)) {
            let window = plain::windows(e.at, hours(1), hours(1))[0];
            if !is_late(window, minutes(30), seen) {
                *hourly.entry((e.who, window.start)).or_default() += e.n;
            }
        }
        let nothing = hourly.values().filter(|n| **n == 0).count();
        prop_assert_eq!(left.totals("rising").errors, nothing as u64);
        let mut hours = BTreeMap::new();
        for ((_, hour), _) in hourly.into_iter().filter(|(_, n)| *n > 0) {
            *hours.entry(hour).or_insert(0u64) += 1;
        }
        left.expect("hours", hours);
    }

    #[test]
    fn tables_of_windows(events in strategy::partitions(event()), seed: u64) {
        let left = check(windows).input("events", events.clone()).seed(seed).agrees();
        let mut hourly: BTreeMap<(String, Timestamp), i64> = BTreeMap::new();
        for e in events.iter().flatten() {
            let hour = e.at.micros().div_euclid(3_600_000_000) * 3_600_000_000;
            *hourly.entry((e.who.clone(), Timestamp::from_micros(hour))).or_default() += e.n;
        }
        let mut totals: BTreeMap<Timestamp, (u64, i64)> = BTreeMap::new();
        for ((_, hour), n) in &hourly {
            let group = totals.entry(*hour).or_default();
            *group = (group.0 + 1, group.1 + n);
        }
        left.expect("totals", totals);
        left.expect("many", hourly.into_iter().filter(|(_, n)| *n > 2).map(|((key, start), n)| {
            let end = Timestamp::from_micros(start.micros() + 3_600_000_000);
            (Windowed { key, window: Window { start, end } }, n)
        }));
    }
}
