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
fn another_table(flights: Stream<Flight>) -> Table<String, i64> {
    flights.key_by(|f| f.carrier).aggregate(count())
}

#[job]
fn another_stream(flights: Stream<Flight>) -> Stream<String> {
    flights.map(|f| f.dep_delay).named("delay")
}

#[job]
fn a_table_is_no_stream(flights: Stream<Flight>) -> Stream<u64> {
    flights.key_by(|f| f.carrier).aggregate(count())
}

#[job]
fn without_windows(flights: Stream<Flight>) -> Table<String, u64> {
    flights.key_by(|f| f.carrier).window(tumbling(hours(1))).aggregate(count())
}

#[job]
fn one_too_few(flights: Stream<Flight>) -> (Stream<Flight>, Stream<Flight>) {
    let late = flights.filter(|f| f.dep_delay > Some(15.0));
    late
}

#[job]
fn still_keyed(flights: Stream<Flight>) -> Stream<Flight> {
    flights.key_by(|f| f.carrier)
}

fn main() {}
