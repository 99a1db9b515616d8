//! Ouzel's job: a stream from a topic to a topic, exactly once, with its state on disk.
//!
//! It reads on and on. It is told to stop once it has read all that there was when it began, and the
//! clock is stopped by the commit that covers this.

use crate::Result;
use crate::bids::PRICE_MIN;
use crate::cluster;
use crate::report::Measured;
use crate::watch::Watch;
use ouzel::connector::{Connect, Sink};
use ouzel::prelude::*;
use ouzel::{Mode, Run};
use ouzel_engine::Guarantee;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

/// A bid, as the job reads it.
#[derive(Record)]
pub struct Bid {
    pub auction: u64,
    pub bidder: u64,
    pub price: u64,
    pub channel: String,
    pub url: String,
    #[record(event_time, unit = "ms")]
    pub date_time: Timestamp,
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
    let watch = Watch::of(records);
    described(source(broker, input)?, sink(broker, output)?, &watch)
        .mode(Mode::Stream)
        .workers(2)
        .state(state.path())
        .stream(|stream| stream.epoch_ms = epoch_ms)
        .execute()?;
    measured(&watch, records, began)
}

/// A run of it that is watched.
pub fn described(input: Arc<dyn Connect>, output: Arc<dyn Sink>, watch: &Arc<Watch>) -> Run {
    ouzel::run::<bids>()
        .param("min", PRICE_MIN)
        .input("bids", watch.input(input))
        .output("bids", output)
        .config(|config| watch.over(config))
}

/// What this process has measured of a run that has committed so many records.
pub fn measured(watch: &Watch, records: u64, began: Instant) -> Result<Measured> {
    let (Some(first), Some(last)) = (watch.first.get(), watch.covered(records)) else {
        return Err("the job ended early".into());
    };
    let seconds = last.duration_since(*first).as_secs_f64();
    Ok(Measured::of(records, first.duration_since(began).as_secs_f64(), seconds))
}

pub fn source(broker: &str, topic: &str) -> Result<Arc<dyn Connect>> {
    let uri = format!("kafka://{broker}/{topic}");
    Ok(ouzel_kafka::input(&uri)?.ok_or("not an address of Kafka's")?)
}

pub fn sink(broker: &str, topic: &str) -> Result<Arc<dyn Sink>> {
    let uri = format!("kafka://{broker}/{topic}");
    Ok(ouzel_kafka::output(&uri)?.ok_or("not an address of Kafka's")?)
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
