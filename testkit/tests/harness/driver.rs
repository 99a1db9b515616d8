//! Streams that are driven step by step.

use crate::panics;
use ouzel::prelude::*;
use ouzel::stage::OnError;
use ouzel_testkit::{Driver, Watermark, check};

#[derive(Clone, Debug, Record)]
struct Event {
    #[record(event_time)]
    at: Timestamp,
    who: String,
    n: i64,
}

fn minute(n: i64) -> Timestamp {
    Timestamp::from_micros(minutes(n).micros())
}

fn event(at: i64, who: &str, n: i64) -> Event {
    Event { at: minute(at), who: who.to_owned(), n }
}

fn hour(who: &str, n: i64) -> Windowed<String> {
    Windowed {
        key: who.to_owned(),
        window: Window { start: minute(60 * n), end: minute(60 * n + 60) },
    }
}

fn final_row(who: &str, n: i64, value: i64) -> Final<String, i64> {
    let Windowed { key, window } = hour(who, n);
    Final { key, window, value }
}

/// Hourly sums, when they are final, and what came late.
#[job]
fn hourly(
    events: Stream<Event>,
    wait: i64,
) -> (Table<Windowed<String>, i64>, Stream<Final<String, i64>>, Stream<Event>) {
    let windows = events.key_by(|e| e.who).window(tumbling(hours(1))).lateness(minutes(wait));
    let late = windows.late();
    let sums = windows.aggregate(sum(|e| e.n));
    (sums, sums.finals().named("finals"), late)
}

fn none<T>() -> [T; 0] {
    []
}

#[test]
fn windows_close_when_the_watermark_of_all_partitions_has_passed_them() {
    let mut driver = Driver::new(hourly).param("wait", 10);
    driver.feed("events", 0, [event(5, "a", 1), event(65, "a", 2)]);
    driver.feed("events", 1, none::<Event>()).advance();
    // The second partition may still have anything.
    assert_eq!(driver.watermark("events"), Watermark::Nowhere);
    assert_eq!(driver.groups("sums.aggregate"), 2);
    driver.expect("sums", [(hour("a", 0), 1i64), (hour("a", 1), 2)]);

    driver.feed("events", 1, [event(50, "b", 4)]).advance();
    assert_eq!(driver.watermark("events"), Watermark::At(minute(50)));
    assert_eq!(driver.groups("sums.aggregate"), 3);
    driver.expect("finals", none::<Final<String, i64>>());

    // One minute before what the first hour waits for, then that.
    driver.feed("events", 0, [event(69, "a", 8)]).feed("events", 1, [event(69, "b", 8)]).advance();
    driver.expect("finals", none::<Final<String, i64>>());
    driver
        .feed("events", 0, [event(70, "a", 16)])
        .feed("events", 1, [event(70, "b", 16)])
        .advance();
    driver.expect("finals", [final_row("a", 0, 1), final_row("b", 0, 4)]);
    assert_eq!(driver.groups("sums.aggregate"), 2);

    // What comes now is late; and a step gives what it gives, and not what earlier ones gave.
    driver.feed("events", 0, [event(10, "a", 32)]).advance();
    driver.expect("finals", none::<Final<String, i64>>()).expect("late", [event(10, "a", 32)]);
    assert_eq!(driver.totals("windows.lateness").late, 1);
    let sums = [(hour("a", 0), 1i64), (hour("b", 0), 4), (hour("a", 1), 26), (hour("b", 1), 24)];
    driver.expect("sums", sums.clone());

    // A partition that ends holds nothing back.
    driver.feed("events", 1, [event(200, "b", 64)]).end("events", 0).advance();
    assert_eq!(driver.watermark("events"), Watermark::At(minute(200)));
    driver.expect("finals", [final_row("a", 1, 26), final_row("b", 1, 24)]);
    driver.finish();
    assert_eq!(driver.watermark("events"), Watermark::Ended);
    driver.expect("finals", [final_row("b", 3, 64)]);
    driver.expect("sums", sums.into_iter().chain([(hour("b", 3), 64)]));
    assert_eq!(driver.totals("sums.aggregate").records_out, 5);
}

#[test]
fn a_partition_that_ends_without_a_record_moves_the_watermark() {
    let mut driver = Driver::new(hourly).param("wait", 0);
    driver.feed("events", 0, [event(5, "a", 1), event(65, "a", 2)]);
    driver.feed("events", 1, [event(7, "b", 1)]).advance();
    assert_eq!(driver.watermark("events"), Watermark::At(minute(7)));
    driver.end("events", 1).advance();
    assert_eq!(driver.watermark("events"), Watermark::At(minute(65)));
    driver.expect("finals", [final_row("a", 0, 1), final_row("b", 0, 1)]);
}

