//! Channel ids: some channels are known, others have theirs in the url.

use crate::events::Bid;
use ouzel::prelude::*;

/// A bid by a channel that has an id.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct Channelled {
    pub auction: i64,
    pub bidder: i64,
    pub price: i64,
    pub channel: String,
    pub channel_id: String,
}

/// The bids whose channel has an id, with it.
///
/// Apple, Google, Facebook and Baidu have one; that of any other is what the url says.
#[job]
pub fn q21(bid: Stream<Bid>) -> Stream<Channelled> {
    bid.filter_map(|b| {
        let channel_id = known(b.channel).or_else(|| in_url(b.url))?;
        Some(ChannelledRef {
            auction: b.auction,
            bidder: b.bidder,
            price: b.price,
            channel: b.channel,
            channel_id,
        })
    })
}

fn known(channel: &str) -> Option<&'static str> {
    let ids = [("apple", "0"), ("google", "1"), ("facebook", "2"), ("baidu", "3")];
    ids.into_iter().find(|(name, _)| channel.eq_ignore_ascii_case(name)).map(|(_, id)| id)
}

/// The value of the query's `channel_id`, which may also be all there is of the url.
fn in_url(url: &str) -> Option<&str> {
    let (_, rest) = match url.strip_prefix("channel_id=") {
        Some(rest) => ("", rest),
        None => url.split_once("&channel_id=")?,
    };
    rest.split('&').next()
}
