//! Channel report: as the day report, for each channel, with the last minute of the day.

use crate::aggregates::distinct;
use crate::calendar::{day, minute};
use crate::events::Bid;
use crate::rank::rank;
use ouzel::prelude::*;

/// A day of a channel.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct ChannelDay {
    pub channel: String,
    pub day: String,
}

/// The bids of a group.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct Report {
    pub minute: String,
    pub total_bids: i64,
    pub rank1_bids: i64,
    pub rank2_bids: i64,
    pub rank3_bids: i64,
    pub total_bidders: i64,
    pub rank1_bidders: i64,
    pub rank2_bidders: i64,
    pub rank3_bidders: i64,
    pub total_auctions: i64,
    pub rank1_auctions: i64,
    pub rank2_auctions: i64,
    pub rank3_auctions: i64,
}

/// For each channel and day, the time of its last bid, and the number of bids, of distinct bidders
/// and of distinct auctions: in all, and of the bids of each rank.
#[job]
pub fn q16(bid: Stream<Bid>) -> Table<ChannelDay, Report> {
    bid.key_by(|b| ChannelDay { channel: b.channel.to_owned(), day: day(b.date_time) }).aggregate(
        Report {
            minute: max(|b| minute(b.date_time)),
            total_bids: sum(|_| 1i64),
            rank1_bids: sum(|b| i64::from(rank(b.price) == 1)),
            rank2_bids: sum(|b| i64::from(rank(b.price) == 2)),
            rank3_bids: sum(|b| i64::from(rank(b.price) == 3)),
            total_bidders: distinct(|b| b.bidder),
            rank1_bidders: filtered(|b| rank(b.price) == 1, distinct(|b| b.bidder)),
            rank2_bidders: filtered(|b| rank(b.price) == 2, distinct(|b| b.bidder)),
            rank3_bidders: filtered(|b| rank(b.price) == 3, distinct(|b| b.bidder)),
            total_auctions: distinct(|b| b.auction),
            rank1_auctions: filtered(|b| rank(b.price) == 1, distinct(|b| b.auction)),
            rank2_auctions: filtered(|b| rank(b.price) == 2, distinct(|b| b.auction)),
            rank3_auctions: filtered(|b| rank(b.price) == 3, distinct(|b| b.auction)),
        },
    )
}
