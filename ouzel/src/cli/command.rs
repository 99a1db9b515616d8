//! Subcommands and their flags, as clap's.

use super::{help, units};
use crate::job_main::JobInfo;
use clap::builder::{PossibleValuesParser, ValueParser};
use clap::{Arg, ArgAction, Command, value_parser};
use ouzel_dsl::ParamInfo;
use std::path::PathBuf;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The whole command line. Text is wrapped at a terminal's width, or at the one given.
pub(super) fn build(jobs: &[JobInfo], program: &str, width: Option<usize>) -> Command {
    let all = match jobs {
        [job] => of_job(job, program, program).name(program.to_owned()),
        _ => Command::new(program.to_owned())
            .about("Dataflow jobs that run as batch or as stream with equal results")
            .version(jobs.first().map_or(VERSION.to_owned(), version))
            .subcommands(
                jobs.iter().map(|job| of_job(job, program, &format!("{program} {}", job.name))),
            )
            .subcommand_value_name("JOB")
            .subcommand_help_heading("Jobs")
            .disable_help_subcommand(true)
            .subcommand_required(true)
            .arg_required_else_help(true)
            .after_help(format!("`{program} JOB --help` says what can be done with a job.")),
    };
    match width {
        Some(width) => all.term_width(width),
        None => all.max_term_width(100),
    }
}

/// The version of the package that the job is part of, and ours.
fn version(job: &JobInfo) -> String {
    match job.version {
        "" => format!("(ouzel {VERSION})"),
        own => format!("{own} (ouzel {VERSION})"),
    }
}

fn of_job(job: &JobInfo, program: &str, path: &str) -> Command {
    let bin = if path == program { program } else { job.name };
    Command::new(bin.to_owned())
        .about(job.headline())
        .long_about(help::long(job.doc))
        .version(version(job))
        .subcommands([
            run(job, path),
            plan(job, path),
            verify(job, path),
            schema(job),
            topics(job, path),
            group(job, path),
            reset(job, path),
        ])
        .disable_help_subcommand(true)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .after_help(help::overview(job, path))
}

fn run(job: &JobInfo, path: &str) -> Command {
    Command::new("run")
        .about("Run the job")
        .args([
            input(job, true),
            stray(),
            output(job),
            Arg::new("mode")
                .long("mode")
                .value_name("MODE")
                .help("How to run; if not given, batch if every input ends by itself. Hybrid reads what there is at batch speed, and goes on as a stream")
                .value_parser(PossibleValuesParser::new(["batch", "stream", "hybrid"])),
            Arg::new("workers")
                .long("workers")
                .value_name("N")
                .help("Threads that run the job; if not given, one for each core")
                .value_parser(value_parser!(u16).range(1..)),
            Arg::new("memory")
                .long("memory")
                .value_name("SIZE")
                .help("Memory for keyed state, beyond which it goes to disk")
                .default_value("2GiB")
                .value_parser(ValueParser::new(units::size)),
            on_error(&["fail", "skip", "dead-letter=URI"]),
            Arg::new("report")
                .long("report")
                .value_name("FILE")
                .help("Write the totals of each operator to a file, as JSON")
                .value_parser(value_parser!(PathBuf)),
            #[cfg(feature = "monitor")]
            Arg::new("metrics")
                .long("metrics")
                .value_name("ADDRESS")
                .help(
                    "Answer with metrics and health while the job runs: a port of this machine, \
                     which no other machine can reach, or HOST:PORT",
                )
                .value_parser(ValueParser::new(super::metrics::address)),
            Arg::new("progress")
                .long("progress")
                .value_name("WHEN")
                .help("Show progress on standard error: auto is on a terminal only")
                .default_value("auto")
                .value_parser(PossibleValuesParser::new(["auto", "always", "never"])),
            state("Stream: keep checkpoints here, and go on from them after a restart"),
            Arg::new("epoch")
                .long("epoch")
                .value_name("TIME")
                .help("Stream: the time from one commit to the next")
                .default_value("1s")
                .value_parser(ValueParser::new(units::duration_ms)),
            Arg::new("accept")
                .long("accept")
                .value_name("OPERATOR")
                .help("Stream: go on with kept state although this operator has changed since")
                .action(ArgAction::Append),
            guarantee(
                "Stream: what outputs show of each record after a crash; if not given, its effect \
                 exactly once where there is a `--state` or `--group`",
            ),
            group_name(
                "Stream: share the partitions of Kafka's topics with all processes of this name; \
                 state is kept in topics, and `--state` only saves reading it back",
            ),
            Arg::new("instance")
                .long("instance")
                .value_name("NAME")
                .help(
                    "Stream: what this process of the group is called: started again by the same \
                     name, it gets back what it had",
                )
                .requires("group"),
            Arg::new("standby")
                .long("standby")
                .help(
                    "Stream: keep copies in memory of the keyed state of the group's other \
                     processes, so that this one can take it up at once",
                )
                .action(ArgAction::SetTrue)
                .requires("group"),
            shards(
                "Stream: into how many shards the group cuts keyed state at its first start; if not \
                 given, as many as the first input has partitions, which is the most",
            ),
            layout(
                "Where a job lets the watermark pass partitions: from which records on. A stream \
                 writes it, if not told otherwise as layout.jsonl in its state folder; batch takes \
                 it",
            ),
        ])
        .args(params(job))
        .after_help(help::run(job, path))
}

