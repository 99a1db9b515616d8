//! State that does not fit in the memory it is given goes to disk, and nothing else changes.

use arrow::datatypes::SchemaRef;
use ouzel::connector::{Append, Replace, Sink};
use ouzel::connectors::MemoryOutput;
use ouzel::hooks::{self, Observer};
use ouzel::prelude::*;
use ouzel::{Mode, Result, Run};
use ouzel_testkit::check;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts epochs, and how often state went to disk, and how much of it at once.
#[derive(Default)]
struct Watched {
    epochs: AtomicU64,
    spills: AtomicU64,
    most_bytes: AtomicU64,
}

impl Observer for Watched {
    fn on(&self, event: &hooks::Event<'_>) {
        match event {
            hooks::Event::Watermark { .. } => drop(self.epochs.fetch_add(1, Ordering::Relaxed)),
            hooks::Event::Spill { bytes } => {
                self.spills.fetch_add(1, Ordering::Relaxed);
                self.most_bytes.fetch_max(*bytes, Ordering::Relaxed);
            }
            _ => {}
        }
    }
}

/// What a run left in an output as lines of JSON, in order, and what was seen of it.
fn watched(run: Run, mode: Mode, memory_bytes: usize, output: &str) -> (Vec<String>, Watched) {
    let (watched, rows) = (Arc::new(Watched::default()), Arc::new(MemoryOutput::new()));
    run.mode(mode)
        .workers(2)
        .config(|config| {
            config.memory_bytes = memory_bytes;
            config.observers = config.observers.clone().with(watched.clone());
        })
        // An hour: epochs end by memory alone.
        .stream(|stream| stream.epoch_ms = 3_600_000)
        .output(output, rows.clone())
        .execute()
        .unwrap();
    (lines(&rows), Arc::into_inner(watched).unwrap())
}

fn lines(rows: &MemoryOutput) -> Vec<String> {
    let batches = rows.batches();
    let lines = batches.iter().flat_map(|batch| {
        (0..batch.num_rows()).map(|row| ouzel::json::row(batch, row)).collect::<Vec<_>>()
    });
    let mut lines: Vec<_> = lines.collect();
    lines.sort_unstable();
    lines
}

#[derive(Clone, Debug, Record)]
struct Line {
    id: i64,
    text: String,
}

#[job]
fn greatest(lines: Stream<Line>) -> Table<i64, String> {
    lines.key_by(|l| l.id).aggregate(max(|l| l.text))
}

