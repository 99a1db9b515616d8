//! Local items: auctions and the persons who sell them, whichever came first.

use crate::events::{Auction, Person};
use ouzel::prelude::*;

/// An auction of a seller nearby.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct LocalItem {
    pub name: String,
    pub city: String,
    pub state: String,
    pub id: i64,
}

/// The auctions of category 10 whose sellers live in Oregon, Idaho or California.
#[job]
pub fn q3(auction: Stream<Auction>, person: Stream<Person>) -> Stream<LocalItem> {
    let sellers = person
        .filter(|p| ["or", "id", "ca"].contains(&p.state))
        .map(|p| (p.id, p.name, p.city, p.state))
        .key_by(|(id, ..)| *id);

    auction
        .filter(|a| a.category == 10)
        .map(|a| (a.id, a.seller))
        .key_by(|(_, seller)| *seller)
        .join(sellers)
        .map(|((id, _), (_, name, city, state))| LocalItemRef { name, city, state, id: *id })
}
