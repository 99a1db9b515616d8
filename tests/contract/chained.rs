//! An archive up to a time, and a log from there on: in batch, as a stream, and as a stream that reads
//! its history first.

use ouzel::Mode;
use ouzel::prelude::*;
use std::fmt::Write;
use std::path::Path;

#[derive(Clone, Record)]
struct Event {
    #[record(event_time, unit = "s")]
    at: Timestamp,
    key: String,
    n: i64,
}

/// Sums by key and minute, those that are final, and what came late.
#[job]
fn sums(
    events: Stream<Event>,
) -> (Table<Windowed<String>, i64>, Stream<Final<Windowed<String>, i64>>, Stream<Event>) {
    let minutes = events.key_by(|e| e.key).window(tumbling(minutes(1))).lateness(seconds(20));
    let late = minutes.late();
    let sums = minutes.aggregate(sum(|e| e.n));
    (sums, sums.finals(), late)
}

const CUT: i64 = 600;

/// Lines of CSV: time, key, number.
fn write(path: &Path, rows: &[(i64, &str, i64)]) {
    let mut text = "at,key,n\n".to_owned();
    for (at, key, n) in rows {
        let _ = writeln!(text, "{at},{key},{n}");
    }
    std::fs::write(path, text).unwrap();
}

/// The archive holds some of what comes after the cut, and the log some of what came before it.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let rows = |from: i64, to: i64, step: i64| -> Vec<(i64, &str, i64)> {
        (from..to)
            .map(|i| (i * step + (i * 7) % 11, ["a", "b", "c"][(i % 3) as usize], i))
            .collect()
    };
    write(&dir.path().join("archive-0.csv"), &rows(0, 320, 2));
    write(&dir.path().join("archive-1.csv"), &rows(0, 130, 5));
    write(&dir.path().join("log.csv"), &rows(250, 700, 2));
    dir
}

fn all(dir: &Path) -> Vec<(i64, String, i64)> {
    let mut kept = Vec::new();
    for (name, before) in [("archive-0.csv", true), ("archive-1.csv", true), ("log.csv", false)] {
        let text = std::fs::read_to_string(dir.join(name)).unwrap();
        for line in text.lines().skip(1) {
            let cells: Vec<_> = line.split(',').collect();
            let at: i64 = cells[0].parse().unwrap();
            if (at < CUT) == before {
                kept.push((at, cells[1].to_owned(), cells[2].parse().unwrap()));
            }
        }
    }
    kept
}

#[test]
fn there_is_neither_gap_nor_overlap_in_any_mode() {
    let dir = folder();
    let place = dir.path().display();
    let time = Timestamp::from_micros(CUT * 1_000_000);
    let uri = format!("{place}/archive-*.csv until {time} then {place}/log.csv");
    let outcome = |mode| {
        let run = ouzel::run::<sums>().mode(mode).input("events", uri.as_str());
        let outcome = run.config(|config| config.split_bytes = 300).execute().unwrap();
        ["sums", "finals", "late"].map(|name| outcome.lines(name))
    };
    let batch = outcome(Mode::Batch);
    let of = |lines: &[String]| -> i64 {
        let number = |line: &String| {
            let text = line.rsplit("_n\":").next().or(line.rsplit("n\":").next());
            let text = line.rsplit(':').next().or(text).unwrap().trim_end_matches('}').to_owned();
            text.parse::<i64>().unwrap()
        };
        lines.iter().map(number).sum()
    };
    let total: i64 = all(dir.path()).iter().map(|(_, _, n)| n).sum();
    assert_eq!(of(&batch[0]) + of(&batch[2]), total, "each record counts once, or is late once");
    assert_eq!(batch, outcome(Mode::Stream));
    assert_eq!(batch, outcome(Mode::Hybrid));
    let run = ouzel::run::<sums>().input("events", uri.as_str());
    let verification = run.verify(7).unwrap();
    assert!(verification.agrees(), "{verification}");
}

/// Counts need no time.
#[derive(Record)]
struct Timeless {
    n: i64,
}

#[job]
fn counted(events: Stream<Timeless>) -> Table<(), u64> {
    events.key_by(|_| ()).aggregate(count())
}

#[test]
fn what_cannot_be_cut_is_refused_in_words() {
    let dir = folder();
    let log = dir.path().join("log.csv").display().to_string();
    let said = |run: ouzel::Run| run.execute().unwrap_err().to_string();
    let uri = format!("{log} until 2013-07-01T00:00:00Z then {log}");
    let run = ouzel::run::<counted>().input("events", uri.as_str());
    assert!(said(run).contains("has no event time, by which it could be cut"));
    let uri = format!("{log} until July then {log}");
    let run = ouzel::run::<sums>().input("events", uri.as_str());
    assert!(said(run).contains("\"July\" is no time such as"));
    let uri = format!("{log}?follow until 2013-07-01T00:00:00Z then {log}");
    let run = ouzel::run::<sums>().mode(Mode::Stream).input("events", uri.as_str());
    assert!(said(run).contains("has no end, and what comes after it would never be read"));
}
