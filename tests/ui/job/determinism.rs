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

fn main() {}
