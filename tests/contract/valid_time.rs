//! Event times that a job does not take to be any.

use ouzel::prelude::*;
use ouzel::stage::OnError;
use ouzel_testkit::check;

#[derive(Clone, Debug, PartialEq, Record)]
struct Event {
    #[record(event_time)]
    at: Timestamp,
    n: i64,
}

fn time(hour: i64) -> Timestamp {
    Timestamp::from_micros(hours(hour).micros())
}

fn events(rows: &[(i64, i64)]) -> Vec<Event> {
    rows.iter().map(|(hour, n)| Event { at: time(*hour), n: *n }).collect()
}

/// Hourly sums of what is wanted, of plausible times, and what came late.
#[job]
fn hourly(events: Stream<Event>, until: Timestamp) -> (Table<Windowed<()>, i64>, Stream<Event>) {
    let first = Timestamp::from_micros(0);
    let wanted = events.valid_time(first..until).filter(|e| e.n < 100);
    let windows = wanted.key_by(|_| ()).window(tumbling(hours(1))).lateness(hours(0));
    let late = windows.late();
    let sums = windows.aggregate(sum(|e| e.n));
    (sums, late)
}

#[test]
fn absurd_event_times_are_errors_and_have_not_been_seen() {
    let rows =
        events(&[(1, 1), (900_000, 2), (1, 3), (-1, 4), (50, 5), (50, 500), (49, 6), (0, 7)]);
    let check = check(hourly).param("until", time(50)).input("events", vec![rows]);
    let said = check.fails().to_string();
    assert!(said.contains("is none that `valid_time` takes"), "{said}");
    let left = check.on_error(OnError::DeadLetter).agrees();
    let row = |hour, sum: i64| {
        (Windowed { key: (), window: Window { start: time(hour), end: time(hour + 1) } }, sum)
    };
    left.expect("sums", [row(1, 4), row(49, 6)]).expect("late", events(&[(0, 7)]));
    let offsets: Vec<_> = left.dead_letters().iter().map(|letter| letter.offset).collect();
    assert_eq!(offsets, [1, 3, 4, 5]);
    assert_eq!(left.totals("events").errors, 4);
}

#[test]
fn a_range_without_a_time_is_refused() {
    let plan = hourly::plan(&ouzel::Params::new().with("until", time(0)));
    let said = plan.map(drop).unwrap_err().to_string();
    assert!(said.contains("no time is in the range of `valid_time`"), "{said}");
}

/// Counts need no time.
#[job]
fn counted(events: Stream<Event>) -> Table<(), u64> {
    events.valid_time(Timestamp::from_micros(0)..).key_by(|_| ()).aggregate(count())
}

#[test]
fn a_job_without_windows_takes_no_absurd_times_either() {
    let check = check(counted).input("events", vec![events(&[(1, 1), (-1, 2)])]);
    check.on_error(OnError::Skip).expect("counted", [((), 1u64)]);
}
