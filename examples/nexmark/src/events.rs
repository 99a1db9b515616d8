//! What the logs hold.

use ouzel::Span;
use ouzel::prelude::*;

/// Times go back within a log, but by far less than this: with this lateness nothing is late.
pub const DISORDER: Span = minutes(1);

/// Someone who sells or bids.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct Person {
    pub id: i64,
    pub name: String,
    pub email_address: String,
    pub credit_card: String,
    pub city: String,
    pub state: String,
    #[record(event_time, unit = "ms")]
    pub date_time: Timestamp,
    pub extra: String,
}

/// Something that is for sale.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct Auction {
    pub id: i64,
    pub item_name: String,
    pub description: String,
    pub initial_bid: i64,
    pub reserve: i64,
    #[record(event_time, unit = "ms")]
    pub date_time: Timestamp,
    #[record(unit = "ms")]
    pub expires: Timestamp,
    pub seller: i64,
    pub category: i64,
    pub extra: String,
}

/// An offer for an auction.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct Bid {
    pub auction: i64,
    pub bidder: i64,
    pub price: i64,
    pub channel: String,
    pub url: String,
    #[record(event_time, unit = "ms")]
    pub date_time: Timestamp,
    pub extra: String,
}

/// A number and its decimal text.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct SideInput {
    pub key: i64,
    pub value: String,
}

/// What some queries give of a bid.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct PlainBid {
    pub auction: i64,
    pub bidder: i64,
    pub price: i64,
    #[record(unit = "ms")]
    pub date_time: Timestamp,
    pub extra: String,
}
