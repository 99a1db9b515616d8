//! Hot items: a count in hopping windows, and the greatest of the counts.

use crate::events::{Bid, DISORDER};
use ouzel::prelude::*;

/// An auction that no other had more bids than in a window.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct HotItem {
    #[record(unit = "ms")]
    pub window_start: Timestamp,
    #[record(unit = "ms")]
    pub window_end: Timestamp,
    pub auction: i64,
    pub num: i64,
}

/// The auctions with the most bids in the last ten seconds, anew every two seconds.
///
/// If several have the greatest number, each is a row.
#[job]
pub fn q5(bid: Stream<Bid>) -> Stream<HotItem> {
    let counts = bid
        .key_by(|b| b.auction)
        .window(hopping(seconds(10), seconds(2)))
        .lateness(DISORDER)
        .aggregate(count());

    // A count's event time is the last instant of its window. The windows end two seconds apart, so
    // that the counts of each fall into a window of two seconds of their own, and none is late.
    let hottest =
        counts.finals().key_by(|_| ()).window(tumbling(seconds(2))).lateness(seconds(0)).aggregate(
            max_with_ties(
                |c| c.value,
                |c| HotItemRef {
                    window_start: c.window.start,
                    window_end: c.window.end,
                    auction: c.key,
                    num: c.value as i64,
                },
            ),
        );

    hottest.finals().flat_map(|h| h.value)
}
