//! What the command line, the builder and `verify` have in common: inputs checked against the
//! plan, and the choice of an executor.

use ouzel_dsl::connector::Request;
use ouzel_dsl::plan::SourceNode;
use ouzel_dsl::schema::nearest;
use ouzel_dsl::{Error, Plan, Result};
use ouzel_engine::{RunConfig, StreamConfig};
use ouzel_hooks::Summary;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// How a job is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// On rayon, over input that ends.
    Batch,
    /// On tokio, by epochs, over input that may go on for ever.
    Stream,
    /// What there is at the start as batch reads it, with all cores; then as a stream, from exactly
    /// there.
    Hybrid,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Mode::Batch => "batch",
            Mode::Stream => "stream",
            Mode::Hybrid => "hybrid",
        })
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Mode, String> {
        match text {
            "batch" => Ok(Mode::Batch),
            "stream" => Ok(Mode::Stream),
            "hybrid" => Ok(Mode::Hybrid),
            _ => Err(format!("{text:?} is none of `batch`, `stream` and `hybrid`")),
        }
    }
}

/// Which end of a job a name belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Input,
    Output,
}

impl End {
    pub fn names(self, plan: &Plan) -> Vec<&'static str> {
        match self {
            End::Input => plan.sources.iter().map(|s| s.input).collect(),
            End::Output => plan.outputs.iter().map(|o| o.name).collect(),
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            End::Input => "input",
            End::Output => "output",
        }
    }

    /// An error if the plan has no such input or output, with the nearest name that it has.
    pub fn check(self, plan: &Plan, name: &str) -> Result<()> {
        let names = self.names(plan);
        if names.contains(&name) {
            return Ok(());
        }
        let hint = match nearest(name, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it has {}", listed(&names)),
        };
        Err(Error::Usage(format!("{} has no {} `{name}`; {hint}", plan.job, self.word())))
    }
}

/// Names in backticks: `a`, `b` and `c`.
pub(crate) fn listed(names: &[&str]) -> String {
    match names {
        [] => "none".to_owned(),
        [one] => format!("`{one}`"),
        [first @ .., last] => {
            let first: Vec<_> = first.iter().map(|n| format!("`{n}`")).collect();
            format!("{} and `{last}`", first.join(", "))
        }
    }
}

/// An error unless each input has a source and no other name was given.
pub(crate) fn check(plan: &Plan, config: &RunConfig) -> Result<()> {
    for name in config.inputs.keys() {
        End::Input.check(plan, name)?;
    }
    for name in config.outputs.keys() {
        End::Output.check(plan, name)?;
    }
    let missing: Vec<_> = End::Input
        .names(plan)
        .into_iter()
        .filter(|name| !config.inputs.contains_key(*name))
        .collect();
    match missing.first() {
        Some(first) => Err(Error::Usage(format!(
            "{} reads {}, and nothing was given for it: `--in {first}=URI` on the command line, \
             `.input(\"{first}\", ..)` in Rust",
            plan.job,
            listed(&missing)
        ))),
        None => Ok(()),
    }
}

/// What an executor will ask of a source.
pub(crate) fn request(source: &SourceNode, config: &RunConfig) -> Request {
    Request {
        input: source.input.to_owned(),
        fields: source.fields.clone(),
        read: source.read.clone(),
        prune: source.prune.clone(),
        time: source.event_time,
        event_time: if source.needs_seen { source.event_time } else { None },
        chunk_rows: config.chunk_rows,
        split_bytes: config.split_bytes,
        until_now: config.until_now,
        history: false,
    }
}

/// The first input that does not end by itself, as the user wrote it.
pub(crate) fn unbounded(plan: &Plan, config: &RunConfig) -> Result<Option<String>> {
    for source in &plan.sources {
        if let Some(connect) = config.inputs.get(source.input)
            && !connect.open(&request(source, config))?.bounded()
        {
            return Ok(Some(format!("`{}` ({})", source.input, connect.describe())));
        }
    }
    Ok(None)
}

/// The mode to run in: as told, else batch if every input ends by itself.
pub(crate) fn mode(plan: &Plan, config: &RunConfig, told: Option<Mode>) -> Result<Mode> {
    if let Some(mode @ (Mode::Stream | Mode::Hybrid)) = told {
        return Ok(mode);
    }
    let until_now = told == Some(Mode::Batch);
    match (unbounded(plan, &RunConfig { until_now, ..config.clone() })?, told) {
        (None, _) => Ok(Mode::Batch),
        (Some(_), None) => Ok(Mode::Stream),
        (Some(input), Some(_)) => Err(Error::Usage(format!(
            "batch mode reads its input to the end, and the input {input} has none; \
             run in stream mode, or read a file or folder without `follow`"
        ))),
    }
}

/// Runs a plan in a mode.
pub(crate) fn execute(
    plan: &Arc<Plan>,
    mode: Mode,
    config: &RunConfig,
    stream: &StreamConfig,
) -> Result<Summary> {
    check(plan, config)?;
    match mode {
        Mode::Batch => ouzel_runtime_batch::run(plan, config),
        Mode::Stream => ouzel_runtime_stream::run(plan, config, stream),
        Mode::Hybrid if stream.group.is_some() => Err(Error::Usage(
            "hybrid mode is of a process alone, with `--state`: a `--group` catches up as a stream"
                .to_owned(),
        )),
        Mode::Hybrid => {
            let config = RunConfig { history: true, ..config.clone() };
            ouzel_runtime_stream::run(plan, &config, stream)
        }
    }
}

/// What the reference says that a plan leaves.
pub(crate) fn refer(plan: &Arc<Plan>, config: &RunConfig) -> Result<Summary> {
    check(plan, config)?;
    ouzel_reference::run(plan, config)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn config(inputs: &[(&str, &str)]) -> RunConfig {
        let inputs = inputs.iter().map(|(name, uri)| {
            let connect = testing::NamedInput { name: (*uri).to_owned() };
            ((*name).to_owned(), Arc::new(connect) as _)
        });
        RunConfig { inputs: inputs.collect(), ..RunConfig::default() }
    }

    #[test]
    fn a_misspelt_input_is_answered_with_the_nearest() {
        let error = check(&testing::plan(), &config(&[("flihgts", "a.csv")])).unwrap_err();
        let expected = "delays has no input `flihgts`; did you mean `flights`?";
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn a_missing_input_is_named() {
        let error = check(&testing::plan(), &config(&[])).unwrap_err().to_string();
        assert!(error.contains("delays reads `flights`") && error.contains("--in flights=URI"));
    }

    #[test]
    fn the_mode_follows_the_inputs() {
        let plan = testing::plan();
        let (file, tail) = (config(&[("flights", "a.csv")]), config(&[("flights", "a?follow")]));
        assert_eq!(mode(&plan, &file, None).unwrap(), Mode::Batch);
        assert_eq!(mode(&plan, &file, Some(Mode::Stream)).unwrap(), Mode::Stream);
        assert_eq!(mode(&plan, &tail, None).unwrap(), Mode::Stream);
        let error = mode(&plan, &tail, Some(Mode::Batch)).unwrap_err().to_string();
        assert!(error.contains("`flights` (a?follow)"), "{error}");
    }

    #[test]
    fn names_are_listed() {
        assert_eq!(listed(&["a"]), "`a`");
        assert_eq!(listed(&["a", "b", "c"]), "`a`, `b` and `c`");
    }
}
