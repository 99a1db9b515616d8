//! Rule 6: where a job lets the watermark pass partitions, and what it then leaves.

use ouzel::connectors::{MemoryOutput, input, output};
use ouzel::prelude::*;
use ouzel::{Clock, Layout, Mode, Passed};
use ouzel_testkit::plain::windows;
use ouzel_testkit::{Driver, Watermark, check};
use proptest::arbitrary::any;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq, Record)]
struct Event {
    #[record(event_time)]
    at: Timestamp,
    n: i64,
}

fn time(minute: i64) -> Timestamp {
    Timestamp::from_micros(minutes(minute).micros())
}

/// Minutes as events.
fn events(rows: &[i64]) -> Vec<Event> {
    rows.iter().map(|minute| Event { at: time(*minute), n: 1 }).collect()
}

/// What is final of each hour, and what came late.
#[job]
fn hourly(events: Stream<Event>) -> (Stream<Final<(), i64>>, Stream<Event>) {
    let events = events.idle_after(minutes(10)).join_late();
    let windows = events.key_by(|_| ()).window(tumbling(hours(1))).lateness(minutes(0));
    (windows.aggregate(sum(|e| e.n)).finals().named("finals"), windows.late().named("late"))
}

/// The same of two inputs, of which one takes no partitions later.
#[job]
fn both(left: Stream<Event>, right: Stream<Event>) -> (Stream<Final<(), i64>>, Stream<Event>) {
    let all = left.idle_after(minutes(10)).merge(right.idle_after(minutes(30)).join_late());
    let windows = all.key_by(|_| ()).window(tumbling(hours(1))).lateness(minutes(7));
    (windows.aggregate(sum(|e| e.n)).finals().named("finals"), windows.late().named("late"))
}

fn passed(partition: &str, offset: u64, minute: i64) -> Passed {
    let (input, partition) = ("events".to_owned(), partition.to_owned());
    Passed { input, partition, offset, watermark_us: minutes(minute).micros() }
}

#[test]
fn rule_6_a_silent_partition_is_passed() {
    let mut driver = Driver::new(hourly);
    driver.feed("events", 0, events(&[10])).feed("events", 1, events(&[200])).advance();
    assert_eq!(driver.watermark("events"), Watermark::At(time(10)));
    driver.wait(minutes(9)).feed("events", 1, events(&[300])).advance();
    assert_eq!(driver.watermark("events"), Watermark::At(time(10)));
    assert!(driver.all_lines("finals").is_empty());
    // The first has been silent for ten minutes, the second for one.
    driver.wait(minutes(1)).advance();
    assert_eq!(driver.watermark("events"), Watermark::At(time(300)));
    assert_eq!(driver.lines("finals").len(), 2);
    assert!(driver.layout().passed().is_empty(), "it has not gone on yet");
    driver.feed("events", 0, events(&[20, 290, 310])).advance();
    assert_eq!(driver.layout().passed(), [passed("0", 1, 300)]);
    driver.expect_all("late", events(&[20, 290]));
    driver.finish();
    let left = check(hourly)
        .input("events", vec![events(&[10, 20, 290, 310]), events(&[200, 300])])
        .layout(driver.layout())
        .agrees();
    assert_eq!(left.lines("finals"), driver.all_lines("finals"));
    left.expect("late", events(&[20, 290]));
}

#[test]
fn rule_6_the_clock_alone_does_not_end_an_input() {
    let mut driver = Driver::new(hourly);
    driver.feed("events", 0, events(&[10])).feed("events", 1, events(&[200])).advance();
    // All are silent: what any has seen is the greatest that is known.
    driver.wait(hours(100)).advance();
    assert_eq!(driver.watermark("events"), Watermark::At(time(200)));
    driver.feed("events", 1, events(&[199])).advance();
    assert_eq!(driver.totals("late").records_out, 0, "its hour is still open");
}

#[test]
fn rule_6_a_partition_that_joins_late_has_seen_what_is_done_with() {
    let mut driver = Driver::new(hourly);
    driver.feed("events", 0, events(&[10, 200])).advance();
    driver.feed("events", 1, events(&[100, 190, 30])).advance();
    driver.expect_all("late", events(&[100, 30]));
    assert_eq!(driver.layout().passed(), [passed("1", 0, 200)]);
    driver.restart().finish();
    let left = check(hourly)
        .input("events", vec![events(&[10, 200]), events(&[100, 190, 30])])
        .layout(driver.layout())
        .agrees();
    assert_eq!(left.lines("finals"), driver.all_lines("finals"));
    left.expect("late", events(&[100, 30]));
}

