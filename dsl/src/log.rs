//! Logs that several outputs are written to at once, and that several processes share.
//!
//! A *lane* is a partition of a topic, `TOPIC/NUMBER`, as a source names its partitions.

use crate::connector::Append;
use crate::error::Result;
use arrow::datatypes::SchemaRef;
use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

/// What is written to a log: the rows of a stream, or the changes of a table.
#[derive(Clone, Debug)]
pub struct Content {
    /// Its columns.
    pub schema: SchemaRef,
    /// How many of them are a table's key, beginning with the second: the first is then `op`, which
    /// is `+` for a row that is set, and `-` for one that is gone. None of a stream.
    pub key_columns: usize,
}

/// A log that several sinks are written to.
pub trait Log: Send + Sync {
    /// Which one it is: sinks of the same name are of the same log.
    fn name(&self) -> String;

    /// Opens a session for a run.
    ///
    /// # Errors
    ///
    /// Where the log cannot be reached.
    fn session(&self, run: &SessionOf<'_>) -> Result<Arc<dyn LogSession>>;

    /// How many lanes a topic has, which is made with so many if it is not there; `compacted`, it
    /// keeps the last letter of each key.
    ///
    /// # Errors
    ///
    /// Where it can neither be found nor made.
    fn topic(&self, name: &str, lanes: u32, compacted: bool) -> Result<u32>;

    /// The topic that the content of this sink goes to.
    fn holds(&self) -> String;

    /// Makes the topic that the content of this sink goes to, if it is not there.
    ///
    /// # Errors
    ///
    /// Where it cannot be made.
    fn prepare(&self, content: &Content) -> Result<()>;

    /// What there is of a topic; none if it is not there.
    ///
    /// # Errors
    ///
    /// Where the log cannot be reached.
    fn look(&self, topic: &str) -> Result<Option<Found>>;

    /// Removes topics; those that were there.
    ///
    /// # Errors
    ///
    /// Where the log does not.
    fn remove(&self, topics: &[String]) -> Result<Vec<String>>;

    /// Who is in a group, and what each has.
    ///
    /// # Errors
    ///
    /// Where the log cannot be reached.
    fn members(&self, group: &str) -> Result<Members>;

    /// How far a group has come in lanes, in their order.
    ///
    /// # Errors
    ///
    /// Where the log cannot be reached, or there is no such lane.
    fn progress(&self, group: &str, lanes: &[Lane<'_>]) -> Result<Vec<Progress>>;

    /// Forgets how far a group in which no one is has come; whether there was anything.
    ///
    /// # Errors
    ///
    /// Where someone is in it.
    fn disband(&self, group: &str) -> Result<bool>;

    /// Joins the processes of a group, which share lanes: each is of one of them at a time.
    ///
    /// # Errors
    ///
    /// Where the log cannot be reached.
    fn join(&self, group: &GroupOf<'_>) -> Result<Box<dyn Group>>;

    /// Goes on with the content of this sink, within a session of a log of the same name.
    ///
    /// # Errors
    ///
    /// Where there is no such topic and none can be made.
    fn append(&self, content: &Content, session: &Arc<dyn LogSession>) -> Result<Box<dyn Append>>;
}

/// What there is of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// How many lanes it has.
    pub lanes: u32,
    /// Whether of each key only the last record is kept; none where that is not told.
    pub compacted: Option<bool>,
}

/// A group at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Members {
    /// How it is, in the log's words; none if there is no such group.
    pub state: Option<String>,
    /// Who is in it.
    pub members: Vec<OneOf>,
}

/// A process in a group, as the log knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneOf {
    /// The name that the log has given it.
    pub id: String,
    /// The name that it keeps through restarts.
    pub instance: Option<String>,
    /// Where it runs.
    pub host: String,
    /// The lanes that it has.
    pub lanes: Vec<(String, u32)>,
}

impl OneOf {
    /// What it is called: by its own name, if it has one.
    pub fn name(&self) -> &str {
        self.instance.as_deref().unwrap_or(&self.id)
    }
}

/// How far a group has come in a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The offset to go on from; none if nothing was committed.
    pub committed: Option<u64>,
    /// The offset after the last record.
    pub end: u64,
    /// How many records there are to be read yet.
    pub lag: u64,
}

