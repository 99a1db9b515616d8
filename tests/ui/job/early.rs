use ouzel::prelude::*;

#[derive(Record)]
struct Flight {
    #[record(event_time)]
    scheduled: Timestamp,
    carrier: String,
}

#[job]
fn filtered(flights: Stream<Flight>) -> Early<String, u64> {
    let counts = flights.key_by(|f| f.carrier).aggregate(count());
    counts.early(seconds(10)).filter(|(_, n)| *n > 1)
}

#[job]
fn joined(flights: Stream<Flight>) -> Table<String, (u64, u64)> {
    let counts = flights.key_by(|f| f.carrier).aggregate(count());
    let early = counts.early(seconds(10));
    counts.join(early)
}

#[job]
fn of_a_stream(flights: Stream<Flight>) -> Early<String, u64> {
    flights.early(seconds(10))
}

#[job]
fn of_a_keyed_stream(flights: Stream<Flight>) -> Early<String, u64> {
    flights.key_by(|f| f.carrier).early(seconds(10))
}

#[job]
fn not_a_table(flights: Stream<Flight>) -> Table<String, u64> {
    flights.key_by(|f| f.carrier).aggregate(count()).early(seconds(10))
}

#[job]
fn not_a_span(flights: Stream<Flight>) -> Early<String, u64> {
    flights.key_by(|f| f.carrier).aggregate(count()).early(10)
}

fn main() {}
