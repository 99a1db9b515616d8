use ouzel_dsl::Record;
use std::collections::HashMap;

#[derive(Record)]
#[record(crate = ouzel_dsl)]
struct Flight {
    carrier: String,
    seats: HashMap<String, u16>,
}

fn main() {}
