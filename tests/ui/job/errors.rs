//! Errors that are not to be had.

use ouzel::prelude::*;

#[derive(Record)]
struct Bid {
    auction: u64,
    price: u64,
    channel: String,
}

#[job]
fn of_an_input(bids: Stream<Bid>) -> Stream<Failed<Bid>> {
    bids.errors()
}

#[job]
fn of_a_key(bids: Stream<Bid>) -> Stream<Failed<Bid>> {
    bids.key_by(|b| b.auction).errors()
}

#[job]
fn of_an_aggregate(bids: Stream<Bid>) -> Stream<Failed<Bid>> {
    bids.key_by(|b| b.auction).aggregate(sum(|b| b.price)).errors()
}

#[job]
fn of_a_table(bids: Stream<Bid>) -> Stream<Failed<(u64, u64)>> {
    let counts = bids.key_by(|b| b.auction).aggregate(count());
    counts.map(|(_, n)| 100 / n).errors()
}

#[job]
fn of_an_ordered_operator(bids: Stream<Bid>) -> Stream<Failed<Bid>> {
    bids.key_by(|b| b.auction).at_end().lag(1).errors()
}

#[job]
fn of_a_branch(bids: Stream<Bid>) -> Stream<Failed<Bid>> {
    let (large, rest) = bids.split((|b| b.price > 100,));
    large.errors()
}

#[job]
fn of_a_merge(bids: Stream<Bid>) -> Stream<Failed<Bid>> {
    bids.merge(bids).errors()
}

fn main() {}
