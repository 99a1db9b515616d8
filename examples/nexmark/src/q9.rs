//! Winning bids: auctions with the best of their bids.

use crate::events::{Auction, Bid};
use crate::winning::in_time;
use ouzel::prelude::*;

/// An auction, but for its id, and its winning bid.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct Won {
    pub item_name: String,
    pub description: String,
    pub initial_bid: i64,
    pub reserve: i64,
    #[record(unit = "ms")]
    pub date_time: Timestamp,
    #[record(unit = "ms")]
    pub expires: Timestamp,
    pub seller: i64,
    pub category: i64,
    pub extra: String,
    pub auction: i64,
    pub bidder: i64,
    pub price: i64,
    #[record(unit = "ms")]
    pub bid_date_time: Timestamp,
    pub bid_extra: String,
}

/// Each auction with the bid that won it: of those in time the one with the greatest price, of these
/// the earliest, and of these the first in the log.
#[job]
pub fn q9(auction: Stream<Auction>, bid: Stream<Bid>) -> Table<i64, Won> {
    bid.key_by(|b| b.auction)
        .join(auction.key_by(|a| a.id))
        .filter(|(b, a)| in_time(b.date_time, a.date_time, a.expires))
        .key_by(|(_, a)| a.id)
        // The greatest price has the least complement. What then ties is decided by the log.
        .aggregate(min_by(
            |(b, _)| (!b.price, b.date_time),
            |(b, a)| WonRef {
                item_name: a.item_name,
                description: a.description,
                initial_bid: a.initial_bid,
                reserve: a.reserve,
                date_time: a.date_time,
                expires: a.expires,
                seller: a.seller,
                category: a.category,
                extra: a.extra,
                auction: b.auction,
                bidder: b.bidder,
                price: b.price,
                bid_date_time: b.date_time,
                bid_extra: b.extra,
            },
        ))
}
