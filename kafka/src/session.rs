//! What one run writes to a cluster: through one producer, so that all of it counts at once.
//!
//! Exactly once rests on Kafka's transactions (KIP-98): a commit carries its name as an offset of a
//! consumer group of the run's name, with what was written. Who goes on after a crash first ends
//! what the process before had begun, and then reads which commit was the last.

use crate::client::{Cluster, Reading, committed};
use crate::group::Member;
use crate::native::Topic;
use ouzel_dsl::log::{Committed, Group, Lane, LogSession, Position, SessionOf};
use ouzel_dsl::{Error, Result};
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerGroupMetadata};
use rdkafka::error::{KafkaError, RDKafkaError};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{
    BaseProducer, NoCustomPartitioner, Producer, ProducerContext, PurgeConfig,
};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};
use std::any::Any;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// How long it is tried to get done what the cluster does not do at once.
const TRANSACTION: Duration = Duration::from_secs(60);

/// How long an answer to what is tried again and again is waited for at once.
const TRY: Duration = Duration::from_secs(5);

/// After so many records it is looked for what has become of others.
const SERVE_EVERY: u32 = 1_000;

/// Writes for one run.
pub struct Producing {
    cluster: Cluster,
    producer: Arc<BaseProducer<Writing>>,
    topics: Mutex<BTreeMap<String, Arc<Topic>>>,
    run: String,
    /// The topic by whose offset commits are named.
    anchor: String,
    exactly_once: bool,
    /// Whether a transaction has begun.
    begun: AtomicBool,
    /// How many records were written since it was looked what has become of others.
    unserved: AtomicU32,
    /// Of who begins or ends a transaction.
    turn: Mutex<()>,
    /// In the run's group, in which no one else is: positions are sent in its name.
    group: OnceLock<BaseConsumer<Reading>>,
}

/// Notes a record that could not be written.
#[derive(Default)]
pub struct Writing {
    lost: Mutex<Option<String>>,
}

impl Writing {
    fn lost(&self) -> MutexGuard<'_, Option<String>> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Writing {
    fn log(&self, _: RDKafkaLogLevel, _: &str, _: &str) {}
    fn error(&self, _: KafkaError, _: &str) {}
}

impl ProducerContext<NoCustomPartitioner> for Writing {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        use rdkafka::message::Message;
        if let Err((error, message)) = result {
            self.lost().get_or_insert_with(|| {
                let (topic, partition) = (message.topic(), message.partition());
                format!("a record could not be written to `{topic}/{partition}`: {error}")
            });
        }
    }
}

