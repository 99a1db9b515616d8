use ouzel::prelude::*;

#[derive(Record)]
struct Flight {
    #[record(event_time)]
    scheduled: Timestamp,
    carrier: String,
    dep_delay: Option<f64>,
}

#[flow]
fn itself(flights: Stream<Flight>) -> Stream<Flight> {
    let late = flights.filter(|f| f.dep_delay.is_some());
    itself(late)
}

#[flow]
fn there(flights: Stream<Flight>) -> Stream<Flight> {
    back(flights)
}

#[flow]
fn back(flights: Stream<Flight>) -> Stream<Flight> {
    there(flights)
}

#[job]
fn calls_one(flights: Stream<Flight>) -> Stream<Flight> {
    itself(flights)
}

#[job]
fn calls_both(flights: Stream<Flight>) -> Stream<Flight> {
    there(flights)
}

fn main() {}
