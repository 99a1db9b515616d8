//! The rules of the contract: a test for each, which breaks without it.

use arrow::array::{ArrayRef, Int64Array, RecordBatch, TimestampMicrosecondArray};
use ouzel::connectors::MemoryOutput;
use ouzel::prelude::*;
use ouzel::stage::OnError;
use ouzel::{CommitPoint, Mode, Run};
use ouzel_testkit::check;
use std::sync::Arc;

#[derive(Clone, Debug, Record)]
struct Event {
    #[record(event_time)]
    at: Timestamp,
    n: i64,
}

/// Hours and numbers as events.
fn events(rows: &[(i64, i64)]) -> Vec<Event> {
    let at = |hour: i64| Timestamp::from_micros(hours(hour).micros());
    rows.iter().map(|(hour, n)| Event { at: at(*hour), n: *n }).collect()
}

fn hour(n: i64) -> Window {
    let at = |n| Timestamp::from_micros(hours(n).micros());
    Window { start: at(n), end: at(n + 1) }
}

fn final_row<V>(n: i64, value: V) -> Final<(), V> {
    Final { key: (), window: hour(n), value }
}

/// Hourly sums of what is wanted, when they are final, and what came late.
#[job]
fn hourly(events: Stream<Event>) -> (Stream<Final<(), i64>>, Stream<Event>) {
    let windows = events.filter(|e| e.n != 0).key_by(|_| ());
    let windows = windows.window(tumbling(hours(1))).lateness(hours(0));
    let late = windows.late();
    let sums = windows.aggregate(sum(|e| e.n));
    (sums.finals().named("finals"), late)
}

#[job]
fn negative_is_an_error(events: Stream<Event>, other: Stream<Event>) -> Stream<Event> {
    let all = events.filter(|e| e.n != 7).merge(other);
    all.try_filter(|e| if e.n < 0 { Err("it is negative") } else { Ok(true) }).named("check")
}

#[test]
fn rule_1_a_dead_letter_has_the_address_of_its_source_record() {
    let left = check(negative_is_an_error)
        .input(
            "events",
            vec![events(&[(0, 7), (0, -1)]), events(&[(0, 0), (0, 7), (0, 1), (0, -2)])],
        )
        .input("other", vec![vec![], events(&[(0, -3)])])
        .on_error(OnError::DeadLetter)
        .agrees();
    let letters = left.dead_letters().iter();
    let addresses: Vec<_> =
        letters.map(|l| (l.input.as_str(), l.partition.as_str(), l.offset)).collect();
    assert_eq!(addresses, [("events", "0", 1), ("events", "1", 3), ("other", "1", 0)]);
    for letter in left.dead_letters() {
        assert_eq!((letter.operator.as_str(), letter.error.as_str()), ("check", "it is negative"));
        assert!(letter.site.starts_with("tests/contract/rules.rs:"), "{}", letter.site);
        assert!(letter.record.contains("\"n\":-"), "{}", letter.record);
    }
}

#[test]
fn rule_2_filtered_records_have_been_seen() {
    let input = vec![events(&[(0, 1), (5, 0), (0, 2)])];
    let left = check(hourly).input("events", input).agrees();
    left.expect("finals", [final_row(0, 1i64)]).expect("late", events(&[(0, 2)]));
}

#[test]
fn rule_2_records_that_cannot_be_decoded_have_not_been_seen() {
    let times = [0, 5, 0].map(|hour| hours(hour).micros());
    let at: ArrayRef =
        Arc::new(TimestampMicrosecondArray::from(times.to_vec()).with_timezone("UTC"));
    let n: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None, Some(2)]));
    let batch = RecordBatch::try_from_iter_with_nullable([("at", at, false), ("n", n, true)]);
    let check = check(hourly).batches("events", vec![batch.unwrap()]);
    assert!(check.fails().to_string().contains("column `n` is null"));
    let left = check.on_error(OnError::DeadLetter).agrees();
    left.expect("finals", [final_row(0, 3i64)]).expect("late", Vec::<Event>::new());
    let [letter] = left.dead_letters() else { panic!("{:?}", left.dead_letters()) };
    assert_eq!((letter.operator.as_str(), letter.offset), ("events", 1));
}

