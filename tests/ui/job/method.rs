use ouzel::prelude::*;

#[derive(Record)]
struct Flight {
    #[record(event_time)]
    scheduled: Timestamp,
    carrier: String,
    dep_delay: Option<f64>,
    codes: Vec<i64>,
}

struct Jobs;

impl Jobs {
    #[job]
    fn method(self, flights: Stream<Flight>) -> Stream<Flight> {
        flights
    }
}

fn main() {}
