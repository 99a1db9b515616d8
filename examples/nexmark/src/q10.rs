//! Log to files: each bid with the folder that it is filed under.

use crate::calendar::{day, minute};
use crate::events::Bid;
use ouzel::prelude::*;

/// A bid, and the keys of its folder.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct Filed {
    pub auction: i64,
    pub bidder: i64,
    pub price: i64,
    #[record(unit = "ms")]
    pub date_time: Timestamp,
    pub extra: String,
    /// The day.
    pub dt: String,
    /// The time of day.
    pub hm: String,
}

/// Every bid, with the day and the minute of the day that it is filed under.
///
/// An output `q10/?partition_by=dt,hm` makes folders of them.
#[job]
pub fn q10(bid: Stream<Bid>) -> Stream<Filed> {
    bid.map(|b| Filed {
        auction: b.auction,
        bidder: b.bidder,
        price: b.price,
        date_time: b.date_time,
        extra: b.extra.to_owned(),
        dt: day(b.date_time),
        hm: minute(b.date_time),
    })
}
