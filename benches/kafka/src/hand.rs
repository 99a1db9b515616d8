//! The whole job as one would write it by hand on rdkafka for this one purpose: two threads, each with
//! its own partitions, windows and transactions. It has no state on disk, cannot go on after a crash
//! with windows that were open, and counts on equal keys being in one partition.

use crate::Result;
use crate::bids::{Bid, DISORDER_MS, PRICE_MIN, WINDOW_MS, send};
use crate::cluster::{self, PATIENCE};
use crate::report::Measured;
use hashbrown::HashMap;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::thread;
use std::time::{Duration, Instant};

const THREADS: usize = 2;

const COMMIT_EVERY: Duration = Duration::from_secs(1);

/// Runs it over all of a topic.
pub fn run(broker: &str, input: &str, output: &str) -> Result<Measured> {
    let began = Instant::now();
    let ends = cluster::ends(broker, input)?.ok_or("there is no such input")?;
    let run = format!("hand-{}", cluster::now_micros());
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            let (broker, input, output) = (broker.to_owned(), input.to_owned(), output.to_owned());
            let (run, ends) = (run.clone(), ends.clone());
            thread::spawn(move || Job::open((&broker, &input, &output), &run, &ends, thread)?.run())
        })
        .collect();
    let mut times = Vec::new();
    for thread in threads {
        times.push(thread.join().map_err(|_| "a thread panicked")??);
    }
    let first = times.iter().map(|(first, _)| *first).min().unwrap_or(began);
    let last = times.iter().map(|(_, last)| *last).max().unwrap_or(began);
    let records = ends.iter().map(|end| end.unsigned_abs()).sum();
    Ok(Measured::of(records, (first - began).as_secs_f64(), (last - first).as_secs_f64()))
}

/// What one thread has.
struct Job {
    consumer: BaseConsumer,
    producer: BaseProducer,
    input: String,
    output: String,
    lanes: Vec<Lane>,
    /// Count and sum by auction, by window.
    windows: BTreeMap<u64, HashMap<u64, (u64, u64)>>,
}

struct Lane {
    partition: i32,
    position: i64,
    end: i64,
    /// No later record is older.
    watermark: u64,
}

impl Job {
    fn open(
        (broker, input, output): (&str, &str, &str),
        run: &str,
        ends: &[i64],
        thread: usize,
    ) -> Result<Job> {
        let mine = (0..ends.len()).filter(|partition| partition % THREADS == thread);
        let lane = |partition: usize| Lane {
            partition: partition as i32,
            position: 0,
            end: ends[partition],
            watermark: 0,
        };
        let lanes: Vec<_> = mine.map(lane).collect();
        let of: Vec<_> = lanes.iter().map(|lane| (lane.partition, Offset::Beginning)).collect();
        let consumer = cluster::consumer(broker, run, input, &of)?;
        let producer: BaseProducer = cluster::config(broker)
            .set("linger.ms", "20")
            .set("batch.size", "500000")
            .set("queue.buffering.max.messages", "500000")
            .set("acks", "all")
            .set("partitioner", "murmur2_random")
            .set("transactional.id", format!("{run}-{thread}"))
            .create()?;
        producer.init_transactions(PATIENCE)?;
        let (input, output) = (input.to_owned(), output.to_owned());
        Ok(Job { consumer, producer, input, output, lanes, windows: BTreeMap::new() })
    }

    fn run(mut self) -> Result<(Instant, Instant)> {
        self.producer.begin_transaction()?;
        let mut left: i64 = self.lanes.iter().map(|lane| lane.end).sum();
        let (mut first, mut committed) = (None, Instant::now());
        let mut since = 0;
        while left > 0 {
            match self.consumer.poll(Duration::from_millis(10)) {
                Some(Ok(message)) => {
                    if first.is_none() {
                        committed = *first.get_or_insert_with(Instant::now);
                    }
                    let payload = message.payload().unwrap_or_default();
                    let bid: Bid<'_> = sonic_rs::from_slice(payload)?;
                    let lane = self.lanes.iter_mut().find(|l| l.partition == message.partition());
                    let lane = lane.ok_or("a message of another partition")?;
                    lane.position = message.offset() + 1;
                    lane.watermark = lane.watermark.max(bid.date_time.saturating_sub(DISORDER_MS));
                    if bid.price >= PRICE_MIN {
                        let window = self.windows.entry(bid.date_time / WINDOW_MS).or_default();
                        let (count, sum) = window.entry(bid.auction).or_default();
                        (*count, *sum) = (*count + 1, *sum + bid.price);
                    }
                    left -= 1;
                }
                None | Some(Err(KafkaError::PartitionEOF(_))) => {}
                Some(Err(error)) => return Err(error.into()),
            }
            since += 1;
            if since >= 1_024 {
                since = 0;
                let ended = |lane: &&Lane| lane.position < lane.end;
                let going = self.lanes.iter().filter(ended).map(|lane| lane.watermark);
                self.close(going.min().unwrap_or(u64::MAX))?;
                if committed.elapsed() >= COMMIT_EVERY {
                    self.commit()?;
                    self.producer.begin_transaction()?;
                    committed = Instant::now();
                }
            }
        }
        self.close(u64::MAX)?;
        self.commit()?;
        let last = Instant::now();
        Ok((first.unwrap_or(last), last))
    }

    /// Gives the windows that are complete.
    fn close(&mut self, watermark: u64) -> Result {
        let (mut text, mut key) = (String::new(), String::new());
        while let Some(entry) = self.windows.first_entry() {
            if (*entry.key() + 1).saturating_mul(WINDOW_MS) > watermark {
                break;
            }
            let (window, groups) = entry.remove_entry();
            for (auction, (count, sum)) in groups {
                text.clear();
                key.clear();
                let start = window * WINDOW_MS;
                write!(key, "{auction}")?;
                write!(
                    text,
                    r#"{{"auction":{auction},"window":{start},"count":{count},"sum":{sum}}}"#
                )?;
                send(&self.producer, BaseRecord::to(&self.output).key(&key).payload(&text))?;
            }
            self.producer.poll(Duration::ZERO);
        }
        Ok(())
    }

    fn commit(&mut self) -> Result {
        let mut positions = TopicPartitionList::new();
        for lane in &self.lanes {
            let offset = Offset::Offset(lane.position);
            positions.add_partition_offset(&self.input, lane.partition, offset)?;
        }
        // `flush` by itself, and the commit with it, would wait for 100 ms at a time.
        while self.producer.in_flight_count() > 0 {
            // That it has not arrived yet is told by the count.
            let _ = self.producer.flush(Duration::ZERO);
            self.producer.poll(Duration::from_millis(1));
        }
        let group = self.consumer.group_metadata().ok_or("the group has no metadata")?;
        self.producer.send_offsets_to_transaction(&positions, &group, PATIENCE)?;
        self.producer.commit_transaction(PATIENCE)?;
        Ok(())
    }
}
