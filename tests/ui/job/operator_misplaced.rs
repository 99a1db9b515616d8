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
fn without_a_key(flights: Stream<Flight>) -> Table<(), u64> {
    flights.aggregate(count())
}

#[job]
fn window_without_a_key(flights: Stream<Flight>) -> Table<Windowed<()>, u64> {
    flights.window(tumbling(hours(1))).aggregate(count())
}

#[job]
fn filtered_groups(flights: Stream<Flight>) -> Table<String, u64> {
    flights.key_by(|f| f.carrier).filter(|f| f.dep_delay.is_some()).aggregate(count())
}

#[job]
fn lateness_of_a_stream(flights: Stream<Flight>) -> Table<String, u64> {
    flights.lateness(minutes(5)).key_by(|f| f.carrier).aggregate(count())
}

#[job]
fn two_windows(flights: Stream<Flight>) -> Table<Windowed<String>, u64> {
    let hourly = flights.key_by(|f| f.carrier).window(tumbling(hours(1)));
    hourly.window(tumbling(days(1))).aggregate(count())
}

#[job]
fn two_latenesses(flights: Stream<Flight>) -> Table<Windowed<String>, u64> {
    let hourly = flights.key_by(|f| f.carrier).window(tumbling(hours(1)));
    hourly.lateness(hours(1)).lateness(hours(2)).aggregate(count())
}

#[job]
fn late_too_late(flights: Stream<Flight>) -> Stream<Flight> {
    let hourly = flights.key_by(|f| f.carrier).window(tumbling(hours(1))).lateness(hours(1));
    hourly.aggregate(count()).late()
}

#[job]
fn finals_too_early(flights: Stream<Flight>) -> Stream<Final<String, u64>> {
    let hourly = flights.key_by(|f| f.carrier).window(tumbling(hours(1))).lateness(hours(1));
    hourly.finals()
}

#[job]
fn finals_twice(flights: Stream<Flight>) -> Stream<Final<String, u64>> {
    let hourly = flights.key_by(|f| f.carrier).window(tumbling(hours(1))).lateness(hours(1));
    hourly.aggregate(count()).finals().finals()
}

#[job]
fn aggregated_twice(flights: Stream<Flight>) -> Table<String, u64> {
    flights.key_by(|f| f.carrier).aggregate(count()).aggregate(count())
}

fn main() {}
