//! The input: bids, the same each time.

use crate::Result;
use crate::cluster::{self, PATIENCE};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use serde::Deserialize;
use std::fmt::Write;
use std::time::Duration;

/// A bid, as those read it that are written by hand.
#[derive(Deserialize)]
pub struct Bid<'a> {
    pub auction: u64,
    #[allow(dead_code)]
    pub bidder: u64,
    pub price: u64,
    #[serde(borrow)]
    #[allow(dead_code)]
    pub channel: &'a str,
    #[serde(borrow)]
    #[allow(dead_code)]
    pub url: &'a str,
    pub date_time: u64,
}

/// Windows are of so many milliseconds.
pub const WINDOW_MS: u64 = 10_000;

/// Bids below it are left out.
pub const PRICE_MIN: u64 = 100;

/// Event times go back by less than so many milliseconds.
pub const DISORDER_MS: u64 = 2_000;

/// The event time of the first bids, in milliseconds.
const FIRST_MS: u64 = 1_700_000_000_000;

const CHANNELS: [&str; 4] = ["Google", "Apple", "Facebook", "Baidu"];

/// Makes bids.
pub struct Maker {
    state: u64,
    /// The bid that was made last.
    pub text: String,
    /// Its auction.
    pub auction: String,
}

impl Maker {
    pub fn new() -> Maker {
        Maker { state: 0x9E37_79B9_7F4A_7C15, text: String::new(), auction: String::new() }
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        ((self.state >> 32) * bound) >> 32
    }

    /// The nth bid of a log: 10,000 for each second of event time.
    fn nth(&mut self, n: u64) -> u64 {
        let time = time_of(n) + DISORDER_MS - self.below(DISORDER_MS);
        self.at(time);
        time
    }

    /// A bid at a time: nine of ten are for 1,000 hot auctions, the others for 100,000.
    pub fn at(&mut self, time: u64) {
        let auction = match self.below(10) < 9 {
            true => self.below(1_000),
            false => 1_000 + self.below(100_000),
        };
        let x = self.below(1_000);
        let (price, bidder, query) = (10 + x * x / 100, self.below(50_000), self.below(1_000));
        let channel = CHANNELS[self.below(4) as usize];
        self.text.clear();
        self.auction.clear();
        // A string takes all that is written to it.
        let _ = write!(self.auction, "{auction}");
        let _ = write!(
            self.text,
            r#"{{"auction":{auction},"bidder":{bidder},"price":{price},"channel":"{channel}","url":"https://www.nexmark.com/abc/item.htm?query={query}","date_time":{time}}}"#
        );
    }
}

/// A bid that is left out, later than the first so many.
pub fn left_out(after: u64) -> String {
    let (price, time) = (PRICE_MIN - 1, time_of(after) + DISORDER_MS);
    format!(
        r#"{{"auction":1,"bidder":1,"price":{price},"channel":"Google","url":"","date_time":{time}}}"#
    )
}

/// About the event time of the nth bid.
pub fn time_of(n: u64) -> u64 {
    FIRST_MS + n / 10
}

/// The topic of so many bids: made if it is not there, under a name of its own if none is given.
pub fn input(broker: &str, name: Option<&str>, records: u64) -> Result<String> {
    let own = || format!("bench-bids-{}", cluster::now_micros());
    let input = name.map_or_else(own, str::to_owned);
    match cluster::records(broker, &input)? {
        None => {
            eprintln!("writing {records} bids to {input}");
            produce(broker, &input, records)?;
        }
        Some(found) if found == records => {}
        Some(found) => return Err(format!("{input} has {found} records").into()),
    }
    Ok(input)
}

/// A producer that is tuned to be fast.
pub fn producer(broker: &str) -> Result<BaseProducer> {
    Ok(cluster::config(broker)
        .set("linger.ms", "20")
        .set("batch.size", "500000")
        .set("queue.buffering.max.messages", "500000")
        .set("partitioner", "murmur2_random")
        .set("enable.idempotence", "true")
        .create()?)
}

/// Writes so many bids to a topic, which is made.
pub fn produce(broker: &str, topic: &str, records: u64) -> Result {
    cluster::create(broker, topic)?;
    let producer = producer(broker)?;
    let mut maker = Maker::new();
    for n in 0..records {
        let time = i64::try_from(maker.nth(n))?;
        let record = BaseRecord::to(topic).key(&maker.auction).payload(&maker.text);
        send(&producer, record.timestamp(time))?;
        if n % 1_000 == 0 {
            producer.poll(Duration::ZERO);
        }
    }
    producer.flush(PATIENCE)?;
    Ok(())
}

/// Hands a record to a producer, as soon as that has room for it.
pub fn send(producer: &BaseProducer, record: BaseRecord<'_, String, String>) -> Result {
    use rdkafka::types::RDKafkaErrorCode::QueueFull;
    let mut record = record;
    loop {
        match producer.send(record) {
            Ok(()) => return Ok(()),
            Err((error, back)) if error.rdkafka_error_code() == Some(QueueFull) => {
                record = back;
                producer.poll(Duration::from_millis(2));
            }
            Err((error, _)) => return Err(error.into()),
        }
    }
}
