//! Ouzel's job: a stream from a topic to a topic, exactly once, with its state on disk.
//!
//! It reads on and on. It is told to stop once it has read all that there was when it began, and the
//! clock is stopped by the commit that covers this.

use crate::Result;
use crate::bids::PRICE_MIN;
use crate::cluster;
use crate::report::Measured;
use ouzel::Mode;
use ouzel::connector::{Connect, Listing, Request, Sink, Source};
use ouzel::hooks::{Event, Observer};
use ouzel::prelude::*;
use ouzel_engine::Guarantee;
use std::io::Read;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Instant;

#[derive(Record)]
struct Bid {
    auction: u64,
    bidder: u64,
    price: u64,
    channel: String,
    url: String,
    #[record(event_time, unit = "ms")]
    date_time: Timestamp,
}

/// Count and sum of the good bids by auction and 10 s.
#[job]
fn bids(bids: Stream<Bid>, min: u64) -> Table<Windowed<u64>, (u64, u64)> {
    bids.filter(|b| b.price >= min)
        .key_by(|b| b.auction)
        .window(tumbling(seconds(10)))
        .lateness(seconds(2))
        .aggregate((count(), sum(|b| b.price)))
}

/// Runs it over all that a topic has.
pub fn run(broker: &str, input: &str, output: &str, epoch_ms: u64) -> Result<Measured> {
    let began = Instant::now();
    let records = cluster::records(broker, input)?.ok_or("there is no such input")?;
    let state = tempfile::tempdir()?;
    let watch = Arc::new(Watch { records, ..Watch::default() });
    let timed = Timed { input: source(broker, input)?, watch: watch.clone() };
    ouzel::run::<bids>()
        .mode(Mode::Stream)
        .workers(2)
        .param("min", PRICE_MIN)
        .input("bids", Arc::new(timed) as Arc<dyn Connect>)
        .output("bids", sink(broker, output)?)
        .state(state.path())
        .stream(|stream| stream.epoch_ms = epoch_ms)
        .config(|config| config.stop = watch.stop.clone())
        .observer(watch.clone())
        .execute()?;
    let (Some(first), Some(last)) = (watch.first.get(), watch.last.get()) else {
        return Err("the job ended early".into());
    };
    let seconds = last.duration_since(*first).as_secs_f64();
    Ok(Measured::of(records, first.duration_since(began).as_secs_f64(), seconds))
}

fn source(broker: &str, topic: &str) -> Result<Arc<dyn Connect>> {
    let uri = format!("kafka://{broker}/{topic}");
    Ok(ouzel_kafka::input(&uri)?.ok_or("not an address of Kafka's")?)
}

fn sink(broker: &str, topic: &str) -> Result<Arc<dyn Sink>> {
    let uri = format!("kafka://{broker}/{topic}");
    Ok(ouzel_kafka::output(&uri)?.ok_or("not an address of Kafka's")?)
}

/// Stops the run, and the clock.
#[derive(Default)]
struct Watch {
    /// How many records there are to read.
    records: u64,
    read: AtomicU64,
    stop: Arc<AtomicBool>,
    first: OnceLock<Instant>,
    last: OnceLock<Instant>,
}

impl Observer for Watch {
    fn on(&self, event: &Event<'_>) {
        match event {
            Event::Chunk { rows } => {
                let read = self.read.fetch_add(*rows, Ordering::Relaxed) + rows;
                self.stop.fetch_or(read == self.records, Ordering::Relaxed);
            }
            // Nothing is in flight by then.
            Event::Commit { .. } if self.read.load(Ordering::Relaxed) == self.records => {
                self.last.get_or_init(Instant::now);
            }
            _ => {}
        }
    }
}

/// Starts the clock when the first messages have come, before they are decoded.
struct Timed<T> {
    input: T,
    watch: Arc<Watch>,
}

impl Connect for Timed<Arc<dyn Connect>> {
    fn open(&self, request: &Request) -> ouzel::Result<Box<dyn Source>> {
        let input = self.input.open(request)?;
        Ok(Box::new(Timed { input, watch: self.watch.clone() }))
    }

    fn describe(&self) -> String {
        self.input.describe()
    }
}

impl Source for Timed<Box<dyn Source>> {
    fn bounded(&self) -> bool {
        self.input.bounded()
    }

    fn partitions(&self) -> Arc<Vec<String>> {
        self.input.partitions()
    }

    fn splits(&self, from: &[u64]) -> ouzel::Result<Listing> {
        let listing = self.input.splits(from)?;
        if !listing.splits.is_empty() {
            self.watch.first.get_or_init(Instant::now);
        }
        Ok(listing)
    }

    fn seen(&self, partition: u32) -> i64 {
        self.input.seen(partition)
    }

    fn follow(&self) {
        self.input.follow();
    }

    fn first(&self, partition: u32) -> u64 {
        self.input.first(partition)
    }
}

#[derive(Record)]
struct Made {
    auction: u64,
    price: u64,
    date_time: u64,
}

#[derive(Record)]
struct Passed {
    auction: u64,
    price: u64,
    ts: u64,
}

/// The good bids, with the time at which they were made.
#[job]
fn good(bids: Stream<Made>, min: u64) -> Stream<Passed> {
    bids.filter(|b| b.price >= min).map(|b| Passed {
        auction: b.auction,
        price: b.price,
        ts: b.date_time,
    })
}

/// Runs that until standard input ends.
pub fn pass(broker: &str, input: &str, output: &str, at_least_once: bool, epoch_ms: u64) -> Result {
    let state = tempfile::tempdir()?;
    let stop = Arc::new(AtomicBool::new(false));
    let stopper = stop.clone();
    thread::spawn(move || {
        // Whatever comes of it, there is nothing more to wait for.
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        stopper.store(true, Ordering::Relaxed);
    });
    ouzel::run::<good>()
        .mode(Mode::Stream)
        .workers(2)
        .param("min", PRICE_MIN)
        .input("bids", source(broker, input)?)
        .output("good", sink(broker, output)?)
        .state(state.path())
        .stream(|stream| {
            stream.epoch_ms = epoch_ms;
            if at_least_once {
                stream.guarantee = Some(Guarantee::AtLeastOnce);
            }
        })
        .config(|config| config.stop = stop)
        .execute()?;
    Ok(())
}
