//! Jobs run from Rust in both modes, and verified.

use ouzel::prelude::*;
use ouzel::stage::OnError;
use ouzel::{Mode, Outcome};
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Clone, Record)]
struct Flight {
    #[record(event_time)]
    scheduled: Timestamp,
    carrier: String,
    dep_delay: Option<f64>,
}

/// Departures and mean delay by carrier and hour.
#[job]
fn delays(flights: Stream<Flight>, min: f64) -> Table<Windowed<String>, (u64, Option<f64>)> {
    flights
        .filter(|f| f.dep_delay > Some(min))
        .key_by(|f| f.carrier)
        .window(tumbling(hours(1)))
        .aggregate((count(), mean(|f| f.dep_delay)))
}

/// 400 flights in order of time, of which every seventh never left.
fn flights() -> Vec<Flight> {
    let flight = |i: i64| Flight {
        scheduled: Timestamp::from_micros(i * 600_000_000),
        carrier: ["9E", "DL", "UA"][i as usize % 3].to_owned(),
        dep_delay: (i % 7 > 0).then_some((i % 50) as f64 / 3.0),
    };
    (0..400).map(flight).collect()
}

fn run(mode: Mode) -> Outcome {
    ouzel::run::<delays>()
        .mode(mode)
        .param("min", 3.0)
        .input_rows("flights", flights())
        .workers(2)
        .execute()
        .unwrap()
}

#[test]
fn both_modes_give_the_same() {
    let (batch, stream) = (run(Mode::Batch), run(Mode::Stream));
    let lines = batch.lines("delays");
    assert_eq!(lines, stream.lines("delays"));
    assert_eq!(batch.summary.operators, stream.summary.operators);
    assert_eq!(batch.summary.records(), 400);

    let expected = flights().iter().filter(|f| f.dep_delay > Some(3.0)).count();
    let counts = batch.outputs["delays"].iter().map(|rows| {
        let counts = rows.column_by_name("count").unwrap();
        let counts = arrow::array::AsArray::as_primitive::<arrow::datatypes::UInt64Type>(counts);
        counts.values().iter().sum::<u64>()
    });
    assert_eq!(counts.sum::<u64>(), expected as u64);
}

#[test]
fn the_mode_follows_from_the_inputs() {
    let outcome = ouzel::run::<delays>().param("min", 3.0).input_rows("flights", flights());
    assert_eq!(outcome.execute().unwrap().summary.mode, "batch");
}

#[test]
fn verify_agrees() {
    for seed in 0..5 {
        let run = ouzel::run::<delays>().param("min", 3.0).input_rows("flights", flights());
        let verification = run.verify(seed).unwrap();
        assert!(verification.agrees(), "{verification}");
    }
}

#[test]
fn a_missing_parameter_is_named() {
    let error = ouzel::run::<delays>().input_rows("flights", flights()).execute().unwrap_err();
    assert!(error.to_string().contains("`--min VALUE`"), "{error}");
}

/// Remembers its calls where the compiler cannot see it.
fn called() -> u64 {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    CALLS.fetch_add(1, Ordering::Relaxed)
}

#[job]
fn impure(flights: Stream<Flight>) -> Table<String, u64> {
    flights
        .map(|f| (f.carrier, called() % 7))
        .key_by(|f| f.0)
        .named("carrier")
        .aggregate(max(|f| f.1).named("most"))
}

#[test]
fn verify_names_code_that_depends_on_more_than_its_arguments() {
    let run = ouzel::run::<impure>().input_rows("flights", flights());
    let text = run.verify(3).unwrap().to_string();
    assert!(text.contains("runs differ; the first is batch with 1 worker"), "{text}");
    assert!(text.contains("all code twice\n"), "{text}");
    assert!(text.contains("`impure.map` (ouzel/tests/jobs.rs:"), "{text}");
    assert!(text.contains("depends on more than its arguments"), "{text}");
    assert!(
        text.contains("    record: {\"carrier\":\"") && text.contains("    first:  {"),
        "{text}"
    );
    assert!(text.ends_with("to see it again: verify with --seed 3\n"), "{text}");
}

/// Keeps the last value, whichever that is.
#[derive(Clone)]
struct Last;

fn last(_: Arg<i64>) -> Last {
    Last
}

impl Aggregate for Last {
    type In = i64;
    type Acc = i64;
    type Out = i64;

    fn zero(&self) -> i64 {
        0
    }

    fn add(&self, acc: &mut i64, value: i64) {
        *acc = value;
    }

    fn merge(&self, acc: &mut i64, other: i64) {
        *acc = other;
    }

    fn finish(&self, acc: &i64) -> Result<i64, String> {
        Ok(*acc)
    }
}

#[job]
fn lasts(flights: Stream<Flight>) -> Table<String, i64> {
    flights.key_by(|f| f.carrier).aggregate(last(|f| f.scheduled.micros()).named("last"))
}

#[test]
fn verify_finds_an_aggregate_that_breaks_its_laws() {
    for seed in 0..5 {
        let run = ouzel::run::<lasts>().input_rows("flights", flights());
        let verification = run.verify(seed).unwrap();
        let difference = verification.difference().unwrap();
        assert!(difference.contains("  in the output `lasts`:\n    missing: {"), "{difference}");
        assert_eq!(verification.operator(), Some("lasts.aggregate"));
        assert!(verification.to_string().contains("merged in a random tree\n"), "{verification}");
    }
}

/// Fails in other words on each call.
fn moody() -> Result<bool, String> {
    Err(format!("call {}", called()))
}

#[job]
fn told_otherwise(flights: Stream<Flight>) -> Stream<Flight> {
    flights.try_filter(|f| if f.dep_delay.is_none() { moody() } else { Ok(true) })
}

#[test]
fn verify_compares_dead_letters() {
    let run = |policy| {
        let run = ouzel::run::<told_otherwise>().input_rows("flights", flights());
        run.on_error(policy).verify(1)
    };
    let text = run(OnError::DeadLetter).unwrap().to_string();
    assert!(text.contains("    error: call ") && text.contains("all code twice\n"), "{text}");
    assert!(text.contains(": 15 of 16 runs differ"), "{text}");
    // Those that are not kept cannot differ.
    assert!(run(OnError::Skip).unwrap().agrees());
    assert!(run(OnError::Fail).unwrap_err().to_string().contains("call "));
}
