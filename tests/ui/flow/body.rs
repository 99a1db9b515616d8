use ouzel::prelude::*;

#[derive(Record)]
struct Flight {
    #[record(event_time)]
    scheduled: Timestamp,
    carrier: String,
    dep_delay: Option<f64>,
}

#[flow]
fn wrong_type(flights: Stream<Flight>) -> Stream<Flight> {
    flights.filter(|f| f.dep_delay)
}

#[flow]
fn unknown_field(flights: Stream<Flight>, least: f64) -> Table<String, u64> {
    let late = flights.filter(|f| f.delay > Some(least));
    late.key_by(|f| f.carrier).aggregate(count())
}

#[flow]
fn gives_another(flights: Stream<Flight>) -> Stream<Flight> {
    flights.map(|f| f.carrier)
}

#[flow]
fn misplaced(flights: Stream<Flight>) -> Table<String, u64> {
    flights.aggregate(count())
}

#[flow]
fn unknown_operator(flights: Stream<Flight>) -> Stream<Flight> {
    flights.filtre(|f| f.dep_delay.is_some())
}

#[flow]
fn clock(flights: Stream<Flight>) -> Stream<Flight> {
    flights.filter(|_| std::time::Instant::now().elapsed().is_zero())
}

#[flow]
fn of_any<T: Record>(records: Stream<T>) -> Stream<T> {
    records.filter(|r| r.dep_delay.is_some())
}

#[flow]
fn number(flights: Stream<Flight>) -> Stream<Flight> {
    let kept = flights.filter(|f| f.dep_delay.is_some());
    3
}

#[flow]
fn named(flights: Stream<Flight>) -> Stream<Flight> {
    flights.named("mine")
}

#[job]
fn all(flights: Stream<Flight>) -> (Stream<Flight>, Table<String, u64>, Table<String, u64>) {
    let all = wrong_type(flights).merge(gives_another(flights));
    let more = unknown_operator(clock(all)).merge(number(named(flights)));
    let table = unknown_field(flights, 3.0);
    let other = misplaced(flights);
    (more, table, other)
}

#[job]
fn some(flights: Stream<Flight>) -> Stream<Flight> {
    wrong_type(flights)
}

fn main() {}