#[test]
fn rule_2_seen_is_of_the_partition_alone() {
    let input = vec![events(&[(0, 1), (5, 2)]), events(&[(0, 4)])];
    let left = check(hourly).input("events", input).agrees();
    left.expect("finals", [final_row(0, 5i64), final_row(5, 2)]);
}

/// Event times travel through operators that make other records.
#[job]
fn mapped(events: Stream<Event>) -> Table<Windowed<()>, i64> {
    let mapped = events.map(|e| (e.n, 1i64)).flat_map(|p| [p.0, p.1]).filter_map(|n| Some(*n));
    mapped.key_by(|_| ()).window(tumbling(hours(1))).aggregate(sum(|n| *n).named("sum"))
}

#[test]
fn rule_2_what_is_made_of_a_record_keeps_its_event_time() {
    let left = check(mapped).input("events", vec![events(&[(3, 10), (4, 20)])]).agrees();
    let row = |h, sum: i64| (Windowed { key: (), window: hour(h) }, sum);
    left.expect("mapped", [row(3, 11), row(4, 21)]);
}

/// A stream with state in a folder, one split to an epoch.
struct Resumed {
    state: tempfile::TempDir,
    finals: Arc<MemoryOutput>,
}

impl Resumed {
    fn new() -> Resumed {
        Resumed { state: tempfile::tempdir().unwrap(), finals: Arc::default() }
    }

    fn run(&self, partitions: &[Vec<Event>]) -> Run {
        let split = |rows: &[Event]| ouzel_testkit::batch(rows.to_vec());
        let input: Vec<Vec<_>> =
            partitions.iter().map(|rows| rows.chunks(1).map(split).collect()).collect();
        ouzel::run::<hourly>()
            .mode(Mode::Stream)
            .input("events", input)
            .output("finals", self.finals.clone())
            .state(self.state.path())
            .stream(|stream| stream.splits_per_epoch = Some(1))
    }

    /// Kills it before the epoch after so many is committed.
    fn crash_after(&self, partitions: &[Vec<Event>], epochs: usize) {
        let run = self.run(partitions);
        run.stream(|stream| stream.crash_after_splits = Some(epochs + 1)).execute().unwrap_err();
    }

    /// The windows given so far, by their hours.
    fn hours(&self) -> Vec<i64> {
        let ends = self.finals.batches();
        let ends = ends.iter().flat_map(|batch| {
            let column = batch.column_by_name("window_start").unwrap();
            let column = arrow::array::AsArray::as_primitive::<
                arrow::datatypes::TimestampMicrosecondType,
            >(column);
            column.values().iter().map(|start| start / hours(1).micros()).collect::<Vec<_>>()
        });
        let mut hours: Vec<_> = ends.collect();
        hours.sort_unstable();
        hours
    }
}

#[test]
fn rule_3_a_partition_that_is_behind_holds_results_back() {
    let job = Resumed::new();
    // Read in turn, those behind in event time first: hour 0 of each, then 3 of the first.
    let input = [events(&[(0, 1), (3, 1), (9, 1)]), events(&[(0, 1), (2, 1), (4, 1)])];
    job.crash_after(&input, 2);
    assert!(job.hours().is_empty());
    job.crash_after(&input, 2);
    assert_eq!(job.hours(), [0], "up to the second partition's 2 o'clock");
    job.run(&input).execute().unwrap();
    assert_eq!(job.hours(), [0, 2, 3, 4, 9]);
}

#[test]
fn rule_3_an_empty_partition_and_one_that_ended_hold_nothing_back() {
    let job = Resumed::new();
    let input = [vec![], events(&[(0, 1)]), events(&[(0, 1), (3, 1), (5, 1)])];
    job.crash_after(&input, 3);
    assert_eq!(job.hours(), [0]);
}

