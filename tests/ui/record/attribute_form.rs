use ouzel_dsl::{Record, Timestamp};

#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct Flight {
    #[record(event_time = true)]
    scheduled: Timestamp,
    #[record(rename)]
    carrier: String,
    #[record(rename("orig"))]
    origin: String,
    #[record(rename = 3)]
    destination: String,
    #[record(rename = "")]
    tail: String,
    #[record(rename = "a", rename = "b")]
    gate: String,
    #[record]
    seats: u16,
    #[record(default default)]
    row: u16,
}

#[derive(Record)]
#[record(crate = "ouzel_dsl")]
struct Plane {
    model: String,
}

fn main() {}
