//! Splits whose conditions or branches are not what they must be.

use ouzel::prelude::*;

#[derive(Record)]
struct Bid {
    auction: u64,
    price: u64,
    channel: String,
}

#[job]
fn bound_to_one(bids: Stream<Bid>) -> Stream<Bid> {
    let large = bids.split((|b| b.price > 100, |b| b.price > 10));
    large
}

#[job]
fn bound_to_too_few(bids: Stream<Bid>) -> (Stream<Bid>, Stream<Bid>) {
    let (large, rest) = bids.split((|b| b.price > 100, |b| b.price > 10));
    (large, rest)
}

#[job]
fn bound_to_a_pattern(bids: Stream<Bid>) -> Stream<Bid> {
    let ((large, small), rest) = bids.split((|b| b.price > 100,));
    rest
}

#[job]
fn not_bound(bids: Stream<Bid>) -> (Stream<Bid>, Stream<Bid>) {
    bids.split((|b| b.price > 100,))
}

#[job]
fn gone_on_with(bids: Stream<Bid>) -> Stream<Bid> {
    let large = bids.split((|b| b.price > 100,)).filter(|b| b.auction == 1);
    large
}

#[job]
fn named(bids: Stream<Bid>) -> Stream<Bid> {
    let (large, rest) = bids.split((|b| b.price > 100,)).named("size");
    large
}

#[job]
fn merged(bids: Stream<Bid>) -> Stream<Bid> {
    bids.merge(bids.split((|b| b.price > 100,)))
}

#[job]
fn without_a_tuple(bids: Stream<Bid>) -> (Stream<Bid>, Stream<Bid>) {
    let (large, rest) = bids.split(|b| b.price > 100);
    (large, rest)
}

#[job]
fn no_condition(bids: Stream<Bid>) -> Stream<Bid> {
    let (rest,) = bids.split(());
    rest
}

#[job]
fn of_a_keyed_stream(bids: Stream<Bid>) -> Table<u64, u64> {
    let (large, rest) = bids.key_by(|b| b.auction).split((|b| b.price > 100,));
    large.aggregate(count())
}

#[job]
fn of_a_table(bids: Stream<Bid>) -> Table<u64, u64> {
    let counts = bids.key_by(|b| b.auction).aggregate(count());
    let (large, rest) = counts.split((|(_, n)| *n > 100,));
    large
}

fn main() {}
