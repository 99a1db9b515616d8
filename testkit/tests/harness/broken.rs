//! Jobs, aggregates and engines that are broken on purpose: each must be found, the right operator
//! named, and the input brought down to what shows it.

use crate::{panics, smallest};
use ouzel::Plan;
use ouzel::dsl::connector::Chunk;
use ouzel::dsl::stage::StageContext;
use ouzel::prelude::*;
use ouzel_testkit::{Check, check};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Clone, Debug, Record)]
struct Event {
    #[record(event_time)]
    at: Timestamp,
    who: String,
    n: i64,
}

/// Two partitions of forty minutes each, in which every ninth event is two hours behind.
fn events() -> Vec<Vec<Event>> {
    let event = |i: i64| {
        let minute = if i % 9 == 8 { i - 120 } else { i };
        let at = Timestamp::from_micros(minutes(minute).micros());
        Event { at, who: ["a", "b", "c"][i as usize % 3].to_owned(), n: i }
    };
    vec![(0..40).map(event).collect(), (20..60).map(event).collect()]
}

/// What is said of a job that must not pass, under a few seeds: what is found by chance must be
/// found by any.
fn said(check: &Check, seeds: u64) -> Vec<String> {
    (0..seeds).map(|seed| panics(|| drop(check.clone().seed(seed).agrees()))).collect()
}

fn first_is(said: &str, id: &str) -> bool {
    said.contains(&format!("  the first operator that differs is `{id}` (testkit/tests/harness/"))
}

/// Depends on the thread that it is called on.
fn thread() -> i64 {
    format!("{:?}", std::thread::current().id()).len() as i64 + on_this_thread()
}

fn on_this_thread() -> i64 {
    use std::sync::atomic::{AtomicI64, Ordering};
    static THREADS: AtomicI64 = AtomicI64::new(0);
    thread_local!(static NUMBER: i64 = THREADS.fetch_add(1, Ordering::Relaxed));
    NUMBER.with(|number| *number)
}

#[job]
fn of_a_thread(events: Stream<Event>) -> (Table<String, i64>, Stream<i64>) {
    let sums = events.key_by(|e| e.who).aggregate(sum(|e| e.n));
    let numbers = events.filter(|e| e.n > 3).map(|e| e.n + thread()).named("numbered");
    (sums, numbers)
}

#[test]
fn code_that_depends_on_its_thread() {
    for said in said(&check(of_a_thread).input("events", events()), 3) {
        assert!(said.contains("all code twice does not leave what the reference does"), "{said}");
        assert!(said.contains("`numbered` (testkit/tests/harness/broken.rs:"), "{said}");
        assert!(said.contains("depends on more than its arguments"), "{said}");
        assert_eq!(smallest(&said).len(), 1, "{said}");
    }
}

/// Counts, in an accumulator of which a part is lost when it is written.
#[derive(Clone)]
struct Forgetful;

#[derive(Clone, Default, Serialize, Deserialize)]
struct Counted {
    some: u64,
    #[serde(skip)]
    others: u64,
}

fn forgetful(_: Arg<i64>) -> Forgetful {
    Forgetful
}

impl Aggregate for Forgetful {
    type In = i64;
    type Acc = Counted;
    type Out = u64;

    fn zero(&self) -> Counted {
        Counted::default()
    }

    fn add(&self, acc: &mut Counted, value: i64) {
        *(if value % 7 == 0 { &mut acc.others } else { &mut acc.some }) += 1;
    }

    fn merge(&self, acc: &mut Counted, other: Counted) {
        acc.some += other.some;
        acc.others += other.others;
    }

    fn finish(&self, acc: &Counted) -> Result<u64, String> {
        Ok(acc.some + acc.others)
    }
}

#[job]
fn forgotten(events: Stream<Event>) -> (Table<String, u64>, Table<String, u64>) {
    let kept = events.key_by(|e| e.who).aggregate(count());
    let lost = events.key_by(|e| e.who).aggregate(forgetful(|e| e.n).named("n"));
    (kept, lost)
}

#[test]
fn an_accumulator_that_is_written_in_part() {
    for said in said(&check(forgotten).input("events", events()), 3) {
        assert!(first_is(&said, "lost.aggregate"), "{said}");
        assert!(said.contains("    missing: {\"who\":") && !said.contains("`kept`"), "{said}");
        let records = smallest(&said);
        let n = records[0].split("\"n\":").nth(1).and_then(|n| n.strip_suffix('}'));
        let n: i64 = n.and_then(|n| n.parse().ok()).unwrap_or(1);
        assert!(records.len() == 1 && n % 7 == 0, "{said}");
    }
}

