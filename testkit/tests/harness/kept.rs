//! What is kept of a failure, and run again.

use crate::{panics, smallest};
use ouzel::Mode;
use ouzel::prelude::*;
use ouzel_testkit::{check, replay};
use std::path::PathBuf;

/// A record of everything that is hard to write down.
#[derive(Clone, Debug, Record)]
struct Odd {
    #[record(event_time)]
    at: Timestamp,
    #[record(format = "%d.%m.%Y %H:%M:%S%.f")]
    printed: Timestamp,
    #[record(rename = "a name", default)]
    name: String,
    bytes: Option<Bytes>,
    x: f64,
    small: f32,
    least: i64,
    price: Decimal<3>,
    list: Vec<(String, Option<f64>)>,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, Record)]
enum Kind {
    Good,
    #[record(rename = "not so good")]
    Bad,
}

fn odd(i: i64) -> Odd {
    let floats = [0.1, -0.0, f64::INFINITY, f64::NAN, 5e-324];
    let x = floats[i as usize % floats.len()];
    Odd {
        at: Timestamp::from_micros(i * 1_000_001),
        printed: Timestamp::from_micros(-i),
        name: ["", "\"\\\n\u{0}", "日本 'x'"][i as usize % 3].to_owned(),
        bytes: (i % 2 == 0).then(|| Bytes(vec![0, 255, i as u8])),
        x,
        small: x as f32,
        least: i64::MIN + i,
        price: Decimal::from_units(i128::from(i) - 7),
        list: vec![(i.to_string(), (i % 3 > 0).then_some(x)), (String::new(), None)],
        kind: if i % 2 == 0 { Kind::Good } else { Kind::Bad },
    }
}

/// Keeps the last value that comes, whichever that is.
#[derive(Clone)]
struct Latest;

fn latest(_: Arg<i64>) -> Latest {
    Latest
}

impl Aggregate for Latest {
    type In = i64;
    type Acc = Option<i64>;
    type Out = Option<i64>;

    fn zero(&self) -> Option<i64> {
        None
    }

    fn add(&self, acc: &mut Option<i64>, value: i64) {
        *acc = Some(value);
    }

    fn merge(&self, acc: &mut Option<i64>, other: Option<i64>) {
        *acc = other.or(*acc);
    }

    fn finish(&self, acc: &Option<i64>) -> Result<Option<i64>, String> {
        Ok(*acc)
    }
}

#[job]
fn odd_ones(odds: Stream<Odd>, least_price: i64) -> (Table<String, Option<i64>>, Stream<Odd>) {
    let dear = odds.filter(|o| o.price.units() >= i128::from(least_price));
    let last = dear.key_by(|o| o.name).aggregate(latest(|o| o.least).named("last"));
    (last, dear)
}

/// Where a failure says that its input is kept.
fn dir(said: &str) -> PathBuf {
    let line = said.lines().find_map(|line| line.strip_prefix("its input is kept in "));
    PathBuf::from(line.expect("it is kept"))
}

#[test]
fn the_smallest_input_is_kept_and_can_be_run_again_in_either_mode() {
    let partitions: Vec<Vec<Odd>> =
        (0..6).map(|p| (p * 10..p * 10 + 10).filter(|i| i % 11 > 0).map(odd).collect()).collect();
    let check = check(odd_ones).input("odds", partitions).param("least_price", -2);
    let said = panics(|| drop(check.seed(77).agrees()));
    let records = smallest(&said);
    assert!(records.len() == 2 && said.contains("`last.aggregate`"), "{said}");
    let dir = dir(&said);
    assert!(dir.ends_with("target/ouzel-failures/odd_ones-77"), "{}", dir.display());
    let flags = format!("run --mode batch --in odds={}/odds --least-price=-2\n", dir.display());
    assert!(said.contains(&flags), "{said}");

    // In both modes the job reads what the message shows.
    let shown: Vec<_> = records.iter().filter_map(|line| line.split_once(": ")).collect();
    for mode in [Mode::Batch, Mode::Stream] {
        let outcome = replay(odd_ones, &dir, mode);
        assert_eq!(outcome.summary.mode, mode.to_string());
        let mut shown: Vec<_> = shown.iter().map(|(_, record)| *record).collect();
        shown.sort_unstable();
        assert_eq!(outcome.lines("dear"), shown);
    }
    // And it fails again, in the same way.
    let again = panics(|| drop(ouzel_testkit::check(odd_ones).kept(&dir).agrees()));
    assert!(again.contains("`last.aggregate`"), "{again}");
    assert_eq!(smallest(&again).len(), 2, "{again}");
}

#[test]
fn what_json_lines_cannot_hold_is_kept_as_it_is() {
    // A NaN with a sign is a NaN in text.
    let odd = |i| Odd { x: -f64::NAN, ..odd(i) };
    let check = check(odd_ones).input("odds", (0..40).map(odd)).param("least_price", -9);
    let said = panics(|| drop(check.seed(78).agrees()));
    let outcome = replay(odd_ones, dir(&said), Mode::Batch);
    let rows = &outcome.outputs["dear"];
    let bits = rows.iter().flat_map(|rows| {
        let column = rows.column_by_name("x").expect("it has this column");
        let column = arrow::array::AsArray::as_primitive::<arrow::datatypes::Float64Type>(column);
        column.values().iter().map(|x| x.to_bits()).collect::<Vec<_>>()
    });
    assert_eq!(bits.collect::<Vec<_>>(), vec![(-f64::NAN).to_bits(); smallest(&said).len()]);
}

#[test]
fn what_is_not_there_is_said() {
    let said = panics(|| drop(check(odd_ones).kept("/nowhere")));
    assert!(said.starts_with("what is kept in /nowhere: reading /nowhere/case.json: "), "{said}");
    let said = panics(|| drop(replay(odd_ones, "/nowhere", Mode::Batch)));
    assert!(said.starts_with("odd_ones in batch: reading /nowhere/case.json: "), "{said}");
}
