//! Directories: parts of the url.

use crate::events::Bid;
use ouzel::prelude::*;

/// A bid and three parts of its url; null are those that it does not have.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct Directories {
    pub auction: i64,
    pub bidder: i64,
    pub price: i64,
    pub channel: String,
    pub dir1: Option<String>,
    pub dir2: Option<String>,
    pub dir3: Option<String>,
}

/// Every bid, with the first three directories of its url.
#[job]
pub fn q22(bid: Stream<Bid>) -> Stream<Directories> {
    bid.map(|b| {
        // Before them come `https:`, nothing, and the host.
        let mut parts = b.url.split('/').skip(3);
        DirectoriesRef {
            auction: b.auction,
            bidder: b.bidder,
            price: b.price,
            channel: b.channel,
            dir1: parts.next(),
            dir2: parts.next(),
            dir3: parts.next(),
        }
    })
}
