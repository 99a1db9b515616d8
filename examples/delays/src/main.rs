//! Departures and mean delay by carrier and hour.

use ouzel::prelude::*;

#[derive(Record)]
struct Flight {
    #[record(event_time)]
    scheduled: Timestamp,
    carrier: String,
    dep_delay: Option<f64>,
}

/// Departures and mean delay by carrier and hour.
#[job]
fn delays(flights: Stream<Flight>) -> Table<Windowed<String>, (u64, Option<f64>)> {
    flights
        .filter(|f| f.dep_delay.is_some())
        .key_by(|f| f.carrier)
        .window(tumbling(hours(1)))
        .aggregate((count(), mean(|f| f.dep_delay)))
}

fn main() -> ExitCode {
    delays.main()
}
