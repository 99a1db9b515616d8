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
fn no_condition(flights: Stream<Flight>) -> Table<String, u64> {
    flights.key_by(|f| f.carrier).aggregate(filtered(|f| f.dep_delay, count()))
}

#[job]
fn no_condition_within(flights: Stream<Flight>) -> Table<String, (u64, u64)> {
    flights.key_by(|f| f.carrier).aggregate((count(), filtered(|f| f.carrier, count_distinct(|f| f.carrier))))
}

#[job]
fn no_key(flights: Stream<Flight>) -> Table<String, Vec<(Vec<i64>, u64)>> {
    flights.key_by(|f| f.carrier).aggregate(per_key(|f| f.codes, count()).named("counts"))
}

#[job]
fn no_number_within(flights: Stream<Flight>) -> Table<String, f64> {
    flights.key_by(|f| f.carrier).aggregate(filtered(|f| f.dep_delay.is_some(), sum(|f| f.carrier)))
}

#[job]
fn no_aggregate_within(flights: Stream<Flight>) -> Table<String, u64> {
    flights.key_by(|f| f.carrier).aggregate(filtered(|f| f.dep_delay > Some(0.0), 3))
}

#[job]
fn a_closure_is_no_aggregate(flights: Stream<Flight>) -> Table<String, Option<u64>> {
    flights.key_by(|f| f.carrier).aggregate(non_empty(|f| f.carrier))
}

#[job]
fn one_argument(flights: Stream<Flight>) -> Table<String, u64> {
    flights.key_by(|f| f.carrier).aggregate(filtered(|f| f.dep_delay.is_some()))
}

#[job]
fn a_record_is_no_result(flights: Stream<Flight>) -> Table<String, i64> {
    flights.key_by(|f| f.carrier).aggregate(count().map_result(|f| f.carrier))
}

#[job]
fn does_not_travel(flights: Stream<Flight>) -> Table<String, char> {
    flights.key_by(|f| f.carrier).aggregate(count().map_result(|_| 'x'))
}

#[job]
fn names_of_several(flights: Stream<Flight>) -> Table<String, (u64, u64)> {
    flights
        .key_by(|f| f.carrier)
        .aggregate(filtered(|f| f.dep_delay > Some(0.0), (count(), count_distinct(|f| f.carrier))).named("both"))
}

#[job]
fn no_name(flights: Stream<Flight>) -> Table<String, (u64, Vec<(bool, u64)>)> {
    flights.key_by(|f| f.carrier).aggregate((count(), per_key(|f| f.dep_delay > Some(0.0), count())))
}

fn main() {}
