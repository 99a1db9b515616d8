//! Jobs as a program: for tests that kill it, and read what it says.

use ouzel::prelude::*;
use std::sync::atomic::{AtomicI64, Ordering};

#[derive(Record)]
struct Event {
    #[record(event_time, unit = "ms")]
    at: Timestamp,
    who: String,
    n: i64,
    x: f64,
}

/// Totals of ten seconds, when they are final, what came late, and what is odd.
#[job]
fn watched(
    events: Stream<Event>,
) -> (
    Table<Windowed<String>, (u64, i64, f64)>,
    Stream<Final<String, (u64, i64, f64)>>,
    Stream<Event>,
    Stream<Event>,
) {
    let odd = events.filter(|e| e.n % 2 != 0);
    let windows = events.key_by(|e| e.who).window(tumbling(seconds(10))).lateness(seconds(2));
    let late = windows.late();
    let totals = windows.aggregate((count(), sum(|e| e.n), sum(|e| e.x)));
    let finals = totals.finals();
    (totals, finals, late, odd)
}

/// How many events each had, and their sum.
#[job]
fn ever(events: Stream<Event>) -> Table<String, (u64, f64)> {
    events.key_by(|e| e.who).aggregate((count(), sum(|e| e.x)))
}

/// A count that panics at one of its steps.
#[derive(Clone)]
struct Breaking(String);

fn breaking(_: Arg<i64>, step: &str) -> Breaking {
    Breaking(step.to_owned())
}

impl Breaking {
    fn at(&self, step: &str) {
        assert!(self.0 != step, "it broke");
    }
}

impl Aggregate for Breaking {
    type In = i64;
    type Acc = u64;
    type Out = u64;

    fn zero(&self) -> u64 {
        0
    }

    fn add(&self, acc: &mut u64, _: i64) {
        self.at("add");
        *acc += 1;
    }

    fn merge(&self, acc: &mut u64, other: u64) {
        self.at("merge");
        *acc += other;
    }

    fn finish(&self, acc: &u64) -> Result<u64, String> {
        self.at("finish");
        Ok(*acc)
    }
}

/// How many events there are, unless it breaks.
#[job]
fn broken(events: Stream<Event>, step: String) -> Table<(), u64> {
    events.key_by(|_| ()).aggregate(breaking(|e| e.n, &step).named("events"))
}

/// Tells that it has met a 7, and waits for a line on standard input.
fn waited(n: i64) -> i64 {
    if n == 7 {
        eprintln!("here");
        let _ = std::io::stdin().read_line(&mut String::new());
    }
    n
}

/// Waits for the test.
#[job]
fn waiting(events: Stream<Event>) -> Stream<i64> {
    events.map(|e| waited(e.n)).named("n")
}

/// Remembers its calls where the compiler cannot see it.
fn called() -> i64 {
    static CALLS: AtomicI64 = AtomicI64::new(0);
    CALLS.fetch_add(1, Ordering::Relaxed)
}

/// Differs each time it is run.
#[job]
fn impure(events: Stream<Event>) -> Table<String, i64> {
    events.key_by(|e| e.who).aggregate(sum(|e| e.n + called()).named("sum"))
}

ouzel::main![watched, ever, broken, waiting, impure];
