//! Bids, and jobs run over them.

use nexmark::event::Event;
use ouzel::{Job, Timestamp};
use ouzel_nexmark::events::Bid;
use ouzel_nexmark::generate::events;
use ouzel_testkit::{Left, check};

/// The bids of 3,000 generated events, which are out of order, across the borders of windows too,
/// and take 24 seconds.
pub fn generated() -> Vec<Bid> {
    let bids = events(123, 0).take(3_000).filter_map(|event| match event {
        Event::Bid(bid) => Some(Bid::from(bid)),
        _ => None,
    });
    bids.collect()
}

/// The same bids over more than two days, in and out of order as before.
pub fn generated_over_days() -> Vec<Bid> {
    let mut bids = generated();
    for bid in &mut bids {
        bid.date_time = at(millis(bid) * 8_000);
    }
    bids
}

/// A bid of which the rest does not matter.
pub fn bid(auction: i64, bidder: i64, price: i64, millis: i64) -> Bid {
    Bid {
        auction,
        bidder,
        price,
        channel: "channel-7".to_owned(),
        url: "https://www.nexmark.com/a/b/c/item.htm?query=1".to_owned(),
        date_time: at(millis),
        extra: format!("cc{bidder}"),
    }
}

pub fn at(millis: i64) -> Timestamp {
    Timestamp::from_micros(millis * 1_000)
}

pub fn millis(bid: &Bid) -> i64 {
    bid.date_time.millis()
}

/// What a query leaves, in batch and as a stream, of bids in one log of three partitions, the last
/// of them empty.
#[track_caller]
pub fn left<J: Job>(job: fn() -> J, bids: &[Bid]) -> Left {
    let mut partitions = vec![Vec::new(); 3];
    for (i, bid) in bids.iter().enumerate() {
        partitions[i % 2].push(bid.clone());
    }
    check(job).input("bid", partitions).agrees()
}