#[job]
fn ever(events: Stream<Event>) -> Table<Windowed<()>, u64> {
    events.key_by(|_| ()).window(tumbling(hours(1))).aggregate(count())
}

#[test]
fn rule_4_nothing_is_late_unless_the_job_says_so() {
    let input = vec![events(&[(10_000_000, 1), (0, 1)])];
    let left = check(ever).input("events", input).agrees();
    let row = |h| (Windowed { key: (), window: hour(h) }, 1u64);
    left.expect("ever", [row(10_000_000), row(0)]);
}

#[job]
fn overlapping(events: Stream<Event>) -> (Table<Windowed<()>, u64>, Stream<Event>) {
    let windows = events.key_by(|_| ()).window(hopping(hours(3), hours(1))).lateness(hours(1));
    let late = windows.late();
    let counts = windows.aggregate(count());
    (counts, late)
}

#[test]
fn rule_4_a_record_is_late_once_for_each_window_missed() {
    // Of the windows around 5 o'clock, those that end at 6 and 7 are missed at 8, lateness 1.
    let left = check(overlapping).input("events", vec![events(&[(8, 0), (5, 1)])]).agrees();
    left.expect("late", events(&[(5, 1), (5, 1)]));
    assert_eq!(left.totals("windows.lateness").late, 2);
}

#[test]
fn rule_5_rows_of_windows_that_are_done_with_stay() {
    let job = Resumed::new();
    let table = Arc::new(MemoryOutput::new());
    let run = |crash| {
        let input = events(&[(0, 1), (1, 1), (5, 1), (9, 1)]);
        let input: Vec<_> = input.chunks(1).map(|e| ouzel_testkit::batch(e.to_vec())).collect();
        ouzel::run::<lasting>()
            .mode(Mode::Stream)
            .input("events", input)
            .output("lasting", table.clone())
            .state(job.state.path())
            .stream(|stream| {
                stream.splits_per_epoch = Some(1);
                stream.crash_after_splits = crash;
            })
            .execute()
    };
    run(Some(4)).unwrap_err();
    assert_eq!(run(None).unwrap().summary.operators.last().unwrap().records_out, 4);
    assert_eq!(table.batches().iter().map(RecordBatch::num_rows).sum::<usize>(), 4);
}

#[job]
fn lasting(events: Stream<Event>) -> Table<Windowed<()>, u64> {
    events.key_by(|_| ()).window(tumbling(hours(1))).lateness(hours(0)).aggregate(count())
}

#[derive(Clone, Debug, Record)]
struct Number {
    x: f64,
    n: i64,
}

#[job]
fn sums(numbers: Stream<Number>) -> (Table<(), f64>, Table<(), f64>, Table<(), i64>) {
    let all = numbers.key_by(|_| ());
    let float = all.aggregate(sum(|r| r.x));
    let mean = all.aggregate(mean(|r| r.x));
    let int = all.aggregate(sum(|r| r.n));
    (float, mean, int)
}

fn numbers(rows: &[(f64, i64)]) -> Vec<Number> {
    rows.iter().map(|(x, n)| Number { x: *x, n: *n }).collect()
}

#[test]
fn rule_9_float_sums_are_exact_and_rounded_once() {
    let rows = numbers(&[(1e300, 0), (1.0, 0), (2e-20, 0), (-1e300, 0), (5e-324, 0), (-1.0, 0)]);
    for turn in 0..rows.len() {
        let mut rows = rows.clone();
        rows.rotate_left(turn);
        let partitions: Vec<_> = rows.chunks(2).map(<[_]>::to_vec).collect();
        let left = check(sums).input("numbers", partitions).seed(turn as u64).agrees();
        left.expect("float", [((), 2e-20)]).expect("mean", [((), 2e-20 / 6.0)]);
    }
}

