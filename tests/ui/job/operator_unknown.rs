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
fn without_a_key(flights: Stream<Flight>) -> Table<(), u64> {
    flights.aggregate(count())
}

#[job]
fn window_without_a_key(flights: Stream<Flight>) -> Table<Windowed<()>, u64> {
    flights.window(tumbling(hours(1))).aggregate(count())
}

#[job]
fn filtered_table(flights: Stream<Flight>) -> Table<String, u64> {
    let counts = flights.key_by(|f| f.carrier).aggregate(count());
    counts.filter(|c| *c > 3)
}

#[job]
fn two_arguments(flights: Stream<Flight>) -> Stream<Flight> {
    flights.filter(|f| f.dep_delay.is_some(), 3)
}

fn main() {}
