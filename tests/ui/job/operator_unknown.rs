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
fn misspelt(flights: Stream<Flight>) -> Stream<Flight> {
    flights.fliter(|f| f.dep_delay.is_some())
}

#[job]
fn of_an_iterator(flights: Stream<Flight>) -> Stream<Flight> {
    flights.take_while(|f| f.dep_delay.is_some())
}

#[job]
fn two_arguments(flights: Stream<Flight>) -> Stream<Flight> {
    flights.filter(|f| f.dep_delay.is_some(), 3)
}

fn main() {}
