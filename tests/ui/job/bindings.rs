use ouzel::prelude::*;

#[derive(Record)]
struct Flight {
    #[record(event_time)]
    scheduled: Timestamp,
    carrier: String,
    dep_delay: Option<f64>,
    codes: Vec<i64>,
}

fn other() -> u32 {
    3
}

#[job]
fn taken_apart(flights: Stream<Flight>) -> Stream<Flight> {
    let (a, b) = flights.filter(|f| f.dep_delay.is_some());
    a
}

#[job]
fn two_at_once(flights: Stream<Flight>) -> Table<String, u64> {
    let (late, all) = (flights.filter(|f| f.dep_delay > Some(15.0)), 3);
    late.key_by(|f| f.carrier).aggregate(count())
}

#[job]
fn merged_with_a_number(flights: Stream<Flight>) -> Stream<Flight> {
    flights.merge(other())
}

#[job]
fn no_stream(flights: Stream<Flight>) -> Stream<Flight> {
    other()
}

#[job]
fn unnamed(flights: Stream<Flight>) -> (Stream<Flight>, Stream<Flight>) {
    let late = flights.filter(|f| f.dep_delay > Some(15.0));
    (late, flights.filter(|f| f.dep_delay.is_none()))
}

#[job]
fn twice(flights: Stream<Flight>) -> (Stream<Flight>, Stream<Flight>) {
    (flights, flights)
}

fn main() {}
