//! Errors of which the type is another.

use ouzel::prelude::*;

#[derive(Record)]
struct Bid {
    auction: u64,
    price: u64,
    channel: String,
}

#[job]
fn of_what_it_takes(bids: Stream<Bid>) -> (Stream<i64>, Stream<Failed<i64>>) {
    let parsed = bids.try_map(|b| b.channel.parse::<i64>()).named("parsed");
    let failed = parsed.errors();
    (parsed, failed)
}

#[job]
fn no_such_field(bids: Stream<Bid>) -> Stream<u64> {
    let parsed = bids.try_map(|b| b.channel.parse::<i64>());
    parsed.errors().map(|f| f.record.prise)
}

fn main() {}
