//! Events from the generator of the `nexmark` crate, as our records.

use crate::events::{Auction, Bid, Person};
use nexmark::EventGenerator;
use nexmark::config::NexmarkConfig;
use nexmark::event::{self, Event};
use ouzel::Timestamp;

/// The events that the generator gives: `rate` of them to a second.
pub fn events(rate: u32, seed: u16) -> impl Iterator<Item = Event> {
    /// The events of a seed are those between its multiple of this and the next.
    const APART: usize = 50_000_000_000;
    EventGenerator::new(NexmarkConfig {
        base_time: 0,
        first_event_id: usize::from(seed) * APART,
        first_rate: rate as usize,
        next_rate: rate as usize,
        // One person, its auctions and bids. At the least rate, it is half a second.
        out_of_order_group_size: 50,
        ..NexmarkConfig::default()
    })
}

impl From<event::Person> for Person {
    fn from(person: event::Person) -> Person {
        Person {
            id: person.id as i64,
            name: person.name,
            email_address: person.email_address,
            credit_card: person.credit_card,
            city: person.city,
            state: person.state,
            date_time: time(person.date_time),
            extra: person.extra,
        }
    }
}

impl From<event::Auction> for Auction {
    fn from(auction: event::Auction) -> Auction {
        Auction {
            id: auction.id as i64,
            item_name: auction.item_name,
            description: auction.description,
            initial_bid: auction.initial_bid as i64,
            reserve: auction.reserve as i64,
            date_time: time(auction.date_time),
            expires: time(auction.expires),
            seller: auction.seller as i64,
            category: auction.category as i64,
            extra: auction.extra,
        }
    }
}

impl From<event::Bid> for Bid {
    fn from(bid: event::Bid) -> Bid {
        Bid {
            auction: bid.auction as i64,
            bidder: bid.bidder as i64,
            price: bid.price as i64,
            channel: bid.channel,
            url: bid.url,
            date_time: time(bid.date_time),
            extra: bid.extra,
        }
    }
}

fn time(millis: u64) -> Timestamp {
    Timestamp::from_micros(millis as i64 * 1_000)
}
