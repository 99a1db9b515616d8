//! Currency conversion: a little arithmetic.

use crate::events::Bid;
use ouzel::prelude::*;

/// A bid in euros.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct Converted {
    pub auction: i64,
    pub bidder: i64,
    pub price: f64,
    #[record(unit = "ms")]
    pub date_time: Timestamp,
    pub extra: String,
}

/// Every bid, with its price in another currency: 0.908 times as much.
#[job]
pub fn q1(bid: Stream<Bid>) -> Stream<Converted> {
    bid.map(|b| ConvertedRef {
        auction: b.auction,
        bidder: b.bidder,
        price: b.price as f64 * 0.908,
        date_time: b.date_time,
        extra: b.extra,
    })
}
