//! What outputs show of each record of the inputs after a crash and a restart.

use ouzel_dsl::connector::{Connect, Sink};
use ouzel_dsl::plan::{OutputKind, OutputNode, SourceNode};
use ouzel_dsl::{Error, Plan, Result};
use ouzel_engine::{Guarantee, RunConfig, StreamConfig};
use ouzel_hooks::text::Grid;
use serde_json::{Value, json};

/// What an output shows of each record of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Promise {
    input: &'static str,
    from: String,
    output: &'static str,
    to: String,
    what: &'static str,
    why: String,
}

const ONCE: &str = "exactly-once";
const AT_LEAST_ONCE: &str = "at-least-once";
const NONE: &str = "none";

/// What is promised for each input and each output that depends on it, of a stream that can be run
/// like this.
pub(crate) fn promises(
    plan: &Plan,
    config: &RunConfig,
    stream: &StreamConfig,
) -> Result<Vec<Promise>> {
    let mut all = Vec::new();
    for (index, output) in plan.outputs.iter().enumerate() {
        let sink = config.sink(plan, index)?;
        let upstream = upstream(plan, output.operator);
        for source in plan.sources.iter().filter(|source| upstream[source.operator]) {
            let connect = config.inputs.get(source.input).ok_or_else(|| {
                Error::Usage(format!("the input `{}` comes from nowhere", source.input))
            })?;
            let (what, why) = promise(stream, (source, &**connect), (output, &*sink));
            all.push(Promise {
                input: source.input,
                from: connect.describe(),
                output: output.name,
                to: sink.describe(),
                what,
                why,
            });
        }
    }
    Ok(all)
}

/// The operators that one depends on.
fn upstream(plan: &Plan, operator: usize) -> Vec<bool> {
    let mut found = vec![false; plan.operators.len()];
    let mut next = vec![operator];
    while let Some(one) = next.pop() {
        if let Some(found) = found.get_mut(one)
            && !std::mem::replace(found, true)
        {
            next.extend(plan.operators.get(one).into_iter().flat_map(|o| &o.inputs));
        }
    }
    found
}

fn promise(
    stream: &StreamConfig,
    (source, connect): (&SourceNode, &dyn Connect),
    (output, sink): (&OutputNode, &dyn Sink),
) -> (&'static str, String) {
    let (input, name) = (source.input, output.name);
    let table = matches!(output.kind, OutputKind::Table(_));
    let topic = sink.log().is_some();
    let printed = !topic && !sink.replaceable();
    let twice = stream.guarantee == Some(Guarantee::AtLeastOnce);
    if stream.state.is_none() && stream.group.is_none() {
        let then = match (topic, printed, table) {
            (true, _, true) => "and each row is set again under its key",
            (true, _, false) => "and all rows are written once more",
            (_, true, _) => "and prints all of it again",
            _ => "and the output is written anew in the place of what was there",
        };
        let why = format!(
            "without `--state` or `--group` it begins anew: `{input}` is read from its start, {then}"
        );
        return (NONE, why);
    }
    if printed {
        let why = "what was printed after the last checkpoint is printed again";
        return (AT_LEAST_ONCE, why.to_owned());
    }
    if topic && twice {
        let why = "`--guarantee` asks for no more: rows are seen when they are written, and those after the last commit are written again";
        return (AT_LEAST_ONCE, why.to_owned());
    }
    let read_committed = "who reads it with isolation.level=read_committed sees each row once";
    if stream.group.is_some() {
        let of = match source.side {
            true => format!("`{input}` is read whole by each process before the others"),
            false => format!("the group's positions in `{input}`, its state"),
        };
        let commits = match source.side {
            true => format!("{of}; one transaction of Kafka commits positions, state"),
            false => format!("one transaction of Kafka commits {of}"),
        };
        return (ONCE, format!("{commits} and the rows of `{name}`; {read_committed}"));
    }
    let again = match connect.describe().starts_with('-') {
        true => ", if the same comes in again from its start",
        false => "",
    };
    let kept = format!("the checkpoint has the state, the position in `{input}`");
    let why = match (topic, table && !sink.changes()) {
        (true, _) => format!(
            "{kept} and the name of the transaction of Kafka that commits the rows of `{name}`; {read_committed}"
        ),
        (false, true) => {
            format!("{kept}, and the table is put in its place whole")
        }
        (false, false) => {
            format!("{kept} and how long `{name}` was, which is cut back to that")
        }
    };
    (ONCE, format!("{why}{again}"))
}

/// A section of the plan as text.
pub(crate) fn text(promises: &[Promise]) -> String {
    let mut grid = Grid::default().indented(2);
    for promise in promises {
        let pair = format!("{} -> {}", promise.input, promise.output);
        grid.row([pair.as_str(), promise.what, &format!("{} -> {}", promise.from, promise.to)]);
        grid.row(["", "", &promise.why]);
    }
    format!("\nafter a crash and a restart, as a stream\n{grid}")
}

pub(super) fn json(promise: &Promise) -> Value {
    json!({
        "input": promise.input,
        "from": promise.from,
        "output": promise.output,
        "to": promise.to,
        "guarantee": promise.what,
        "why": promise.why,
    })
}
