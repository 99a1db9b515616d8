use ouzel::prelude::*;

#[derive(Record)]
struct Flight {
    #[record(event_time)]
    scheduled: Timestamp,
    carrier: String,
    dep_delay: Option<f64>,
    codes: Vec<i64>,
}

fn picked() -> impl Fn(&FlightRef<'static>) -> bool {
    |f| f.dep_delay.is_some()
}

#[job]
fn waiting(flights: Stream<Flight>) -> Stream<Flight> {
    flights.filter(async |f| f.dep_delay.is_some())
}

#[job]
fn made_elsewhere(flights: Stream<Flight>) -> Stream<Flight> {
    flights.filter(picked())
}

#[derive(Record)]
struct Stats {
    flights: u64,
    mean: Option<f64>,
}

#[job]
fn the_rest(flights: Stream<Flight>, stats: String) -> Table<String, Stats> {
    flights.key_by(|f| f.carrier).aggregate(Stats { flights: count(), ..stats })
}

fn main() {}
