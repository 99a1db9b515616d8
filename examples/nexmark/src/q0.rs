//! Passthrough: how fast records are read and written.

use crate::events::{Bid, PlainBid, PlainBidRef};
use ouzel::prelude::*;

/// Every bid, five of its fields unchanged.
#[job]
pub fn q0(bid: Stream<Bid>) -> Stream<PlainBid> {
    bid.map(|b| PlainBidRef {
        auction: b.auction,
        bidder: b.bidder,
        price: b.price,
        date_time: b.date_time,
        extra: b.extra,
    })
}
