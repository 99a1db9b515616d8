//! Auction report: prices of each auction and day.

use crate::calendar::day;
use crate::events::Bid;
use crate::rank::rank;
use ouzel::prelude::*;

/// A day of an auction.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct AuctionDay {
    pub auction: i64,
    pub day: String,
}

/// The bids of a group.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct Report {
    pub total_bids: i64,
    pub rank1_bids: i64,
    pub rank2_bids: i64,
    pub rank3_bids: i64,
    pub min_price: i64,
    pub max_price: i64,
    pub avg_price: f64,
    pub sum_price: i64,
}

/// For each auction that was bid for and day, the number of bids, in all and of each rank, and the
/// least, greatest, mean and sum of their prices.
#[job]
pub fn q17(bid: Stream<Bid>) -> Table<AuctionDay, Report> {
    bid.key_by(|b| AuctionDay { auction: b.auction, day: day(b.date_time) }).aggregate(Report {
        total_bids: sum(|_| 1i64),
        rank1_bids: sum(|b| i64::from(rank(b.price) == 1)),
        rank2_bids: sum(|b| i64::from(rank(b.price) == 2)),
        rank3_bids: sum(|b| i64::from(rank(b.price) == 3)),
        min_price: min(|b| b.price),
        max_price: max(|b| b.price),
        avg_price: mean(|b| b.price),
        sum_price: sum(|b| b.price),
    })
}
