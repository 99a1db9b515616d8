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
fn no_bool(flights: Stream<Flight>) -> Stream<Flight> {
    flights.filter(|f| f.dep_delay)
}

#[job]
fn no_result(flights: Stream<Flight>) -> Stream<f64> {
    flights.try_map(|f| f.dep_delay).named("delay")
}

#[job]
fn no_option(flights: Stream<Flight>) -> Stream<String> {
    flights.filter_map(|f| f.carrier).named("carrier")
}

#[job]
fn no_iterator(flights: Stream<Flight>) -> Stream<f64> {
    flights.flat_map(|f| f.scheduled).named("delay")
}

struct Wrong;

#[job]
fn error_without_words(flights: Stream<Flight>) -> Stream<f64> {
    flights.try_map(|f| f.dep_delay.ok_or(Wrong)).named("delay")
}

#[job]
fn inspected(flights: Stream<Flight>) -> Stream<Flight> {
    flights.inspect(|f| f.carrier.len())
}

#[job]
fn asserted(flights: Stream<Flight>) -> Stream<Flight> {
    flights.assert(|f| f.dep_delay)
}

fn main() {}
