//! Help that teaches: examples with the job's own names.

use super::command::param_flag;
use crate::job_main::JobInfo;
use crate::session::listed;
use ouzel_dsl::Params;
use ouzel_dsl::plan::SourceNode;

/// A job's documentation without the blank that rustc leaves before each line.
pub(super) fn long(doc: &str) -> String {
    doc.trim()
        .lines()
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect::<Vec<_>>()
        .join("\n")
}

/// What a URI may be besides.
const KAFKA: &str =
    if cfg!(feature = "kafka") { ", a topic as kafka://HOST:PORT/TOPIC" } else { "" };

/// What `--in` takes, of `run` or of `verify`, which reads more than once.
pub(super) fn input(job: &JobInfo, once: bool) -> String {
    let which = match job.inputs {
        [] => String::new(),
        [one] => format!("; the input is `{one}`, and its name may be left out"),
        many => format!("; the inputs are {}", listed(many)),
    };
    let kinds = match once {
        true => {
            "a file, a folder, a pattern in quotes, -?format=csv, jsonl or text for standard input"
        }
        false => "a file, a folder or a pattern in quotes",
    };
    format!("Where an input comes from: {kinds}{KAFKA}{which}")
}

pub(super) fn output(job: &JobInfo) -> String {
    let which = match job.outputs {
        [] => String::new(),
        [one] => format!("; the output is `{one}`, and its name may be left out"),
        many => format!("; the outputs are {}", listed(many)),
    };
    format!(
        "Where an output goes: a file, - for JSON lines on standard output{KAFKA}; if not given, a table \
         on a terminal and JSON lines elsewhere{which}"
    )
}

/// An example and what it does.
type Example = (String, &'static str);

fn examples(examples: &[Example]) -> String {
    let mut out = String::from("Examples:");
    for (command, what) in examples {
        out += &format!("\n  {}\n      {what}", broken(command));
    }
    out
}

/// A long command on several lines, broken before flags in the shell's way.
fn broken(command: &str) -> String {
    const WIDTH: usize = 80;
    let mut parts = command.split(" --");
    let mut line = parts.next().unwrap_or_default().to_owned();
    let mut out = String::new();
    for part in parts {
        if line.chars().count() + part.chars().count() > WIDTH {
            out += &format!("{line} \\\n    ");
            line = format!("--{part}");
        } else {
            line += &format!(" --{part}");
        }
    }
    out + &line
}

/// `--in flights=flights.csv --in weather=weather.csv`, and values for parameters.
fn inputs(job: &JobInfo, uri: impl Fn(&str) -> String) -> String {
    let names = if job.inputs.is_empty() { &["NAME"][..] } else { job.inputs };
    names.iter().map(|name| format!(" --in {}", uri(name))).collect::<String>() + &params(job)
}

fn files(job: &JobInfo) -> String {
    inputs(job, |name| format!("{name}={name}.{}", format(job, name, "csv")))
}

/// The end of the names of an input's files: `txt` where the record is a line, which no other
/// format gives so easily.
fn format(job: &JobInfo, input: &str, otherwise: &'static str) -> &'static str {
    // With parameters there is no plan without their values.
    let plan = (job.params)().is_empty().then(|| (job.plan)(&Params::new()));
    let is_line = |source: &SourceNode| {
        let names: Vec<_> = source.fields.iter().map(|field| &*field.name).collect();
        source.input == input && names == ["line"]
    };
    match plan {
        Some(Ok(plan)) if plan.sources.iter().any(is_line) => "txt",
        _ => otherwise,
    }
}

fn params(job: &JobInfo) -> String {
    (job.params)().iter().map(|p| format!(" --{} {}", param_flag(p.name), sample(p.ty))).collect()
}

/// A value to show for a parameter of a type.
fn sample(ty: &str) -> &'static str {
    match ty {
        "bool" => "true",
        "f32" | "f64" => "1.5",
        "String" => "text",
        "Timestamp" => "2013-01-01T00:00:00Z",
        "Date" => "2013-01-01",
        _ if ty.starts_with(['i', 'u']) => "3",
        _ => "VALUE",
    }
}

fn outputs(job: &JobInfo) -> String {
    let names = if job.outputs.is_empty() { &["NAME"][..] } else { job.outputs };
    names.iter().map(|name| format!(" --out {name}={name}.parquet")).collect()
}

/// `flights`, or a stand-in where the job does not say.
fn first<'a>(names: &[&'a str]) -> &'a str {
    names.first().copied().unwrap_or("NAME")
}

