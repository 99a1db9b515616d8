use ouzel::prelude::*;

#[derive(Record)]
struct Flight {
    #[record(event_time)]
    scheduled: Timestamp,
    carrier: String,
}

#[job]
fn of_some(flights: Stream<Flight>) -> Stream<Flight> {
    flights.filter(|f| f.carrier == "UA").idle_after(minutes(1))
}

#[job]
fn of_a_keyed_stream(flights: Stream<Flight>) -> Table<String, u64> {
    flights.key_by(|f| f.carrier).join_late().aggregate(count())
}

#[job]
fn of_a_table(flights: Stream<Flight>) -> Table<String, u64> {
    flights.key_by(|f| f.carrier).aggregate(count()).idle_after(minutes(1))
}

#[job]
fn twice(flights: Stream<Flight>) -> Stream<Flight> {
    let flights = flights.idle_after(minutes(1)).join_late();
    flights.idle_after(minutes(2))
}

#[job]
fn not_a_span(flights: Stream<Flight>) -> Stream<Flight> {
    flights.idle_after(60)
}

#[job]
fn without_a_span(flights: Stream<Flight>) -> Stream<Flight> {
    flights.idle_after()
}

#[job]
fn not_a_range(flights: Stream<Flight>) -> Stream<Flight> {
    flights.valid_time(hours(1))
}

#[job]
fn times_of_some(flights: Stream<Flight>, until: Timestamp) -> Stream<Flight> {
    flights.filter(|f| f.carrier == "UA").valid_time(..until)
}

fn main() {}