#[test]
fn rule_6_a_watermark_that_has_passed_outlives_a_restart() {
    let mut driver = Driver::new(hourly);
    driver.feed("events", 0, events(&[10])).feed("events", 1, events(&[200])).advance();
    driver.wait(minutes(10)).feed("events", 1, events(&[201])).advance();
    driver.restart().feed("events", 0, events(&[11])).advance();
    driver.expect_all("late", events(&[11]));
    assert_eq!(driver.layout().passed(), [passed("0", 1, 201)]);
}

/// One thing that happens to a stream.
#[derive(Clone, Debug)]
enum Step {
    /// Records in a partition of an input, of these minutes.
    Feed(usize, usize, Vec<i64>),
    Wait(i64),
    Advance,
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let feed = (0..2usize, 0..3usize, prop::collection::vec(-90i64..40, 1..4));
    let step = prop_oneof![
        6 => feed.prop_map(|(input, partition, minutes)| Step::Feed(input, partition, minutes)),
        3 => (5i64..40).prop_map(Step::Wait),
        4 => Just(Step::Advance),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rule_6_with_the_layout_of_a_stream_all_runs_leave_the_same(steps in steps(), seed in any::<u64>()) {
        let names = ["left", "right"];
        let mut fed: [Vec<Vec<Event>>; 2] = [vec![vec![]; 2], vec![vec![]; 1]];
        let mut driver = Driver::new(both);
        for (name, partitions) in names.iter().zip(&fed) {
            for partition in 0..partitions.len() {
                driver.feed(name, partition, events(&[]));
            }
        }
        driver.advance();
        for (now, step) in steps.into_iter().enumerate() {
            match step {
                Step::Feed(input, partition, minutes) => {
                    // Only the second input takes partitions later.
                    let partition = if input == 0 { partition % 2 } else { partition };
                    let partitions = &mut fed[input];
                    let all = partitions.len().max(partition + 1);
                    partitions.resize(all, Vec::new());
                    // Event times go on, in some disorder.
                    let minutes: Vec<_> = minutes.iter().map(|m| m + 12 * now as i64).collect();
                    partitions[partition].extend(events(&minutes));
                    driver.feed(names[input], partition, events(&minutes));
                }
                Step::Wait(time) => drop(driver.wait(minutes(time))),
                Step::Advance => drop(driver.advance()),
                Step::Restart => drop(driver.restart()),
            }
        }
        driver.advance().finish();
        let [left, right] = fed;
        let check = check(both).input("left", left).input("right", right);
        let left = check.layout(driver.layout()).seed(seed).agrees();
        prop_assert_eq!(left.lines("finals"), driver.all_lines("finals"));
        prop_assert_eq!(left.lines("late"), driver.all_lines("late"));
    }

    #[test]
    fn rule_6_any_layout_gives_what_a_plain_twin_gives(
        minutes in prop::collection::vec(prop::collection::vec(0i64..600, 0..30), 1..4),
        raised in prop::collection::vec((0usize..3, 0u64..32, 0i64..700), 0..12),
        seed in any::<u64>(),
    ) {
        let partitions: Vec<_> = minutes.iter().map(|minutes| events(minutes)).collect();
        let raised = raised.into_iter().filter(|(partition, ..)| *partition < partitions.len());
        let raised: Vec<_> = raised.collect();
        let layout = raised.iter().map(|(partition, offset, minute)| {
            passed(&partition.to_string(), *offset, *minute)
        });
        let (mut sums, mut late) = (BTreeMap::new(), Vec::new());
        for (partition, events) in partitions.iter().enumerate() {
            let mut seen = i64::MIN;
            for (offset, event) in events.iter().enumerate() {
                let passed = raised.iter().filter(|(p, from, _)| *p == partition && *from <= offset as u64);
                let passed = passed.map(|(_, _, minute)| time(*minute).micros()).max();
                seen = seen.max(event.at.micros()).max(passed.unwrap_or(i64::MIN));
                let [window] = windows(event.at, hours(1), hours(1))[..] else { unreachable!() };
                match window.end.micros() <= seen {
                    true => late.push(event.clone()),
                    false => *sums.entry(window.start).or_insert((window, 0i64)) = {
                        let sum = sums.get(&window.start).map_or(0, |(_, sum)| *sum);
                        (window, sum + event.n)
                    },
                }
            }
        }
        let finals = sums.into_values().map(|(window, value)| Final { key: (), window, value });
        let check = check(hourly).input("events", partitions).layout(Layout::new(layout));
        check.seed(seed).agrees().expect("finals", finals).expect("late", late);
    }
}

fn write(path: &Path, events: &[Event]) {
    let batch = ouzel_testkit::batch(events.to_vec());
    let mut content = output(path.to_str().unwrap()).unwrap().replace(batch.schema_ref()).unwrap();
    content.write(&batch).unwrap();
    content.finish().unwrap();
}

#[test]
fn rule_6_batch_takes_the_layout_of_a_followed_folder() {
    let dir = tempfile::tempdir().unwrap();
    let files = format!("{}/*.jsonl", dir.path().display());
    let (finals, late) = (Arc::new(MemoryOutput::new()), Arc::new(MemoryOutput::new()));
    let clock = Clock::by_hand();
    write(&dir.path().join("a.jsonl"), &events(&[10, 200]));
    let run = |follow: &str| {
        ouzel::run::<hourly>()
            .mode(Mode::Stream)
            .input("events", input(&format!("{files}{follow}")).unwrap())
            .output("finals", finals.clone())
            .output("late", late.clone())
            .state(dir.path().join("state"))
            .stream(|stream| stream.clock = clock.clone())
    };
    // Stopped at its first commit, it goes on with a file that it had not seen.
    let stop = Arc::new(StopAtCommit::default());
    let config = |config: &mut ouzel::RunConfig| {
        config.observers = config.observers.clone().with(stop.clone());
        config.stop = stop.0.clone();
    };
    run("?follow").config(config).execute().unwrap();
    write(&dir.path().join("b.jsonl"), &events(&[30, 190, 250]));
    run("").execute().unwrap();
    let layout = Layout::read(&dir.path().join("state/layout.jsonl")).unwrap();
    assert_eq!(layout.passed().len(), 1, "{layout:?}");
    let batch = |layout: Layout| {
        let run = ouzel::run::<hourly>().input("events", input(&files).unwrap());
        run.config(|config| config.layout = layout).execute()
    };
    let outcome = batch(layout).unwrap();
    let lines = |output: &MemoryOutput| -> Vec<String> {
        let rows = output.batches();
        let rows = rows.iter().flat_map(|b| (0..b.num_rows()).map(|row| ouzel::json::row(b, row)));
        let mut rows: Vec<_> = rows.collect();
        rows.sort();
        rows
    };
    assert_eq!(outcome.lines("late"), lines(&late));
    assert_eq!(outcome.lines("finals"), lines(&finals));
    assert_eq!(outcome.lines("late").len(), 1);
    assert!(batch(Layout::default()).unwrap().lines("late").is_empty());
    let said = batch(Layout::new([passed("c.jsonl", 0, 1)])).unwrap_err().to_string();
    assert!(said.contains("the partition `c.jsonl` of `events`, which is not there"), "{said}");
}

#[test]
fn rule_6_a_watermark_passes_within_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.jsonl");
    write(&path, &events(&[10, 20, 30, 40]));
    let text = std::fs::read_to_string(&path).unwrap();
    let third = text.match_indices('\n').nth(1).unwrap().0 as u64 + 1;
    let run = |layout: Layout| {
        let files = input(&format!("{}/*.jsonl", dir.path().display())).unwrap();
        ouzel::run::<hourly>().input("events", files).config(|config| config.layout = layout)
    };
    // One that passes within a record is for those after it.
    for offset in [third, third - 1] {
        let layout = Layout::new([passed("a.jsonl", offset, 60)]);
        let outcome = run(layout.clone()).execute().unwrap();
        assert_eq!(outcome.lines("late").len(), 2, "{outcome:?}");
        assert_eq!(outcome.summary.operators[0].records_out, 4);
        let verification = run(layout).verify(offset).unwrap();
        assert!(verification.agrees(), "{verification}");
    }
    assert!(run(Layout::default()).execute().unwrap().lines("late").is_empty());
}

#[derive(Default)]
struct StopAtCommit(Arc<std::sync::atomic::AtomicBool>);

impl ouzel::hooks::Observer for StopAtCommit {
    fn on(&self, event: &ouzel::hooks::Event<'_>) {
        if let ouzel::hooks::Event::Commit { .. } = event {
            self.0.store(true, std::sync::atomic::Ordering::Relaxed);
        }
    }
}
