//! Seller price: the mean of the prices that a seller's last auctions went for.

use crate::events::{Auction, Bid};
use crate::winning::in_time;
use ouzel::prelude::*;

/// For each seller, the mean of the final prices of their last ten auctions that have one, by the
/// time when they expire.
#[job]
pub fn q6(auction: Stream<Auction>, bid: Stream<Bid>) -> Table<i64, f64> {
    let prices = bid
        .map(|b| (b.auction, b.price, b.date_time))
        .key_by(|(auction, ..)| *auction)
        .join(auction.map(|a| (a.id, a.seller, a.date_time, a.expires)).key_by(|(id, ..)| *id))
        .filter(|((_, _, at), (_, _, opens, expires))| in_time(*at, *opens, *expires))
        .key_by(|(_, (id, seller, _, expires))| (*id, *seller, *expires))
        .aggregate(max(|((_, price, _), _)| *price));

    // An auction's price may rise as bids come in: the ten last are kept so that it can be replaced.
    prices.group_by(|((_, seller, _), _)| *seller).named("seller").aggregate(
        kept(top_k(10, |((id, _, expires), price)| (*expires, *id, *price)))
            .map_result(|last: Vec<(Timestamp, i64, i64)>| {
                let sum: i128 = last.iter().map(|(_, _, price)| i128::from(*price)).sum();
                sum as f64 / last.len() as f64
            })
            .named("avg_price"),
    )
}
