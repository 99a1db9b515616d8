//! The jobs that are soaked.

use ouzel::prelude::*;
use ouzel::private::JobInfo;
use std::io::Read;

/// An amount that no one can work with.
pub const POISON: i64 = i64::MIN;

/// Event times from here on are of the records that close all windows, in milliseconds: 2100.
pub const FLUSH: i64 = 4_102_444_800_000;

#[derive(Clone, Debug, Record)]
struct Event {
    id: u64,
    key: String,
    #[record(event_time, unit = "ms")]
    at: Timestamp,
    amount: i64,
    /// Only held, so that snapshots of what is held are written too.
    pad: String,
}

#[derive(Clone, Debug, Record)]
struct Kept {
    id: u64,
    key: String,
    twice: i64,
}

#[derive(Clone, Debug, Record)]
struct Closed {
    key: String,
    start: Timestamp,
    count: u64,
    sum: i64,
}

#[derive(Clone, Debug, Record)]
struct Step {
    id: u64,
    before: Option<u64>,
}

#[derive(Clone, Debug, Record)]
struct Pair {
    left: u64,
    right: u64,
}

#[derive(Clone, Debug, Record)]
struct Late {
    id: u64,
}

fn twice(amount: i64) -> Result<i64, &'static str> {
    if amount == POISON { Err("poison") } else { Ok(amount * 2) }
}

/// An amount that can be added up.
fn small(amount: i64) -> i64 {
    amount.wrapping_rem(1000)
}

fn is_flush(at: Timestamp) -> bool {
    at.micros() >= FLUSH * 1_000
}

/// All kinds of outputs, with a lateness.
#[job]
fn timed(
    events: Stream<Event>,
) -> (
    Table<String, (u64, i64)>,
    Stream<Kept>,
    Stream<Closed>,
    Table<u64, u64>,
    Stream<Late>,
    Stream<Closed>,
    Stream<Step>,
    Stream<Pair>,
) {
    let totals =
        events.key_by(|e| e.key).aggregate((count(), sum(|e| small(e.amount)).named("sum")));
    let kept = events
        .filter(|e| e.id % 10 != 9)
        .try_map(|e| twice(e.amount).map(|twice| KeptRef { id: e.id, key: e.key, twice }));
    let windows = events.key_by(|e| e.key).window(tumbling(seconds(10))).lateness(seconds(5));
    let counts = windows.aggregate((count(), sum(|e| small(e.amount)).named("sum")));
    let finals = counts.finals().filter(|f| !is_flush(f.window.start)).map(|f| ClosedRef {
        key: f.key,
        start: f.window.start,
        count: f.value.0,
        sum: f.value.1,
    });
    // Of what has become final: a keyed operator behind another.
    let sizes = finals.key_by(|f| f.count).aggregate(count().named("windows"));
    let late = windows.late().map(|e| LateRef { id: e.id });
    let sessions = events
        .key_by(|e| e.key)
        .window(session(millis(400)))
        .lateness(seconds(5))
        .aggregate((count(), sum(|e| small(e.amount)).named("sum")));
    let sessions = sessions.finals().filter(|f| !is_flush(f.window.start)).map(|f| ClosedRef {
        key: f.key,
        start: f.window.start,
        count: f.value.0,
        sum: f.value.1,
    });
    let steps = events
        .key_by(|e| e.key)
        .lateness(seconds(5))
        .lag(1)
        .filter(|(e, _)| !is_flush(e.at))
        .map(|(e, before)| StepRef { id: e.id, before: before.as_ref().map(|b| b.id) });
    let left = events.filter(|e| e.id % 4 == 0).key_by(|e| e.key).lateness(seconds(5));
    let right = events.filter(|e| e.id % 4 == 1).key_by(|e| e.key).lateness(seconds(5));
    let pairs = left
        .join(right.between(millis(-300), millis(300)))
        .map(|(left, right)| PairRef { left: left.id, right: right.id });
    (totals, kept, finals, sizes, late, sessions, steps, pairs)
}

/// No lateness, so that partitions can be added.
#[job]
fn growing(
    events: Stream<Event>,
) -> (Table<String, (u64, i64)>, Stream<Kept>, Table<Windowed<String>, u64>) {
    let totals =
        events.key_by(|e| e.key).aggregate((count(), sum(|e| small(e.amount)).named("sum")));
    let kept = events
        .filter(|e| e.id % 10 != 9)
        .try_map(|e| twice(e.amount).map(|twice| KeptRef { id: e.id, key: e.key, twice }));
    let counts = events.key_by(|e| e.key).window(tumbling(seconds(10))).aggregate(count());
    (totals, kept, counts)
}

/// Runs a job by the command line; ends with the process that started it, whose pipe standard input
/// is.
pub fn main() -> ExitCode {
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(3);
    });
    ouzel::private::main(&[JobInfo::of::<timed>(), JobInfo::of::<growing>()])
}