/// Whose session it is.
#[derive(Clone, Copy, Debug)]
pub struct SessionOf<'a> {
    /// The run, by a name that it keeps through restarts: an earlier process of that name can
    /// commit no more.
    pub run: &'a str,
    /// Whether what it writes is seen when it is committed, and not before; otherwise nothing is
    /// lost, and after a crash some is written twice.
    pub exactly_once: bool,
    /// How long it may take at the most from what is written first to its commit.
    pub lasts: Duration,
}

/// Writes to a log for one run, so that what was written to several sinks counts at once.
pub trait LogSession: Send + Sync {
    /// For the sinks that know what it is.
    fn as_any(&self) -> &dyn Any;

    /// What the last commit of the run was called, by this process or an earlier one.
    ///
    /// # Errors
    ///
    /// Where the log cannot be reached.
    fn committed(&self) -> Result<Option<String>>;

    /// Makes all that was written since the last commit count, under this name.
    ///
    /// # Errors
    ///
    /// Where it could not be done, or another process has taken the run over.
    fn commit(&self, name: &str) -> Result<()>;

    /// Writes a letter to a lane.
    ///
    /// # Errors
    ///
    /// Where the log takes none.
    fn post(&self, lane: &Lane<'_>, key: &[u8], letter: &[u8]) -> Result<()>;

    /// Makes all that was written since the last commit count, and these positions with it, unless
    /// lanes have been taken from this process since it was told of them: then nothing counts, and
    /// all lanes are to be taken up anew.
    ///
    /// # Errors
    ///
    /// Where it could not be done.
    fn commit_positions(&self, positions: &[Position], group: &dyn Group) -> Result<Committed>;
}

/// What has become of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    /// It counts.
    Done,
    /// Nothing of it counts.
    Undone,
}

/// A partition of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lane<'a> {
    /// The topic.
    pub topic: &'a str,
    /// The partition's number.
    pub number: u32,
}

/// How far a lane has been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// The topic.
    pub topic: String,
    /// The partition's number.
    pub number: u32,
    /// The offset to go on from; none if it was never read.
    pub offset: Option<u64>,
    /// What goes with it, for who takes the lane up.
    pub note: String,
}

/// Which group.
#[derive(Clone, Copy, Debug)]
pub struct GroupOf<'a> {
    /// Its name.
    pub name: &'a str,
    /// The name that this process keeps through restarts: what it has stays its own for a while.
    pub instance: Option<&'a str>,
    /// The topics whose lanes are shared.
    pub topics: &'a [String],
}

/// A process among those that share lanes.
pub trait Group: Send + Sync {
    /// For the sessions that know what it is.
    fn as_any(&self) -> &dyn Any;

    /// Does what the group asks for, and tells what has been taken from this process and given to it.
    /// To be called when nothing is begun that is not committed; and often, since a process that does
    /// not is taken to be gone.
    ///
    /// # Errors
    ///
    /// Where the log refuses this process.
    fn serve(&mut self, within: Duration) -> Result<Shift>;

    /// How far lanes have been read, by the last commits of whoever had them. Commits that are on their
    /// way are waited for.
    ///
    /// # Errors
    ///
    /// Where that is not known in time.
    fn positions(&self, lanes: &[Lane<'_>], within: Duration) -> Result<Vec<Position>>;

    /// Follows lanes, each from an offset on, or from the first letter that is there.
    ///
    /// # Errors
    ///
    /// Where such an offset is not there.
    fn follow(&mut self, lanes: &[(Lane<'_>, Option<u64>)]) -> Result<()>;

    /// Follows a lane no more.
    fn leave(&mut self, lane: &Lane<'_>);

    /// The letters that have come of a lane that is followed, or come within a time, in order: those
    /// before an offset, if one is given. The others are given later.
    ///
    /// # Errors
    ///
    /// Where the lane cannot be read.
    fn letters(
        &mut self,
        lane: &Lane<'_>,
        before: Option<u64>,
        within: Duration,
    ) -> Result<Vec<Letter>>;

    /// Lets go of what stands before an offset of a lane.
    ///
    /// # Errors
    ///
    /// Where the log does not.
    fn forget(&self, lane: &Lane<'_>, before: u64) -> Result<()>;
}

/// What has changed of who has which lanes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shift {
    /// Taken from this process.
    pub lost: Vec<(String, u32)>,
    /// Given to it.
    pub gained: Vec<(String, u32)>,
}

/// What stands at an offset of a lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The offset.
    pub offset: u64,
    /// Its key.
    pub key: Vec<u8>,
    /// What it says.
    pub bytes: Vec<u8>,
}
