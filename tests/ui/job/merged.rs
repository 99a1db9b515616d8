use ouzel::prelude::*;

#[derive(Record)]
struct Flight {
    #[record(event_time)]
    scheduled: Timestamp,
    carrier: String,
    dep_delay: Option<f64>,
    codes: Vec<i64>,
}

#[derive(Record)]
struct Train {
    line: String,
}

#[job]
fn other_records(flights: Stream<Flight>, trains: Stream<Train>) -> Stream<Flight> {
    flights.merge(trains)
}

fn main() {}
