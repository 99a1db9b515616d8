use ouzel_dsl::{Record, Timestamp};

#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct Order {
    #[record(meta = "key")]
    key: u32,
    #[record(meta = "header:a")]
    header: Vec<u8>,
    #[record(meta = "timestamp")]
    at: i64,
    #[record(meta = "partition")]
    partition: String,
    #[record(meta = "offset")]
    offset: i32,
    #[record(meta = "topic")]
    topic: Payment,
}

#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct Optional {
    #[record(meta = "partition")]
    partition: Option<u8>,
    #[record(meta = "offset")]
    offset: Option<u64>,
    #[record(meta = "topic")]
    topic: Option<String>,
    #[record(meta = "key")]
    key: Option<i64>,
}

// Each mistake is told once.
#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct Once {
    #[record(event_time, meta = "timestamp")]
    at: String,
    #[record(meta = "key")]
    key: &'static str,
}

#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct InUnits {
    #[record(meta = "timestamp", unit = "ms")]
    at: i64,
    #[record(meta = "offset", event_time)]
    seen: Timestamp,
}

#[derive(Clone, Copy, Record)]
#[record(crate = ouzel_dsl)]
enum Payment {
    Cash,
}

fn main() {}
