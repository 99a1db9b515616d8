use ouzel_dsl::{Record, Timestamp};

#[derive(Record)]
#[record(crate = ouzel_dsl, event_time)]
struct Flight {
    scheduled: Timestamp,
    #[record(rename_all = "camelCase")]
    carrier: String,
}

#[derive(Clone, Copy, Record)]
#[record(crate = ouzel_dsl, rename = "payment")]
enum Payment {
    #[record(default)]
    Cash,
}

fn main() {}
