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
    flights.filter(|f| f.dep_dealy.is_some())
}

#[job]
fn in_a_key(flights: Stream<Flight>) -> Table<String, u64> {
    flights.key_by(|f| f.carier).aggregate(count())
}

#[job]
fn in_an_aggregate(flights: Stream<Flight>) -> Table<String, Option<f64>> {
    flights.key_by(|f| f.carrier).aggregate(mean(|f| f.delay))
}

fn main() {}
