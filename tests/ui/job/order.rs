//! Plain statements run once, before any record.

use ouzel::prelude::*;

#[derive(Record)]
struct Flight {
    carrier: String,
    delay: i64,
}

#[job]
fn rebound(flights: Stream<Flight>, least: i64) -> (Table<String, u64>, Table<String, u64>) {
    let slow = flights.filter(|f| f.delay > least).key_by(|f| f.carrier).aggregate(count());
    let least = 60;
    let slower = flights.filter(|f| f.delay > least).key_by(|f| f.carrier).aggregate(count());
    (slow, slower)
}

#[job]
fn changed(flights: Stream<Flight>) -> Table<String, u64> {
    let mut least = 15;
    let slow = flights.filter(|f| f.delay > least);
    least += 15;
    slow.key_by(|f| f.carrier).aggregate(count())
}

#[job]
fn twice(flights: Stream<Flight>) -> (Table<String, u64>, Table<String, u64>) {
    let one = flights.key_by(|f| f.carrier).aggregate(count());
    let other = one;
    (one, other)
}

fn main() {}
