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
fn misspelt(flights: Stream<Flight>) -> Stream<Flight> {
    flights.fliter(|f| f.dep_delay.is_some())
}

#[job]
fn of_an_iterator(flights: Stream<Flight>) -> Stream<Flight> {
    flights.take_while(|f| f.dep_delay.is_some())
}

#[job]
fn two_arguments(flights: Stream<Flight>) -> Stream<Flight> {
    flights.filter(|f| f.dep_delay.is_some(), 3)
}

#[job]
fn of_a_table(flights: Stream<Flight>) -> Table<String, u64> {
    flights.key_by(|f| f.carrier).aggregate(count()).fliter(|(_, n)| *n > 3)
}

#[job]
fn of_groups(flights: Stream<Flight>) -> Table<u64, u64> {
    let counts = flights.key_by(|f| f.carrier).aggregate(count());
    counts.group_by(|(_, n)| *n).agregate(count())
}

#[job]
fn of_a_keyed_stream(flights: Stream<Flight>) -> Stream<(Flight, Option<Flight>)> {
    let keyed = flights.key_by(|f| f.carrier);
    keyed.leftjoin(keyed)
}

fn main() {}
