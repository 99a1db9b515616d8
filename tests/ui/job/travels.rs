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
fn duration(flights: Stream<Flight>) -> Stream<u64> {
    flights.map(|f| std::time::Duration::from_secs(f.codes.len() as u64)).map(|d| d.as_secs()).named("s")
}

#[job]
fn own_struct(flights: Stream<Flight>) -> Stream<String> {
    struct Plain {
        carrier: String,
    }
    flights.map(|f| Plain { carrier: f.carrier.to_owned() }).map(|p| p.carrier).named("carrier")
}

#[job]
fn no_key(flights: Stream<Flight>) -> Table<Vec<i64>, u64> {
    flights.key_by(|f| f.codes).aggregate(count())
}

struct NotARecord {
    carrier: String,
}

#[job]
fn no_record(flights: Stream<NotARecord>) -> Table<String, u64> {
    flights.key_by(|f| f.carrier).aggregate(count())
}

fn main() {}
