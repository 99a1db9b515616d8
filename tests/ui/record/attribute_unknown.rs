use ouzel_dsl::{Record, Timestamp};

#[derive(Record)]
#[record(crate = ouzel_dsl, rename_al = "camelCase")]
struct Flight {
    #[record(event_tim)]
    scheduled: Timestamp,
    #[record(skip)]
    carrier: String,
}

#[derive(Clone, Copy, Record)]
#[record(crate = ouzel_dsl)]
enum Payment {
    #[record(renamed = "c")]
    Cash,
}

fn main() {}
