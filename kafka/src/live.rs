//! Reading without an end: consumers fetch all partitions on and on, and what has come of one is a
//! split.

use crate::client::{Cluster, PATIENCE, Reading};
use crate::decode::{Decoder, Shape};
use crate::native::{Message, Queue, Taken};
use crate::source::{Partition, check_kept, consumer, list};
use ouzel_dsl::connector::{Chunk, Demand, Listing, Split};
use ouzel_dsl::{Error, Result};
use rdkafka::Offset;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::types::RDKafkaErrorCode;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How many messages of a partition are taken at once at the most. There are no others that wait to be
/// read besides those that librdkafka has: who falls behind takes more at once, and not more often.
const TAKEN_MAX: usize = 16_384;

/// How many consumers share the partitions: each has a thread that unpacks what it fetches.
const CONSUMERS: usize = 2;

/// Reads partitions on and on.
pub struct Live {
    cluster: Cluster,
    isolation: &'static str,
    consumers: Vec<Arc<BaseConsumer<Reading>>>,
    /// By partition.
    followed: BTreeMap<usize, Followed>,
}

/// A partition that is read on and on.
struct Followed {
    queue: Queue,
    /// The offset after the last message that was taken from the queue.
    next: u64,
    /// How many that were taken are not read yet.
    waiting: Arc<AtomicUsize>,
}

impl Live {
    pub fn new(cluster: Cluster, isolation: &'static str) -> Live {
        Live { cluster, isolation, consumers: Vec::new(), followed: BTreeMap::new() }
    }

    /// What has come of each partition.
    pub fn splits(
        &mut self,
        partitions: &[Partition],
        of: impl Iterator<Item = (usize, u64)>,
        shape: &Arc<Shape>,
    ) -> Result<Listing> {
        for (index, position) in of {
            if !self.followed.contains_key(&index) {
                self.follow(index, &partitions[index], position)?;
            }
        }
        // What is told of clients as a whole.
        for consumer in &self.consumers {
            while let Some(told) = consumer.poll(Duration::ZERO) {
                if let Err(error) = told
                    && is_final(error.rdkafka_error_code())
                {
                    return Err(self.cluster.failed("reading", &error));
                }
            }
        }
        let mut listing = Listing { fetched: true, ..Listing::default() };
        for (index, followed) in &mut self.followed {
            let (index, partition) = (*index, &partitions[*index]);
            if followed.waiting.load(Ordering::Relaxed) > 0 {
                continue;
            }
            let messages = followed.queue.take(TAKEN_MAX, Duration::ZERO);
            let (mut last, mut bytes) = (None, 0);
            for message in messages.iter() {
                match message.problem() {
                    None => {
                        bytes += message.payload().map_or(0, <[u8]>::len) as u64;
                        last = Some(message);
                    }
                    Some(_) => problem(&self.cluster, partition, message)?,
                }
            }
            let Some(last) = last else { continue };
            let (start, end) = (followed.next, last.offset() + 1);
            followed.next = end;
            followed.waiting.fetch_add(messages.len(), Ordering::Relaxed);
            listing.splits.push(Box::new(LiveSplit {
                shape: shape.clone(),
                waiting: followed.waiting.clone(),
                messages,
                read: 0,
                bytes,
                topic: partition.topic.clone(),
                number: partition.number,
                partition: index as u32,
                start,
                end,
            }));
        }
        Ok(listing)
    }

    /// Begins to read a partition.
    fn follow(&mut self, index: usize, partition: &Partition, position: u64) -> Result<()> {
        while self.consumers.len() < CONSUMERS {
            self.consumers.push(Arc::new(consumer(&self.cluster, self.isolation)?));
        }
        let consumer = &self.consumers[index % CONSUMERS];
        let Partition { topic, number, .. } = partition;
        let failed = |e| self.cluster.failed("reading", &e);
        let bounds = consumer.fetch_watermarks(topic, *number, PATIENCE).map_err(failed)?;
        check_kept(topic, *number, position, bounds)?;
        let offset = Offset::Offset(i64::try_from(position).unwrap_or(i64::MAX));
        let assigned = list(std::slice::from_ref(partition), |_| offset)?;
        let queue = Queue::of(consumer, topic, *number)
            .ok_or_else(|| Error::Failed(format!("`{topic}/{number}` cannot be read")))?;
        consumer.incremental_assign(&assigned).map_err(failed)?;
        self.followed.insert(index, Followed { queue, next: position, waiting: Arc::default() });
        Ok(())
    }

