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
fn without_windows(flights: Stream<Flight>) -> Table<String, u64> {
    flights.key_by(|f| f.carrier).lateness(minutes(5)).aggregate(count())
}

#[job]
fn late(flights: Stream<Flight>) -> Stream<Flight> {
    flights.key_by(|f| f.carrier).window(tumbling(hours(1))).late()
}

#[job]
fn finals(flights: Stream<Flight>) -> Stream<Final<String, u64>> {
    flights.key_by(|f| f.carrier).window(tumbling(hours(1))).aggregate(count()).finals()
}

fn main() {}
