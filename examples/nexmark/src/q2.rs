//! Selection: a filter.

use crate::events::Bid;
use ouzel::prelude::*;

/// What was bid for a chosen auction.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct Offer {
    pub auction: i64,
    pub price: i64,
}

/// The bids for auctions whose id is a multiple of 123.
#[job]
pub fn q2(bid: Stream<Bid>) -> Stream<Offer> {
    bid.filter(|b| b.auction % 123 == 0).map(|b| OfferRef { auction: b.auction, price: b.price })
}
