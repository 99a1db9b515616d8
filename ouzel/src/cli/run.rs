//! `run`: the job over its inputs, into its outputs.

use super::{Console, bindings, outputs, params, report, signals};
use crate::job_main::JobInfo;
use crate::session::{self, End, Mode};
use crate::uri;
use clap::ArgMatches;
use ouzel_dsl::{Plan, Result};
use ouzel_engine::{GroupConfig, Guarantee, Layout, RunConfig, StreamConfig};
use ouzel_hooks::{Observers, Progress};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Runs the job as the flags say.
pub(super) fn run(job: &JobInfo, matches: &ArgMatches, console: &Console) -> Result<()> {
    let plan = Arc::new((job.plan)(&params(job, matches))?);
    let progress = progress(matches, console);
    let (out, err) = (console.out.beside(&progress), console.err.beside(&progress));

    let inputs = bindings::read(&plan, End::Input, matches)?;
    let given = bindings::read(&plan, End::Output, matches)?;
    let mut config = config(&inputs, matches)?;
    let dead_letters = super::verify::policies(&mut config, matches)?;
    let report_path = matches.get_one::<PathBuf>("report").map(PathBuf::as_path);
    bindings::apart(&plan, &inputs, &given, dead_letters.as_deref(), report_path)?;
    config.dead_letters = dead_letters.as_deref().map(uri::output).transpose()?;
    config.outputs = outputs::sinks(&plan, &given, &out)?;
    if let Some(progress) = &progress {
        config.observers = Observers::default().with(progress.clone());
    }
    #[cfg(feature = "monitor")]
    super::metrics::serve(&plan, &mut config, matches, &err)?;
    let mode = mode(&plan, &config, &inputs, matches)?;
    let stream = stream(matches);
    if mode == Mode::Batch {
        config.layout = layout(matches)?;
    }
    note_unused(mode, matches, &err)?;
    report_path.map_or(Ok(()), report::check)?;
    let hint = outputs::hint(&plan, &config.outputs, mode);
    if let Some(hint) = hint.filter(|_| err.terminal) {
        err.print(&hint)?;
    }
    if console.signals {
        signals::stop_on_signal(&config.stop, &err)?;
    }

    let done = session::execute(&plan, mode, &config, &stream);
    if let Some(progress) = &progress {
        progress.clear();
    }
    let summary = done?;
    if let Some(path) = report_path {
        report::write(path, &summary)?;
    }
    match when(matches) {
        "never" => Ok(()),
        _ => err.print(&summary.to_string()),
    }
}

fn when(matches: &ArgMatches) -> &str {
    matches.get_one::<String>("progress").map_or("auto", String::as_str)
}

fn progress(matches: &ArgMatches, console: &Console) -> Option<Arc<Progress>> {
    let shown = match when(matches) {
        "always" => true,
        "never" => false,
        _ => console.err.terminal,
    };
    shown.then(|| Arc::new(Progress::new()))
}

/// All that the flags say of a run in either mode, but for what it writes.
fn config(inputs: &BTreeMap<String, String>, matches: &ArgMatches) -> Result<RunConfig> {
    let mut config = super::verify::inputs(inputs)?;
    if let Some(workers) = matches.get_one::<u16>("workers") {
        config.workers = usize::from(*workers);
    }
    if let Some(bytes) = matches.get_one::<usize>("memory") {
        config.memory_bytes = *bytes;
    }
    Ok(config)
}

/// The mode that the flags or the inputs ask for.
fn mode(
    plan: &Plan,
    config: &RunConfig,
    inputs: &BTreeMap<String, String>,
    matches: &ArgMatches,
) -> Result<Mode> {
    let told = match matches.get_one::<String>("mode").map(String::as_str) {
        Some("batch") => Some(Mode::Batch),
        Some("hybrid") => Some(Mode::Hybrid),
        Some(_) => Some(Mode::Stream),
        // Processes that share a run share a stream.
        None => matches.contains_id("group").then_some(Mode::Stream),
    };
    // Standard input can be opened once, so that it is not asked whether it ends.
    match inputs.values().any(|uri| bindings::is_standard(uri)) {
        true => Ok(told.unwrap_or(Mode::Stream)),
        false => session::mode(plan, config, told),
    }
}

fn stream(matches: &ArgMatches) -> StreamConfig {
    let default = StreamConfig::default();
    StreamConfig {
        state: matches.get_one::<PathBuf>("state").cloned(),
        epoch_ms: matches.get_one::<u64>("epoch").copied().unwrap_or(default.epoch_ms),
        layout: matches.get_one::<PathBuf>("layout").cloned(),
        accept: matches.get_many::<String>("accept").into_iter().flatten().cloned().collect(),
        guarantee: guarantee(matches),
        group: matches.get_one::<String>("group").map(|name| GroupConfig {
            name: name.clone(),
            instance: matches.get_one::<String>("instance").cloned(),
            lanes: matches.get_one::<u32>("shards").copied(),
            standby: matches.get_flag("standby"),
        }),
        ..default
    }
}

/// What outputs are to show after a crash.
pub(super) fn guarantee(matches: &ArgMatches) -> Option<Guarantee> {
    matches.get_one::<String>("guarantee").map(|what| match what.as_str() {
        "at-least-once" => Guarantee::AtLeastOnce,
        _ => Guarantee::ExactlyOnce,
    })
}

/// What a stream has written of where watermarks passed partitions.
pub(super) fn layout(matches: &ArgMatches) -> Result<Layout> {
    let path = matches.get_one::<PathBuf>("layout");
    path.map_or(Ok(Layout::default()), |path| Layout::read(path))
}

/// Tells of flags that mean nothing in batch mode: the same command line may serve both.
fn note_unused(mode: Mode, matches: &ArgMatches, err: &super::Screen) -> Result<()> {
    let given =
        |flag: &&str| matches.value_source(flag) == Some(clap::parser::ValueSource::CommandLine);
    for flag in ["state", "epoch", "accept", "guarantee", "group"].iter().filter(|flag| given(flag))
    {
        if mode == Mode::Batch {
            err.print(&format!("note: `--{flag}` means nothing in batch mode\n"))?;
        }
    }
    Ok(())
}
