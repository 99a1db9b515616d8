use ouzel::prelude::*;

#[derive(Record)]
struct Flight {
    #[record(event_time)]
    scheduled: Timestamp,
    carrier: String,
    dep_delay: Option<f64>,
    codes: Vec<i64>,
}

const NAME: &str = "name";

#[job]
fn by_constant(flights: Stream<Flight>) -> Stream<Flight> {
    flights.filter(|f| f.dep_delay.is_some()).named(NAME)
}

#[job]
fn empty(flights: Stream<Flight>) -> Stream<Flight> {
    flights.filter(|f| f.dep_delay.is_some()).named("")
}

#[job]
fn twice(flights: Stream<Flight>) -> Stream<Flight> {
    let some = flights.filter(|f| f.dep_delay.is_some()).named("some");
    some.filter(|f| f.dep_delay > Some(1.0)).named("some")
}

#[job]
fn of_an_aggregate(flights: Stream<Flight>) -> Table<String, u64> {
    flights.key_by(|f| f.carrier).aggregate(count().named(NAME))
}

fn main() {}
