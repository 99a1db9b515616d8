//! `topics`: what a job needs of Kafka.

use super::{Console, ends, params};
use crate::job_main::JobInfo;
use clap::ArgMatches;
use ouzel_dsl::connector::Sink;
use ouzel_dsl::log::{Log, Members};
use ouzel_dsl::{Error, Plan, Result};
use ouzel_engine::{GroupConfig, RunConfig, content, one_log};
use ouzel_hooks::text::Grid;
use ouzel_runtime_stream::{GroupTopics, StateTopics, group_topics, input_topics};
use serde_json::{Value, json};
use std::sync::Arc;

/// A topic that is needed.
struct Needed {
    topic: String,
    what: What,
    /// How many partitions it has; none if it is not there.
    partitions: Option<u32>,
    /// How many it would be made with; none if it is not made, or as the cluster likes.
    wanted: Option<u32>,
    /// Whether it keeps the last record of each key only; none if it does not matter.
    compacted: Option<bool>,
    /// Whether the one that is there is what it should be; none if that is not known.
    fits: Option<bool>,
}

/// What a topic is for.
enum What {
    Input(&'static str),
    /// By its index.
    Output(usize, &'static str),
    Letters(String),
    Snapshots(String),
}

impl What {
    fn word(&self) -> &'static str {
        match self {
            What::Input(_) => "input",
            What::Output(..) => "output",
            What::Letters(_) => "letters",
            What::Snapshots(_) => "snapshots",
        }
    }

    fn name(&self) -> &str {
        match self {
            What::Input(name) | What::Output(_, name) => name,
            What::Letters(operator) | What::Snapshots(operator) => operator,
        }
    }

    fn text(&self) -> String {
        match self {
            What::Input(name) => format!("input `{name}`"),
            What::Output(_, name) => format!("output `{name}`"),
            What::Letters(operator) => format!("letters to the shards of `{operator}`"),
            What::Snapshots(operator) => format!("snapshots of the shards of `{operator}`"),
        }
    }
}

/// Shows, makes or deletes topics, as the flags say.
pub(super) fn topics(job: &JobInfo, matches: &ArgMatches, console: &Console) -> Result<()> {
    let plan = (job.plan)(&params(job, matches))?;
    let config = ends(&plan, matches, console)?;
    crate::session::check(&plan, &config)?;
    let group = matches.get_one::<String>("group").map(|name| GroupConfig {
        name: name.clone(),
        lanes: matches.get_one::<u32>("shards").copied(),
        ..GroupConfig::default()
    });
    if matches.get_flag("delete") {
        return delete(&plan, &config, group.as_ref(), matches.get_flag("outputs"), console);
    }
    let needed = needed(&plan, &config, group.as_ref())?;
    if needed.is_empty() {
        return Err(no_topics());
    }
    if matches.get_flag("create") {
        return create(&plan, &config, group.as_ref(), &needed, console);
    }
    let text = match matches.get_one::<String>("format").map(String::as_str) {
        Some("json") => format!("{:#}\n", needed.iter().map(as_json).collect::<Value>()),
        _ => text(&needed),
    };
    console.out.print(&text)
}

fn no_topics() -> Error {
    let feature = match cfg!(feature = "kafka") {
        true => "",
        false => "; this program was built without Kafka: build it with the feature `kafka`",
    };
    Error::Usage(format!(
        "no input and no output is a topic of Kafka, kafka://HOST:PORT/TOPIC{feature}"
    ))
}

/// The sink of the cluster that outputs are of.
pub(super) fn cluster(plan: &Plan, config: &RunConfig) -> Result<Arc<dyn Sink>> {
    one_log(plan, config)?.ok_or_else(no_topics)
}

/// The log of such a sink.
pub(super) fn log_of(sink: &Arc<dyn Sink>) -> Result<&dyn Log> {
    sink.log().ok_or_else(no_topics)
}

fn needed(plan: &Plan, config: &RunConfig, group: Option<&GroupConfig>) -> Result<Vec<Needed>> {
    let shared = group.map(|group| group_topics(plan, config, group)).transpose()?;
    let (inputs, state) = match shared {
        Some(GroupTopics { inputs, state }) => (inputs, state),
        None => (input_topics(plan, config)?, Vec::new()),
    };
    // Without its inputs, or being told, no one knows how many shards there are to be.
    let known = group.is_some_and(|group| group.lanes.is_some())
        || inputs.iter().all(|input| input.lanes > 0);
    let mut all = Vec::new();
    for input in inputs {
        all.push(Needed {
            topic: input.topic,
            what: What::Input(input.input),
            partitions: Some(input.lanes).filter(|lanes| *lanes > 0),
            wanted: None,
            compacted: None,
            fits: None,
        });
    }
    for (index, output) in plan.outputs.iter().enumerate() {
        let sink = config.sink(plan, index)?;
        let Some(log) = sink.log() else { continue };
        let compacted = content(output).key_columns > 0;
        let what = What::Output(index, output.name);
        all.push(look(log, log.holds(), what, None, compacted)?);
    }
    if let Some(sink) = one_log(plan, config)? {
        let log = log_of(&sink)?;
        for StateTopics { operator, letters, snapshots, lanes } in state.into_iter().flatten() {
            let (of_letters, wanted) = (What::Letters(operator.clone()), known.then_some(lanes));
            let letters = look(log, letters, of_letters, wanted, false)?;
            // The letters that are there say how many shards there are.
            let wanted = letters.partitions.or(wanted);
            all.push(letters);
            all.push(look(log, snapshots, What::Snapshots(operator), wanted, true)?);
        }
    }
    Ok(all)
}

fn look(
    log: &dyn Log,
    topic: String,
    what: What,
    wanted: Option<u32>,
    compacted: bool,
) -> Result<Needed> {
    let found = log.look(&topic)?;
    Ok(Needed {
        topic,
        what,
        partitions: found.map(|found| found.lanes),
        wanted,
        compacted: Some(compacted),
        fits: found.and_then(|found| found.compacted).map(|is| is == compacted),
    })
}

fn text(needed: &[Needed]) -> String {
    let mut grid = Grid::default();
    grid.row(["topic", "what it is", "what there is"]);
    for one in needed {
        let compacted = if one.compacted == Some(true) { ", compacted" } else { "" };
        let plural = |n| ouzel_hooks::text::plural(u64::from(n), "partition");
        let there = match (one.partitions, one.wanted, &one.what) {
            (Some(partitions), ..) => {
                plural(partitions)
                    + match (one.fits, one.compacted) {
                        (Some(false), Some(true)) => {
                            "; not compacted: rows that have long not changed may be deleted in time"
                        }
                        (Some(false), _) => "; compacted: of each key only the last record is kept",
                        _ => "",
                    }
            }
            (None, _, What::Input(_)) => "missing; it is made by who writes to it".to_owned(),
            (None, Some(wanted), _) => format!("missing; would be made with {}", plural(wanted)),
            (None, None, What::Output(..)) => {
                "missing; would be made with as many partitions as its URI or the cluster says"
                    .to_owned()
            }
            (None, None, _) => {
                "missing; would be made with as many partitions as the first input has".to_owned()
            }
        };
        grid.row([&one.topic, &format!("{}{compacted}", one.what.text()), &there]);
    }
    grid.to_string()
}

fn as_json(one: &Needed) -> Value {
    json!({
        "topic": one.topic,
        "what": one.what.word(),
        "of": one.what.name(),
        "partitions": one.partitions,
        "would_have": one.wanted,
        "compacted": one.compacted,
        "fits": one.fits,
    })
}

fn create(
    plan: &Plan,
    config: &RunConfig,
    group: Option<&GroupConfig>,
    needed: &[Needed],
    console: &Console,
) -> Result<()> {
    let missing: Vec<&Needed> = needed.iter().filter(|one| one.partitions.is_none()).collect();
    let input = missing.iter().find(|one| matches!(one.what, What::Input(_)));
    if let Some(input) = input {
        let shards = match group {
            Some(group) if group.lanes.is_none() => {
                ": into how many shards state is cut follows from its partitions"
            }
            _ => "",
        };
        return Err(Error::Usage(format!(
            "the {}, the topic `{}`, is not there, and is made by who writes to it{shards}\n  nothing was made",
            input.what.text(),
            input.topic
        )));
    }
    let sink = one_log(plan, config)?;
    for one in missing {
        let log = match &one.what {
            What::Output(index, _) => {
                let sink = config.sink(plan, *index)?;
                log_of(&sink)?.prepare(&content(&plan.outputs[*index]))?;
                None
            }
            _ => sink.as_ref(),
        };
        if let Some(sink) = log {
            let compacted = one.compacted.unwrap_or(false);
            log_of(sink)?.topic(&one.topic, one.wanted.unwrap_or(1), compacted)?;
        }
        console.out.print(&format!("made `{}`: {}\n", one.topic, one.what.text()))?;
    }
    let there = needed.iter().filter(|one| one.partitions.is_some()).count();
    if there == needed.len() {
        console.out.print("all of them are there\n")?;
    }
    Ok(())
}

fn delete(
    plan: &Plan,
    config: &RunConfig,
    group: Option<&GroupConfig>,
    outputs: bool,
    console: &Console,
) -> Result<()> {
    let sink = cluster(plan, config)?;
    let log = log_of(&sink)?;
    if group.is_none() && !outputs {
        return Err(Error::Usage(
            "`--delete` is of the letters and snapshots of a `--group`, and with `--outputs` of outputs as well; inputs are never deleted".to_owned(),
        ));
    }
    let mut topics = Vec::new();
    if let Some(group) = group {
        topics.extend(of_state(&group_topics(plan, config, group)?));
        refuse_members(&group.name, &log.members(&group.name)?)?;
    }
    if outputs {
        let inputs = input_topics(plan, config)?;
        for index in 0..plan.outputs.len() {
            let sink = config.sink(plan, index)?;
            let Some(topic) = sink.log().map(Log::holds) else { continue };
            if inputs.iter().any(|input| input.topic == topic) {
                return Err(Error::Usage(format!(
                    "`{topic}` is an input as well, and inputs are never deleted"
                )));
            }
            topics.push(topic);
        }
    }
    remove(log, &topics, console)
}

/// The topics of a group's state.
pub(super) fn of_state(topics: &GroupTopics) -> Vec<String> {
    let state = topics.state.iter().flatten();
    state.flat_map(|of| [of.letters.clone(), of.snapshots.clone()]).collect()
}

/// Removes topics, and says which were there.
pub(super) fn remove(log: &dyn Log, topics: &[String], console: &Console) -> Result<()> {
    let removed = log.remove(topics)?;
    for topic in topics {
        let text = match removed.contains(topic) {
            true => format!("deleted the topic `{topic}`\n"),
            false => format!("the topic `{topic}` was not there\n"),
        };
        console.out.print(&text)?;
    }
    Ok(())
}

/// What belongs to a group is not taken away from under it.
pub(super) fn refuse_members(group: &str, members: &Members) -> Result<()> {
    if members.members.is_empty() {
        return Ok(());
    }
    let who = members.members.iter().map(|one| format!("`{}` ({})", one.name(), one.host));
    Err(Error::Failed(format!(
        "the group `{group}` has {} that run: {}\n  stop them first; one that was killed, or that has an `--instance` and is expected back, is given up after 10 s",
        ouzel_hooks::text::plural(members.members.len() as u64, "member"),
        who.collect::<Vec<_>>().join(", ")
    )))
}