    /// Reads these partitions only from now on.
    pub fn own(&mut self, partitions: &[Partition], owned: &[u32]) -> Result<()> {
        let failed = |e| self.cluster.failed("reading", &e);
        let is_lost = |index: &usize, _: &mut Followed| !owned.contains(&(*index as u32));
        let lost: Vec<usize> = self.followed.extract_if(.., is_lost).map(|(i, _)| i).collect();
        for index in lost {
            let given_up = list(std::slice::from_ref(&partitions[index]), |_| Offset::Invalid)?;
            self.consumers[index % CONSUMERS].incremental_unassign(&given_up).map_err(failed)?;
        }
        Ok(())
    }
}

/// What is told of a partition in the place of messages: the end that it has at the moment, what
/// passes, or what does not.
pub fn problem(cluster: &Cluster, partition: &Partition, told: Message<'_>) -> Result<()> {
    use RDKafkaErrorCode as Code;
    let Partition { topic, number, .. } = partition;
    match told.problem() {
        None | Some(Code::PartitionEOF) => Ok(()),
        Some(Code::AutoOffsetReset | Code::OffsetOutOfRange) => Err(Error::State(format!(
            "what follows in `{topic}/{number}` has been deleted before it was read (the topic's `retention.ms` or `retention.bytes`), or the topic was made anew\n  what is left is another input: begin anew with another `--state`"
        ))),
        Some(Code::UnknownTopicOrPartition | Code::UnknownTopic | Code::UnknownPartition) => {
            Err(Error::State(format!(
                "`{topic}/{number}` is no longer there at {}: the topic was deleted",
                cluster.brokers
            )))
        }
        Some(code) if is_final(Some(code)) => Err(Error::Failed(format!(
            "reading `{topic}/{number}` at {}: {code}: {}",
            cluster.brokers,
            String::from_utf8_lossy(told.payload().unwrap_or_default())
        ))),
        Some(_) => Ok(()),
    }
}

/// Whether an error does not pass by waiting.
pub fn is_final(code: Option<RDKafkaErrorCode>) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        code,
        Some(
            Code::Fatal
                | Code::Authentication
                | Code::TopicAuthorizationFailed
                | Code::GroupAuthorizationFailed
                | Code::ClusterAuthorizationFailed
                | Code::SaslAuthenticationFailed
                | Code::SSL
                | Code::UnknownTopicOrPartition
                | Code::InvalidMessage
                | Code::BadCompression
        )
    )
}

/// Messages that have come.
struct LiveSplit {
    shape: Arc<Shape>,
    waiting: Arc<AtomicUsize>,
    messages: Taken,
    /// How many of them are read.
    read: usize,
    /// Of the values of the others.
    bytes: u64,
    topic: Arc<str>,
    number: i32,
    partition: u32,
    start: u64,
    end: u64,
}

impl Drop for LiveSplit {
    fn drop(&mut self) {
        self.waiting.fetch_sub(self.messages.len() - self.read, Ordering::Relaxed);
    }
}

impl Split for LiveSplit {
    fn partition(&self) -> u32 {
        self.partition
    }

    fn start(&self) -> u64 {
        self.start
    }

    fn end(&self) -> u64 {
        self.end
    }

    fn bytes(&self) -> u64 {
        self.bytes
    }

    fn read(
        mut self: Box<Self>,
        emit: &mut dyn FnMut(Chunk) -> Result<Demand>,
    ) -> Result<Option<Box<dyn Split>>> {
        let mut decoder: Decoder = self.shape.decoder(&self.topic, self.number, self.partition)?;
        while let Some(message) = self.messages.get(self.read) {
            let is_record = message.problem().is_none();
            if is_record {
                self.bytes -= message.payload().map_or(0, <[u8]>::len) as u64;
                decoder.push(message)?;
                self.start = message.offset() + 1;
            }
            self.read += 1;
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            if decoder.is_full()
                && emit(decoder.take()?)? == Demand::Pause
                && self.read < self.messages.len()
            {
                return Ok(Some(self));
            }
        }
        if !decoder.is_empty() {
            emit(decoder.take()?)?;
        }
        Ok(None)
    }
}