impl Producing {
    /// Opens it. Exactly once, it ends what an earlier process of the run has begun, which can
    /// write no more.
    pub fn open(cluster: &Cluster, anchor: &str, of: &SessionOf<'_>) -> Result<Producing> {
        // A transaction that lasts longer is ended by the cluster: that of a process which is gone
        // holds readers up so long.
        let timeout = of.lasts.as_millis().to_string();
        let linger = if of.exactly_once { "5" } else { "2" };
        let ours = [
            ("queue.buffering.max.messages", "500000"),
            ("queue.buffering.max.kbytes", "65536"),
            ("message.max.bytes", "16777216"),
            ("linger.ms", linger),
            // As the clients on the JVM do, so that equal keys meet.
            ("partitioner", "murmur2_random"),
            ("transaction.timeout.ms", &timeout),
        ];
        let mut must = vec![("enable.idempotence", "true"), ("acks", "all")];
        if of.exactly_once {
            must.push(("transactional.id", of.run));
        }
        let producer: BaseProducer<Writing> = cluster.client(Writing::default(), &ours, &must)?;
        let session = Producing {
            cluster: cluster.clone(),
            producer: Arc::new(producer),
            run: of.run.to_owned(),
            anchor: anchor.to_owned(),
            exactly_once: of.exactly_once,
            topics: Mutex::default(),
            begun: AtomicBool::new(false),
            unserved: AtomicU32::new(0),
            turn: Mutex::default(),
            group: OnceLock::new(),
        };
        if of.exactly_once {
            session
                .until_done("beginning transactions", || session.producer.init_transactions(TRY))?;
        }
        Ok(session)
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A topic that is written to.
    pub fn topic(&self, name: &str) -> Result<Arc<Topic>> {
        let mut topics = self.topics.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(topic) = topics.get(name) {
            return Ok(topic.clone());
        }
        let topic = Topic::of(&self.producer, name)
            .ok_or_else(|| Error::Failed(format!("`{name}` cannot be written to")))?;
        Ok(topics.entry(name.to_owned()).or_insert(Arc::new(topic)).clone())
    }

    /// Writes a record. It is copied, and sent in the background. Several threads may do so.
    pub fn write(
        &self,
        topic: &Topic,
        partition: Option<i32>,
        key: Option<&[u8]>,
        payload: Option<&[u8]>,
    ) -> Result<()> {
        if self.exactly_once && !self.begun.load(Ordering::Acquire) {
            self.begin(&mut self.lock())?;
        }
        let what = || format!("writing to `{}`", topic.name());
        let mut until = None;
        while let Err(code) = topic.send(partition, key, payload) {
            let error = KafkaError::MessageProduction(code);
            if code != RDKafkaErrorCode::QueueFull {
                // Where the transaction has failed, by a record before this one, that says why.
                self.producer.poll(Duration::from_millis(100));
                self.check_lost()?;
                return Err(self.failed(&what(), &error));
            }
            // The cluster takes records more slowly than they are made.
            self.producer.poll(Duration::from_millis(10));
            self.check_lost()?;
            if Instant::now() > *until.get_or_insert_with(|| Instant::now() + TRANSACTION) {
                return Err(self.cluster.failed(&what(), &error));
            }
        }
        if self.unserved.fetch_add(1, Ordering::Relaxed) >= SERVE_EVERY {
            self.unserved.store(0, Ordering::Relaxed);
            self.producer.poll(Duration::ZERO);
            self.check_lost()?;
        }
        Ok(())
    }

    /// Begins a transaction, unless it has begun. Who holds the lock is alone with it.
    fn begin(&self, _: &mut MutexGuard<'_, ()>) -> Result<()> {
        if self.exactly_once && !self.begun.load(Ordering::Acquire) {
            let begun = self.producer.begin_transaction();
            begun.map_err(|e| self.failed("beginning a transaction", &e))?;
            self.begun.store(true, Ordering::Release);
        }
        Ok(())
    }

    fn check_lost(&self) -> Result<()> {
        match &*self.producer.context().lost() {
            // What has become of the record follows from what has become of the producer.
            Some(_) if self.producer.client().fatal_error().is_some() => {
                Err(self.failed("writing", &KafkaError::Canceled))
            }
            Some(lost) => Err(Error::Failed(format!("{lost}, at {}", self.cluster.brokers))),
            None => Ok(()),
        }
    }

    /// Waits until all that was written has arrived.
    fn flush(&self) -> Result<()> {
        let until = Instant::now() + TRANSACTION;
        while self.producer.in_flight_count() > 0 {
            // With a time of its own it waits that long, even where all has arrived.
            match self.producer.flush(Duration::ZERO) {
                Ok(()) => {}
                Err(error) if Instant::now() > until => {
                    return Err(self.failed("waiting for records to be written", &error));
                }
                Err(_) => {}
            }
            self.producer.poll(Duration::from_millis(1));
            self.check_lost()?;
        }
        self.check_lost()
    }

    /// Tries until it is done, or is not to be had.
    fn until_done(
        &self,
        what: &str,
        mut attempt: impl FnMut() -> Result<(), KafkaError>,
    ) -> Result<()> {
        let until = Instant::now() + TRANSACTION;
        loop {
            let error = match attempt() {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            let again = match &error {
                KafkaError::Transaction(error) => error.is_retriable(),
                other => other.rdkafka_error_code() == Some(RDKafkaErrorCode::OperationTimedOut),
            };
            if !again || Instant::now() > until {
                return Err(self.failed(what, &error));
            }
            self.producer.poll(Duration::from_millis(20));
        }
    }

    /// What to say of an error.
    fn failed(&self, what: &str, error: &KafkaError) -> Error {
        use RDKafkaErrorCode as Code;
        let code = match error {
            KafkaError::Transaction(error) => Some(RDKafkaError::code(error)),
            other => other.rdkafka_error_code(),
        };
        let fenced = |code| {
            matches!(
                code,
                Code::Fenced
                    | Code::ProducerFenced
                    | Code::InvalidProducerEpoch
                    | Code::IllegalGeneration
                    | Code::UnknownMemberId
                    | Code::FencedInstanceId
            )
        };
        let fatal = self.producer.client().fatal_error();
        if code.is_some_and(fenced) || fatal.as_ref().is_some_and(|(code, _)| fenced(*code)) {
            return Error::State(format!(
                "{what}: another process has taken over the run `{}`, or its transaction took too long and was ended: what was not committed counts for nothing\n  this process must end; started again, it goes on from the last commit",
                self.run
            ));
        }
        let fatal = fatal.map(|(_, text)| format!(" ({text})")).unwrap_or_default();
        let Error::Failed(text) = self.cluster.failed(what, error) else {
            return self.cluster.failed(what, error);
        };
        Error::Failed(format!(
            "{text}{fatal}\n  started again, the run goes on from its last commit"
        ))
    }

    /// Offsets that go with the next commit, of the consumer group of a run.
    fn named(&self, name: &str) -> Result<TopicPartitionList> {
        let mut list = TopicPartitionList::new();
        let mut entry = list.add_partition(&self.anchor, 0);
        entry.set_metadata(name);
        entry
            .set_offset(Offset::Offset(0))
            .map_err(|e| Error::Failed(format!("naming a commit: {e}")))?;
        Ok(list)
    }

    fn group(&self) -> Result<&BaseConsumer<Reading>> {
        if let Some(group) = self.group.get() {
            return Ok(group);
        }
        let must = [
            ("group.id", self.run.as_str()),
            ("isolation.level", "read_committed"),
            ("enable.auto.commit", "false"),
        ];
        let group = self.cluster.client(Reading, &[], &must)?;
        Ok(self.group.get_or_init(|| group))
    }
}

impl LogSession for Producing {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn committed(&self) -> Result<Option<String>> {
        if !self.exactly_once {
            return Ok(None);
        }
        let mut asked = TopicPartitionList::new();
        asked.add_partition(&self.anchor, 0);
        let group = self.group()?;
        let found = committed(group, &asked, TRANSACTION)
            .map_err(|error| self.failed("asking for the last commit", &error))?;
        let entry = found.find_partition(&self.anchor, 0);
        let name = entry.filter(|entry| matches!(entry.offset(), Offset::Offset(_)));
        Ok(name.map(|entry| entry.metadata().to_owned()))
    }

    fn commit(&self, name: &str) -> Result<()> {
        let mut turn = self.lock();
        if !self.exactly_once {
            return self.flush();
        }
        self.begin(&mut turn)?;
        self.flush()?;
        let group = self.group()?;
        let metadata = group.group_metadata().ok_or_else(|| {
            Error::Failed(format!("the consumer group `{}` has no metadata", self.run))
        })?;
        let offsets = self.named(name)?;
        self.until_done("naming a commit", || {
            self.producer.send_offsets_to_transaction(&offsets, &metadata, TRY)
        })?;
        self.until_done("committing a transaction", || self.producer.commit_transaction(TRY))?;
        self.begun.store(false, Ordering::Release);
        Ok(())
    }

    fn post(&self, lane: &Lane<'_>, key: &[u8], letter: &[u8]) -> Result<()> {
        let number = i32::try_from(lane.number).unwrap_or(i32::MAX);
        self.write(&*self.topic(lane.topic)?, Some(number), Some(key), Some(letter))
    }

    fn commit_positions(&self, positions: &[Position], group: &dyn Group) -> Result<Committed> {
        let member: &Member = group
            .as_any()
            .downcast_ref()
            .ok_or_else(|| Error::Failed("the group is of another kind".to_owned()))?;
        let mut offsets = TopicPartitionList::new();
        for position in positions {
            let number = i32::try_from(position.number).unwrap_or(i32::MAX);
            let mut entry = offsets.add_partition(&position.topic, number);
            entry.set_metadata(&position.note);
            let offset = position.offset.and_then(|offset| i64::try_from(offset).ok());
            entry
                .set_offset(Offset::Offset(offset.unwrap_or(0)))
                .map_err(|e| Error::Failed(format!("a position that is none: {e}")))?;
        }
        let mut turn = self.lock();
        if !self.exactly_once {
            self.flush()?;
            return Ok(match member.metadata().map(|_| member.commit(&offsets)) {
                Some(Ok(())) => Committed::Done,
                _ => Committed::Undone,
            });
        }
        self.begin(&mut turn)?;
        let flushed = self.flush();
        let metadata = member.metadata().filter(|_| flushed.is_ok());
        let error = match metadata.map(|metadata| self.try_commit(&offsets, &metadata)) {
            Some(Ok(())) => {
                self.begun.store(false, Ordering::Release);
                return Ok(Committed::Done);
            }
            Some(Err(error)) => Some(error),
            None => None,
        };
        // Others may have this process's lanes by now: then it goes on with what it has.
        let aborted = match self.producer.client().fatal_error() {
            Some(_) => Err(KafkaError::Canceled),
            None => self.abort(),
        };
        if let Err(why) = aborted {
            flushed?;
            return Err(self.failed("committing a transaction", &error.unwrap_or(why)));
        }
        self.begun.store(false, Ordering::Release);
        Ok(Committed::Undone)
    }
}

impl Producing {
    /// Tries to commit with positions; what has come of the transaction.
    fn try_commit(
        &self,
        offsets: &TopicPartitionList,
        metadata: &ConsumerGroupMetadata,
    ) -> Result<(), KafkaError> {
        let until = Instant::now() + TRANSACTION;
        let again = |error: &KafkaError| {
            let KafkaError::Transaction(error) = error else { return false };
            error.is_retriable() && !error.txn_requires_abort() && Instant::now() < until
        };
        let mut sent = false;
        loop {
            let done = match sent {
                false => self.producer.send_offsets_to_transaction(offsets, metadata, TRY),
                true => self.producer.commit_transaction(TRY),
            };
            match done {
                Ok(()) if sent => return Ok(()),
                Ok(()) => sent = true,
                Err(error) if again(&error) => self.producer.poll(Duration::from_millis(20)),
                Err(error) => return Err(error),
            }
        }
    }

    /// Ends a transaction so that nothing of it counts. That fails where there are records on their
    /// way.
    fn abort(&self) -> Result<(), KafkaError> {
        self.producer.purge(PurgeConfig::default().queue().inflight());
        let until = Instant::now() + TRY;
        while self.producer.in_flight_count() > 0 && Instant::now() < until {
            self.producer.poll(Duration::from_millis(20));
        }
        *self.producer.context().lost() = None;
        self.producer.abort_transaction(TRY)
    }
}

impl Drop for Producing {
    fn drop(&mut self) {
        if self.begun.load(Ordering::Acquire) {
            // The cluster ends it in time if this fails, but readers wait so long.
            let _ = self.abort();
        }
    }
}
