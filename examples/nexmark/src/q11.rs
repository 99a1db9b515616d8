//! Sessions of bidders.

use crate::events::{Bid, DISORDER};
use crate::q12::{Busy, BusyRef};
use ouzel::prelude::*;

/// How many bids each bidder made in a row, with no more than ten seconds between two of them.
#[job]
pub fn q11(bid: Stream<Bid>) -> Stream<Busy> {
    let sessions =
        bid.key_by(|b| b.bidder).window(session(seconds(10))).lateness(DISORDER).aggregate(count());

    sessions.finals().map(|s| BusyRef {
        bidder: s.key,
        bid_count: s.value as i64,
        starttime: s.window.start,
        endtime: s.window.end,
    })
}
