//! Jobs as a program: for tests that kill it.

use ouzel::prelude::*;

#[derive(Record)]
struct Event {
    #[record(event_time, unit = "ms")]
    at: Timestamp,
    who: String,
    n: i64,
    x: f64,
}

/// Totals of ten seconds, when they are final, what came late, and what is odd.
#[job]
fn watched(
    events: Stream<Event>,
) -> (
    Table<Windowed<String>, (u64, i64, f64)>,
    Stream<Final<String, (u64, i64, f64)>>,
    Stream<Event>,
    Stream<Event>,
) {
    let odd = events.filter(|e| e.n % 2 != 0);
    let windows = events.key_by(|e| e.who).window(tumbling(seconds(10))).lateness(seconds(2));
    let late = windows.late();
    let totals = windows.aggregate((count(), sum(|e| e.n), sum(|e| e.x)));
    let finals = totals.finals();
    (totals, finals, late, odd)
}

/// How many events each had, and their sum.
#[job]
fn ever(events: Stream<Event>) -> Table<String, (u64, f64)> {
    events.key_by(|e| e.who).aggregate((count(), sum(|e| e.x)))
}

ouzel::main![watched, ever];
