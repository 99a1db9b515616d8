//! Bids with their auctions.

use crate::events::{Auction, Bid};
use ouzel::prelude::*;

/// A bid and its auction.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct BidOfAuction {
    pub auction: i64,
    pub bidder: i64,
    pub price: i64,
    pub channel: String,
    pub url: String,
    #[record(unit = "ms")]
    pub bid_date_time: Timestamp,
    pub bid_extra: String,
    pub item_name: String,
    pub description: String,
    pub initial_bid: i64,
    pub reserve: i64,
    #[record(unit = "ms")]
    pub auction_date_time: Timestamp,
    #[record(unit = "ms")]
    pub expires: Timestamp,
    pub seller: i64,
    pub category: i64,
    pub auction_extra: String,
}

/// Every bid for an auction of category 10, with the auction, whichever came first.
#[job]
pub fn q20(bid: Stream<Bid>, auction: Stream<Auction>) -> Stream<BidOfAuction> {
    let auctions = auction.filter(|a| a.category == 10).key_by(|a| a.id);

    bid.key_by(|b| b.auction).join(auctions).map(|(b, a)| BidOfAuctionRef {
        auction: b.auction,
        bidder: b.bidder,
        price: b.price,
        channel: b.channel,
        url: b.url,
        bid_date_time: b.date_time,
        bid_extra: b.extra,
        item_name: a.item_name,
        description: a.description,
        initial_bid: a.initial_bid,
        reserve: a.reserve,
        auction_date_time: a.date_time,
        expires: a.expires,
        seller: a.seller,
        category: a.category,
        auction_extra: a.extra,
    })
}
