//! Outputs compared with what is expected of them, and the forms that input and rows may have.

use crate::panics;
use ouzel::prelude::*;
use ouzel_testkit::check;

#[derive(Clone, Debug, Record)]
struct Event {
    #[record(event_time)]
    at: Timestamp,
    n: i64,
}

fn event(n: i64) -> Event {
    Event { at: Timestamp::from_micros(n), n }
}

fn events() -> Vec<Vec<Event>> {
    vec![(0..9).map(event).collect(), Vec::new(), (3..5).map(event).collect()]
}

#[job]
fn counted(events: Stream<Event>) -> Table<i64, u64> {
    events.key_by(|e| e.n).aggregate(count())
}

#[test]
fn a_twin_that_differs_is_shown() {
    let left = check(counted).input("events", events()).agrees();
    let twin = |threes: u64| {
        (0..9i64).map(move |n| (n, if n == 3 { threes } else { 1 + u64::from(n == 4) }))
    };
    left.expect("counted", twin(2));
    let said = panics(|| _ = left.expect("counted", twin(1)));
    assert!(said.contains("missing: {\"n\":3,\"count\":1}"), "{said}");
    assert!(said.contains("extra: {\"n\":3,\"count\":2}"), "{said}");
    let said = panics(|| _ = left.expect("counted", [(1i32, 2u64)]));
    assert!(said.contains("the columns are n Int64, count UInt64, not n Int32"), "{said}");
}

#[test]
fn a_job_that_should_fail_must() {
    let said = panics(|| drop(check(counted).input("events", events()).fails()));
    assert!(said.starts_with("it should have failed"), "{said}");
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Group {
    odd: i64,
    kind: String,
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Made {
    n: i64,
    pair: (i64, String),
    group: Group,
}

/// Tables and streams whose rows are of several columns, some of them nested.
#[job]
fn nested(
    events: Stream<Event>,
) -> (Table<Windowed<Group>, (u64, Option<f64>)>, Table<(), u64>, Stream<(i64, i64)>, Stream<Made>)
{
    let keyed = events.key_by(|e| GroupRef { odd: e.n % 2, kind: "k" });
    let means = keyed.window(tumbling(micros(4)));
    let means = means.aggregate((count(), mean(|e| (e.n > 6).then_some(e.n)).named("mean")));
    let total = events.key_by(|_| ()).aggregate(count());
    let tuples = events.map(|e| {
        let micros = e.at.micros();
        (micros, e.n)
    });
    let group = |n| GroupRef { odd: n % 2, kind: "k" };
    let made = events.map(|e| MadeRef { n: e.n, pair: (e.n, "x"), group: group(e.n) });
    (means, total, tuples, made)
}

#[test]
fn rows_are_compared_column_by_column() {
    let group = |odd| Group { odd, kind: "k".to_owned() };
    let window = |start| Window {
        start: Timestamp::from_micros(start),
        end: Timestamp::from_micros(start + 4),
    };
    let row = |odd, start, n: u64, mean: Option<f64>| {
        (Windowed { key: group(odd), window: window(start) }, (n, mean))
    };
    let means = [
        row(0, 0, 2, None),
        row(1, 0, 2, None),
        row(0, 4, 2, None),
        row(1, 4, 2, Some(7.0)),
        row(0, 8, 1, Some(8.0)),
    ];
    let made = |n: i64| Made { n, pair: (n, "x".to_owned()), group: group(n % 2) };
    check(nested)
        .input("events", (0..9).map(event))
        .expect("means", means)
        .expect("total", [((), 9u64)])
        .expect("tuples", (0..9i64).map(|n| (n, n)))
        .expect("made", (0..9).map(made));
}

#[test]
fn input_is_a_list_of_records_or_lists_of_them() {
    let nine = (0..9i64).map(|n| (n, 1u64));
    check(counted).input("events", (0..9).map(event)).expect("counted", nine.clone());
    check(counted).input("events", [event(1)]).expect("counted", [(1i64, 1u64)]);
    let nested = [(0..5).map(event).collect(), Vec::new(), (5..9).map(event).collect()];
    check(counted).input("events", nested).expect("counted", nine);
    check(counted).input("events", Vec::<Event>::new()).expect("counted", [(1i64, 1u64); 0]);
    check(counted).input("events", Vec::<Vec<Event>>::new()).expect("counted", [(1i64, 1u64); 0]);
}

#[derive(Clone, Debug, Record)]
struct Spread {
    values: Vec<f64>,
    mean: Option<f64>,
}

/// Floats alone, in records and lists, and beside a key.
#[job]
fn floats(events: Stream<Event>) -> (Table<i64, f64>, Stream<f64>, Stream<Spread>) {
    let means =
        events.key_by(|e| e.n % 2).named("odd").aggregate(mean(|e| e.n as f64 / 3.0).named("mean"));
    let thirds = events.map(|e| e.n as f64 / 3.0).named("third");
    let spreads = events.map(|e| Spread { values: vec![e.n as f64 / 7.0], mean: None });
    (means, thirds, spreads)
}

#[test]
fn floats_may_be_a_little_off_where_that_is_said() {
    let spread = |value: f64| Spread { values: vec![value], mean: None };
    let sevenths = [0.0, 0.143, 0.286, 0.429].map(spread);
    let left = check(floats).input("events", (0..4).map(event)).expect_within(
        1e-3,
        "means",
        [(0i64, 0.333), (1, 0.667)],
    );
    // In any order, and each value for one row only.
    left.expect_within(1e-3, "thirds", [1.0, 0.667, 0.0, 0.333]);
    left.expect_within(1e-3, "spreads", sevenths.clone());
    let said = panics(|| _ = left.expect_within(1e-3, "thirds", [1.0, 0.667, 0.333, 0.333]));
    assert!(
        said.contains("    missing: {\"third\":0.333}\n    extra: {\"third\":0.0}\n"),
        "{said}"
    );
    let said = panics(|| _ = left.expect_within(1e-4, "spreads", sevenths));
    assert!(said.contains("    missing: {\"values\":[0.143],\"mean\":null}\n"), "{said}");
    let said = panics(|| _ = left.expect_within(9.0, "means", [(0i64, 0.333), (3, 0.667)]));
    assert!(said.contains("missing: {\"odd\":3,") && said.contains("extra: {\"odd\":1,"), "{said}");
    let said = panics(|| _ = left.expect_within(9.0, "means", [(0i64, 0u64)]));
    assert!(said.contains("mean Float64"), "{said}");
}
