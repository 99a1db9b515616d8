//! Last bid: what each bidder bid last for each auction.

use crate::events::Bid;
use ouzel::prelude::*;

/// What a bid says besides who bid for what.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct Last {
    pub price: i64,
    pub channel: String,
    pub url: String,
    #[record(unit = "ms")]
    pub date_time: Timestamp,
    pub extra: String,
}

/// The last bid of each bidder for each auction; of several at one time the last in the log.
#[job]
pub fn q18(bid: Stream<Bid>) -> Table<(i64, i64), Last> {
    bid.key_by(|b| (b.auction, b.bidder)).aggregate(last(|b| LastRef {
        price: b.price,
        channel: b.channel,
        url: b.url,
        date_time: b.date_time,
        extra: b.extra,
    }))
}