#[test]
fn text_that_an_aggregate_holds_counts_against_the_memory() {
    const KEYS: i64 = 400;
    let text =
        |id: i64, round: i64| format!("{:02}{}", (id * 7 + round * 31) % 97, "x".repeat(9_000));
    let line = |round: i64| move |id: i64| Line { id, text: text(id, round) };
    let rounds: Vec<_> = (0..8).map(|r| ouzel_testkit::batch((0..KEYS).map(line(r)))).collect();
    let mut twin: Vec<_> = (0..KEYS)
        .map(|id| {
            let most = (0..8).map(|round| text(id, round)).max().unwrap();
            format!(r#"{{"id":{id},"max_text":"{most}"}}"#)
        })
        .collect();
    twin.sort_unstable();
    let run = |mode, memory_bytes| {
        let run = ouzel::run::<greatest>().input("lines", vec![rounds.clone()]);
        watched(run, mode, memory_bytes, "greatest")
    };
    // The keys and the accumulators' own sizes are some 30 KB, the text is 3.6 MB.
    for mode in [Mode::Batch, Mode::Stream] {
        let (lines, ample) = run(mode, 64 << 20);
        assert!(lines == twin, "{mode}");
        assert_eq!(ample.spills.into_inner(), 0, "{mode}");
        let (lines, scarce) = run(mode, 1 << 20);
        assert!(lines == twin, "{mode}, spilling");
        assert!(scarce.spills.into_inner() > 0, "{mode}");
        let sooner = scarce.epochs.into_inner() > ample.epochs.into_inner();
        assert_eq!(sooner, mode == Mode::Stream, "{mode}");
    }
}

#[derive(Clone, Debug, Record)]
struct Event {
    #[record(event_time)]
    at: Timestamp,
    id: i64,
    n: i64,
}

/// How many final sums each id has, and their sum.
#[job]
fn chained(events: Stream<Event>) -> Table<i64, (u64, i64)> {
    let sums = events.key_by(|e| e.id).window(tumbling(hours(1))).lateness(hours(0));
    let finals = sums.aggregate(sum(|e| e.n)).finals();
    finals.key_by(|f| f.key).aggregate((count(), sum(|f| f.value)))
}

/// For each of so many ids an event in each of two hours.
fn two_hours(ids: i64) -> Vec<Event> {
    let at = |hour| Timestamp::from_micros(hours(hour).micros());
    let event = |hour| move |id| Event { at: at(hour), id, n: id * 3 + hour };
    (0..2).flat_map(|hour| (0..ids).map(event(hour))).collect()
}

#[test]
fn what_finals_feed_is_held_to_the_memory() {
    const IDS: i64 = 60_000;
    const MEMORY: usize = 1 << 20;
    let events = two_hours(IDS);
    let input: Vec<_> =
        events.chunks(2_000).map(|part| ouzel_testkit::batch(part.to_vec())).collect();
    let row = |id: i64| format!(r#"{{"key":{id},"count":2,"sum_value":{}}}"#, id * 6 + 1);
    let mut twin: Vec<_> = (0..IDS).map(row).collect();
    twin.sort_unstable();
    for mode in [Mode::Batch, Mode::Stream] {
        let run = ouzel::run::<chained>().input("events", vec![input.clone()]);
        let (lines, watched) = watched(run, mode, MEMORY, "chained");
        assert!(lines == twin, "{mode}");
        // Merged at the end, all ids of the second operator would have gone to disk at once.
        let most = watched.most_bytes.into_inner();
        assert!(most > 0 && most < MEMORY as u64, "{mode}: {most}");
    }
}

#[test]
fn what_finals_feed_is_kept_however_the_run_is_ended() {
    let events = two_hours(700);
    let partitions: Vec<_> = events.chunks(300).map(<[_]>::to_vec).collect();
    for seed in 0..4 {
        let left = check(chained).input("events", partitions.clone()).seed(seed).agrees();
        left.expect("chained", (0..700i64).map(|id| (id, (2u64, id * 6 + 1))));
    }
}

/// Wants each new row of a table.
struct Changes(MemoryOutput);

impl Sink for Changes {
    fn replace(&self, schema: &SchemaRef) -> Result<Box<dyn Replace>> {
        self.0.replace(schema)
    }

    fn append(&self, schema: &SchemaRef, mark: Option<&str>) -> Result<Box<dyn Append>> {
        self.0.append(schema, mark)
    }

    fn changes(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        "changes".to_owned()
    }
}

#[test]
fn changes_are_those_of_each_epoch_whether_state_is_on_disk_or_not() {
    let text = |n: i64| format!("{:03}", n * 37 % 1000);
    let epochs: Vec<Vec<Line>> = (0..40)
        .map(|epoch| (0..9).map(move |n| epoch * 5 + n))
        .map(|numbers| numbers.map(|n| Line { id: n % 60, text: text(n) }).collect())
        .collect();
    let (mut held, mut twin) = (BTreeMap::new(), Vec::new());
    for epoch in &epochs {
        for line in epoch {
            let most: &mut String = held.entry(line.id).or_default();
            *most = line.text.clone().max(std::mem::take(most));
        }
        let ids: BTreeSet<_> = epoch.iter().map(|line| line.id).collect();
        twin.extend(
            ids.iter().map(|id| format!(r#"{{"op":"+","id":{id},"max_text":"{}"}}"#, held[id])),
        );
    }
    twin.sort_unstable();
    let input: Vec<_> = epochs.iter().cloned().map(ouzel_testkit::batch).collect();
    for memory_bytes in [1 << 30, 1] {
        let changes = Arc::new(Changes(MemoryOutput::new()));
        ouzel::run::<greatest>()
            .mode(Mode::Stream)
            .config(|config| config.memory_bytes = memory_bytes)
            .stream(|stream| stream.splits_per_epoch = Some(1))
            .input("lines", input.clone())
            .output("greatest", changes.clone())
            .execute()
            .unwrap();
        assert_eq!(lines(&changes.0), twin, "{memory_bytes}");
    }
}
