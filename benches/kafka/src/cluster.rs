//! Topics, and clients of rdkafka.

use crate::Result;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How many partitions all topics have.
pub const PARTITIONS: i32 = 4;

/// How long the broker may take to answer.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub fn config(broker: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", broker);
    config
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

/// Makes a topic, if it is not there, that keeps records of any age.
pub fn create(broker: &str, topic: &str) -> Result {
    let admin: AdminClient<DefaultClientContext> = config(broker).create()?;
    let new = NewTopic::new(topic, PARTITIONS, TopicReplication::Fixed(-1));
    let new = new.set("retention.ms", "-1");
    for made in block_on(admin.create_topics([&new], &AdminOptions::new()))? {
        match made {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((topic, error)) => return Err(format!("making `{topic}`: {error}").into()),
        }
    }
    Ok(())
}

pub fn delete(broker: &str, topic: &str) -> Result {
    let admin: AdminClient<DefaultClientContext> = config(broker).create()?;
    block_on(admin.delete_topics(&[topic], &AdminOptions::new()))?;
    Ok(())
}

/// The offset after the last record of each partition; none where there is no such topic.
pub fn ends(broker: &str, topic: &str) -> Result<Option<Vec<i64>>> {
    let consumer: BaseConsumer = config(broker).set("group.id", "bench").create()?;
    let metadata = consumer.fetch_metadata(Some(topic), PATIENCE)?;
    let of = metadata.topics().iter().find(|t| t.name() == topic && t.error().is_none());
    let Some(of) = of.filter(|of| !of.partitions().is_empty()) else { return Ok(None) };
    let ends = of.partitions().iter().map(|p| consumer.fetch_watermarks(topic, p.id(), PATIENCE));
    Ok(Some(
        ends.map(|bounds| bounds.map(|(_, high)| high)).collect::<std::result::Result<_, _>>()?,
    ))
}

/// What a group has committed of each partition; -1 where that is nothing.
pub fn committed(broker: &str, group: &str, topic: &str, partitions: usize) -> Result<Vec<i64>> {
    let consumer: BaseConsumer = config(broker).set("group.id", group).create()?;
    let mut asked = TopicPartitionList::new();
    (0..partitions).for_each(|partition| _ = asked.add_partition(topic, partition as i32));
    let found = consumer.committed_offsets(asked, PATIENCE)?;
    Ok(found.elements().iter().map(|of| of.offset().to_raw().unwrap_or(-1).max(-1)).collect())
}

/// The topics whose names are such.
pub fn named(broker: &str, is: impl Fn(&str) -> bool) -> Result<Vec<String>> {
    let consumer: BaseConsumer = config(broker).create()?;
    let metadata = consumer.fetch_metadata(None, PATIENCE)?;
    let names = metadata.topics().iter().map(|topic| topic.name());
    Ok(names.filter(|name| is(name)).map(str::to_owned).collect())
}

/// How many records a topic holds that was written without transactions.
pub fn records(broker: &str, topic: &str) -> Result<Option<u64>> {
    Ok(ends(broker, topic)?.map(|ends| ends.iter().map(|end| end.unsigned_abs()).sum()))
}

/// A consumer of these partitions, from the first record or a given offset on, tuned to be fast.
pub fn consumer(
    broker: &str,
    group: &str,
    topic: &str,
    partitions: &[(i32, Offset)],
) -> Result<BaseConsumer> {
    let consumer: BaseConsumer = config(broker)
        .set("group.id", group)
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "earliest")
        .set("isolation.level", "read_committed")
        .set("fetch.queue.backoff.ms", "5")
        .set("fetch.message.max.bytes", "1048576")
        .set("enable.partition.eof", "true")
        .create()?;
    let mut list = TopicPartitionList::new();
    for (partition, offset) in partitions {
        list.add_partition_offset(topic, *partition, *offset)?;
    }
    consumer.assign(&list)?;
    Ok(consumer)
}

/// Microseconds since 1970.
pub fn now_micros() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}
