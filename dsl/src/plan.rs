//! What `#[job]` compiles a job to: operators, and the stages they are fused into.

use crate::connector::{Chunk, Comparison};
use crate::error::Result;
use crate::keyed_node::KeyedNode;
use crate::schema::Field;
use crate::stage::{Ports, StageContext};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

/// A job, ready to be run by either executor.
#[derive(Clone)]
pub struct Plan {
    /// The job's name.
    pub job: &'static str,
    /// Every operator, in an order in which inputs come before their consumers.
    pub operators: Vec<Operator>,
    /// The job's inputs.
    pub sources: Vec<SourceNode>,
    /// The stages, in the same order as their operators.
    pub stages: Vec<StageNode>,
    /// Keyed operators: the targets of exchanges.
    pub keyed: Vec<KeyedEntry>,
    /// The job's outputs.
    pub outputs: Vec<OutputNode>,
    /// What stages push into; a stage names its ports by index in this list.
    pub ports: Vec<PortKind>,
    /// Tables that are read whole before the other inputs.
    pub sides: Vec<SideNode>,
    /// Job parameters and their values.
    pub params: Vec<(String, String)>,
}

impl Plan {
    /// Empty ports, for one worker.
    pub fn ports(&self) -> Ports {
        let port = |kind: &PortKind| match kind {
            PortKind::Keyed(keyed) => self.keyed[*keyed].node.combiner(),
            PortKind::Output(output) => match &self.outputs[*output].port {
                Some(port) => port(),
                None => self.keyed[0].node.combiner(),
            },
        };
        Ports(self.ports.iter().map(|kind| RefCell::new(port(kind))).collect())
    }
}

/// Index into [`Plan::operators`].
pub type OperatorIndex = usize;

/// One operator as the user wrote it. It keeps its identity through fusion.
#[derive(Clone, Debug)]
pub struct Operator {
    /// Its identity: the name of its `let` or output and its place in the chain, or the name given
    /// with `.named(..)`. Never a line number.
    pub id: String,
    /// What kind it is: `filter`.
    pub kind: &'static str,
    /// Where it is written.
    pub site: Site,
    /// The operators it takes its records from.
    pub inputs: Vec<OperatorIndex>,
    /// The stage it is fused into, by index; keyed operators and outputs stand between stages.
    pub stages: Vec<usize>,
    /// Changes when the operator's own code changes; says nothing of those upstream.
    pub fingerprint: u64,
    /// What the plan says of it: the window, the lateness, why it did not fuse.
    pub note: String,
}

/// Where an operator is written, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Site {
    /// The file, as rustc was given it.
    pub file: &'static str,
    /// The line.
    pub line: u32,
    /// The operator in the user's words.
    pub kind: &'static str,
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} {}", self.file, self.line, self.kind)
    }
}

/// An input of the job.
#[derive(Clone)]
pub struct SourceNode {
    /// Its operator.
    pub operator: OperatorIndex,
    /// The input's name.
    pub input: &'static str,
    /// The record's name.
    pub record: &'static str,
    /// The record's fields.
    pub fields: Vec<Field>,
    /// Indices into `fields` of those that the job reads.
    pub read: Vec<usize>,
    /// What every record of interest meets.
    pub prune: Vec<Comparison>,
    /// The index of the event time in `fields`.
    pub event_time: Option<usize>,
    /// Whether lateness downstream needs each record's seen.
    pub needs_seen: bool,
    /// Whether it only feeds tables that are read whole before the other inputs.
    pub side: bool,
    /// How long a partition may be silent before the watermark passes it, in microseconds.
    pub idle_after: Option<i64>,
    /// Whether partitions may be found later.
    pub join_late: bool,
    /// The event times that are taken to be any, with both ends; others are errors.
    pub valid_time: Option<(i64, i64)>,
    /// The greatest event time of the rows of a batch that can be decoded and, if there is a range,
    /// are in it.
    pub time_max: TimeMax,
}