#[test]
fn the_same_is_left_however_the_steps_are_cut_and_wherever_it_is_restarted() {
    let events = [event(5, "a", 1), event(130, "b", 2), event(20, "a", 4), event(131, "a", 8)];
    let left = check(hourly).param("wait", 10).input("events", events.clone()).agrees();
    for restart_after in 0..events.len() {
        let mut driver = Driver::new(hourly).param("wait", 10);
        let (mut finals, mut late) = (Vec::new(), Vec::new());
        for (nth, event) in events.iter().enumerate() {
            driver.feed("events", 0, [event.clone()]).advance();
            finals.extend(driver.lines("finals"));
            late.extend(driver.lines("late"));
            if nth == restart_after {
                driver.restart();
            }
        }
        driver.finish();
        finals.extend(driver.lines("finals"));
        finals.sort();
        assert_eq!(finals, left.lines("finals"));
        assert_eq!(late, left.lines("late"));
        assert_eq!(driver.lines("sums"), left.lines("sums"));
    }
}

#[test]
fn a_job_that_fails_can_be_restarted_from_the_step_before() {
    let mut driver = Driver::new(positive);
    driver.feed("events", 0, [event(1, "a", 1)]).advance();
    let error = driver.feed("events", 0, [event(2, "a", -1)]).try_advance().unwrap_err();
    assert!(error.to_string().contains("it is negative"), "{error}");
    let said = panics(|| _ = driver.advance());
    assert!(said.starts_with("the job has failed: `restart` goes on"), "{said}");
    let said = panics(|| _ = driver.restart().advance());
    assert!(said.contains("it is negative"), "{said}");
    let mut driver = Driver::new(positive).on_error(OnError::Skip);
    driver.feed("events", 0, [event(1, "a", 1), event(2, "a", -1)]).finish();
    driver.expect("positive", [1i64]);
    assert_eq!(driver.totals("n").errors, 1);
}

#[job]
fn positive(events: Stream<Event>) -> Stream<i64> {
    events.try_map(|e| if e.n < 0 { Err("it is negative") } else { Ok(e.n) }).named("n")
}

#[test]
fn what_cannot_be_is_said() {
    let mut driver = Driver::new(positive);
    let said = panics(|| _ = driver.watermark("events"));
    assert_eq!(said, "no step was taken yet: call `advance` first");
    driver.end("events", 0).advance();
    assert_eq!(panics(|| _ = driver.advance()), "all inputs are at their ends");
    let said = panics(|| _ = driver.feed("events", 0, [event(0, "a", 0)]));
    assert_eq!(said, "partition 0 of `events` has ended");
    let said = panics(|| _ = driver.groups("n"));
    assert_eq!(said, "positive has no keyed operator `n`, but []");
    let said = panics(|| _ = Driver::new(positive).feed("evnets", 0, [event(0, "a", 0)]).advance());
    assert_eq!(said, "positive has no input `evnets`");
    let mut driver = Driver::new(hourly).param("wait", 0);
    driver.feed("events", 0, [event(5, "a", 1)]).advance();
    let said = panics(|| _ = driver.feed("events", 1, [event(5, "a", 1)]).advance());
    assert!(said.starts_with("the input `events` has a new partition, `1`"), "{said}");
}

/// Tells of each key that is silent for 20 minutes.
#[job]
fn silent(events: Stream<Event>) -> Stream<Event> {
    events.key_by(|e| e.who).lateness(minutes(5)).process(0i64, |cx| match cx.record() {
        Some(event) => {
            *cx.state += event.n;
            let at = event.at.micros() + 20 * 60_000_000;
            cx.set_timer("silent", Timestamp::from_micros(at));
        }
        None => {
            let event = EventRef { at: cx.time(), who: cx.key(), n: *cx.state };
            cx.emit(event);
        }
    })
}

#[test]
fn timers_fire_when_the_watermark_has_passed_them() {
    let mut driver = Driver::new(silent);
    driver.feed("events", 0, [event(1, "a", 1), event(3, "b", 2), event(24, "b", 4)]).advance();
    // The timer of `a` is for 21, and until 26 a record of 21 may still come.
    driver.expect("silent", none::<Event>());
    driver.feed("events", 0, [event(27, "b", 8)]).advance();
    driver.expect("silent", [event(21, "a", 1)]);
    driver.feed("events", 0, [event(53, "a", 16)]).advance();
    driver.expect("silent", [event(23, "b", 2), event(47, "b", 14)]);
    driver.finish().expect("silent", [event(73, "a", 17)]);
}
