use ouzel_dsl::{Record, Timestamp};

#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct Text {
    #[record(event_time)]
    at: String,
}

#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct Missing {
    #[record(event_time)]
    at: Option<Timestamp>,
}

#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct Two {
    #[record(event_time)]
    departed: Timestamp,
    #[record(event_time)]
    landed: Timestamp,
}

#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct Defaulted {
    #[record(event_time, default)]
    at: Timestamp,
}

fn main() {}
