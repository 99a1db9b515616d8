//! What files are as input: partitions found later, files read as one, lines without an end, row
//! groups that are left out.

use ouzel::connectors::{MemoryOutput, input, output};
use ouzel::hooks::{Event as Told, Observer};
use ouzel::prelude::*;
use ouzel::{Mode, Run};
use ouzel_testkit::plain::{is_late, windows, with_seen};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

#[derive(Clone, Debug, PartialEq, Record)]
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

fn write(path: &Path, events: &[Event]) {
    let batch = ouzel_testkit::batch(events.to_vec());
    let mut content = output(path.to_str().unwrap()).unwrap().replace(batch.schema_ref()).unwrap();
    content.write(&batch).unwrap();
    content.finish().unwrap();
}

/// Hourly sums of what is wanted, when they are final, and what came late.
#[job]
fn hourly(events: Stream<Event>) -> (Stream<Final<(), i64>>, Stream<Event>) {
    let windows = events.filter(|e| e.n >= 100).key_by(|_| ());
    let windows = windows.window(tumbling(hours(1))).lateness(hours(0));
    let late = windows.late();
    let sums = windows.aggregate(sum(|e| e.n));
    (sums.finals().named("finals"), late)
}

fn run(mode: Mode, folder: &Path, files: &str) -> Run {
    let files = input(&format!("{}/{files}", folder.display())).unwrap();
    ouzel::run::<hourly>().mode(mode).workers(2).input("events", files)
}

/// What the job leaves: the sums of hours and the late numbers.
type Left = (BTreeMap<i64, i64>, Vec<i64>);

fn twin(partitions: &[Vec<Event>]) -> Left {
    let (mut sums, mut late) = (BTreeMap::new(), Vec::new());
    for (event, seen) in partitions.iter().flat_map(|p| with_seen(p.clone(), |e| e.at)) {
        let [window] = windows(event.at, hours(1), hours(1))[..] else { unreachable!() };
        match is_late(window, hours(0), seen) {
            _ if event.n < 100 => {}
            true => late.push(event.n),
            false => *sums.entry(window.start.micros() / hours(1).micros()).or_default() += event.n,
        }
    }
    late.sort_unstable();
    (sums, late)
}

/// The same of a run; and how many records the source gave, and the filter.
fn left(run: Run) -> (Left, (u64, u64)) {
    let done = run.execute().unwrap();
    let field = |line: &str, name: &str| {
        let (_, rest) = line.split_once(&format!("\"{name}\":")).unwrap();
        rest.trim_start_matches('"').split(['"', ',', '}']).next().unwrap().to_owned()
    };
    let hour = |line: &str| {
        let at: Timestamp = field(line, "window_start").parse().unwrap();
        at.micros() / hours(1).micros()
    };
    let finals = done.lines("finals");
    let sums = finals.iter().map(|line| (hour(line), field(line, "sum_n").parse().unwrap()));
    let late = done.lines("late");
    let mut late: Vec<i64> = late.iter().map(|line| field(line, "n").parse().unwrap()).collect();
    late.sort_unstable();
    let operators = &done.summary.operators;
    ((sums.collect(), late), (operators[0].records_out, operators[1].records_out))
}

/// Does something at a commit, and ends the run at the next.
struct AtCommit {
    act: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    stop: Arc<AtomicBool>,
}

impl Observer for AtCommit {
    fn on(&self, event: &Told<'_>) {
        if matches!(event, Told::Commit { .. }) {
            match self.act.lock().unwrap().take() {
                Some(act) => act(),
                None => self.stop.store(true, Ordering::Relaxed),
            }
        }
    }
}

/// A run with state that does something at its first commit and is stopped at the next, or that is
/// stopped at its first.
fn stopped(run: Run, state: &Path, act: Option<Box<dyn FnOnce() + Send>>) -> Run {
    let stop = Arc::new(AtomicBool::new(false));
    let observer = AtCommit { act: Mutex::new(act), stop: stop.clone() };
    run.state(state)
        .config(|config| {
            config.observers = config.observers.clone().with(Arc::new(observer));
            config.stop = stop;
        })
        .stream(|stream| stream.epoch_ms = 1)
}

