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
        let left = check(plain).input("readings", input.clone()).param("least", least).seed(seed).agrees();
        left.expect("kept", all(&input).filter(|r| r.value >= least && r.note.is_some()).cloned());
        left.expect("doubled", all(&input).map(|r| r.value.saturating_mul(2)));
        left.expect("words", all(&input).flat_map(|r| r.sensor.split(' ').map(str::to_owned)));
        left.expect("noted", all(&input).filter_map(|r| {
            r.note.clone().filter(|n| !n.is_empty()).map(|n| (n, r.value))
        }));
        left.expect("seen", input.iter().flatten().cloned());
    }
}

/// What the twins of the fallible operators call too.
fn half(value: i64) -> Result<i64, String> {
    match value % 2 {
        0 => Ok(value / 2),
        _ => Err(format!("{value} is odd")),
    }
}

/// The fallible ones; some leave their closures by `?` and `return`.
#[job]
fn fallible(readings: Stream<Reading>) -> (Stream<Reading>, Stream<i64>, Stream<i64>, Stream<i32>) {
    let kept = readings.try_filter(|r| half(r.value).map(|half| half % 2 == 0));
    let halves = readings.try_map(|r| half(r.value)).named("half");
    let steps = readings.try_flat_map(|r| -> Result<_, String> {
        let half = half(r.value)?;
        Ok([half, half.saturating_add(1)])
    });
    let steps = steps.named("step");
    let small = readings.try_filter_map(|r| -> Result<Option<i32>, std::num::TryFromIntError> {
        if r.value == 0 {
            return Ok(None);
        }
        Ok(Some(i32::try_from(r.value)?))
    });
    (kept, halves, steps, small.named("small"))
}

proptest! {
    #![proptest_config(strategy::cases(32))]

    #[test]
    fn fallible_forms(input in strategy::partitions(reading()), seed: u64, skip: bool) {
        let policy = if skip { OnError::Skip } else { OnError::DeadLetter };
        let left = check(fallible)
            .input("readings", input.clone())
            .on_error(policy)
            .seed(seed)
            .agrees();
        let even = || all(&input).filter_map(|r| Some((r, half(r.value).ok()?)));
        left.expect("kept", even().filter(|(_, half)| half % 2 == 0).map(|(r, _)| r.clone()));
        left.expect("halves", even().map(|(_, half)| half));
        left.expect("steps", even().flat_map(|(_, half)| [half, half.saturating_add(1)]));
        let small = all(&input).filter_map(|r| i32::try_from(r.value).ok());
        left.expect("small", small.filter(|n| *n != 0));

        let mut expected = Vec::new();
        for (partition, rows) in input.iter().enumerate() {
            for (offset, r) in rows.iter().enumerate() {
                let letter = |operator: &str, error: String| {
                    (operator.to_owned(), partition.to_string(), offset as u64, error)
                };
                if let Err(error) = half(r.value) {
                    for operator in ["kept.try_filter", "half", "step"] {
                        expected.push(letter(operator, error.clone()));
                    }
                }
                if let Err(error) = i32::try_from(r.value) {
                    expected.push(letter("small", error.to_string()));
                }
            }
        }
        expected.sort();
        prop_assert_eq!(left.errors(), expected.len() as u64);
        let letters = left.dead_letters().iter().cloned();
        let mut found: Vec<_> =
            letters.map(|l| (l.operator, l.partition, l.offset, l.error)).collect();
        found.sort();
        prop_assert_eq!(found, if skip { vec![] } else { expected });
    }

    #[test]
    fn fallible_forms_fail_in_both_modes_or_in_neither(
        input in strategy::partitions(reading()), seed: u64, even: bool,
    ) {
        let mut input = input;
        if even {
            input.iter_mut().flatten().for_each(|r| r.value = (r.value % 1000) * 2);
        }
        let done = check(fallible).input("readings", input.clone()).seed(seed).outcome();
        let fails = all(&input).any(|r| half(r.value).is_err() || i32::try_from(r.value).is_err());
        prop_assert_eq!(done.is_err(), fails);
    }
}

/// A stream merged with another, with itself, and with what became of it.
#[job]
fn merged(a: Stream<Reading>, b: Stream<Reading>) -> (Stream<Reading>, Stream<Reading>) {
    let once = a.merge(b);
    let more = once.merge(once).merge(a.filter(|r| r.value > 0));
    (once, more)
}

proptest! {
    #![proptest_config(strategy::cases(24))]

    #[test]
    fn merging(
        a in strategy::partitions(reading()),
        b in strategy::partitions(reading()),
        seed: u64,
    ) {
        let left =
            check(merged).input("a", a.clone()).input("b", b.clone()).seed(seed).agrees();
        let once = || all(&a).chain(all(&b));
        left.expect("once", once().cloned());
        let positive = all(&a).filter(|r| r.value > 0);
        left.expect("more", once().chain(once()).chain(positive).cloned());
    }
}

/// What must hold of each reading, and what goes on.
#[job]
fn asserted(readings: Stream<Reading>, most: i64) -> Stream<i64> {
    let good = readings.assert(|r| r.value.checked_abs().is_some_and(|size| size <= most));
    good.named("size").map(|r| r.value).named("value")
}

proptest! {
    #![proptest_config(strategy::cases(32))]

    #[test]
    fn assertions(input in strategy::partitions(reading()), most in 0i64..10, seed: u64) {
        let check = check(asserted).input("readings", input.clone()).param("most", most).seed(seed);
        let holds = |r: &&Reading| r.value.checked_abs().is_some_and(|size| size <= most);
        let left = check.on_error(OnError::DeadLetter).agrees();
        left.expect("asserted", all(&input).filter(holds).map(|r| r.value));
        let broken = all(&input).filter(|r| !holds(r)).count();
        prop_assert_eq!((left.totals("size").errors, left.errors()), (broken as u64, broken as u64));
        for letter in left.dead_letters() {
            prop_assert_eq!(letter.operator.as_str(), "size");
            let condition = letter.error.starts_with("`r.value.checked_abs().is_some_and(");
            prop_assert!(condition && letter.error.ends_with("` does not hold"), "{}", letter.error);
        }
    }
}
