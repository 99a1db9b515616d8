use ouzel::prelude::*;

#[derive(Record)]
struct Flight {
    #[record(event_time)]
    scheduled: Timestamp,
    carrier: String,
    dep_delay: Option<f64>,
}

fn late(flights: Stream<Flight>) -> Stream<Flight> {
    flights
}

#[job]
fn calls_a_function(flights: Stream<Flight>) -> Stream<Flight> {
    let late = late(flights);
    late
}

#[job]
fn calls_nothing(flights: Stream<Flight>) -> Stream<Flight> {
    lates(flights)
}

fn main() {}
