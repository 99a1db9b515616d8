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
fn lengths(flights: Stream<Flight>) -> Stream<u64> {
    flights.map(|f| f.carrier.len() as u64)
}

#[job]
fn by_length(flights: Stream<Flight>) -> Table<u64, u64> {
    flights.key_by(|f| f.carrier.len() as u64).aggregate(count())
}

fn main() {}
