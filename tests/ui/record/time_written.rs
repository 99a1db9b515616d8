use ouzel_dsl::{Record, Timestamp};

#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct Flight {
    #[record(unit = "ms")]
    seats: u64,
    #[record(format = "%Y")]
    year: Option<i16>,
    #[record(unit = "msec")]
    departed: Timestamp,
    #[record(unit = "ms", format = "%Y")]
    landed: Timestamp,
    #[record(format = "YYYY-MM-DD")]
    booked: Timestamp,
    #[record(format = "%Y-%")]
    paid: Option<Timestamp>,
}

fn main() {}
