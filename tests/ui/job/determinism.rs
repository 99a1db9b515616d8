use ouzel::prelude::*;

#[derive(Record)]
struct Flight {
    #[record(event_time)]
    scheduled: Timestamp,
    carrier: String,
    dep_delay: Option<f64>,
    codes: Vec<i64>,
}

#[job]
fn clock(flights: Stream<Flight>) -> Stream<Flight> {
    flights.filter(|f| f.scheduled.millis() < std::time::SystemTime::now().elapsed().unwrap().as_millis() as i64)
}

#[job]
fn stopwatch(flights: Stream<Flight>) -> Stream<Flight> {
    let start = std::time::Instant::now();
    flights.filter(|_| start.elapsed().as_secs() < 3)
}

#[job]
fn random(flights: Stream<Flight>) -> Stream<Flight> {
    flights.filter(|_| rand::random())
}

#[job]
fn generator(flights: Stream<Flight>) -> Stream<Flight> {
    flights.filter(|_| fastrand::bool())
}

#[job]
fn environment(flights: Stream<Flight>) -> Stream<Flight> {
    flights.filter(|f| std::env::var("CARRIER").as_deref() == Ok(f.carrier))
}

#[job]
fn maps(flights: Stream<Flight>) -> Stream<i64> {
    flights.flat_map(|f| f.codes.iter().collect::<std::collections::HashSet<_>>()).named("code")
}

#[job]
fn counter(flights: Stream<Flight>) -> Stream<u64> {
    flights.map(|_| {
        static SEEN: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
        SEEN.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
    }).named("seen")
}

#[job]
fn clock_of_a_row(flights: Stream<Flight>) -> Table<String, u64> {
    let counts = flights.key_by(|f| f.carrier).aggregate(count());
    counts.filter(|(_, n)| std::time::SystemTime::now().elapsed().is_ok_and(|e| e.as_secs() > *n))
}

#[job]
fn random_group(flights: Stream<Flight>) -> Table<u64, u64> {
    let counts = flights.key_by(|f| f.carrier).aggregate(count());
    counts.group_by(|_| rand::random::<u64>()).named("group").aggregate(count())
}

#[job]
fn random_reference(flights: Stream<Flight>) -> Table<String, (u64, u64)> {
    let counts = flights.key_by(|f| f.carrier).aggregate(count());
    counts.join_on(|_| fastrand::choice(["AA", "UA"]), counts)
}

#[job]
fn environment_of_a_join(flights: Stream<Flight>) -> Stream<(Flight, Flight)> {
    let keyed = flights.key_by(|f| f.carrier);
    keyed.join(flights.key_by(|f| std::env::var(f.carrier).unwrap_or_default()))
}

fn main() {}
