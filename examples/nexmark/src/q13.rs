//! Side input: bids with what a list says of them.

use crate::events::{Bid, SideInput};
use ouzel::prelude::*;

/// A bid, and the value that its auction has in the list.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct Told {
    pub auction: i64,
    pub bidder: i64,
    pub price: i64,
    #[record(unit = "ms")]
    pub date_time: Timestamp,
    pub value: String,
}

/// Every bid whose auction modulo 10000 is in the side input, with the value there.
#[job]
pub fn q13(bid: Stream<Bid>, side_input: Stream<SideInput>) -> Stream<Told> {
    let listed = side_input.key_by(|s| s.key).latest();
    bid.lookup(listed, |b| b.auction.rem_euclid(10_000)).filter_map(|(bid, side)| {
        side.map(|side| ToldRef {
            auction: bid.auction,
            bidder: bid.bidder,
            price: bid.price,
            date_time: bid.date_time,
            value: side.value,
        })
    })
}
