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
fn no_number(flights: Stream<Flight>) -> Table<String, f64> {
    flights.key_by(|f| f.carrier).aggregate(sum(|f| f.carrier))
}

#[job]
fn no_mean(flights: Stream<Flight>) -> Table<String, f64> {
    flights.key_by(|f| f.carrier).aggregate(mean(|f| f.scheduled))
}

#[job]
fn no_order(flights: Stream<Flight>) -> Table<String, Vec<i64>> {
    flights.key_by(|f| f.carrier).aggregate(max(|f| f.codes))
}

#[job]
fn no_aggregate(flights: Stream<Flight>) -> Table<String, u64> {
    flights.key_by(|f| f.carrier).aggregate(3)
}

#[job]
fn no_aggregate_in_a_tuple(flights: Stream<Flight>) -> Table<String, (u64, u64)> {
    flights.key_by(|f| f.carrier).aggregate((count(), 3.named("three")))
}

#[job]
fn no_condition(flights: Stream<Flight>) -> Table<String, u64> {
    flights.key_by(|f| f.carrier).aggregate(count_if(|f| f.dep_delay))
}

#[job]
fn no_key(flights: Stream<Flight>) -> Table<String, u64> {
    flights.key_by(|f| f.carrier).aggregate(count_distinct(|f| f.codes))
}

#[job]
fn no_order_of_ties(flights: Stream<Flight>) -> Table<String, Vec<String>> {
    flights.key_by(|f| f.carrier).aggregate(max_with_ties(|f| f.codes, |f| f.carrier))
}

#[job]
fn no_top(flights: Stream<Flight>) -> Table<String, Vec<f64>> {
    flights.key_by(|f| f.carrier).aggregate(top_k(3, |f| f.codes))
}

#[job]
fn no_order_of_values(flights: Stream<Flight>) -> Table<String, Vec<Vec<i64>>> {
    flights.key_by(|f| f.carrier).aggregate(top_k_by(3, |f| f.codes, |f| f.codes))
}

#[job]
fn no_value(flights: Stream<Flight>) -> Table<String, Option<char>> {
    flights.key_by(|f| f.carrier).aggregate(last(|f| f.carrier.chars().next()).named("initial"))
}

fn main() {}
