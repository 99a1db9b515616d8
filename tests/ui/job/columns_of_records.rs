//! Names that the code gives, and names that records bring.

use ouzel::prelude::*;

#[derive(Record)]
struct Flight {
    #[record(event_time)]
    scheduled: Timestamp,
    carrier: String,
    delay: i64,
}

#[derive(Record)]
struct Place {
    carrier: String,
    gate: i64,
}

#[derive(Record)]
struct Stats {
    #[record(rename = "carrier")]
    flights: u64,
}

#[derive(Record)]
struct Ended {
    window_end: u64,
}

#[job]
fn key_and_value(flights: Stream<Flight>) -> Table<String, Stats> {
    flights.key_by(|f| f.carrier).aggregate(Stats { flights: count() })
}

#[job]
fn key_record(flights: Stream<Flight>) -> Table<Place, i64> {
    let places = flights.key_by(|f| PlaceRef { carrier: f.carrier, gate: 1 });
    places.aggregate(sum(|f| f.delay).named("gate"))
}

#[job]
fn two_records(flights: Stream<Flight>) -> Table<Place, Stats> {
    let places = flights.key_by(|f| PlaceRef { carrier: f.carrier, gate: 1 });
    places.aggregate(Stats { flights: count() })
}

#[job]
fn window(flights: Stream<Flight>) -> (Stream<Flight>, Stream<Final<String, Ended>>) {
    let hourly = flights.key_by(|f| f.carrier).window(tumbling(hours(1))).lateness(hours(1));
    let ended = hourly.aggregate(Ended { window_end: count() }).finals();
    (flights, ended)
}

#[job]
fn fine(flights: Stream<Flight>) -> Table<Place, (u64, i64)> {
    let places = flights.key_by(|f| PlaceRef { carrier: f.carrier, gate: 1 });
    places.aggregate((count(), sum(|f| f.delay)))
}

fn main() {}
