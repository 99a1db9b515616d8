//! Calculation: a filter by what is computed, and functions of one's own.

use crate::events::Bid;
use ouzel::prelude::*;

/// A bid in euros, and what else is computed of it.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct Calculated {
    pub auction: i64,
    pub bidder: i64,
    pub price: f64,
    pub bid_time_type: String,
    #[record(unit = "ms")]
    pub date_time: Timestamp,
    pub extra: String,
    pub c_counts: i64,
}

/// The bids of more than 1,000,000 and less than 50,000,000 in another currency, with the kind of
/// the time of day, and how often the letter `c` stands in `extra`.
#[job]
pub fn q14(bid: Stream<Bid>) -> Stream<Calculated> {
    bid.map(|b| CalculatedRef {
        auction: b.auction,
        bidder: b.bidder,
        price: b.price as f64 * 0.908,
        bid_time_type: time_type(b.date_time),
        date_time: b.date_time,
        extra: b.extra,
        c_counts: b.extra.bytes().filter(|byte| *byte == b'c').count() as i64,
    })
    .filter(|c| c.price > 1_000_000.0 && c.price < 50_000_000.0)
}

fn time_type(time: Timestamp) -> &'static str {
    match time.hour() {
        8..=18 => "dayTime",
        7 | 19 => "otherTime",
        _ => "nightTime",
    }
}
