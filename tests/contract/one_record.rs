//! Operators on one record at a time, each with its twin.

use ouzel::prelude::*;
use ouzel::stage::OnError;
use ouzel_testkit::{check, strategy};
use proptest::prelude::*;

#[derive(Clone, Debug, Record)]
struct Reading {
    sensor: String,
    value: i64,
    note: Option<String>,
}

fn reading() -> impl Strategy<Value = Reading> {
    let note = prop::option::of(strategy::text());
    (strategy::text(), strategy::int(), note).prop_map(|(sensor, value, note)| Reading {
        sensor,
        value,
        note,
    })
}

fn all(partitions: &[Vec<Reading>]) -> impl Iterator<Item = &Reading> {
    partitions.iter().flatten()
}

/// One of each, side by side over the same stream.
#[job]
fn plain(
    readings: Stream<Reading>,
    least: i64,
) -> (Stream<Reading>, Stream<i64>, Stream<String>, Stream<(String, i64)>, Stream<Reading>) {
    let kept = readings.filter(|r| r.value >= least && r.note.is_some());
    let doubled = readings.map(|r| r.value.saturating_mul(2)).named("doubled");
    let words = readings.flat_map(|r| r.sensor.split(' ')).named("word");
    let noted = readings.filter_map(|r| {
        let value = r.value;
        r.note.filter(|n| !n.is_empty()).map(|note| (note, value))
    });
    let noted = noted.map(|(note, value)| (note, value));
    let seen = readings.inspect(|r| assert!(r.sensor.len() < 100));
    (kept, doubled, words, noted, seen)
}

proptest! {
    #![proptest_config(strategy::cases(32))]

    #[test]
    fn plain_forms(input in strategy::partitions(reading()), least in -3i64..3, seed: u64) {
        let left = check::<plain>().input("readings", input.clone()).param("least", least).seed(seed).agrees();
        left.stream("kept", all(&input).filter(|r| r.value >= least && r.note.is_some()).cloned());
        left.stream("doubled", all(&input).map(|r| r.value.saturating_mul(2)));
        left.stream("words", all(&input).flat_map(|r| r.sensor.split(' ').map(str::to_owned)));
        left.stream("noted", all(&input).filter_map(|r| {
            r.note.clone().filter(|n| !n.is_empty()).map(|n| (n, r.value))
        }));
        left.stream("seen", input.iter().flatten().cloned());
    }
}
