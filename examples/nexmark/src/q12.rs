//! Bids of each bidder in windows of event time.

use crate::events::{Bid, DISORDER};
use ouzel::prelude::*;

/// A bidder's window.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct Busy {
    pub bidder: i64,
    pub bid_count: i64,
    #[record(unit = "ms")]
    pub starttime: Timestamp,
    #[record(unit = "ms")]
    pub endtime: Timestamp,
}

/// How many bids each bidder made in each ten seconds.
#[job]
pub fn q12(bid: Stream<Bid>) -> Stream<Busy> {
    let counts = bid
        .key_by(|b| b.bidder)
        .window(tumbling(seconds(10)))
        .lateness(DISORDER)
        .aggregate(count());

    counts.finals().map(|c| BusyRef {
        bidder: c.key,
        bid_count: c.value as i64,
        starttime: c.window.start,
        endtime: c.window.end,
    })
}
