//! Topics as places for outputs: streams are appended, and of tables the rows that change, each
//! under its key.

use crate::admin;
use crate::client::Cluster;
use crate::group::Member;
use crate::input::brokers_and_topic;
use crate::native::Topic;
use crate::payload::{Form, RowWriter};
use crate::session::Producing;
use crate::topics::{Wanted, ensure};
use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::SchemaRef;
use ouzel_connectors::Uri;
use ouzel_dsl::connector::{Append, Replace, Sink};
use ouzel_dsl::log::{
    Content, Found, Group, GroupOf, Lane, Log, LogSession, Members, Progress, SessionOf,
};
use ouzel_dsl::schema::nearest;
use ouzel_dsl::{Error, Result, json};
use std::path::Path;
use std::sync::Arc;

pub const OPTIONS: [&str; 11] = [
    "format",
    "delimiter",
    "null",
    "registry",
    "schema",
    "descriptor",
    "message",
    "key",
    "partitions",
    "replication",
    "config",
];

/// A topic, as a URI names it.
pub struct TopicOutput {
    uri: Uri,
    cluster: Cluster,
    topic: String,
    form: Form,
    /// The column that is a record's key.
    key: Option<String>,
    partitions: Option<i32>,
    replication: Option<i32>,
}

impl TopicOutput {
    /// Parses a URI, if it is one of Kafka's.
    pub fn parse(text: &str) -> Result<Option<TopicOutput>> {
        let Some(uri) = Uri::of_scheme("kafka", text, &OPTIONS)? else { return Ok(None) };
        let (brokers, topic) = brokers_and_topic(&uri)?;
        let cluster = Cluster::new(&brokers, uri.value("config")?.map(Path::new))?;
        let form = Form::parse(&uri, &cluster, true)?;
        let count = |name: &str| -> Result<Option<i32>> {
            let parse = |text: &str| match text.parse() {
                Ok(count) if count > 0 => Ok(count),
                _ => Err(uri.wrong(name, "is a number from 1 on")),
            };
            uri.value(name)?.map(parse).transpose()
        };
        Ok(Some(TopicOutput {
            cluster,
            topic,
            form,
            key: uri.value("key")?.map(str::to_owned),
            partitions: count("partitions")?,
            replication: count("replication")?,
            uri,
        }))
    }

    fn ensure(&self, compacted: bool) -> Result<()> {
        let Self { partitions, replication, .. } = *self;
        let name = self.topic.clone();
        let wanted = Wanted { name, partitions, replication, compacted, letters: false };
        ensure(&self.cluster, &wanted).map(drop)
    }

    fn only_in_a_session(&self) -> Error {
        Error::Failed(format!("{} is written within a session", self.uri.text))
    }
}

impl Sink for TopicOutput {
    fn replace(&self, _: &SchemaRef) -> Result<Box<dyn Replace>> {
        Err(self.only_in_a_session())
    }

    fn append(&self, _: &SchemaRef, _: Option<&str>) -> Result<Box<dyn Append>> {
        Err(self.only_in_a_session())
    }

    fn log(&self) -> Option<&dyn Log> {
        Some(self)
    }

    fn changes(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        self.uri.text.clone()
    }
}

impl Log for TopicOutput {
    fn name(&self) -> String {
        self.cluster.brokers.clone()
    }

    fn session(&self, of: &SessionOf<'_>) -> Result<Arc<dyn LogSession>> {
        self.cluster.reach()?;
        Ok(Arc::new(Producing::open(&self.cluster, &self.topic, of)?))
    }

    fn topic(&self, name: &str, lanes: u32, compacted: bool) -> Result<u32> {
        let wanted = Wanted {
            name: name.to_owned(),
            partitions: i32::try_from(lanes).ok(),
            replication: None,
            compacted,
            letters: true,
        };
        ensure(&self.cluster, &wanted).map(i32::unsigned_abs)
    }

    fn holds(&self) -> String {
        self.topic.clone()
    }

    fn prepare(&self, content: &Content) -> Result<()> {
        self.ensure(content.key_columns > 0)
    }

    fn look(&self, topic: &str) -> Result<Option<Found>> {
        admin::look(&self.cluster, topic)
    }

    fn remove(&self, topics: &[String]) -> Result<Vec<String>> {
        admin::remove(&self.cluster, topics)
    }

    fn members(&self, group: &str) -> Result<Members> {
        admin::members(&self.cluster, group)
    }

