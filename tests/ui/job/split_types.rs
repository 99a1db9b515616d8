//! Conditions of splits that are no conditions.

use ouzel::prelude::*;

#[derive(Record)]
struct Bid {
    auction: u64,
    price: u64,
    channel: String,
}

#[job]
fn no_bool(bids: Stream<Bid>) -> (Stream<Bid>, Stream<Bid>) {
    let (large, rest) = bids.split((|b| b.price,));
    (large, rest)
}

#[job]
fn no_such_field(bids: Stream<Bid>) -> (Stream<Bid>, Stream<Bid>) {
    let (large, rest) = bids.split((|b| b.prise > 100,));
    (large, rest)
}

fn main() {}
