use ouzel::prelude::*;

#[derive(Record)]
struct Flight {
    #[record(event_time)]
    scheduled: Timestamp,
    carrier: String,
    dep_delay: Option<f64>,
}

#[derive(Record)]
struct Plane {
    tail: String,
}

#[flow]
fn late(flights: Stream<Flight>, least: f64) -> Stream<Flight> {
    flights.filter(|f| f.dep_delay > Some(least))
}

#[flow]
fn split(flights: Stream<Flight>) -> (Stream<Flight>, Stream<Flight>) {
    let on_time = flights.filter(|f| f.dep_delay <= Some(0.0));
    (on_time, flights.filter(|f| f.dep_delay > Some(0.0)))
}

#[job]
fn a_text_for_a_number(flights: Stream<Flight>) -> Stream<Flight> {
    late(flights, "3")
}

#[job]
fn one_too_few(flights: Stream<Flight>) -> Stream<Flight> {
    late(flights)
}

#[job]
fn another_record(planes: Stream<Plane>) -> Stream<Flight> {
    late(planes, 3.0)
}

#[job]
fn a_table(flights: Stream<Flight>) -> Stream<Flight> {
    let counts = flights.key_by(|f| f.carrier).aggregate(count());
    late(counts, 3.0)
}

#[job]
fn the_other_way_round(flights: Stream<Flight>) -> Stream<Flight> {
    late(3.0, flights)
}

#[job]
fn two_as_one(flights: Stream<Flight>) -> Stream<Flight> {
    let both = split(flights);
    both
}

#[job]
fn two_outputs(flights: Stream<Flight>) -> (Stream<Flight>, Stream<Flight>) {
    split(flights)
}

#[job]
fn three_of_two(flights: Stream<Flight>) -> Stream<Flight> {
    let (a, b, c) = split(flights);
    a
}

#[job]
fn output_without_a_name(flights: Stream<Flight>) -> (Stream<Flight>, Stream<Flight>) {
    (flights, late(flights, 3.0))
}

#[job]
fn wrong_after_a_flow(flights: Stream<Flight>) -> Table<String, u64> {
    late(flights, 3.0).aggregate(count())
}

#[job]
fn field_of_what_a_flow_gives(flights: Stream<Flight>) -> Stream<Flight> {
    late(flights, 3.0).filter(|f| f.arr_delay.is_some())
}

fn main() {}
