//! Top ten: the best bids of each auction, numbered.

use crate::events::Bid;
use ouzel::prelude::*;

/// A place among the bids of an auction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Record)]
pub struct Ranked {
    pub auction: i64,
    pub rank_number: i64,
}

/// The bid that has it.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct BestBid {
    pub bidder: i64,
    pub price: i64,
    pub channel: String,
    pub url: String,
    #[record(unit = "ms")]
    pub date_time: Timestamp,
    pub extra: String,
}

/// The ten greatest bids of each auction; of those with the same price the earliest come first, and
/// of these the first in the log.
#[job]
pub fn q19(bid: Stream<Bid>) -> Table<Ranked, BestBid> {
    let best = bid.key_by(|b| b.auction).aggregate(top_k_by(
        10,
        |b| b.price,
        |b| BestBidRef {
            bidder: b.bidder,
            price: b.price,
            channel: b.channel,
            url: b.url,
            date_time: b.date_time,
            extra: b.extra,
        },
    ));

    best.flat_map(|(auction, bids)| {
        let auction = *auction;
        bids.iter().zip(1..).map(move |(bid, rank_number)| (Ranked { auction, rank_number }, bid))
    })
}
