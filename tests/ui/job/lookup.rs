//! Lookups in what is no side input.

use ouzel::prelude::*;

#[derive(Record)]
struct Bid {
    #[record(event_time)]
    at: Timestamp,
    auction: u64,
    price: u64,
}

#[derive(Record)]
struct Side {
    key: u64,
    value: String,
}

#[job]
fn in_a_stream(bids: Stream<Bid>, side: Stream<Side>) -> Stream<(Bid, Option<Side>)> {
    bids.lookup(side, |b| b.auction)
}

#[job]
fn in_a_keyed_stream(bids: Stream<Bid>, side: Stream<Side>) -> Stream<(Bid, Option<Side>)> {
    bids.lookup(side.key_by(|s| s.key), |b| b.auction)
}

#[job]
fn in_windows(bids: Stream<Bid>, others: Stream<Bid>) -> Stream<(Bid, Option<u64>)> {
    let counts = others.key_by(|o| o.auction).window(tumbling(hours(1))).aggregate(count());
    bids.lookup(counts, |b| b.auction)
}

#[job]
fn in_nothing(bids: Stream<Bid>, limit: u64) -> Stream<(Bid, Option<u64>)> {
    bids.lookup(limit, |b| b.auction)
}

#[job]
fn without_a_closure(bids: Stream<Bid>, side: Stream<Side>) -> Stream<(Bid, Option<Side>)> {
    bids.lookup(side.key_by(|s| s.key).latest())
}

#[job]
fn of_a_keyed_stream(bids: Stream<Bid>, side: Stream<Side>) -> Stream<(Bid, Option<Side>)> {
    bids.key_by(|b| b.auction).lookup(side.key_by(|s| s.key).latest(), |b| b.auction)
}

#[job]
fn of_a_table(bids: Stream<Bid>, side: Stream<Side>) -> Table<u64, (u64, Option<Side>)> {
    let counts = bids.key_by(|b| b.auction).aggregate(count());
    counts.lookup(side.key_by(|s| s.key).latest(), |(auction, _)| *auction)
}

#[job]
fn in_itself(bids: Stream<Bid>) -> Stream<(Bid, Option<u64>)> {
    let counts = bids.key_by(|b| b.auction).aggregate(count());
    bids.lookup(counts, |b| b.auction)
}

#[job]
fn also_shown(bids: Stream<Bid>, side: Stream<Side>) -> (Stream<(Bid, Option<Side>)>, Table<u64, Side>) {
    let known = side.key_by(|s| s.key).latest();
    let found = bids.lookup(known, |b| b.auction);
    (found, known)
}

#[job]
fn in_what_was_looked_up(bids: Stream<Bid>, others: Stream<Bid>, side: Stream<Side>) -> Stream<(Bid, Option<u64>)> {
    let known = side.key_by(|s| s.key).latest();
    let counts = others.lookup(known, |b| b.auction).key_by(|(b, _)| b.auction).aggregate(count());
    bids.lookup(counts, |b| b.auction)
}

fn main() {}
