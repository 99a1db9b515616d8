//! Where records come from and go to: the traits that connectors implement, ours and yours.

use crate::error::{Error, Result};
use crate::log::Log;
use crate::schema::Field;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use std::fmt;
use std::sync::Arc;

/// What a job asks of a source.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The input's name in the job.
    pub input: String,
    /// All fields of the record, to be checked against what is there.
    pub fields: Vec<Field>,
    /// Indices into `fields` of those that the job reads, in ascending order: the columns to
    /// decode.
    pub read: Vec<usize>,
    /// Comparisons that every record of interest meets. A source may leave out ranges of records
    /// that cannot meet them, if it says so in [`Chunk::pruned`].
    pub prune: Vec<Comparison>,
    /// The index of the event time in `fields`, if the record has one.
    pub time: Option<usize>,
    /// The same, if the job needs the time of pruned records too.
    pub event_time: Option<usize>,
    /// How many rows a chunk should have at the most.
    pub chunk_rows: usize,
    /// About how many bytes of input a split should cover.
    pub split_bytes: u64,
    /// Whether a log that goes on is to end where it ends now: what batch mode asks for.
    pub until_now: bool,
    /// Whether a log that goes on is to give first only what there is now, cut so that all cores can
    /// read it, until it is told to [`follow`](Source::follow).
    pub history: bool,
}

/// A comparison of a column with a constant.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Index into [`Request::fields`].
    pub field: usize,
    /// How they compare.
    pub op: Comparator,
    /// The constant.
    pub value: Constant,
}

/// How a column compares with a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Comparator {
    Less,
    LessOrEqual,
    Equal,
    GreaterOrEqual,
    Greater,
}

/// A constant in a comparison.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Constant {
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(String),
}

/// Rows of one partition, as columns.
#[derive(Clone, Debug)]
pub struct Chunk {
    /// The columns asked for, by name.
    pub batch: RecordBatch,
    /// The partition's index.
    pub partition: u32,
    /// The offset of each row.
    pub offsets: Offsets,
    /// Records that could not be decoded.
    pub rejects: Vec<Reject>,
    /// How many records were left out by [`Request::prune`], and their greatest event time.
    pub pruned: Pruned,
}

/// Records left out since no comparison could let them through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// How many.
    pub rows: u64,
    /// Their greatest event time in microseconds, where [`Request::event_time`] asks for it.
    pub event_time_max: Option<i64>,
}

/// The offsets of a chunk's rows.
#[derive(Clone, Debug)]
pub enum Offsets {
    /// Row `i` has offset `first + i`: row numbers.
    From(u64),
    /// Each row's own: byte positions in text.
    Each(Vec<u64>),
}

impl Offsets {
    /// The offset of a row.
    pub fn get(&self, row: usize) -> u64 {
        match self {
            Offsets::From(first) => first + row as u64,
            Offsets::Each(offsets) => offsets.get(row).copied().unwrap_or_default(),
        }
    }
}

/// A record that could not be decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Its offset.
    pub offset: u64,
    /// What stands there.
    pub bytes: Vec<u8>,
    /// What is wrong with it.
    pub reason: String,
}

/// An input: one log of one or more partitions.
pub trait Source: Send + Sync {
    /// Whether the input ends by itself.
    fn bounded(&self) -> bool;

    /// Gives from now on what comes, where it was asked for the history first.
    fn follow(&self) {}

    /// Reads these partitions only, from now on: others are of other processes. To be told what
    /// partitions there are now, if there are new ones.
    ///
    /// # Errors
    ///
    /// Where a source cannot be shared.
    fn own(&self, _partitions: &[u32]) -> Result<()> {
        Err(Error::Failed("the source cannot be shared among processes".to_owned()))
    }

    /// The names of the partitions found so far, by index: what addresses show. Grows as
    /// [`splits`](Source::splits) finds new ones; an index once given stays.
    fn partitions(&self) -> Arc<Vec<String>>;

    /// What can be read now at or after these offsets, one for each partition (the
    /// [`first`](Source::first) for those beyond the list's end), in order of offset within each partition. A bounded source gives all that
    /// is left.
    fn splits(&self, from: &[u64]) -> Result<Listing>;

    /// The offset at which a partition begins for who has not read it before.
    fn first(&self, _partition: u32) -> u64 {
        0
    }

    /// What is known to have been seen before the first record of a partition, in microseconds of
    /// event time.
    fn seen(&self, _partition: u32) -> i64 {
        i64::MIN
    }

    /// What stands before an offset, in words, for a source where that may change between two runs:
    /// a run that goes on there is refused if it did. Where offsets stay what they are, nothing.
    ///
    /// # Errors
    ///
    /// Where it cannot be read.
    fn landmark(&self, _partition: u32, _offset: u64) -> Result<String> {
        Ok(String::new())
    }

