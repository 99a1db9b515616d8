//! Clients of a cluster: how they are set up, and what is said of their errors.

use ouzel_dsl::{Error, Result};
use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::config::{ClientConfig, FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaConfRes;
use std::collections::BTreeMap;
use std::net::{TcpStream, ToSocketAddrs};
use std::path::Path;
use std::time::{Duration, Instant};

/// What begins the names of environment variables that set a client up: `RDKAFKA_SASL_PASSWORD`
/// is `sasl.password`.
const ENVIRONMENT: &str = "RDKAFKA_";

/// How long an answer of the cluster is waited for, where there is nothing else to do.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How long a broker is waited for that takes no connections.
const REACH: Duration = Duration::from_secs(3);

/// A cluster, and how its clients are set up.
#[derive(Clone)]
pub struct Cluster {
    /// `host:port`, or several of them.
    pub brokers: String,
    /// Settings by the names that librdkafka has for them. May hold secrets.
    settings: BTreeMap<String, String>,
    /// The schema registry, if it is set for all topics.
    pub registry: Option<String>,
    /// User and password of the registry.
    registry_user: Option<String>,
}

impl Cluster {
    /// A cluster with the settings of a file and of the environment, which come before those of the
    /// file.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or has lines that are not `name=value`.
    pub fn new(brokers: &str, file: Option<&Path>) -> Result<Cluster> {
        let mut settings = BTreeMap::new();
        if let Some(path) = file {
            let what = || format!("the settings of Kafka in {}", path.display());
            let text = std::fs::read_to_string(path).map_err(|e| Error::io(what(), e))?;
            for (number, line) in text.lines().enumerate() {
                let line = line.trim();
                if line.is_empty() || line.starts_with(['#', '!']) {
                    continue;
                }
                // The value may be a secret, and is not told.
                let (name, value) = line.split_once('=').ok_or_else(|| {
                    Error::Usage(format!("{}: line {} is not `name=value`", what(), number + 1))
                })?;
                settings.insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
        for (name, value) in std::env::vars() {
            if let Some(name) = name.strip_prefix(ENVIRONMENT) {
                settings.insert(name.to_ascii_lowercase().replace('_', "."), value);
            }
        }
        // These are none of librdkafka's.
        let registry = settings.remove("schema.registry.url");
        let registry_user = settings.remove("schema.registry.basic.auth.user.info");
        Ok(Cluster { brokers: brokers.to_owned(), settings, registry, registry_user })
    }

    /// User and password of the schema registry.
    pub fn registry_auth(&self) -> Option<(&str, &str)> {
        self.registry_user.as_ref()?.split_once(':')
    }

    /// The settings of a client: ours, then those of the user, then those that must be.
    fn config(&self, ours: &[(&str, &str)], must: &[(&str, &str)]) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.brokers);
        config.set("client.id", "ouzel");
        config.set_log_level(RDKafkaLogLevel::Error);
        for (name, value) in ours {
            config.set(*name, *value);
        }
        for (name, value) in &self.settings {
            config.set(name, value);
        }
        for (name, value) in must {
            config.set(*name, *value);
        }
        config
    }

    /// A client of some kind.
    ///
    /// # Errors
    ///
    /// Settings that librdkafka refuses.
    pub fn client<C: ClientContext, T: FromClientConfigAndContext<C>>(
        &self,
        context: C,
        ours: &[(&str, &str)],
        must: &[(&str, &str)],
    ) -> Result<T> {
        let config = self.config(ours, must);
        config.create_with_context(context).map_err(|error| match error {
            // The value may be a secret, and is not told; nor is what librdkafka says, as that tells it.
            KafkaError::ClientConfig(code, _, name, _) => Error::Usage(format!(
                "the setting `{name}` of Kafka is refused: {}\n  settings come from the file that `?config=` names, and from variables {ENVIRONMENT}..; librdkafka's documentation lists them",
                match code {
                    RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN => "there is none of this name",
                    _ => "it cannot have the value that is given",
                }
            )),
            other => Error::Failed(format!("a client of {} cannot be made: {other}", self.brokers)),
        })
    }

    /// Sees that there is someone to talk to. librdkafka would try for long, and not say what is wrong.
    ///
    /// # Errors
    ///
    /// Where none of the brokers takes a connection.
    pub fn reach(&self) -> Result<()> {
        if self.settings.contains_key("bootstrap.servers") {
            return Ok(());
        }
        let until = Instant::now() + REACH;
        loop {
            let mut refused = None;
            for broker in self.brokers.split(',').map(str::trim) {
                match connect(broker) {
                    Ok(()) => return Ok(()),
                    Err(why) => _ = refused.get_or_insert(why),
                }
            }
            let Some(why) = refused else { return Ok(()) };
            if Instant::now() >= until {
                let brokers = &self.brokers;
                return Err(Error::Failed(format!(
                    "no connection: {why}\n  is there a broker at {brokers}?"
                )));
            }
            // It may be about to start.
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// An error of the cluster, while something was done.
    pub fn failed(&self, what: &str, error: &KafkaError) -> Error {
        let hint = match error.rdkafka_error_code() {
            Some(
                rdkafka::types::RDKafkaErrorCode::BrokerTransportFailure
                | rdkafka::types::RDKafkaErrorCode::AllBrokersDown
                | rdkafka::types::RDKafkaErrorCode::OperationTimedOut
                | rdkafka::types::RDKafkaErrorCode::Resolve,
            ) => format!("\n  is there a broker at {}?", self.brokers),
            _ => String::new(),
        };
        Error::Failed(format!("{what} at {}: {error}{hint}", self.brokers))
    }
}

/// How far a group has come, by what was committed last. A commit that is on its way is waited for.
///
/// # Errors
///
/// Where that is not known in time.
pub fn committed<C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    asked: &TopicPartitionList,
    within: Duration,
) -> std::result::Result<TopicPartitionList, KafkaError> {
    let until = Instant::now() + within;
    loop {
        // An offset of a transaction that has not ended is an error of that partition alone.
        let found = consumer.committed_offsets(asked.clone(), PATIENCE).and_then(|found| {
            found.elements().iter().try_for_each(|entry| entry.error()).map(|()| found)
        });
        match found {
            Ok(found) => return Ok(found),
            Err(error) if Instant::now() > until => return Err(error),
            Err(_) => std::thread::sleep(Duration::from_millis(100)),
        }
    }
}

/// Connects to a broker, `HOST` or `HOST:PORT`, and no more.
fn connect(broker: &str) -> std::io::Result<()> {
    // As librdkafka takes it: with a protocol before it, or without a port.
    let address = broker.rsplit_once("://").map_or(broker, |(_, address)| address);
    let has_port = address.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let address = if has_port { address.to_owned() } else { format!("{address}:9092") };
    let mut refused = None;
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, REACH) {
            Ok(_) => return Ok(()),
            Err(why) => refused = Some(why),
        }
    }
    Err(refused.unwrap_or_else(|| std::io::ErrorKind::NotFound.into()))
}

/// Reads: what librdkafka logs is left out, since what matters comes as errors.
#[derive(Clone, Copy, Debug)]
pub struct Reading;

impl ClientContext for Reading {
    fn log(&self, _: RDKafkaLogLevel, _: &str, _: &str) {}
    fn error(&self, _: KafkaError, _: &str) {}
}

impl ConsumerContext for Reading {}
