//! What a URI says of a topic that is read.

use crate::client::{Cluster, PATIENCE, Reading};
use crate::payload::Form;
use crate::source::{TopicSource, consumer};
use crate::topics;
use glob::Pattern;
use ouzel_connectors::Uri;
use ouzel_dsl::connector::{Connect, Request, Source};
use ouzel_dsl::{Error, Result};
use rdkafka::consumer::{BaseConsumer, Consumer};
use std::path::Path;

pub const OPTIONS: [&str; 11] = [
    "format",
    "delimiter",
    "null",
    "registry",
    "schema",
    "descriptor",
    "message",
    "start",
    "end",
    "config",
    "isolation",
];

/// Topics, as a URI names them.
#[derive(Clone)]
pub struct TopicInput {
    pub uri: Uri,
    pub cluster: Cluster,
    pub topics: Topics,
    pub form: Form,
    pub start: Place,
    pub end: Option<Place>,
    /// Whether what was not committed is read too.
    pub uncommitted: bool,
}

/// Which topics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Topics {
    /// One.
    One(String),
    /// All whose names match.
    Matching(Pattern),
}

impl Topics {
    /// Whether a topic is one of them.
    pub fn matches(&self, topic: &str) -> bool {
        match self {
            Topics::One(name) => name == topic,
            Topics::Matching(pattern) => pattern.matches(topic),
        }
    }
}

/// A place in the log of each partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The first record that there is.
    Earliest,
    /// After the last one.
    Latest,
    /// The first record with this timestamp or a later one, in milliseconds.
    At(i64),
    /// What a consumer group has committed.
    Committed(String),
    /// Offsets by partition.
    Offsets(Vec<(i32, u64)>),
}

impl TopicInput {
    /// Parses a URI, if it is one of Kafka's.
    pub fn parse(text: &str) -> Result<Option<TopicInput>> {
        let Some(uri) = Uri::of_scheme("kafka", text, &OPTIONS)? else { return Ok(None) };
        let (brokers, topic) = brokers_and_topic(&uri)?;
        let topics = match topic.contains(['*', '[']) {
            true => Topics::Matching(
                Pattern::new(&topic)
                    .map_err(|e| Error::Usage(format!("{text}: the topic is no pattern: {e}")))?,
            ),
            false => Topics::One(topic),
        };
        let start = uri.value("start")?.map(|text| place(&uri, "start", text)).transpose()?;
        let end = match uri.value("end")? {
            None => None,
            Some("now") => Some(Place::Latest),
            Some(text) => Some(place(&uri, "end", text)?),
        };
        if matches!(end, Some(Place::Earliest | Place::Committed(_))) {
            return Err(uri.wrong("end", "is `now`, a time, or offsets"));
        }
        let uncommitted = match uri.value("isolation")? {
            None | Some("read_committed") => false,
            Some("read_uncommitted") => true,
            Some(_) => {
                return Err(uri.wrong("isolation", "is `read_committed` or `read_uncommitted`"));
            }
        };
        let cluster = Cluster::new(&brokers, uri.value("config")?.map(Path::new))?;
        let form = Form::parse(&uri, &cluster, false)?;
        let start = start.unwrap_or(Place::Earliest);
        Ok(Some(TopicInput { cluster, topics, form, start, end, uncommitted, uri }))
    }
}

/// The brokers and the topic of a URI.
pub fn brokers_and_topic(uri: &Uri) -> Result<(String, String)> {
    let parts = uri.path.split_once('/').filter(|(brokers, topic)| {
        !brokers.is_empty() && !topic.is_empty() && !topic.contains('/')
    });
    let Some((brokers, topic)) = parts else {
        return Err(Error::Usage(format!(
            "{}: write it as kafka://HOST:PORT/TOPIC, with several brokers as HOST:PORT,HOST:PORT",
            uri.text
        )));
    };
    if brokers.contains('@') {
        return Err(Error::Usage(
            "kafka://..@..: a URI shows up in messages and in the state, and takes no password; give `sasl.username` and `sasl.password` in the file that `?config=` names, or as RDKAFKA_SASL_PASSWORD"
                .to_owned(),
        ));
    }
    Ok((brokers.to_owned(), topic.to_owned()))
}

fn place(uri: &Uri, option: &str, text: &str) -> Result<Place> {
    Ok(match text {
        "earliest" => Place::Earliest,
        "latest" => Place::Latest,
        _ => {
            if let Some(group) = text.strip_prefix("committed:") {
                return Ok(Place::Committed(group.to_owned()));
            }
            if let Ok(time) = text.parse::<jiff::Timestamp>() {
                return Ok(Place::At(time.as_millisecond()));
            }
            let offset = |pair: &str| {
                let (partition, offset) = pair.split_once(':')?;
                Some((partition.parse().ok()?, offset.parse().ok()?))
            };
            let offsets = text.split(',').map(offset).collect::<Option<Vec<_>>>();
            Place::Offsets(offsets.ok_or_else(|| {
                uri.wrong(
                    option,
                    "is `earliest`, `latest`, a time such as 2026-01-31T12:00:00Z, `committed:GROUP`, or offsets such as 0:120,1:77",
                )
            })?)
        }
    })
}

impl Connect for TopicInput {
    fn open(&self, request: &Request) -> Result<Box<dyn Source>> {
        Ok(Box::new(TopicSource::open(self.clone(), request)?))
    }

    fn log(&self) -> Option<String> {
        Some(self.cluster.brokers.clone())
    }

    fn topics(&self) -> Result<Option<ouzel_dsl::connector::Topics>> {
        self.cluster.reach()?;
        let asks: BaseConsumer<Reading> = consumer(&self.cluster, "read_committed")?;
        let one = match &self.topics {
            Topics::One(topic) => Some(topic.as_str()),
            Topics::Matching(_) => None,
        };
        let mut found = topics::partitions(&self.cluster, asks.client(), one, PATIENCE)?;
        if let Some(topic) = one {
            found.entry(topic.to_owned()).or_insert(0);
        }
        let topics = found.into_iter().filter(|(topic, _)| self.topics.matches(topic));
        let topics = topics.map(|(topic, count)| (topic, count.unsigned_abs())).collect();
        let log = self.cluster.brokers.clone();
        Ok(Some(ouzel_dsl::connector::Topics { log, topics, pattern: one.is_none() }))
    }

    fn describe(&self) -> String {
        self.uri.text.clone()
    }
}
