//! What a run that is shared needs: topics for all that it reads and writes, and two for each keyed
//! operator's state.

use ouzel_dsl::connector::Topics;
use ouzel_dsl::log::Log;
use ouzel_dsl::plan::OutputKind;
use ouzel_dsl::{Error, Plan, Result};
use ouzel_engine::{GroupConfig, RunConfig};

/// The topics of a group, but for those that it writes its outputs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupTopics {
    /// What it reads.
    pub inputs: Vec<InputTopic>,
    /// By keyed operator; none of those that are looked up.
    pub state: Vec<Option<StateTopics>>,
}

impl GroupTopics {
    /// Refuses inputs whose topics are not there, in a log of that name.
    ///
    /// # Errors
    ///
    /// The first that is not there.
    pub fn refuse_missing(&self, log: &str) -> Result<()> {
        match self.inputs.iter().find(|input| input.lanes == 0) {
            None => Ok(()),
            Some(InputTopic { input, topic, .. }) => Err(Error::Usage(format!(
                "the input `{input}`: there is no topic `{topic}` at {log}"
            ))),
        }
    }
}

/// A topic that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputTopic {
    /// The input's name in the job.
    pub input: &'static str,
    /// The topic.
    pub topic: String,
    /// How many partitions it has; none if it is not there.
    pub lanes: u32,
    /// Whether it is one of those that match a pattern.
    pub pattern: bool,
}

/// The topics of a keyed operator's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateTopics {
    /// The operator's id.
    pub operator: String,
    /// What processes send to the shards.
    pub letters: String,
    /// What a shard has come to, now and then.
    pub snapshots: String,
    /// How many shards there are.
    pub lanes: u32,
}

impl StateTopics {
    /// Makes the two where they are not there; if they are, they say how many shards there are.
    ///
    /// # Errors
    ///
    /// Where they can neither be found nor made, or do not go with each other.
    pub fn make(&mut self, log: &dyn Log) -> Result<()> {
        self.lanes = log.topic(&self.letters, self.lanes, false)?;
        let of_snapshots = log.topic(&self.snapshots, self.lanes, true)?;
        if of_snapshots != self.lanes {
            return Err(Error::State(format!(
                "the topics `{}` and `{}` of the group have {} and {of_snapshots} partitions, and must have equally many: delete both, and begin anew",
                self.letters, self.snapshots, self.lanes
            )));
        }
        Ok(())
    }
}

/// Refuses a run that cannot be shared, as far as that can be told without asking the log.
///
/// # Errors
///
/// What cannot be shared.
pub fn check(plan: &Plan, config: &RunConfig) -> Result<()> {
    let mut name: Option<String> = None;
    for (index, output) in plan.outputs.iter().enumerate() {
        let sink = config.sink(plan, index)?;
        let log = sink.log().ok_or_else(|| no_log(&sink.describe()))?;
        name.get_or_insert_with(|| log.name());
        if matches!(output.kind, OutputKind::Early { .. }) {
            return Err(Error::Usage(format!(
                "the output `{}` has early results, which processes of a `--group` do not give yet",
                output.name
            )));
        }
    }
    if let Some(letters) = config.dead_letters.as_ref().filter(|sink| sink.log().is_none()) {
        return Err(no_log(&letters.describe()));
    }
    for source in plan.sources.iter().filter(|source| !source.side) {
        let Some(connect) = config.inputs.get(source.input) else { continue };
        let Some(log) = connect.log() else { return Err(no_log(&connect.describe())) };
        if Some(&log) != name.as_ref() {
            return Err(Error::Usage(format!(
                "the input `{}` ({}) is of another cluster than the outputs: what processes of a `--group` read and write is committed by one",
                source.input,
                connect.describe()
            )));
        }
        if source.idle_after.is_some() || source.join_late {
            return Err(Error::Usage(format!(
                "the input `{}` lets watermarks pass partitions, which is written to a layout that processes of a `--group` do not share yet: run the job alone, with `--state`",
                source.input
            )));
        }
    }
    Ok(())
}

/// The topics of a group. Asks the log which topics inputs read.
///
/// # Errors
///
/// What cannot be shared; a log that does not answer; a topic that is not there, unless it is said
/// into how many shards state is cut.
pub fn group_topics(plan: &Plan, config: &RunConfig, of: &GroupConfig) -> Result<GroupTopics> {
    check(plan, config)?;
    let inputs = input_topics(plan, config)?;
    for (index, input) in inputs.iter().enumerate() {
        if inputs[..index].iter().any(|other| other.topic == input.topic) {
            return Err(Error::Usage(format!(
                "two inputs read the topic `{}`: in a `--group` each has topics of its own",
                input.topic
            )));
        }
    }
    if let Some(InputTopic { input, .. }) = inputs.iter().find(|input| input.pattern) {
        return Err(Error::Usage(format!(
            "a `--group` shares topics that it is told by name, and the input `{input}` is a pattern"
        )));
    }
    // A shard goes with a partition of the first input.
    let lanes = of.lanes.or_else(|| Some(inputs.first()?.lanes)).unwrap_or(1).max(1);
    if let Some(first) = inputs.first().filter(|first| (1..lanes).contains(&first.lanes)) {
        return Err(too_many_shards(lanes, first));
    }
    let named = |keyed: &ouzel_dsl::plan::KeyedEntry| {
        let id = &plan.operators[keyed.operator].id;
        let operator = of_topic(id);
        (!keyed.side).then(|| StateTopics {
            operator: id.clone(),
            letters: format!("{}-{operator}-letters", of.name),
            snapshots: format!("{}-{operator}-state", of.name),
            lanes,
        })
    };
    let state = plan.keyed.iter().map(named).collect();
    Ok(GroupTopics { inputs, state })
}

/// The topics that inputs read which are not looked up; those of other inputs are none.
///
/// # Errors
///
/// A log that does not answer.
pub fn input_topics(plan: &Plan, config: &RunConfig) -> Result<Vec<InputTopic>> {
    let mut all = Vec::new();
    for source in plan.sources.iter().filter(|source| !source.side) {
        let Some(connect) = config.inputs.get(source.input) else { continue };
        let Some(Topics { topics, pattern, .. }) = connect.topics()? else { continue };
        let input = source.input;
        let named = |(topic, lanes)| InputTopic { input, topic, lanes, pattern };
        all.extend(topics.into_iter().map(named));
    }
    Ok(all)
}

/// What is said of more shards than there are partitions for.
pub fn too_many_shards(shards: u32, first: &InputTopic) -> Error {
    let InputTopic { topic, lanes, .. } = first;
    Error::Usage(format!(
        "the group has {shards} shards, and `{topic}` {lanes} partitions: a shard goes with a partition of the first input, so that there can be no more of them\n  give fewer `--shards`, or the topic more partitions"
    ))
}

/// What is said of something that is no topic.
pub fn no_log(what: &str) -> Error {
    Error::Usage(format!(
        "{what} is not shared by processes: with `--group` all inputs that are not looked up, and all outputs, are topics of Kafka"
    ))
}

/// An operator's id as part of the name of a topic.
fn of_topic(id: &str) -> String {
    id.chars()
        .map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' })
        .collect()
}
