//! The harness itself: what it must not let pass.

use ouzel::prelude::*;
use ouzel_testkit::{check, plain};
use std::panic::{AssertUnwindSafe, catch_unwind};
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

/// The panic's message, if there is a panic.
fn panics(run: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(run)).expect_err("it should not pass");
    panic.downcast_ref::<String>().expect("panics with a text").clone()
}

/// Remembers its calls where the compiler cannot see it.
fn called() -> i64 {
    static CALLS: AtomicI64 = AtomicI64::new(0);
    CALLS.fetch_add(1, Ordering::Relaxed)
}

#[job]
fn impure(events: Stream<Event>) -> Stream<i64> {
    events.map(|e| e.n + called()).named("n")
}

#[test]
fn a_job_that_differs_between_schedules_is_shown_with_the_first_of_them() {
    let said = panics(|| drop(check::<impure>().input("events", events()).seed(5).agrees()));
    assert!(said.contains("seed 5, batch, ") && said.contains("output `impure`"), "{said}");
    assert!(said.contains("missing 1 times: {\"n\":0}"), "{said}");
}

/// Bears the records of two batch runs, and then no more.
fn fails_later() -> Result<bool, &'static str> {
    static CALLS: AtomicI64 = AtomicI64::new(0);
    if CALLS.fetch_add(1, Ordering::Relaxed) < 22 { Ok(true) } else { Err("enough") }
}

#[job]
fn moody(events: Stream<Event>) -> Stream<Event> {
    events.try_filter(|_| fails_later())
}

#[test]
fn a_job_that_fails_under_some_schedules_only_is_shown() {
    let said = panics(|| drop(check::<moody>().input("events", events()).outcome()));
    assert!(said.contains("fails, and batch does not") && said.contains("enough"), "{said}");
}

#[job]
fn counted(events: Stream<Event>) -> Table<i64, u64> {
    events.key_by(|e| e.n).aggregate(count())
}

#[test]
fn a_twin_that_differs_is_shown() {
    let left = check::<counted>().input("events", events()).agrees();
    let twin = |threes: u64| {
        (0..9i64).map(move |n| (n, if n == 3 { threes } else { 1 + u64::from(n == 4) }))
    };
    left.table("counted", twin(2));
    let said = panics(|| _ = left.table("counted", twin(1)));
    assert!(said.contains("missing 1 times: {\"n\":3,\"count\":1}"), "{said}");
    assert!(said.contains("extra 1 times:   {\"n\":3,\"count\":2}"), "{said}");
    let said = panics(|| _ = left.table("counted", [(1i32, 2u64)]));
    assert!(said.contains("the columns are [\"Int64\", \"UInt64\"], not [\"Int32\""), "{said}");
}

#[test]
fn a_job_that_should_fail_must() {
    let said = panics(|| drop(check::<counted>().input("events", events()).fails()));
    assert!(said.starts_with("it should have failed"), "{said}");
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