fn plan(job: &JobInfo, path: &str) -> Command {
    Command::new("plan")
        .about("Show what the job was compiled to")
        .args([
            Arg::new("format")
                .long("format")
                .value_name("FORMAT")
                .help("Text for people, JSON for programs, or a Mermaid flowchart")
                .default_value("text")
                .value_parser(PossibleValuesParser::new(["text", "json", "mermaid"])),
            Arg::new("code")
                .long("code")
                .help("Show the fused code of each stage (text and JSON)")
                .action(ArgAction::SetTrue),
            input(job, true).required(false),
            stray(),
            output(job),
            state("Say what is left after a crash and a restart, with inputs, outputs and this"),
            guarantee("Say it where this is asked for"),
            group_name("Say it of a run that processes of this name share"),
        ])
        .args(params(job))
        .after_help(help::plan(job, path))
}

fn verify(job: &JobInfo, path: &str) -> Command {
    Command::new("verify")
        .about("Check that batch and stream agree on an input")
        .long_about(
            "Check that batch and stream agree on an input: run the job in batch, and then again \
             in batch and as a stream, with several numbers of workers, sizes of chunks and cuts \
             of the input, partitions in shuffled order, state on disk, and crashes and restarts \
             on the way. All must leave the same rows, to the bit, the same dead letters and the \
             same totals. Besides, all code is run twice on the same records and compared, and \
             accumulators of aggregates are merged in random trees.\n\n\
             Nothing is written but to memory and temporary files. The exit code is 1 where runs \
             differ.",
        )
        .args([
            input(job, false),
            stray(),
            Arg::new("seed")
                .long("seed")
                .value_name("N")
                .help("Choose the schedules by this number; if not given, by the clock")
                .value_parser(value_parser!(u64)),
            on_error(&["fail", "skip", "dead-letter"]),
            layout(
                "What a stream over this input has written of where watermarks passed partitions",
            ),
        ])
        .args(params(job))
        .after_help(help::verify(job, path))
}

fn schema(job: &JobInfo) -> Command {
    Command::new("schema")
        .about("Show the columns of inputs and outputs, with examples")
        .args(params(job))
}

fn topics(job: &JobInfo, path: &str) -> Command {
    let flag = |name: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue);
    Command::new("topics")
        .about("Show, make or delete the topics of Kafka that the job needs")
        .long_about(
            "Show the topics of Kafka that the job needs with these inputs and outputs: those it \
             reads, those it writes, and two for each keyed operator that the processes of a group \
             share: letters to the shards of its state, and snapshots of it. A run makes what is \
             missing itself; who may not is given them by `--create`.",
        )
        .args([
            input(job, false),
            stray(),
            output(job),
            group_name("The group whose topics are meant too"),
            shards(
                "Into how many shards keyed state is to be cut; if not given, as many as the first \
                 input has partitions, which is the most",
            ),
            flag("create").help("Make those that are missing, but for inputs"),
            flag("delete")
                .help("Delete the letters and snapshots of the group")
                .conflicts_with("create"),
            flag("outputs").help("With --delete: delete the outputs as well").requires("delete"),
            format(),
        ])
        .args(params(job))
        .after_help(help::topics(job, path))
}

