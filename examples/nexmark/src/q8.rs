//! New users: persons who sell something in the very window in which they came.

use crate::events::{Auction, DISORDER, Person};
use ouzel::prelude::*;

/// A new user.
#[derive(Clone, Debug, PartialEq, Record)]
pub struct NewUser {
    pub id: i64,
    pub name: String,
    #[record(unit = "ms")]
    pub starttime: Timestamp,
}

/// The persons who have an auction in the ten seconds in which they are new, once each.
#[job]
pub fn q8(person: Stream<Person>, auction: Stream<Auction>) -> Stream<NewUser> {
    let sellers = auction
        .map(|a| a.seller)
        .key_by(|seller| *seller)
        .window(tumbling(seconds(10)))
        .lateness(DISORDER);

    person
        .map(|p| NewUserRef { id: p.id, name: p.name, starttime: start(p.date_time) })
        .key_by(|u| u.id)
        .window(tumbling(seconds(10)))
        .lateness(DISORDER)
        .semi_join(sellers)
}

/// The start of the ten seconds that a time is in.
fn start(time: Timestamp) -> Timestamp {
    Timestamp::from_micros(time.micros() - time.micros().rem_euclid(10_000_000))
}