/// The greatest event time of a batch's rows, of those in a range if there is one.
pub type TimeMax = fn(&RecordBatch, Option<(i64, i64)>) -> Option<i64>;

/// What feeds a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StageInput {
    /// A source, by index.
    Source(usize),
    /// The rows that a keyed operator gives for good, by index: of closed windows, or of a stream.
    Rows(usize),
    /// The changes of a keyed operator's table, by index.
    Changes(usize),
}

/// Operators between two exchanges, fused.
#[derive(Clone)]
pub struct StageNode {
    /// What feeds it.
    pub input: StageInput,
    /// The operators in it, in order.
    pub operators: Vec<OperatorIndex>,
    /// Runs one chunk through.
    pub run: Arc<StageFn>,
    /// The fused code, unformatted.
    pub code: &'static str,
}

/// The compiled body of a stage: one virtual call a chunk.
pub type StageFn = dyn Fn(&mut StageContext<'_>, &Ports, &Chunk) -> Result<()> + Send + Sync;

/// What a port leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortKind {
    /// A keyed operator, by index.
    Keyed(usize),
    /// An output stream, by index.
    Output(usize),
}

/// A keyed operator in the plan.
#[derive(Clone)]
pub struct KeyedEntry {
    /// Its operator.
    pub operator: OperatorIndex,
    /// Its state and logic.
    pub node: Arc<dyn KeyedNode>,
    /// Sources upstream, by index: whose watermarks it waits for.
    pub sources: Vec<usize>,
    /// Keyed operators whose finals are upstream, by index.
    pub upstream: Vec<usize>,
    /// Its lateness in microseconds.
    pub lateness: Option<i64>,
    /// How far it holds the watermark back, in microseconds: what it gives may be so much behind.
    pub holds: i64,
    /// Whether it gives a stream, and not a table.
    pub streams: bool,
    /// The stages that its rows feed, by index, when they are given for good.
    pub rows: Vec<usize>,
    /// The stages that the changes of its table feed, by index.
    pub changes: Vec<usize>,
    /// Whether it only feeds tables that are read whole before the other inputs.
    pub side: bool,
    /// The table output that shows it, by index.
    pub output: Option<usize>,
    /// Its rows: key, window and value of a table's; those of a stream, and what they carry.
    pub schema: SchemaRef,
}

/// A table that is read whole before the other inputs, to be looked up.
#[derive(Clone)]
pub struct SideNode {
    /// The keyed operator that gives it, by index.
    pub keyed: usize,
    /// Begins to gather its rows.
    pub begin: fn() -> Box<dyn SideRows>,
}

/// Gathers the rows of a table that is looked up.
pub trait SideRows: Send {
    /// Takes rows.
    fn add(&mut self, batch: &RecordBatch) -> Result<()>;

    /// About how many bytes of memory they take.
    fn bytes(&self) -> usize;

    /// All of them, for stages that know their types.
    fn finish(self: Box<Self>) -> Arc<dyn Any + Send + Sync>;
}

/// An output of the job.
#[derive(Clone)]
pub struct OutputNode {
    /// Its operator.
    pub operator: OperatorIndex,
    /// The output's name.
    pub name: &'static str,
    /// Table or stream.
    pub kind: OutputKind,
    /// Its columns.
    pub fields: Vec<Field>,
    /// The same in Arrow's terms.
    pub schema: SchemaRef,
    /// How many of the columns, from the first, are the table's key.
    pub key_columns: usize,
    /// Makes an empty port for a stage to push rows into; streams only.
    pub port: Option<PortFactory>,
}

/// Makes an empty port.
pub type PortFactory = Arc<dyn Fn() -> Box<dyn crate::stage::Port> + Send + Sync>;

/// Table or stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputKind {
    /// A multiset of rows.
    Stream,
    /// The rows of a keyed operator, by index.
    Table(usize),
    /// The rows of a keyed operator, by index, before they are final, every so many microseconds of a
    /// stream: no part of what batch and stream agree on.
    Early {
        /// The keyed operator.
        keyed: usize,
        /// From one time to the next.
        every: i64,
    },
}
