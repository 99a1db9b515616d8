//! Inputs that are drawn, and what is found by them.

use crate::{panics, smallest};
use ouzel::prelude::*;
use ouzel_testkit::plain::{is_late, windows, with_seen};
use ouzel_testkit::{Case, check, drawn};
use std::collections::BTreeMap;

#[derive(Clone, Debug, Record)]
struct Event {
    #[record(event_time)]
    at: Timestamp,
    who: String,
    n: i64,
    x: Option<f64>,
}

/// Hourly counts, and what came late for them.
#[job]
fn hourly(events: Stream<Event>) -> (Table<Windowed<String>, u64>, Stream<Event>) {
    let windows = events.key_by(|e| e.who).window(tumbling(hours(1))).lateness(minutes(10));
    let late = windows.late();
    let counts = windows.aggregate(count());
    (counts, late)
}

#[test]
fn a_property_is_compared_with_a_plain_twin() {
    check(hourly).any::<Event>("events").property(|case| {
        let (mut counts, mut late) = (BTreeMap::new(), Vec::new());
        let partitions = case.partitions::<Event>("events");
        for (event, seen) in partitions.into_iter().flat_map(|p| with_seen(p, |e: &Event| e.at)) {
            for window in windows(event.at, hours(1), hours(1)) {
                match is_late(window, minutes(10), seen) {
                    true => late.push(event.clone()),
                    false => *counts.entry((event.who.clone(), window)).or_insert(0u64) += 1,
                }
            }
        }
        let rows = counts.into_iter().map(|((key, window), n)| (Windowed { key, window }, n));
        case.expect("counts", rows).expect("late", late);
    });
}

/// The greatest of each.
#[job]
fn greatest(events: Stream<Event>) -> Table<String, Option<f64>> {
    events.key_by(|e| e.who).aggregate(max(|e| e.x))
}

/// A twin that does not know where NaN stands.
fn greatest_but_for_nan(case: &Case) {
    let mut greatest = BTreeMap::<String, Option<f64>>::new();
    for event in case.records::<Event>("events") {
        let held = greatest.entry(event.who).or_default();
        if event
            .x
            .is_some_and(|x| held.is_none_or(|held| x.total_cmp(&held).is_gt() && !x.is_nan()))
        {
            *held = event.x;
        }
    }
    case.expect("greatest", greatest);
}

#[test]
fn a_property_that_does_not_hold_is_shown_by_the_plainest_records() {
    let property = || check(greatest).any::<Event>("events").cases(200);
    let said = panics(|| property().property(greatest_but_for_nan));
    // One record, and nothing in it matters but that it has no number.
    let plainest = r#"events 0: {"at":"1970-01-01T00:00:00Z","who":"a","n":0,"x":"NaN"}"#;
    assert_eq!(smallest(&said), [plainest], "{said}");
    assert!(said.starts_with("greatest: what should hold of it does not: panicked at "), "{said}");
    assert!(said.contains("testkit/tests/harness/property.rs:"), "{said}");
    assert!(said.contains("the output `greatest` is not as expected"), "{said}");

    // The seed that is told brings the same back at once.
    let seed = said.split("OUZEL_SEED=").nth(1).and_then(|rest| rest.split(',').next()).unwrap();
    let again = property().cases(1).seed(seed.parse().unwrap());
    assert_eq!(panics(|| again.property(greatest_but_for_nan)), said);
}

/// Keeps the value of the greatest time; of equal times that which came last.
#[derive(Clone)]
struct Newest;

fn newest(_: Arg<(i64, i64)>) -> Newest {
    Newest
}

impl Aggregate for Newest {
    type In = (i64, i64);
    type Acc = Option<(i64, i64)>;
    type Out = Option<i64>;

    fn zero(&self) -> Self::Acc {
        None
    }

    fn add(&self, acc: &mut Self::Acc, value: (i64, i64)) {
        if acc.is_none_or(|held| held.0 <= value.0) {
            *acc = Some(value);
        }
    }

    fn merge(&self, acc: &mut Self::Acc, other: Self::Acc) {
        if let Some(other) = other {
            self.add(acc, other);
        }
    }

    fn finish(&self, acc: &Self::Acc) -> Result<Option<i64>, String> {
        Ok(acc.map(|(_, n)| n))
    }
}

#[job]
fn latest(events: Stream<Event>) -> (Table<String, u64>, Table<String, Option<i64>>) {
    let keyed = events.filter(|e| e.n > -3).key_by(|e| e.who);
    let counts = keyed.aggregate(count());
    let newest = keyed.aggregate(newest(|e| (e.at.micros(), e.n)).named("newest"));
    (counts, newest)
}

#[test]
fn a_tie_that_is_broken_by_arrival_is_found_and_two_records_show_it() {
    let said = panics(|| check(latest).any::<Event>("events").agrees());
    let named =
        "the first operator that differs is `newest.aggregate` (testkit/tests/harness/property";
    assert!(said.contains(named), "{said}");
    let records = smallest(&said);
    let same = r#"{"at":"1970-01-01T00:00:00Z","who":"a","n":"#;
    assert!(records.len() == 2 && records.iter().all(|r| r.contains(same)), "{said}");
}

/// A job that fails on what is negative.
#[job]
fn positive(events: Stream<Event>) -> Stream<i64> {
    let n = events.try_map(|e| if e.n < 0 { Err("it is negative") } else { Ok(e.n) });
    n.named("n")
}

#[test]
fn a_job_may_fail_on_some_inputs_but_not_on_all() {
    check(positive).any::<Event>("events").property(|case| {
        let all = case.records::<Event>("events").into_iter();
        case.expect("positive", all.map(|e| e.n));
    });
    let negative = |source: &mut dyn ouzel::data::Draw| Event { n: -1, ..drawn(source) };
    let property = check(positive).any_by("events", negative).cases(20).seed(4);
    // Nothing was drawn in some of the cases.
    property.agrees();
    let one = vec![Event { at: Timestamp::from_micros(0), who: String::new(), n: -1, x: None }];
    let property = check(two_positive).input("a", one).any::<Event>("b").cases(3);
    let said = panics(|| property.agrees());
    assert!(said.starts_with("the job failed on each of 3 inputs, first so: "), "{said}");
    assert!(said.contains("it is negative"), "{said}");
}

#[job]
fn two_positive(a: Stream<Event>, b: Stream<Event>) -> Stream<i64> {
    let n = a.merge(b).try_map(|e| if e.n < 0 { Err("it is negative") } else { Ok(e.n) });
    n.named("n")
}
