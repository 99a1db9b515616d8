//! Rule 13: early results go to an output, and are no part of what agrees.

use ouzel::prelude::*;
use ouzel_testkit::{Driver, check};

#[derive(Clone, Debug, PartialEq, Record)]
struct Event {
    #[record(event_time)]
    at: Timestamp,
    n: i64,
}

fn events(rows: &[(i64, i64)]) -> Vec<Event> {
    let at = |hour: i64| Timestamp::from_micros(hours(hour).micros());
    rows.iter().map(|(hour, n)| Event { at: at(*hour), n: *n }).collect()
}

fn row(hour: i64, sum: i64) -> (Windowed<()>, i64) {
    let at = |hour: i64| Timestamp::from_micros(hours(hour).micros());
    (Windowed { key: (), window: Window { start: at(hour), end: at(hour + 1) } }, sum)
}

/// Hourly sums, also while they grow; and so those that are large.
#[job]
fn hourly(
    events: Stream<Event>,
) -> (Table<Windowed<()>, i64>, Early<Windowed<()>, i64>, Early<Windowed<()>, i64>) {
    let windows = events.key_by(|_| ()).window(tumbling(hours(1))).lateness(hours(0));
    let sums = windows.aggregate(sum(|e| e.n));
    let so_far = sums.early(seconds(10));
    let large = sums.filter(|(_, sum)| *sum > 5).early(minutes(1));
    (sums, so_far, large)
}

#[test]
fn rule_13_early_results_come_by_the_clock() {
    let mut driver = Driver::new(hourly);
    driver.feed("events", 0, events(&[(0, 1), (1, 2)])).advance();
    assert!(driver.lines("so_far").is_empty());
    driver.wait(seconds(10)).advance();
    driver.expect("so_far", [row(1, 2)]);
    driver.wait(seconds(10)).advance();
    assert!(driver.lines("so_far").is_empty(), "nothing has come since");
    driver.feed("events", 0, events(&[(1, 4), (2, 9)])).advance();
    // The hour before is final.
    driver.expect("so_far", [row(2, 9)]).expect("sums", [row(0, 1), row(1, 6), row(2, 9)]);
    driver.restart().feed("events", 0, events(&[(2, 1)])).wait(seconds(60)).advance();
    driver.expect("so_far", [row(2, 10)]).expect("large", [row(1, 6), row(2, 10)]);
    driver.finish();
    driver.expect_all("so_far", [row(1, 2), row(2, 9), row(2, 10)]);
}

#[test]
fn rule_13_early_results_are_no_part_of_what_agrees() {
    let rows = events(&[(0, 1), (1, 2), (1, 4), (2, 9)]);
    let left = check(hourly).input("events", rows.clone()).agrees();
    left.expect("sums", [row(0, 1), row(1, 6), row(2, 9)]);
    let batch = ouzel::run::<hourly>().input_rows("events", rows).execute().unwrap();
    assert!(batch.lines("so_far").is_empty() && batch.lines("large").is_empty());
}
