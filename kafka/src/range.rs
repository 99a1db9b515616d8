//! Reading a range of a partition: what has an end is cut into several, which are read at the same
//! time.

use crate::client::{Cluster, Reading};
use crate::decode::Shape;
use crate::live::problem;
use crate::native::{Message, Queue, Taken};
use crate::source::{Partition, fetching};
use ouzel_dsl::connector::{Chunk, Demand, Split};
use ouzel_dsl::{Error, Result};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many messages are taken at once.
const TAKEN: usize = 4_096;

/// So many kilobytes are fetched ahead: with less, whoever reads as fast as this waits for more.
const AHEAD: &str = "16384";

/// How long messages are waited for: librdkafka waits so long unless it has as many as are taken.
const WAIT: Duration = Duration::from_millis(5);

/// How many readers are kept that have nothing to do: each fetches on.
const KEPT: usize = 4;

/// How long nothing may come of a range that is known to go on.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// Readers that have nothing to do at the moment, those used last at the end.
pub struct Readers {
    cluster: Cluster,
    isolation: &'static str,
    idle: Mutex<Vec<Reader>>,
}

/// Reads one partition from some offset on.
struct Reader {
    consumer: Arc<BaseConsumer<Reading>>,
    queue: Queue,
    topic: Arc<str>,
    number: i32,
    /// The offset that it has come to: that of the next message, or after the last.
    position: u64,
    taken: Option<Taken>,
    /// How many of those were given.
    given: usize,
}

impl Readers {
    pub fn new(cluster: Cluster, isolation: &'static str) -> Readers {
        Readers { cluster, isolation, idle: Mutex::default() }
    }

    /// A reader at an offset: one that is there already, or another one that is sent there.
    fn at(&self, topic: &Arc<str>, number: i32, offset: u64) -> Result<Reader> {
        let idle = {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            let here = |r: &Reader| r.topic == *topic && r.number == number && r.position == offset;
            match idle.iter().position(here) {
                Some(index) => return Ok(idle.remove(index)),
                None if idle.len() >= KEPT => Some(idle.remove(0)),
                None => None,
            }
        };
        let consumer = match idle {
            Some(Reader { consumer, .. }) => consumer,
            None => Arc::new(fetching(&self.cluster, self.isolation, AHEAD)?),
        };
        let queue = Queue::of(&consumer, topic, number)
            .ok_or_else(|| Error::Failed(format!("`{topic}/{number}` cannot be read")))?;
        let mut list = TopicPartitionList::new();
        let start = Offset::Offset(i64::try_from(offset).unwrap_or(i64::MAX));
        list.add_partition_offset(topic, number, start)
            .and_then(|()| consumer.assign(&list))
            .map_err(|e| self.cluster.failed(&format!("reading `{topic}/{number}`"), &e))?;
        let topic = topic.clone();
        Ok(Reader { consumer, queue, topic, number, position: offset, taken: None, given: 0 })
    }

    /// Reads a range message by message.
    pub fn each(
        &self,
        topic: &Arc<str>,
        number: i32,
        range: Range<u64>,
        mut each: impl FnMut(Message<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut reader = self.at(topic, number, range.start)?;
        while let Some(message) = reader.next(&self.cluster, range.end)? {
            each(message)?;
        }
        self.put_back(reader);
        Ok(())
    }

    fn put_back(&self, reader: Reader) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
    }
}

impl Reader {
    /// The next message before `end`; none where there are no more.
    fn next(&mut self, cluster: &Cluster, end: u64) -> Result<Option<Message<'_>>> {
        match self.find(cluster, end)? {
            true => {
                self.given += 1;
                Ok(self.taken.as_ref().and_then(|taken| taken.get(self.given - 1)))
            }
            false => Ok(None),
        }
    }

    /// Whether there is a message before `end`, which is then the one after those that were given.
    fn find(&mut self, cluster: &Cluster, end: u64) -> Result<bool> {
        let mut heard = Instant::now();
        loop {
            while let Some(message) = self.taken.as_ref().and_then(|taken| taken.get(self.given)) {
                match message.problem() {
                    None if message.offset() >= end => {
                        self.position = self.position.max(end);
                        return Ok(false);
                    }
                    None => {
                        self.position = message.offset() + 1;
                        return Ok(true);
                    }
                    Some(RDKafkaErrorCode::PartitionEOF) if message.offset() >= end => {
                        // It is told once, and ends the ranges that follow too, if nothing is read
                        // of them: what was not committed is not told of.
                        self.position = self.position.max(end);
                        return Ok(false);
                    }
                    Some(_) => {
                        let partition = Partition::at(&self.topic, self.number);
                        problem(cluster, &partition, message)?;
                        self.given += 1;
                    }
                }
            }
            if self.position >= end {
                return Ok(false);
            }
            // What is told of the client as a whole comes this way.
            while self.consumer.poll(Duration::ZERO).is_some() {}
            let taken = self.queue.take(TAKEN, WAIT);
            if taken.len() > 0 {
                heard = Instant::now();
            } else if heard.elapsed() > SILENCE_MAX {
                return Err(Error::Failed(format!(
                    "nothing has come of `{}/{}` for {} s, at offset {} of {end}: is there a broker at {}?",
                    self.topic,
                    self.number,
                    SILENCE_MAX.as_secs(),
                    self.position,
                    cluster.brokers
                )));
            }
            (self.taken, self.given) = (Some(taken), 0);
        }
    }
}

/// A range of a partition.
pub struct RangeSplit {
    pub readers: Arc<Readers>,
    pub shape: Arc<Shape>,
    pub topic: Arc<str>,
    pub number: i32,
    pub partition: u32,
    pub at: u64,
    pub end: u64,
}

/// What a record is taken to take: how much there is to read is told in records.
pub const RECORD_BYTES: u64 = 160;

impl Split for RangeSplit {
    fn partition(&self) -> u32 {
        self.partition
    }

    fn start(&self) -> u64 {
        self.at
    }

    fn end(&self) -> u64 {
        self.end
    }

    fn bytes(&self) -> u64 {
        (self.end - self.at) * RECORD_BYTES
    }

    fn read(
        self: Box<Self>,
        emit: &mut dyn FnMut(Chunk) -> Result<Demand>,
    ) -> Result<Option<Box<dyn Split>>> {
        let mut reader = self.readers.at(&self.topic, self.number, self.at)?;
        let mut decoder = self.shape.decoder(&self.topic, self.number, self.partition)?;
        while let Some(message) = reader.next(&self.readers.cluster, self.end)? {
            decoder.push(message)?;
            if decoder.is_full()
                && emit(decoder.take()?)? == Demand::Pause
                && reader.position < self.end
            {
                let at = reader.position;
                self.readers.put_back(reader);
                return Ok(Some(Box::new(RangeSplit { at, ..*self })));
            }
        }
        if !decoder.is_empty() {
            emit(decoder.take()?)?;
        }
        self.readers.put_back(reader);
        Ok(None)
    }
}
