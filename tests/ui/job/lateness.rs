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

#[job]
fn before_windows(flights: Stream<Flight>) -> Table<Windowed<String>, u64> {
    let keyed = flights.key_by(|f| f.carrier).lateness(minutes(5));
    keyed.window(tumbling(hours(1))).aggregate(count())
}

#[job]
fn without_windows_and_named(flights: Stream<Flight>) -> Table<String, u64> {
    let keyed = flights.key_by(|f| f.carrier).lateness(minutes(5)).named("five minutes");
    let counts = keyed.aggregate(count());
    counts.filter(|(_, n)| *n > 3)
}

#[job]
fn twice_without_windows(flights: Stream<Flight>) -> Stream<(Flight, Flight)> {
    let keyed = flights.key_by(|f| f.carrier).lateness(minutes(5));
    keyed.join(keyed.lateness(minutes(10)))
}

#[job]
fn late_of_a_stream(flights: Stream<Flight>) -> Stream<Flight> {
    flights.late()
}

#[job]
fn late_without_windows(flights: Stream<Flight>) -> Stream<Flight> {
    flights.key_by(|f| f.carrier).late()
}

fn main() {}
