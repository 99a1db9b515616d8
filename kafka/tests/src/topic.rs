//! Topics, as others see them.

use ouzel_kafka_broker::Broker;
use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::{ClientConfig, FromClientConfig};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::{Header, Headers, Message as _, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

/// Much longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A topic of the shared broker.
#[derive(Clone, Debug)]
pub struct Topic {
    /// Its name.
    pub name: String,
}

/// What is sent.
#[derive(Clone, Debug, Default)]
pub struct Message {
    partition: i32,
    key: Option<Vec<u8>>,
    value: Option<Vec<u8>>,
    headers: Vec<(String, Vec<u8>)>,
    at: Option<i64>,
}

/// A message to a partition.
pub fn message(partition: i32, value: impl Into<Vec<u8>>) -> Message {
    Message { partition, value: Some(value.into()), ..Message::default() }
}

/// A message without a value.
pub fn tombstone(partition: i32, key: impl Into<Vec<u8>>) -> Message {
    Message { partition, key: Some(key.into()), ..Message::default() }
}

impl Message {
    /// With a key.
    pub fn key(mut self, key: impl Into<Vec<u8>>) -> Message {
        self.key = Some(key.into());
        self
    }

    /// With a header.
    pub fn header(mut self, name: &str, value: impl Into<Vec<u8>>) -> Message {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// With a timestamp, in milliseconds.
    pub fn at(mut self, millis: i64) -> Message {
        self.at = Some(millis);
        self
    }
}

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Got {
    /// Where from.
    pub partition: i32,
    /// Where in it.
    pub offset: i64,
    /// The key, as text.
    pub key: Option<String>,
    /// The value, as text.
    pub value: Option<String>,
    /// The names of its headers.
    pub headers: Vec<String>,
}

/// A name that no other test has, nor another run of the tests.
pub fn unique(name: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let micros = since.unwrap_or_default().as_micros();
    format!("{name}-{micros:x}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A client of the shared broker.
pub fn client<C: FromClientConfig>(settings: &[(&str, &str)]) -> C {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", Broker::shared().bootstrap());
    settings.iter().for_each(|(name, value)| _ = config.set(*name, *value));
    config.create().unwrap()
}

/// Sends with a client of one's own, and waits until all has arrived.
pub fn send_with(
    producer: &BaseProducer,
    topic: &str,
    messages: impl IntoIterator<Item = Message>,
) {
    for message in messages {
        let mut headers = OwnedHeaders::new();
        for (key, value) in &message.headers {
            headers = headers.insert(Header { key, value: Some(value) });
        }
        let mut record = BaseRecord::<[u8], [u8]>::to(topic).partition(message.partition);
        record.headers = (!message.headers.is_empty()).then_some(headers);
        record.timestamp = message.at;
        (record.key, record.payload) = (message.key.as_deref(), message.value.as_deref());
        while let Err((error, back)) = producer.send(record) {
            // A partition that has just come is not known yet.
            let code = error.rdkafka_error_code();
            let again = [RDKafkaErrorCode::QueueFull, RDKafkaErrorCode::UnknownPartition];
            assert!(code.is_some_and(|code| again.contains(&code)), "{error}");
            producer.poll(Duration::from_millis(10));
            record = back;
        }
    }
    producer.flush(PATIENCE).unwrap();
}

impl Topic {
    /// Makes a topic.
    pub fn new(name: &str, partitions: i32) -> Topic {
        Topic::with(name, partitions, &[])
    }

    /// Makes a topic with settings.
    pub fn with(name: &str, partitions: i32, settings: &[(&str, &str)]) -> Topic {
        let topic = Topic::named(unique(name));
        topic.make(partitions, settings);
        topic
    }

    /// A topic that is there, or is to come.
    pub fn named(name: impl Into<String>) -> Topic {
        Topic { name: name.into() }
    }

    /// A topic that is not there, under a name of its own.
    pub fn absent(name: &str) -> Topic {
        Topic::named(unique(name))
    }

    /// Makes it.
    pub fn make(&self, partitions: i32, settings: &[(&str, &str)]) {
        let mut topic = NewTopic::new(&self.name, partitions, TopicReplication::Fixed(1));
        topic = settings.iter().fold(topic, |topic, (name, value)| topic.set(name, value));
        // One that was just deleted may not be gone yet.
        let until = Instant::now() + PATIENCE;
        loop {
            let made = block_on(admin().create_topics([&topic], &AdminOptions::new())).unwrap();
            match &made[0] {
                Ok(_) => break,
                Err(error) => assert!(Instant::now() < until, "{error:?}"),
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        while self.partitions() != partitions as usize {
            assert!(Instant::now() < until, "{} does not come", self.name);
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Deletes it.
    pub fn delete(&self) {
        let gone = block_on(admin().delete_topics(&[&self.name], &AdminOptions::new()));
        gone.unwrap().into_iter().for_each(|gone| _ = gone.unwrap());
        let until = Instant::now() + PATIENCE;
        while self.partitions() > 0 {
            assert!(Instant::now() < until, "{} does not go", self.name);
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Gives it more partitions.
    pub fn grow(&self, partitions: usize) {
        let more = NewPartitions::new(&self.name, partitions);
        block_on(admin().create_partitions([&more], &AdminOptions::new())).unwrap();
        let until = Instant::now() + PATIENCE;
        while self.partitions() != partitions {
            assert!(Instant::now() < until, "{} does not grow", self.name);
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Deletes what stands before an offset.
    pub fn delete_before(&self, partition: i32, offset: i64) {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&self.name, partition, Offset::Offset(offset)).unwrap();
        block_on(admin().delete_records(&list, &AdminOptions::new())).unwrap();
    }

    /// How many partitions it has; none while it is not there.
    pub fn partitions(&self) -> usize {
        let consumer = reader("read_committed");
        let metadata = consumer.fetch_metadata(Some(&self.name), PATIENCE).unwrap();
        metadata.topics().iter().map(|topic| topic.partitions().len()).sum()
    }

    /// A setting of its.
    pub fn setting(&self, name: &str) -> Option<String> {
        use rdkafka::admin::ResourceSpecifier::Topic;
        let asked = [Topic(&self.name)];
        let told = block_on(admin().describe_configs(&asked, &AdminOptions::new())).unwrap();
        told.into_iter().next()?.unwrap().get(name)?.value.clone()
    }

    /// As an input or an output, with options such as `?format=csv`.
    pub fn uri(&self, options: &str) -> String {
        format!("kafka://{}/{}{options}", Broker::shared().bootstrap(), self.name)
    }

    /// Sends messages.
    pub fn send(&self, messages: impl IntoIterator<Item = Message>) {
        static SHARED: OnceLock<BaseProducer> = OnceLock::new();
        let producer = SHARED.get_or_init(|| {
            client(&[("linger.ms", "1"), ("topic.metadata.refresh.interval.ms", "500")])
        });
        send_with(producer, &self.name, messages);
    }

    /// All that was committed by now, in order of partition and offset.
    pub fn read(&self) -> Vec<Got> {
        self.read_as("read_committed")
    }

    /// The values of all that was committed by now, in order of their text.
    pub fn values(&self) -> Vec<String> {
        crate::sorted(self.read().into_iter().filter_map(|got| got.value))
    }

    /// What is left of each key, tombstones taken into account.
    pub fn latest(&self) -> BTreeMap<String, String> {
        let mut rows = BTreeMap::new();
        for got in self.read() {
            let key = got.key.expect("each row has a key");
            match got.value {
                Some(value) => _ = rows.insert(key, value),
                None => _ = rows.remove(&key),
            }
        }
        rows
    }

    /// The rows of a table that it holds, in order of their text.
    pub fn rows(&self) -> Vec<String> {
        crate::sorted(self.latest().into_values())
    }

    /// All that is there by now.
    pub fn read_as(&self, isolation: &str) -> Vec<Got> {
        let consumer = reader(isolation);
        let mut list = TopicPartitionList::new();
        let mut open = BTreeSet::new();
        for partition in 0..self.partitions() as i32 {
            list.add_partition_offset(&self.name, partition, Offset::Beginning).unwrap();
            open.insert(partition);
        }
        consumer.assign(&list).unwrap();
        let (mut all, until) = (Vec::new(), Instant::now() + PATIENCE);
        while !open.is_empty() {
            assert!(Instant::now() < until, "{} is not read to its end", self.name);
            match consumer.poll(Duration::from_millis(100)) {
                None => {}
                Some(Err(KafkaError::PartitionEOF(partition))) => _ = open.remove(&partition),
                Some(Err(error)) => panic!("{}: {error}", self.name),
                Some(Ok(message)) => {
                    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                    let headers = message.headers().into_iter().flat_map(|headers| headers.iter());
                    all.push(Got {
                        partition: message.partition(),
                        offset: message.offset(),
                        key: message.key().map(text),
                        value: message.payload().map(text),
                        headers: headers.map(|header| header.key.to_owned()).collect(),
                    });
                }
            }
        }
        all.sort_by_key(|got| (got.partition, got.offset));
        all
    }
}

fn reader(isolation: &str) -> BaseConsumer {
    client(&[
        ("group.id", "tests"),
        ("enable.auto.commit", "false"),
        ("enable.partition.eof", "true"),
        ("auto.offset.reset", "earliest"),
        ("fetch.wait.max.ms", "20"),
        ("isolation.level", isolation),
    ])
}

fn admin() -> AdminClient<DefaultClientContext> {
    client(&[])
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future to its end on this thread.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}
