use ouzel::prelude::*;

#[derive(Record)]
struct Flight {
    #[record(event_time)]
    scheduled: Timestamp,
    carrier: String,
    dep_delay: Option<f64>,
    codes: Vec<i64>,
}

struct Unreadable;

#[job]
fn unreadable(flights: Stream<Flight>, least: Unreadable) -> Stream<Flight> {
    let _ = least;
    flights
}

#[job]
fn unknown(flights: Stream<Flight>, least: f64) -> Stream<Flight> {
    flights.filter(|f| f.dep_delay > Some(most))
}

fn main() {}