fn group(job: &JobInfo, path: &str) -> Command {
    Command::new("group")
        .about("Show the processes of a group, and how far they have come")
        .long_about(
            "Show the processes that share a run as a group: which partitions and shards each has, \
             how far what was committed has come in each, and how many records there are to be \
             read yet.",
        )
        .args([
            input(job, false),
            stray(),
            output(job),
            group_name("The group").required(true),
            format(),
        ])
        .args(params(job))
        .after_help(help::group(job, path))
}

fn reset(job: &JobInfo, path: &str) -> Command {
    Command::new("reset")
        .about("Let a group begin anew")
        .long_about(
            "Let a group begin anew: delete the topics of its state, and how far it has come in its \
             inputs. No process of the group may run. Outputs keep what they have.",
        )
        .args([
            input(job, false),
            stray(),
            output(job),
            group_name("The group").required(true),
        ])
        .args(params(job))
        .after_help(help::reset(job, path))
}

fn output(job: &JobInfo) -> Arg {
    Arg::new("out")
        .long("out")
        .value_name("NAME=URI")
        .help(help::output(job))
        .allow_hyphen_values(true)
        .action(ArgAction::Append)
}

fn format() -> Arg {
    Arg::new("format")
        .long("format")
        .value_name("FORMAT")
        .help("Text for people, or JSON for programs")
        .default_value("text")
        .value_parser(PossibleValuesParser::new(["text", "json"]))
}

fn state(help: &'static str) -> Arg {
    Arg::new("state")
        .long("state")
        .value_name("DIR")
        .help(help)
        .value_parser(value_parser!(PathBuf))
}

fn guarantee(help: &'static str) -> Arg {
    Arg::new("guarantee")
        .long("guarantee")
        .value_name("WHAT")
        .help(help)
        .value_parser(PossibleValuesParser::new(["exactly-once", "at-least-once"]))
}

fn group_name(help: &'static str) -> Arg {
    Arg::new("group").long("group").value_name("NAME").help(help)
}

fn shards(help: &'static str) -> Arg {
    Arg::new("shards")
        .long("shards")
        .value_name("N")
        .help(help)
        .requires("group")
        .value_parser(value_parser!(u32).range(1..))
}

fn input(job: &JobInfo, once: bool) -> Arg {
    Arg::new("in")
        .long("in")
        .value_name("NAME=URI")
        .help(help::input(job, once))
        .required(true)
        .allow_hyphen_values(true)
        .action(ArgAction::Append)
}

fn layout(help: &'static str) -> Arg {
    Arg::new("layout")
        .long("layout")
        .value_name("FILE")
        .help(help)
        .value_parser(value_parser!(PathBuf))
}

/// What belongs to no flag: taken only to say why it is wrong.
fn stray() -> Arg {
    Arg::new("stray").hide(true).num_args(0..)
}

fn on_error(policies: &'static [&'static str]) -> Arg {
    Arg::new("on-error")
        .long("on-error")
        .value_name("[OPERATOR=]POLICY")
        .help(format!(
            "What to do with a record that cannot be decoded or processed, at all operators or at \
             the one named: {}; fail if not given",
            policies.join(", ")
        ))
        .action(ArgAction::Append)
        .value_parser(ValueParser::new(move |text: &str| units::policy(text, policies)))
}

/// Flags that a parameter of the same name must not hide.
const TAKEN: [&str; 25] = [
    "in",
    "out",
    "mode",
    "workers",
    "memory",
    "on-error",
    "metrics",
    "report",
    "progress",
    "state",
    "epoch",
    "accept",
    "format",
    "code",
    "seed",
    "help",
    "layout",
    "guarantee",
    "group",
    "instance",
    "shards",
    "standby",
    "create",
    "delete",
    "outputs",
];

/// The flags of the job's parameters.
fn params(job: &JobInfo) -> Vec<Arg> {
    let arg = |info: &ParamInfo| {
        Arg::new(param_id(info.name))
            .long(param_flag(info.name))
            .value_name("VALUE")
            .help(format!("The job's parameter `{}`, of type {}", info.name, info.ty))
            .help_heading("Parameters")
            .required(true)
            .allow_negative_numbers(true)
    };
    (job.params)().iter().map(arg).collect()
}

/// The id of a parameter's flag among clap's arguments.
pub(super) fn param_id(name: &str) -> String {
    format!("parameter {name}")
}

/// The flag of a parameter, without the dashes before it.
pub(super) fn param_flag(name: &str) -> String {
    let flag = name.replace('_', "-");
    if TAKEN.contains(&flag.as_str()) { format!("param-{flag}") } else { flag }
}