    fn progress(&self, group: &str, lanes: &[Lane<'_>]) -> Result<Vec<Progress>> {
        admin::progress(&self.cluster, group, lanes)
    }

    fn disband(&self, group: &str) -> Result<bool> {
        admin::disband(&self.cluster, group)
    }

    fn join(&self, group: &GroupOf<'_>) -> Result<Box<dyn Group>> {
        Ok(Box::new(Member::join(&self.cluster, group)?))
    }

    fn append(&self, content: &Content, session: &Arc<dyn LogSession>) -> Result<Box<dyn Append>> {
        self.ensure(content.key_columns > 0)?;
        let key = self.key.as_ref().map(|name| self.key_column(name, content)).transpose()?;
        // The first column of a table's changes is what has become of the row.
        let columns = |range: std::ops::Range<usize>| {
            content
                .schema
                .project(&range.collect::<Vec<_>>())
                .map_err(|e| Error::Format(e.to_string()))
        };
        let first = usize::from(content.key_columns > 0);
        let values = columns(first..content.schema.fields().len())?;
        let keys = match content.key_columns {
            0 => None,
            count => Some(self.form.writer(&self.topic, "key", &columns(1..1 + count)?)?),
        };
        Ok(Box::new(Appending {
            session: Arc::clone(session),
            topic: producing_of(session)?.topic(&self.topic)?,
            values: self.form.writer(&self.topic, "value", &values)?,
            keys,
            key_columns: content.key_columns,
            key,
            payload: Vec::new(),
            key_bytes: Vec::new(),
            key_text: String::new(),
        }))
    }
}

impl TopicOutput {
    fn key_column(&self, name: &str, content: &Content) -> Result<usize> {
        if content.key_columns > 0 {
            return Err(self.uri.wrong("key", "is of streams: a table's rows have its key"));
        }
        let names: Vec<&str> = content.schema.fields().iter().map(|f| f.name().as_str()).collect();
        names.iter().position(|column| *column == name).ok_or_else(|| {
            let hint = match nearest(name, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", names.join(", ")),
            };
            self.uri.wrong("key", &format!("names a column that there is not, `{name}`; {hint}"))
        })
    }
}

fn producing_of(session: &Arc<dyn LogSession>) -> Result<&Producing> {
    let producing = session.as_any().downcast_ref();
    producing.ok_or_else(|| Error::Failed("the session is of another kind".to_owned()))
}

/// Appends to a topic.
struct Appending {
    session: Arc<dyn LogSession>,
    topic: Arc<Topic>,
    values: RowWriter,
    /// Of a table.
    keys: Option<RowWriter>,
    key_columns: usize,
    key: Option<usize>,
    payload: Vec<u8>,
    key_bytes: Vec<u8>,
    key_text: String,
}

impl Appending {
    fn producing(&self) -> Result<&Producing> {
        producing_of(&self.session)
    }

    fn write_stream(&mut self, batch: &RecordBatch) -> Result<()> {
        for row in 0..batch.num_rows() {
            self.values.write(batch, row, &mut self.payload)?;
            self.key_text.clear();
            let keyed = match self.key.and_then(|key| batch.columns().get(key)) {
                Some(column) if !column.is_null(row) => {
                    match column.as_string_opt::<i32>() {
                        Some(text) => self.key_text.push_str(text.value(row)),
                        None => json::write_value(column, row, &mut self.key_text),
                    }
                    true
                }
                _ => false,
            };
            let key = keyed.then_some(self.key_text.as_bytes());
            self.producing()?.write(&self.topic, None, key, Some(&self.payload))?;
        }
        Ok(())
    }

    fn write_table(&mut self, batch: &RecordBatch) -> Result<()> {
        let of = |columns: std::ops::Range<usize>| {
            batch.project(&columns.collect::<Vec<_>>()).map_err(|e| Error::Format(e.to_string()))
        };
        let (rows, keys) = (of(1..batch.num_columns())?, of(1..1 + self.key_columns)?);
        let set = batch.columns().first().and_then(|op| op.as_string_opt::<i32>());
        let set = set.ok_or_else(|| Error::Format("changes of a table without `op`".to_owned()))?;
        for row in 0..batch.num_rows() {
            if let Some(writer) = &mut self.keys {
                writer.write(&keys, row, &mut self.key_bytes)?;
            }
            let is_set = set.value(row) == "+";
            if is_set {
                self.values.write(&rows, row, &mut self.payload)?;
            }
            let payload = is_set.then_some(self.payload.as_slice());
            self.producing()?.write(&self.topic, None, Some(&self.key_bytes), payload)?;
        }
        Ok(())
    }
}

impl Append for Appending {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        if self.key_columns > 0 { self.write_table(batch) } else { self.write_stream(batch) }
    }

    /// The session's commit is what counts.
    fn commit(&mut self) -> Result<String> {
        Ok(String::new())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}
