//! Highest bid: all that share the greatest price of a window.

use crate::events::{Bid, DISORDER, PlainBid, PlainBidRef};
use ouzel::prelude::*;

/// The bids with the greatest price of each ten seconds.
///
/// If several share it, each is a row.
#[job]
pub fn q7(bid: Stream<Bid>) -> Stream<PlainBid> {
    let highest = bid.key_by(|_| ()).window(tumbling(seconds(10))).lateness(DISORDER).aggregate(
        max_with_ties(
            |b| b.price,
            |b| PlainBidRef {
                auction: b.auction,
                bidder: b.bidder,
                price: b.price,
                date_time: b.date_time,
                extra: b.extra,
            },
        ),
    );

    highest.finals().flat_map(|h| h.value)
}
