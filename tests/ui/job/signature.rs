use ouzel::prelude::*;

#[derive(Record)]
struct Flight {
    #[record(event_time)]
    scheduled: Timestamp,
    carrier: String,
    dep_delay: Option<f64>,
    codes: Vec<i64>,
}

#[job(fast)]
fn options(flights: Stream<Flight>) -> Stream<Flight> {
    flights
}

#[job]
async fn waiting(flights: Stream<Flight>) -> Stream<Flight> {
    flights
}

#[job]
const unsafe fn risky(flights: Stream<Flight>) -> Stream<Flight> {
    flights
}

#[job]
fn generic<T: Record>(records: Stream<T>) -> Stream<T> {
    records
}

#[job]
fn no_input(least: f64) -> Stream<Flight> {
    least
}

#[job]
fn no_output(flights: Stream<Flight>) {
    flights
}

#[job]
fn nothing_left(flights: Stream<Flight>) -> Stream<Flight> {
    flights.filter(|f| f.dep_delay.is_some());
}

#[job]
fn empty(flights: Stream<Flight>) -> Stream<Flight> {}

#[job]
fn pattern((flights, least): (Stream<Flight>, f64)) -> Stream<Flight> {
    flights
}

#[job]
struct NotAFunction;

fn main() {}