/// Keeps what comes first of each hour.
#[derive(Clone)]
struct Earliest;

fn earliest(_: Arg<i64>) -> Earliest {
    Earliest
}

impl Aggregate for Earliest {
    type In = i64;
    type Acc = Option<i64>;
    type Out = Option<i64>;

    fn zero(&self) -> Option<i64> {
        None
    }

    fn add(&self, acc: &mut Option<i64>, value: i64) {
        acc.get_or_insert(value);
    }

    fn merge(&self, acc: &mut Option<i64>, other: Option<i64>) {
        *acc = acc.or(other);
    }

    fn finish(&self, acc: &Option<i64>) -> Result<Option<i64>, String> {
        Ok(*acc)
    }
}

/// A broken aggregate whose rows only another one sees.
#[job]
fn hidden(events: Stream<Event>) -> Table<(), i64> {
    let windows = events.key_by(|e| e.who).window(tumbling(minutes(20))).lateness(hours(9));
    let firsts = windows.aggregate(earliest(|e| e.n).named("first"));
    firsts.finals().key_by(|_| ()).aggregate(sum(|f| f.value.unwrap_or(0)).named("sum"))
}

/// A broken aggregate after one that is not.
#[job]
fn behind(events: Stream<Event>) -> Table<(), Option<i64>> {
    let windows = events.key_by(|e| e.who).window(tumbling(minutes(20))).lateness(hours(9));
    let sums = windows.aggregate(sum(|e| e.n).named("sum"));
    sums.finals().key_by(|_| ()).aggregate(earliest(|f| f.value).named("first"))
}

#[test]
fn a_keyed_operator_whose_rows_are_no_output() {
    for said in said(&check(hidden).input("events", events()), 3) {
        assert!(first_is(&said, "firsts.aggregate"), "{said}");
        assert!(said.contains("  in the rows that it gives:\n    missing: {"), "{said}");
        assert!(said.contains("  so does `hidden.aggregate` ("), "{said}");
        assert_eq!(smallest(&said).len(), 2, "{said}");
    }
    for said in said(&check(behind).input("events", events()), 3) {
        assert!(first_is(&said, "behind.aggregate") && !said.contains("`sums"), "{said}");
        assert_eq!(smallest(&said).len(), 2, "{said}");
    }
}

/// Hourly counts, and what came late for them.
#[job]
fn hourly(events: Stream<Event>) -> (Table<Windowed<String>, u64>, Stream<Event>) {
    let wanted = events.filter(|e| e.n != 5);
    let windows = wanted.key_by(|e| e.who).window(tumbling(hours(1))).lateness(minutes(30));
    let late = windows.late();
    let counts = windows.aggregate(count());
    (counts, late)
}

/// Does something to each chunk before the job's own code sees it.
fn before_each_chunk(
    alter: impl Fn(&mut StageContext<'_>, &Chunk) -> Chunk + Send + Sync + 'static,
) -> impl Fn(&mut Plan) + Send + Sync + 'static {
    let alter = Arc::new(alter);
    move |plan| {
        for stage in &mut plan.stages {
            let (run, alter) = (stage.run.clone(), alter.clone());
            stage.run = Arc::new(move |context, ports, chunk| {
                let chunk = alter(context, chunk);
                run(context, ports, &chunk)
            });
        }
    }
}

#[test]
fn an_engine_that_loses_the_last_record_of_some_chunks() {
    let lossy = before_each_chunk(|_, chunk| {
        let rows = chunk.batch.num_rows();
        let batch = chunk.batch.slice(0, if rows > 20 { rows - 1 } else { rows });
        Chunk { batch, ..chunk.clone() }
    });
    // Plain batch reads the largest chunks, and loses what others do not.
    let records: Vec<_> = events().into_iter().flat_map(|part| part.into_iter().take(30)).collect();
    let check = check(hourly).input("events", [records.clone(), records].concat()).altered(lossy);
    for said in said(&check, 3) {
        assert!(first_is(&said, "events"), "{said}");
        assert!(said.contains("  in its totals: out is "), "{said}");
        assert_eq!(smallest(&said).len(), 21, "{said}");
    }
}

#[test]
fn an_engine_that_forgets_what_a_partition_had_seen() {
    let forgets = before_each_chunk(|context, chunk| {
        context.seen = i64::MIN;
        chunk.clone()
    });
    let check = check(hourly).input("events", events()).altered(forgets);
    for said in said(&check, 3) {
        assert!(first_is(&said, "windows.lateness"), "{said}");
        assert!(said.contains("  in its totals: late is "), "{said}");
        // One that moves what is seen, and one that is late by it.
        assert_eq!(smallest(&said).len(), 2, "{said}");
    }
}
