//! Lookups by what is no key of the table.

use ouzel::prelude::*;

#[derive(Record)]
struct Bid {
    auction: u64,
    channel: String,
}

#[derive(Record)]
struct Side {
    key: u64,
    value: String,
}

#[job]
fn by_another_type(bids: Stream<Bid>, side: Stream<Side>) -> Stream<(Bid, Option<Side>)> {
    let known = side.key_by(|s| s.key).latest();
    bids.lookup(known, |b| b.channel)
}

#[job]
fn no_such_field(bids: Stream<Bid>, side: Stream<Side>) -> Stream<(Bid, Option<Side>)> {
    let known = side.key_by(|s| s.key).latest();
    bids.lookup(known, |b| b.auktion)
}

fn main() {}
