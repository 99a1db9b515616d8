//! Kafka: topics as inputs and outputs, for batch and for streams, exactly once.
//!
//! [`input`] and [`output`] take a URI, `kafka://HOST:PORT/TOPIC`, with options. Every setting of
//! [librdkafka](https://github.com/confluentinc/librdkafka/blob/master/CONFIGURATION.md) can be given
//! besides, TLS and passwords among them: in a file of lines `name=value` that `?config=` names, or
//! as environment variables (`RDKAFKA_SASL_PASSWORD` is `sasl.password`). They are never shown.
#![warn(missing_docs)]

mod admin;
mod block_on;
mod client;
mod decode;
mod group;
mod input;
mod live;
mod native;
mod output;
mod payload;
mod range;
mod session;
mod source;
mod topics;

use ouzel_dsl::Result;
use ouzel_dsl::connector::{Connect, Sink};
use std::sync::Arc;

/// An input by its URI; none if that is not one of Kafka's.
///
/// `kafka://HOST:PORT/TOPIC`, with several brokers as `HOST:PORT,HOST:PORT`. The topic may be a
/// pattern such as `flights-*`, which is then all topics that match it, those included that come.
/// Each partition of a topic is a partition, `TOPIC/NUMBER`. Options:
///
/// - `format`: `json` (an object a message; if not given), `csv`, `tsv` (without a header: columns in
///   the order of the record's fields), `raw` (one field, of text or bytes), `avro` or `protobuf`;
///   `delimiter` and `null` as in files.
/// - `registry`: the URL of a schema registry that speaks Confluent's protocol, over plain HTTP: for
///   `avro`, `protobuf`, and `json` whose messages begin with the id of a schema. The settings
///   `schema.registry.url` and `schema.registry.basic.auth.user.info` (`USER:PASSWORD`) say the same for
///   all topics.
/// - Without one: `schema`, a file (`.avsc`), for `avro`; `descriptor`, a file with a descriptor set, and
///   `message`, for `protobuf`.
/// - `start`: where to begin, in a run that has not read it before: `earliest` (if not given),
///   `latest`, a time such as `2026-01-31T12:00:00Z`, `committed:GROUP`, or offsets `0:120,1:77` of
///   partitions.
/// - `end`: where to end: `now`, a time or offsets. Without one a stream has no end; batch ends at the
///   last stable offsets that it finds at its start.
/// - `isolation`: `read_committed` (if not given) or `read_uncommitted`.
/// - `config`: a file of settings.
///
/// # Errors
///
/// An option that there is not. The topic is looked for when the input is opened.
pub fn input(uri: &str) -> Result<Option<Arc<dyn Connect>>> {
    Ok(input::TopicInput::parse(uri)?.map(|input| Arc::new(input) as _))
}

/// An output by its URI; none if that is not one of Kafka's.
///
/// `kafka://HOST:PORT/TOPIC`. A stream is appended. Of a table each row that is set is a record: its
/// key holds the key columns, its value all columns; one without a value removes the row. A topic that
/// is not there is made, compacted for a table. Options:
///
/// - `format`: `json` (if not given), `csv`, `tsv`, `raw` (one column, of text), `avro` or `protobuf`;
///   `delimiter` and `null` as in files.
/// - `registry`: as of an input. The schema is made of the output's columns, and registered as
///   `TOPIC-value`; that of a table's keys as `TOPIC-key`.
/// - `key`: the column of a stream that becomes the record's key.
/// - `partitions`, `replication`: of a topic that is made.
/// - `config`: a file of settings.
///
/// A record goes to the partition that clients on the JVM would choose for its key (`murmur2`), unless
/// the setting `partitioner` says otherwise.
///
/// # Errors
///
/// An option that there is not. The topic is looked for when the output is opened.
pub fn output(uri: &str) -> Result<Option<Arc<dyn Sink>>> {
    Ok(output::TopicOutput::parse(uri)?.map(|output| Arc::new(output) as _))
}
