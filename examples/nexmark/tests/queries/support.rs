//! Logs, and jobs run over them.

use nexmark::event::Event;
use ouzel::{Job, Timestamp};
use ouzel_nexmark::events::{Auction, Bid, Person};
use ouzel_nexmark::generate::events;
use ouzel_testkit::{Left, check};

/// The logs of an auction house.
#[derive(Default)]
pub struct Logs {
    pub persons: Vec<Person>,
    pub auctions: Vec<Auction>,
    pub bids: Vec<Bid>,
}

/// The logs of 3,000 generated events, which are out of order, across the borders of windows too,
/// and take 24 seconds.
pub fn logs() -> Logs {
    first(3_000)
}

fn first(number: usize) -> Logs {
    let mut logs = Logs::default();
    for event in events(123, 0).take(number) {
        match event {
            Event::Person(person) => logs.persons.push(person.into()),
            Event::Auction(auction) => logs.auctions.push(auction.into()),
            Event::Bid(bid) => logs.bids.push(bid.into()),
        }
    }
    logs
}

/// Logs of few people, prices and times, where all that can tie does, over a minute and a half. One
/// bid in ten is for an auction that never comes, and one person in four has none.
pub fn crowded() -> Logs {
    let mut logs = first(1_000);
    let coarse = |time: Timestamp| at(time.millis() / 100 * 1_000);
    for person in &mut logs.persons {
        person.date_time = coarse(person.date_time);
    }
    let (sellers, auctions) = (logs.persons.len() as i64, logs.auctions.len() as i64);
    for auction in &mut logs.auctions {
        auction.seller = 1_000 + auction.seller % (sellers * 3 / 4);
        auction.date_time = coarse(auction.date_time);
        auction.expires = coarse(auction.expires);
    }
    for bid in &mut logs.bids {
        bid.auction = 1_000 + bid.auction % (auctions * 10 / 9);
        bid.bidder %= 5;
        bid.price %= 4;
        bid.date_time = coarse(bid.date_time);
    }
    logs
}

/// The generated bids.
pub fn generated() -> Vec<Bid> {
    logs().bids
}

/// The same bids over more than two days, in and out of order as before.
pub fn generated_over_days() -> Vec<Bid> {
    let mut bids = generated();
    for bid in &mut bids {
        bid.date_time = at(millis(bid) * 8_000);
    }
    bids
}

/// A bid of which the rest does not matter.
pub fn bid(auction: i64, bidder: i64, price: i64, millis: i64) -> Bid {
    Bid {
        auction,
        bidder,
        price,
        channel: "channel-7".to_owned(),
        url: "https://www.nexmark.com/a/b/c/item.htm?query=1".to_owned(),
        date_time: at(millis),
        extra: format!("cc{bidder}"),
    }
}

/// A person of whom the rest does not matter.
pub fn person(id: i64, state: &str, millis: i64) -> Person {
    Person {
        id,
        name: format!("name {id}"),
        email_address: "a@b".to_owned(),
        credit_card: "1 2 3 4".to_owned(),
        city: format!("city {id}"),
        state: state.to_owned(),
        date_time: at(millis),
        extra: String::new(),
    }
}

/// An auction of category 10, from one time up to another, of which the rest does not matter.
pub fn auction(id: i64, seller: i64, opens: i64, expires: i64) -> Auction {
    Auction {
        id,
        item_name: format!("item {id}"),
        description: "as new".to_owned(),
        initial_bid: 1,
        reserve: 1_000_000,
        date_time: at(opens),
        expires: at(expires),
        seller,
        category: 10,
        extra: format!("of {seller}"),
    }
}

pub fn at(millis: i64) -> Timestamp {
    Timestamp::from_micros(millis * 1_000)
}

pub fn millis(bid: &Bid) -> i64 {
    bid.date_time.millis()
}

/// A log in three partitions, the last of them empty.
pub fn dealt<R: Clone>(log: &[R]) -> Vec<Vec<R>> {
    let mut partitions = vec![Vec::new(); 3];
    for (i, record) in log.iter().enumerate() {
        partitions[i % 2].push(record.clone());
    }
    partitions
}

/// What a query of bids leaves, in batch and as a stream, of a log in three partitions.
#[track_caller]
pub fn left<J: Job>(job: fn() -> J, bids: &[Bid]) -> Left {
    check(job).input("bid", dealt(bids)).agrees()
}
