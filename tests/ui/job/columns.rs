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
fn no_name(flights: Stream<Flight>) -> Table<String, (u64, f64)> {
    flights.key_by(|f| f.carrier).aggregate((count(), sum(|f| f.dep_delay.unwrap_or(0.0))))
}

#[job]
fn no_key_name(flights: Stream<Flight>) -> Table<(String, usize), u64> {
    flights.key_by(|f| (f.carrier, f.codes.len() as u64)).aggregate(count())
}

#[job]
fn same_name(flights: Stream<Flight>) -> Table<String, (u64, u64)> {
    flights.key_by(|f| f.carrier).aggregate((count(), count()))
}

#[job]
fn same_as_the_key(flights: Stream<Flight>) -> Table<String, f64> {
    flights.key_by(|f| f.carrier).aggregate(sum(|f| f.dep_delay).named("carrier"))
}

#[job]
fn same_as_the_window(flights: Stream<Flight>) -> Table<Windowed<String>, f64> {
    let hourly = flights.key_by(|f| f.carrier).window(tumbling(hours(1)));
    hourly.aggregate(sum(|f| f.dep_delay).named("window_end"))
}

fn main() {}
