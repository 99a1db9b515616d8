//! The feeder: numbered events into the partitions of a topic, each of them once.

use crate::Result;
use crate::job::{FLUSH, POISON};
use crate::random::Random;
use rdkafka::config::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::types::RDKafkaErrorCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Of event time, an event is so far from the one before.
const STEP_MS: i64 = 10;
/// How far event times go back within a partition; less than the jobs' lateness.
const DISORDER_MS: u64 = 3_000;
/// How far they do where they are late.
const LATE_MS: u64 = 40_000;
/// The first event time: 2026.
const FIRST_MS: i64 = 1_767_225_600_000;

const KEYS: u64 = 20;

/// What the feeder is told while it feeds.
pub struct Orders {
    stop: AtomicBool,
    /// How many partitions there are.
    pub partitions: AtomicU32,
    /// How many poisoned records are to follow.
    pub poison: AtomicU32,
    /// Whether nothing is to follow for a while.
    pub quiet: AtomicBool,
    /// How many events there are so far.
    pub fed: AtomicU64,
}

/// Feeds a topic.
pub struct Feeder {
    pub orders: Arc<Orders>,
    thread: JoinHandle<Result<()>>,
}

impl Feeder {
    /// Begins to feed, so many events a second.
    pub fn start(
        bootstrap: &str,
        topic: &str,
        partitions: u32,
        rate: u64,
        // How many times eight bytes an event holds besides, at the most.
        pad: u64,
        seed: u64,
    ) -> Result<Feeder> {
        let orders = Arc::new(Orders {
            stop: AtomicBool::new(false),
            partitions: AtomicU32::new(partitions),
            poison: AtomicU32::new(0),
            quiet: AtomicBool::new(false),
            fed: AtomicU64::new(0),
        });
        let producer: BaseProducer = ClientConfig::new()
            .set("bootstrap.servers", bootstrap)
            // Each record once, however long the broker is gone.
            .set("enable.idempotence", "true")
            .set("message.timeout.ms", "0")
            .set("topic.metadata.refresh.interval.ms", "1000")
            .create()?;
        let (told, topic) = (orders.clone(), topic.to_owned());
        let thread = std::thread::spawn(move || {
            feed(&producer, &topic, &told, (rate, pad), Random::new(seed))
        });
        Ok(Feeder { orders, thread })
    }

    /// Writes a last record to each partition, that closes all windows, and waits until all is
    /// written.
    pub fn finish(self) -> Result<u64> {
        self.orders.stop.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| "the feeder panicked")??;
        Ok(self.orders.fed.load(Ordering::Relaxed))
    }
}

fn feed(
    producer: &BaseProducer,
    topic: &str,
    orders: &Orders,
    (rate, pad): (u64, u64),
    mut random: Random,
) -> Result<()> {
    let began = Instant::now();
    let mut id = 0;
    while !orders.stop.load(Ordering::Relaxed) {
        let due = began.elapsed().as_millis() as u64 * rate / 1000;
        while id < due && !orders.quiet.load(Ordering::Relaxed) {
            let partition = random.below(orders.partitions.load(Ordering::Relaxed).into());
            let poison = orders.poison.load(Ordering::Relaxed);
            if poison > 0 {
                orders.poison.store(poison - 1, Ordering::Relaxed);
            }
            let text = match (poison > 0 || random.one_in(500), random.one_in(2)) {
                (true, true) => format!("{{\"id\":{id},\"key\":"),
                (true, false) => event(id, time(id, &mut random), POISON, pad, &mut random),
                (false, _) => {
                    let amount = random.below(1000) as i64;
                    event(id, time(id, &mut random), amount, pad, &mut random)
                }
            };
            send(producer, topic, partition as i32, &text)?;
            id += 1;
        }
        orders.fed.store(id, Ordering::Relaxed);
        producer.poll(Duration::from_millis(10));
    }
    for partition in 0..orders.partitions.load(Ordering::Relaxed) {
        let text = event(id, FLUSH, 0, 1, &mut random);
        send(producer, topic, partition as i32, &text)?;
        id += 1;
    }
    orders.fed.store(id, Ordering::Relaxed);
    Ok(producer.flush(Duration::from_secs(120))?)
}

fn time(id: u64, random: &mut Random) -> i64 {
    let back = if random.one_in(100) { LATE_MS } else { DISORDER_MS };
    FIRST_MS + id as i64 * STEP_MS - random.below(back) as i64
}

fn event(id: u64, at: i64, amount: i64, pad: u64, random: &mut Random) -> String {
    let key = if at == FLUSH { "flush".to_owned() } else { format!("k{}", random.below(KEYS)) };
    let pad = "abcdefgh".repeat(random.below(pad) as usize);
    format!("{{\"id\":{id},\"key\":\"{key}\",\"at\":{at},\"amount\":{amount},\"pad\":\"{pad}\"}}")
}

fn send(producer: &BaseProducer, topic: &str, partition: i32, text: &str) -> Result<()> {
    let mut record = BaseRecord::<[u8], str>::to(topic).partition(partition).payload(text);
    loop {
        match producer.send(record) {
            Ok(()) => return Ok(()),
            // A partition that was just added is not known everywhere yet.
            Err((
                KafkaError::MessageProduction(
                    RDKafkaErrorCode::QueueFull | RDKafkaErrorCode::UnknownPartition,
                ),
                back,
            )) => {
                producer.poll(Duration::from_millis(50));
                record = back;
            }
            Err((error, _)) => return Err(error.into()),
        }
    }
}