#[test]
fn rule_6_a_partition_found_while_a_job_with_a_lateness_runs_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("a.jsonl"), &events(&[(0, 100), (5, 100)]));
    let new = dir.path().join("b.jsonl");
    let run = run(Mode::Stream, dir.path(), "*.jsonl?follow");
    let act = move || write(&new, &events(&[(0, 100)]));
    let run = stopped(run, &dir.path().join("state"), Some(Box::new(act)));
    let said = run.execute().unwrap_err().to_string();
    assert!(said.contains("`events` has a new partition, `b.jsonl`"), "{said}");
    assert!(said.contains("?sequence"), "{said}");
}

#[test]
fn rule_6_a_sequence_is_one_partition_in_both_modes() {
    let dir = tempfile::tempdir().unwrap();
    let files = [
        events(&[(0, 100), (5, 101)]),
        events(&[(1, 102), (6, 1), (5, 103)]),
        events(&[(6, 104), (0, 105)]),
    ];
    for (name, events) in ["a.jsonl", "b.jsonl", "c.jsonl"].iter().zip(&files) {
        write(&dir.path().join(name), events);
    }
    let (apart, one) = (twin(&files), twin(&[files.concat()]));
    assert_ne!(apart, one);
    for mode in [Mode::Batch, Mode::Stream] {
        assert_eq!(left(run(mode, dir.path(), "*.jsonl")).0, apart);
        assert_eq!(left(run(mode, dir.path(), "*.jsonl?sequence")).0, one);
    }
}

#[job]
fn numbers(events: Stream<Event>) -> Stream<i64> {
    events.map(|e| e.n)
}

#[test]
fn rule_14_a_line_without_its_end_is_a_record_only_in_a_file_that_is_not_followed() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.csv");
    let text = "at,n\n2013-01-01T00:00:00Z,1\n2013-01-01T00:00:00Z,2";
    fs::write(&file, text).unwrap();
    let from = |options: &str| input(&format!("{}{options}", file.display())).unwrap();
    for mode in [Mode::Batch, Mode::Stream] {
        let done = ouzel::run::<numbers>().mode(mode).input("events", from("")).execute().unwrap();
        assert_eq!(done.lines("numbers"), [r#"{"n":1}"#, r#"{"n":2}"#]);
    }
    // Followed, it may go on: here to be 25.
    let out = Arc::new(MemoryOutput::new());
    let follow = || {
        let run = ouzel::run::<numbers>().mode(Mode::Stream).input("events", from("?follow"));
        let run = run.output("numbers", out.clone());
        stopped(run, &dir.path().join("state"), None).execute().unwrap();
        let rows = out.batches();
        let lines = rows.iter().flat_map(|b| (0..b.num_rows()).map(|row| ouzel::json::row(b, row)));
        lines.collect::<Vec<_>>()
    };
    assert_eq!(follow(), [r#"{"n":1}"#]);
    fs::write(&file, format!("{text}5\n")).unwrap();
    assert_eq!(follow(), [r#"{"n":1}"#, r#"{"n":25}"#]);
}

#[test]
fn rule_19_records_left_out_with_their_row_group_are_counted_and_have_been_seen() {
    let dir = tempfile::tempdir().unwrap();
    // Row groups of two; those without a number of interest are left out, and have the greatest
    // event times: what comes after them is late.
    let files = [
        events(&[(0, 100), (1, 101), (9, 1), (2, 2), (3, 102), (9, 103), (30, 3), (31, 4)]),
        events(&[(40, 5), (41, 6), (40, 104), (41, 105), (40, 106), (12, 7)]),
    ];
    for (i, events) in files.iter().enumerate() {
        let properties = WriterProperties::builder().set_max_row_group_row_count(Some(2)).build();
        let batch = ouzel_testkit::batch(events.clone());
        let file = fs::File::create(dir.path().join(format!("{i}.parquet"))).unwrap();
        let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
    }
    for (files, partitions) in
        [("*.parquet", files.to_vec()), ("*.parquet?sequence", vec![files.concat()])]
    {
        let all = partitions.iter().flatten();
        let counts = (all.clone().count() as u64, all.filter(|e| e.n >= 100).count() as u64);
        for mode in [Mode::Batch, Mode::Stream] {
            for split_bytes in [1, 1 << 20] {
                let run = run(mode, dir.path(), files);
                let run = run.config(|config| config.split_bytes = split_bytes);
                assert_eq!(left(run), (twin(&partitions), counts), "{mode} {files} {split_bytes}");
            }
        }
    }
}
