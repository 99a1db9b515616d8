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
fn a_number(flights: Stream<Flight>) -> Table<Windowed<String>, u64> {
    flights.key_by(|f| f.carrier).window(3600).aggregate(count())
}

#[job]
fn a_number_as_size(flights: Stream<Flight>) -> Table<Windowed<String>, u64> {
    flights.key_by(|f| f.carrier).window(tumbling(3600)).aggregate(count())
}

#[job]
fn a_number_as_lateness(flights: Stream<Flight>) -> Table<Windowed<String>, u64> {
    flights.key_by(|f| f.carrier).window(tumbling(hours(1))).lateness(60).aggregate(count())
}

fn main() {}
