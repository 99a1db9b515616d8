//! Category price: the mean of the prices that auctions went for.

use crate::events::{Auction, Bid};
use crate::winning::in_time;
use ouzel::prelude::*;

/// For each category, the mean of the greatest prices that were bid for its auctions in time.
#[job]
pub fn q4(auction: Stream<Auction>, bid: Stream<Bid>) -> Table<i64, f64> {
    let prices = bid
        .map(|b| (b.auction, b.price, b.date_time))
        .key_by(|(auction, ..)| *auction)
        .join(auction.map(|a| (a.id, a.category, a.date_time, a.expires)).key_by(|(id, ..)| *id))
        .filter(|((_, _, at), (_, _, opens, expires))| in_time(*at, *opens, *expires))
        .key_by(|(_, (id, category, ..))| (*id, *category))
        .aggregate(max(|((_, price, _), _)| *price));

    prices
        .group_by(|((_, category), _)| *category)
        .named("category")
        .aggregate(mean(|(_, price)| *price).named("avg_price"))
}
