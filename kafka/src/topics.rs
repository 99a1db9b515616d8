//! The topics of a cluster: which there are, and making those that are not.

use crate::block_on::block_on;
use crate::client::{Cluster, PATIENCE};
use ouzel_dsl::{Error, Result};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::{Client, ClientContext, DefaultClientContext};
use rdkafka::types::RDKafkaErrorCode;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How many partitions each of some topics has; none of a topic that is there, and of which the
/// cluster does not know them at the moment.
///
/// # Errors
///
/// Where the cluster cannot be reached.
pub fn partitions<C: ClientContext>(
    cluster: &Cluster,
    client: &Client<C>,
    topic: Option<&str>,
    patience: Duration,
) -> Result<BTreeMap<String, i32>> {
    let metadata = client
        .fetch_metadata(topic, patience)
        .map_err(|e| cluster.failed("asking for topics", &e))?;
    let mut found = BTreeMap::new();
    for topic in metadata.topics() {
        let count = topic.partitions().len() as i32;
        match topic.error().map(RDKafkaErrorCode::from) {
            Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic) => {}
            None if count == 0 => {}
            Some(_) => _ = found.insert(topic.name().to_owned(), 0),
            None => _ = found.insert(topic.name().to_owned(), count),
        }
    }
    Ok(found)
}

/// A topic that is made where there is none.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// How many partitions; as the cluster likes, if not given.
    pub partitions: Option<i32>,
    /// How many copies; as the cluster likes, if not given.
    pub replication: Option<i32>,
    /// Whether of each key only the last record is kept.
    pub compacted: bool,
    /// Whether it holds letters between processes: kept until they are let go, however old they are.
    pub letters: bool,
}

/// Sees that there is a topic; how many partitions it has.
///
/// # Errors
///
/// Where it can neither be found nor made.
pub fn ensure(cluster: &Cluster, wanted: &Wanted) -> Result<i32> {
    let admin: AdminClient<DefaultClientContext> =
        cluster.client(DefaultClientContext, &[], &[])?;
    let found = |patience| -> Result<Option<i32>> {
        let found = partitions(cluster, admin.inner(), Some(&wanted.name), patience)?;
        Ok(found.get(&wanted.name).copied().filter(|partitions| *partitions > 0))
    };
    if let Some(partitions) = found(PATIENCE)? {
        return Ok(partitions);
    }
    let replication = TopicReplication::Fixed(wanted.replication.unwrap_or(-1));
    let mut topic = NewTopic::new(&wanted.name, wanted.partitions.unwrap_or(-1), replication);
    if wanted.compacted {
        topic = topic.set("cleanup.policy", "compact");
    }
    if wanted.letters {
        let forever = [("retention.ms", "-1"), ("retention.bytes", "-1")];
        // Only whole segments are let go and compacted, but for the last: with those of a gigabyte
        // that are usual, all snapshots would be kept, and read by who takes state up. And none may be
        // smaller than what is written at once, whatever the cluster's own are.
        let sizes = [("max.message.bytes", "16777216"), ("segment.bytes", "33554432")];
        for (name, value) in forever.into_iter().chain(sizes) {
            topic = topic.set(name, value);
        }
    }
    let options = AdminOptions::new().operation_timeout(Some(PATIENCE));
    let what = format!("making the topic `{}`", wanted.name);
    let made =
        block_on(admin.create_topics([&topic], &options)).map_err(|e| cluster.failed(&what, &e))?;
    for result in made {
        match result {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((_, error)) => {
                return Err(Error::Failed(format!("{what} at {}: {error}", cluster.brokers)));
            }
        }
    }
    // Brokers learn of it one after the other.
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(partitions) = found(PATIENCE)? {
            return Ok(partitions);
        }
        if Instant::now() >= until {
            return Err(Error::Failed(format!(
                "the topic `{}` was made, and is not to be found at {}",
                wanted.name, cluster.brokers
            )));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