pub(super) fn overview(job: &JobInfo, path: &str) -> String {
    let files = files(job);
    let params = params(job);
    examples(&[
        (format!("{path} run{files}"), "run over a file and show the result"),
        (format!("{path} schema{params}"), "what the input must look like"),
        (format!("{path} verify{files}"), "check that batch and stream agree"),
    ])
}

pub(super) fn run(job: &JobInfo, path: &str) -> String {
    let out = first(job.outputs);
    let (files, outputs) = (files(job), outputs(job));
    let folders = inputs(job, |name| format!("'{name}={name}/*.{}'", format(job, name, "parquet")));
    let follow =
        inputs(job, |name| format!("'{name}={name}.{}?follow'", format(job, name, "jsonl")));
    let mut all = vec![
        (format!("{path} run{files}"), "read files to their end and show the result"),
        (
            format!("{path} run{folders}{outputs} --report report.json"),
            "read all files of a pattern, write Parquet, and report what each operator did",
        ),
        (
            format!("{path} run{follow}{outputs} --state state"),
            "follow files as they grow; after a restart, go on from the last checkpoint",
        ),
        (
            format!("{path} run{follow} --out '{out}=-?changes'"),
            "follow files and print each update of a table as it happens",
        ),
        (
            format!("{path} run{files} --on-error dead-letter=bad.jsonl"),
            "keep records aside that cannot be decoded or processed",
        ),
    ];
    if cfg!(feature = "kafka") {
        all.push((
            format!("{path} run{} --group blue", of_kafka(job)),
            "share topics and state with all processes of that name",
        ));
    }
    examples(&all)
}

pub(super) fn plan(job: &JobInfo, path: &str) -> String {
    let params = params(job);
    examples(&[
        (
            format!("{path} plan{params}"),
            "operators, the stages they are fused into, and the state kept",
        ),
        (format!("{path} plan{params} --code"), "the Rust code of each stage"),
        (format!("{path} plan{params} --format mermaid"), "a flowchart for Markdown"),
        (
            format!("{path} plan{}{} --state state", files(job), outputs(job)),
            "what each output shows of each record after a crash, and why",
        ),
    ])
}

pub(super) fn verify(job: &JobInfo, path: &str) -> String {
    let files = files(job);
    examples(&[
        (format!("{path} verify{files}"), "compare under schedules that differ each time"),
        (format!("{path} verify{files} --seed 7"), "compare under the same schedules again"),
    ])
}

/// `--in flights=kafka://..` and `--out delays=kafka://..`.
fn of_kafka(job: &JobInfo) -> String {
    let topic = |name: &str| format!("{name}=kafka://localhost:9092/{name}");
    let names = if job.outputs.is_empty() { &["NAME"][..] } else { job.outputs };
    let outputs: String = names.iter().map(|name| format!(" --out {}", topic(name))).collect();
    inputs(job, topic) + &outputs
}

pub(super) fn topics(job: &JobInfo, path: &str) -> String {
    let topics = of_kafka(job);
    examples(&[
        (format!("{path} topics{topics}"), "what is there, and what a run would make"),
        (
            format!("{path} topics{topics} --group blue --create"),
            "make what the group needs before its first process starts",
        ),
        (
            format!("{path} topics{topics} --group blue --delete"),
            "take away what a group has left that will not run again",
        ),
    ])
}

pub(super) fn group(job: &JobInfo, path: &str) -> String {
    let topics = of_kafka(job);
    examples(&[
        (format!("{path} group --group blue{topics}"), "who has what, and how far it is behind"),
        (format!("{path} group --group blue{topics} --format json"), "the same for a program"),
    ])
}

pub(super) fn reset(job: &JobInfo, path: &str) -> String {
    let topics = of_kafka(job);
    examples(&[(
        format!("{path} reset --group blue{topics}"),
        "the next process of the group reads its inputs from their start",
    )])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use ouzel_dsl::Plan;
    use ouzel_dsl::schema::{Field, Type};

    #[test]
    fn lines_are_read_from_text() {
        let mut job = testing::job();
        assert!(run(&job, "delays").contains("--in flights=flights.csv"));
        job.params = || &[];
        job.plan = |_| {
            let mut plan: Plan = testing::plan();
            plan.sources[0].fields = vec![Field::new("line", Type::Str, false)];
            Ok(plan)
        };
        let help = run(&job, "delays");
        for uri in ["flights=flights.txt", "flights/*.txt'", "flights.txt?follow'"] {
            assert!(help.contains(uri), "{uri}\nis not in\n{help}");
        }
    }
}