#[test]
fn rule_9_integer_sums_fail_by_their_total_alone() {
    let most = [(0.0, i64::MAX), (0.0, 1), (0.0, -2), (0.0, i64::MAX), (0.0, -i64::MAX)];
    let left = check(sums).input("numbers", vec![numbers(&most)]).agrees();
    left.expect("int", [((), i64::MAX - 1)]);
    for policy in [OnError::Fail, OnError::Skip, OnError::DeadLetter] {
        let rows = [numbers(&[(0.0, i64::MAX)]), numbers(&[(0.0, 1)])].to_vec();
        let error = check(sums).input("numbers", rows).on_error(policy).fails().to_string();
        assert!(error.contains("9223372036854775808 does not fit i64"), "{error}");
        assert!(error.contains("tests/contract/rules.rs:"), "{error}");
    }
}

#[test]
fn rule_11_finals_come_once_however_often_the_run_is_ended() {
    let job = Resumed::new();
    let input = [events(&[(0, 1)]), events(&[(0, 1), (3, 1), (5, 1), (7, 1), (9, 1)])];
    job.crash_after(&input, 4);
    assert_eq!(job.hours(), [0, 3]);
    // Ended before it has looked at its input: the first partition's end is not known again yet.
    let stopped = job.run(&input).config(|c| c.stop = Arc::new(true.into())).execute().unwrap();
    assert!(stopped.summary.stopped);
    assert_eq!(job.hours(), [0, 3]);
    job.run(&input).execute().unwrap();
    assert_eq!(job.hours(), [0, 3, 5, 7, 9]);
}

#[test]
fn rule_11_finals_come_once_wherever_in_a_commit_the_run_is_ended() {
    let input = [events(&[(0, 1), (3, 1), (5, 1)])];
    let job = Resumed::new();
    let crash = |nth, point| {
        let run = job.run(&input).stream(|stream| stream.crash_in_commit = Some((nth, point)));
        let said = run.execute().unwrap_err().to_string();
        assert_eq!(said, "crashed, as it was told to");
        job.hours()
    };
    // What a commit had written that no manifest names is cut off by the next run.
    assert_eq!(crash(2, CommitPoint::BeforeManifest), [0]);
    assert_eq!(crash(1, CommitPoint::BeforeManifest), [0]);
    assert_eq!(crash(1, CommitPoint::AfterManifest), [0]);
    assert_eq!(crash(1, CommitPoint::AfterManifest), [0, 3, 5]);
    let summary = job.run(&input).execute().unwrap().summary;
    assert!(summary.already_finished);
    assert_eq!(job.hours(), [0, 3, 5]);
    let job = Resumed::new();
    let run = job.run(&input);
    let last = Some((1, CommitPoint::BeforeClose));
    run.stream(|stream| stream.crash_in_commit = last).execute().unwrap_err();
    assert!(job.run(&input).execute().unwrap().summary.already_finished);
    assert_eq!(job.hours(), [0, 3, 5]);
}

#[test]
fn rule_15_the_end_of_input_closes_all_windows_and_ended_state_stays_ended() {
    let job = Resumed::new();
    let input = [events(&[(0, 1), (1, 1)])];
    let first = job.run(&input).execute().unwrap().summary;
    assert_eq!(job.hours(), [0, 1]);
    let more = [events(&[(0, 1), (1, 1), (9, 1)])];
    let second = job.run(&more).execute().unwrap().summary;
    assert!(!first.already_finished && second.already_finished);
    assert_eq!(first.operators, second.operators);
    assert_eq!(job.hours(), [0, 1]);
}

#[test]
fn rule_15_no_input_leaves_empty_outputs() {
    for input in [vec![], vec![vec![]], vec![vec![], vec![]]] {
        let input: Vec<Vec<Event>> = input;
        let left = check(hourly).input("events", input).agrees();
        left.expect("finals", Vec::<Final<(), i64>>::new()).expect("late", events(&[]));
    }
}
