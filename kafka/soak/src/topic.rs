//! Topics as the soak itself makes, grows and reads them, with nothing of ours between it and Kafka.

use crate::Result;
use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

struct Unpark(std::thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}

fn admin(bootstrap: &str) -> Result<AdminClient<DefaultClientContext>> {
    Ok(ClientConfig::new().set("bootstrap.servers", bootstrap).create()?)
}

/// Makes topics.
pub fn create(bootstrap: &str, topics: &[String], partitions: u32) -> Result<()> {
    let topics: Vec<NewTopic<'_>> = topics
        .iter()
        .map(|name| NewTopic::new(name, partitions as i32, TopicReplication::Fixed(1)))
        .collect();
    let options = AdminOptions::new().operation_timeout(Some(Duration::from_secs(30)));
    for made in block_on(admin(bootstrap)?.create_topics(&topics, &options))? {
        made.map_err(|(name, code)| format!("making `{name}`: {code}"))?;
    }
    Ok(())
}

/// Deletes topics whose names end so.
pub fn delete(bootstrap: &str, is_one: impl Fn(&str) -> bool) -> Result<()> {
    let admin = admin(bootstrap)?;
    let metadata = admin.inner().fetch_metadata(None, Duration::from_secs(30))?;
    let names: Vec<&str> =
        metadata.topics().iter().map(|topic| topic.name()).filter(|name| is_one(name)).collect();
    block_on(admin.delete_topics(&names, &AdminOptions::new()))?;
    Ok(())
}

/// Gives a topic more partitions.
pub fn grow(bootstrap: &str, topic: &str, partitions: u32) -> Result<()> {
    let new = NewPartitions::new(topic, partitions as usize);
    let options = AdminOptions::new().operation_timeout(Some(Duration::from_secs(30)));
    for grown in block_on(admin(bootstrap)?.create_partitions([&new], &options))? {
        grown.map_err(|(name, code)| format!("growing `{name}`: {code}"))?;
    }
    Ok(())
}

/// A record of a topic.
#[derive(Clone, Debug)]
pub struct Record {
    pub key: Option<String>,
    /// None: a tombstone.
    pub value: Option<String>,
}

/// What is in a topic, as far as it is committed.
pub struct Topic {
    name: String,
    consumer: BaseConsumer,
    /// The next offset of each partition.
    next: Vec<i64>,
    pub records: Vec<Record>,
}

impl Topic {
    /// From its first record on.
    pub fn open(bootstrap: &str, name: &str) -> Result<Topic> {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", bootstrap)
            .set("group.id", "soak")
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .set("fetch.wait.max.ms", "20")
            .set("isolation.level", "read_committed")
            .create()?;
        Ok(Topic { name: name.to_owned(), consumer, next: Vec::new(), records: Vec::new() })
    }

    /// Reads on to the end.
    pub fn read(&mut self) -> Result<()> {
        let metadata = self.consumer.fetch_metadata(Some(&self.name), Duration::from_secs(30))?;
        let count = metadata.topics().first().map_or(0, |topic| topic.partitions().len());
        self.next.resize(count, 0);
        let mut list = TopicPartitionList::new();
        for (number, next) in self.next.iter().enumerate() {
            list.add_partition_offset(&self.name, number as i32, Offset::Offset(*next))?;
        }
        self.consumer.assign(&list)?;
        let mut left = count;
        let until = Instant::now() + Duration::from_secs(60);
        while left > 0 {
            match self.consumer.poll(Duration::from_millis(100)) {
                Some(Ok(message)) => {
                    self.next[message.partition() as usize] = message.offset() + 1;
                    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                    self.records.push(Record {
                        key: message.key().map(text),
                        value: message.payload().map(text),
                    });
                }
                Some(Err(KafkaError::PartitionEOF(_))) => left -= 1,
                Some(Err(KafkaError::MessageConsumption(RDKafkaErrorCode::Fail))) | None => {}
                Some(Err(error)) if Instant::now() > until => return Err(error.into()),
                Some(Err(_)) => {}
            }
            if Instant::now() > until {
                return Err(format!("`{}` cannot be read to its end", self.name).into());
            }
        }
        self.consumer.unassign()?;
        Ok(())
    }
}
