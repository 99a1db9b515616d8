//! What the harness must not let pass.

use crate::{panics, smallest};
use ouzel::prelude::*;
use ouzel_testkit::{check, plain};
use std::cell::Cell;
use std::sync::atomic::{AtomicI64, Ordering};

#[derive(Clone, Debug, Record)]
struct Event {
    #[record(event_time)]
    at: Timestamp,
    n: i64,
}

fn events() -> Vec<Vec<Event>> {
    let event = |n| Event { at: Timestamp::from_micros(n), n };
    vec![(0..9).map(event).collect(), Vec::new(), (3..5).map(event).collect()]
}

/// Remembers its calls where the compiler cannot see it.
fn called() -> i64 {
    static CALLS: AtomicI64 = AtomicI64::new(0);
    CALLS.fetch_add(1, Ordering::Relaxed)
}

/// Remembers them on each thread.
fn called_here() -> i64 {
    thread_local!(static CALLS: Cell<i64> = const { Cell::new(0) });
    CALLS.set(CALLS.get() + 1);
    CALLS.get()
}

#[job]
fn impure(events: Stream<Event>, which: String) -> (Stream<i64>, Table<i64, u64>) {
    let kept = events.filter(|e| which != "filter" || called() % 2 == 0).named("keep");
    let sent = kept.map(|e| if which == "map" { e.n + called() } else { e.n }).named("n");
    let keyed = kept.key_by(|e| if which == "key" { called_here() } else { e.n }).named("key");
    let counts = keyed.aggregate(count());
    (sent, counts)
}

#[test]
fn code_that_depends_on_more_than_its_arguments_is_named_with_a_record() {
    let said = |which| {
        let check = check(impure).input("events", events()).param("which", which);
        panics(|| drop(check.agrees()))
    };
    for (which, suspects) in
        [("filter", "  `keep` ("), ("map", "  one of `keep` ("), ("key", "  one of `keep` (")]
    {
        let said = said(which);
        assert!(said.contains("all code twice") && said.contains(suspects), "{said}");
        assert!(said.contains("depends on more than its arguments"), "{said}");
        assert!(said.contains("run twice on events 0, offset "), "{said}");
        assert!(said.contains("    record: {\"n\":"), "{said}");
        assert_eq!(smallest(&said).len(), 1, "{said}");
    }
    assert!(said("map").contains("`n` (testkit/tests/harness/differs.rs:"));
    assert!(
        said("map").contains("    first:  {\"n\":") && said("map").contains("    second: {\"n\":")
    );
    assert!(said("key").contains("`key` (testkit/tests/harness/differs.rs:"));
}

/// Bears the records of a batch run, which are run twice more, and then no more.
fn fails_later() -> Result<bool, &'static str> {
    static CALLS: AtomicI64 = AtomicI64::new(0);
    if CALLS.fetch_add(1, Ordering::Relaxed) < 11 * 4 { Ok(true) } else { Err("enough") }
}

#[job]
fn moody(events: Stream<Event>) -> Stream<Event> {
    events.try_filter(|_| fails_later())
}

#[test]
fn a_job_that_fails_under_some_schedules_only_is_shown() {
    let said = panics(|| drop(check(moody).input("events", events()).outcome()));
    assert!(said.contains("  it fails: ") && said.contains("enough"), "{said}");
    assert!(said.contains("it did not come again under the same schedule"), "{said}");
}

/// An aggregate that breaks its laws.
#[derive(Clone)]
struct Lawless {
    kind: String,
}

fn lawless(_: Arg<f64>, kind: &str) -> Lawless {
    Lawless { kind: kind.to_owned() }
}

impl Aggregate for Lawless {
    type In = f64;
    type Acc = f64;
    type Out = f64;

    fn zero(&self) -> f64 {
        0.0
    }

    fn add(&self, acc: &mut f64, value: f64) {
        match self.kind.as_str() {
            "last" => *acc = value,
            "subtract" => *acc -= value,
            "average" => *acc = (*acc + value) / 2.0,
            _ => *acc += value,
        }
    }

    fn merge(&self, acc: &mut f64, other: f64) {
        match self.kind.as_str() {
            "last" => *acc = other,
            "subtract" => *acc -= other,
            "average" => *acc = (*acc + other) / 2.0,
            _ => *acc += other,
        }
    }

    fn finish(&self, acc: &f64) -> Result<f64, String> {
        Ok(*acc)
    }
}

#[job]
fn unlawful(events: Stream<Event>, kind: String) -> Table<(), f64> {
    events.key_by(|_| ()).aggregate(lawless(|e| 1.0 / e.n as f64, &kind).named("value"))
}

#[test]
fn an_aggregate_that_breaks_its_laws_is_found_by_merging_in_a_random_tree() {
    let event = |n| Event { at: Timestamp::from_micros(n), n };
    // One partition and one worker: without the tree there is nothing to merge but by chance.
    let input: Vec<_> = (1..200).map(event).collect();
    for (kind, most) in [("last", 3), ("subtract", 1), ("average", 1), ("sum", 6)] {
        let check = check(unlawful).input("events", vec![input.clone()]).param("kind", kind);
        for seed in 0..5 {
            let said = panics(|| drop(check.clone().seed(seed).agrees()));
            let named = "  the first operator that differs is `unlawful.aggregate` (testkit/tests/";
            assert!(said.contains(named), "{kind}, {said}");
            assert!(said.contains("in the output `unlawful`"), "{kind}, {said}");
            assert!((1..=most).contains(&smallest(&said).len()), "{kind}, {said}");
            // Another tree may by chance round a sum of floats to the same bits, and of the others
            // some merge otherwise than the reference adds even in plain batch.
            assert!(said.contains("merged in a random tree") || kind != "last", "{kind}, {said}");
        }
    }
}

#[test]
fn exact_sums_round_once() {
    for (values, sum) in [
        (&[][..], 0.0),
        (&[-0.0], 0.0),
        (&[1e16, 1.0, -1e16], 1.0),
        (&[0.1, 0.2, 0.3, -0.6], 2.7755575615628914e-17),
        // Half-way between two floats, and a little more.
        (&[9007199254740992.0, 1.0, 1e-300], 9007199254740994.0),
        (&[1.0, f64::NEG_INFINITY], f64::NEG_INFINITY),
    ] {
        assert_eq!(
            plain::exact_sum(values.iter().copied()).to_bits(),
            f64::to_bits(sum),
            "{values:?}"
        );
    }
    assert!(plain::exact_sum([f64::INFINITY, 1.0, f64::NEG_INFINITY]).is_nan());
}
