//! Jobs run from Rust in both modes, and verified.

use ouzel::prelude::*;
use ouzel::{Mode, Outcome};

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