    /// How many bytes there are to read from the start, if that is known.
    fn bytes(&self) -> Option<u64> {
        None
    }
}

/// What a source can give at the moment.
#[derive(Default)]
pub struct Listing {
    /// What can be read now.
    pub splits: Vec<Box<dyn Split>>,
    /// Partitions that will get no more records, once these splits are read.
    pub ended: Vec<u32>,
    /// Whether the whole input ends with these splits.
    pub end: bool,
    /// Whether listing has fetched what they hold, so that it is to be done as often as there is room.
    pub fetched: bool,
}

impl fmt::Debug for Listing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let splits: Vec<_> =
            self.splits.iter().map(|s| (s.partition(), s.start(), s.end())).collect();
        f.debug_struct("Listing").field("splits", &splits).field("end", &self.end).finish()
    }
}

/// A range of one partition that is read by one thread, independently of others.
pub trait Split: Send {
    /// The partition's index.
    fn partition(&self) -> u32;

    /// The offset it begins at.
    fn start(&self) -> u64;

    /// The offset after it: where the next split of the partition begins.
    fn end(&self) -> u64;

    /// About how many bytes are read, for progress.
    fn bytes(&self) -> u64;

    /// Reads it in order of offset, handing each chunk on. A split that may take long should stop
    /// when `emit` asks for a pause, and return the rest of itself, which is read later.
    fn read(
        self: Box<Self>,
        emit: &mut dyn FnMut(Chunk) -> Result<Demand>,
    ) -> Result<Option<Box<dyn Split>>>;
}

/// What the receiver of a chunk would like next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    /// The next chunk.
    More,
    /// Nothing for the moment, if it is easy to go on later.
    Pause,
}

/// Opens a source for what a job asks; checks the columns before the first record.
pub trait Connect: Send + Sync {
    /// Opens it.
    fn open(&self, request: &Request) -> Result<Box<dyn Source>>;

    /// The [`name`](Log::name) of the log that it reads, if it can be shared among processes.
    fn log(&self) -> Option<String> {
        None
    }

    /// That log and the topics of it that it reads. One that is not there has no lanes.
    ///
    /// # Errors
    ///
    /// Where the log does not answer.
    fn topics(&self) -> Result<Option<Topics>> {
        Ok(None)
    }

    /// What it reads, as the user wrote it, without secrets.
    fn describe(&self) -> String;
}

/// Topics of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topics {
    /// The [`name`](Log::name) of the log.
    pub log: String,
    /// The topics, with how many partitions each has.
    pub topics: Vec<(String, u32)>,
    /// Whether they are those that match a pattern at the moment, and others may come.
    pub pattern: bool,
}

/// Where an output goes.
pub trait Sink: Send + Sync {
    /// Begins a whole new content, which replaces the old one at once when it is finished: how a
    /// table is written, and how batch writes a stream.
    fn replace(&self, schema: &SchemaRef) -> Result<Box<dyn Replace>>;

    /// Goes on at a mark of an earlier run, after cutting off whatever came after it; without a
    /// mark, begins anew. How a stream is written by epochs.
    fn append(&self, schema: &SchemaRef, mark: Option<&str>) -> Result<Box<dyn Append>>;

    /// The log that it is a part of, if it is of one that commits for several sinks at once. It is
    /// then written within a session, in both modes, and not by [`replace`](Sink::replace) and
    /// [`append`](Sink::append).
    fn log(&self) -> Option<&dyn Log> {
        None
    }

    /// Whether a table can be replaced while the job goes on: not so a terminal or pipe, which
    /// gets it at the end.
    fn replaceable(&self) -> bool {
        true
    }

    /// Whether a table's updates are wanted as they happen, with a column `op` that is `+` for a
    /// row set and `-` for one removed.
    fn changes(&self) -> bool {
        false
    }

    /// Where it goes, as the user wrote it, without secrets.
    fn describe(&self) -> String;
}

/// A content that is being written, unseen until it is finished. Dropped unfinished, it leaves
/// nothing behind.
pub trait Replace: Send {
    /// Adds rows.
    fn write(&mut self, batch: &RecordBatch) -> Result<()>;

    /// Puts the content in its place, durable, at once.
    fn finish(self: Box<Self>) -> Result<()>;
}

/// A content that grows by commits.
pub trait Append: Send {
    /// Adds rows; they may be seen before they are committed.
    fn write(&mut self, batch: &RecordBatch) -> Result<()>;

    /// Makes all rows written so far durable and returns the mark from which to go on.
    fn commit(&mut self) -> Result<String>;

    /// Ends the content; all of it is committed.
    fn finish(self: Box<Self>) -> Result<()>;
}
