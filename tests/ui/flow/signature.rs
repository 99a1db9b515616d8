use ouzel::prelude::*;

#[derive(Record)]
struct Flight {
    #[record(event_time)]
    scheduled: Timestamp,
    carrier: String,
    dep_delay: Option<f64>,
}

#[flow]
fn returns_nothing(flights: Stream<Flight>) {
    flights.filter(|f| f.dep_delay.is_some());
}

#[flow]
fn returns_a_number(flights: Stream<Flight>) -> u64 {
    3
}

#[flow]
fn takes_no_stream(least: f64) -> Stream<Flight> {
    todo!()
}

#[flow]
fn ends_with_a_statement(flights: Stream<Flight>) -> Stream<Flight> {
    let _late = flights;
}

#[flow]
const fn constant(flights: Stream<Flight>) -> Stream<Flight> {
    flights
}

#[flow]
fn taken_apart((flights, _): (Stream<Flight>, u64)) -> Stream<Flight> {
    flights
}

#[flow(inline)]
fn options(flights: Stream<Flight>) -> Stream<Flight> {
    flights
}

#[flow]
fn matches(flights: Stream<Flight>) -> Stream<Flight> {
    flights
}

#[flow]
fn holds_an_item(flights: Stream<Flight>) -> Stream<Flight> {
    const LEAST: f64 = 3.0;
    flights.filter(|f| f.dep_delay > Some(LEAST))
}

#[flow]
fn leaves(flights: Stream<Flight>, least: f64) -> Stream<Flight> {
    let _least = if least < 0.0 { return flights } else { least };
    flights
}

#[flow]
struct NoFunction;

fn main() {}
