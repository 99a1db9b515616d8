//! The command line of a job, or of several.

mod bindings;
mod command;
mod group;
mod help;
#[cfg(all(test, feature = "kafka"))]
mod kafka_tests;
#[cfg(feature = "monitor")]
mod metrics;
mod outputs;
mod report;
mod run;
mod signals;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod topics;
mod units;
mod verify;

use crate::job_main::JobInfo;
use crate::session::{self, End};
use crate::show;
use crate::terminal::Screen;
use clap::ArgMatches;
use ouzel_dsl::{Error, Params, Plan, Result};
use ouzel_engine::{GroupConfig, RunConfig, StreamConfig};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What the command line talks to.
pub(crate) struct Console {
    /// Standard output.
    pub out: Screen,
    /// Standard error.
    pub err: Screen,
    /// Where help is wrapped; if not given, at the terminal's width.
    pub width: Option<usize>,
    /// Whether a signal ends the run cleanly.
    pub signals: bool,
}

impl Console {
    pub fn standard() -> Console {
        Console { out: Screen::stdout(), err: Screen::stderr(), width: None, signals: true }
    }
}

/// What the shell is told.
mod exit {
    pub const OK: u8 = 0;
    pub const FAILED: u8 = 1;
    pub const USAGE: u8 = 2;
    /// Ctrl-C has ended it: 128 and the signal's number.
    pub const INTERRUPTED: u8 = 130;
    /// SIGTERM has.
    #[cfg(unix)]
    pub const TERMINATED: u8 = 143;
}

/// Reads the arguments and does what they say.
pub(crate) fn main(jobs: &[JobInfo], args: Vec<OsString>, console: &Console) -> u8 {
    let program = match args.first().map(Path::new).and_then(Path::file_stem) {
        Some(name) => name.to_string_lossy().into_owned(),
        None => "ouzel".to_owned(),
    };
    let matches = match command::build(jobs, &program, console.width).try_get_matches_from(args) {
        Ok(matches) => matches,
        Err(error) => return explain(&error, console),
    };
    match dispatch(jobs, &program, &matches, console) {
        Ok(code) => code,
        // Whoever read standard output has had enough.
        Err((Error::Io { source, .. }, _)) if source.kind() == std::io::ErrorKind::BrokenPipe => {
            exit::OK
        }
        Err((error @ Error::Cancelled, _)) => {
            let _ = console.err.print(&format!("{error}\n"));
            signals::exit_code()
        }
        Err((error, path)) => {
            let usage = matches!(error, Error::Usage(_));
            let hint =
                if usage { format!("\nfor more, see `{path} --help`") } else { String::new() };
            let text = format!("{} {error}{hint}\n", console.err.alarm("error:"));
            // There is no one left to tell if this fails.
            let _ = console.err.print(&text);
            if usage { exit::USAGE } else { exit::FAILED }
        }
    }
}

/// Prints help, or what clap found wrong.
fn explain(error: &clap::Error, console: &Console) -> u8 {
    let screen = if error.use_stderr() { &console.err } else { &console.out };
    let text = error.render();
    let text = if screen.color { text.ansi().to_string() } else { text.to_string() };
    let _ = screen.print(&text);
    if error.use_stderr() { exit::USAGE } else { exit::OK }
}

/// Does what one subcommand says. An error comes with the command it belongs to.
fn dispatch(
    jobs: &[JobInfo],
    program: &str,
    matches: &ArgMatches,
    console: &Console,
) -> Result<u8, (Error, String)> {
    let chosen = match jobs {
        [job] => Some((job, matches, program.to_owned())),
        _ => matches.subcommand().and_then(|(name, matches)| {
            let job = jobs.iter().find(|job| job.name == name)?;
            Some((job, matches, format!("{program} {name}")))
        }),
    };
    // clap lets nothing through without a job and a subcommand.
    let Some((job, matches, path)) = chosen else { return Ok(exit::USAGE) };
    let Some((verb, matches)) = matches.subcommand() else { return Ok(exit::USAGE) };
    let done = match verb {
        "run" => run::run(job, matches, console).map(|()| exit::OK),
        "plan" => plan(job, matches, console).map(|()| exit::OK),
        "schema" => schema(job, matches, console).map(|()| exit::OK),
        "topics" => topics::topics(job, matches, console).map(|()| exit::OK),
        "group" => group::group(job, matches, console).map(|()| exit::OK),
        "reset" => group::reset(job, matches, console).map(|()| exit::OK),
        _ => verify::verify(job, matches, console)
            .map(|agrees| if agrees { exit::OK } else { exit::FAILED }),
    };
    done.map_err(|error| (error, format!("{path} {verb}")))
}

/// The values that were given for a job's parameters.
fn params(job: &JobInfo, matches: &ArgMatches) -> Params {
    (job.params)().iter().fold(Params::new(), |params, info| {
        match matches.get_one::<String>(&command::param_id(info.name)) {
            Some(value) => params.with(info.name, value),
            None => params,
        }
    })
}

fn plan(job: &JobInfo, matches: &ArgMatches, console: &Console) -> Result<()> {
    let plan = (job.plan)(&params(job, matches))?;
    let code = matches.get_flag("code");
    let promises = promises(&plan, matches, console)?;
    let text = match matches.get_one::<String>("format").map(String::as_str) {
        Some("json") => show::json::plan(&plan, code, promises.as_deref()),
        Some("mermaid") => show::mermaid::plan(&plan),
        _ if code => show::code::plan(&plan),
        _ => {
            show::text::plan(job, &plan)
                + &promises.as_deref().map_or(String::new(), show::restart::text)
        }
    };
    console.out.print(&text)
}

/// What a run would leave after a crash and a restart, if it is said where it reads and writes.
fn promises(
    plan: &Plan,
    matches: &ArgMatches,
    console: &Console,
) -> Result<Option<Vec<show::restart::Promise>>> {
    let given =
        |flag: &&str| matches.value_source(flag) == Some(clap::parser::ValueSource::CommandLine);
    if !["in", "out", "state", "guarantee", "group", "stray"].iter().any(given) {
        return Ok(None);
    }
    let config = ends(plan, matches, console)?;
    let stream = StreamConfig {
        state: matches.get_one::<PathBuf>("state").cloned(),
        guarantee: run::guarantee(matches),
        group: matches
            .get_one::<String>("group")
            .map(|name| GroupConfig { name: name.clone(), ..GroupConfig::default() }),
        ..StreamConfig::default()
    };
    session::check(plan, &config)?;
    ouzel_runtime_stream::check(plan, &config, &stream)?;
    show::restart::promises(plan, &config, &stream).map(Some)
}

/// Where a run reads and writes.
fn ends(plan: &Plan, matches: &ArgMatches, console: &Console) -> Result<RunConfig> {
    let inputs = bindings::read(plan, End::Input, matches)?;
    let given = bindings::read(plan, End::Output, matches)?;
    bindings::apart(plan, &inputs, &given, None, None)?;
    let outputs = outputs::sinks(plan, &given, &console.out)?;
    Ok(RunConfig { outputs, ..verify::inputs(&inputs)? })
}

fn schema(job: &JobInfo, matches: &ArgMatches, console: &Console) -> Result<()> {
    let plan = (job.plan)(&params(job, matches))?;
    console.out.print(&show::schema::plan(&plan))
}
