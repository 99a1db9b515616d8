//! `verify`: do batch and stream agree on this input?

use super::units::Policy;
use super::{Console, bindings, params};
use crate::job_main::JobInfo;
use crate::session::End;
use crate::uri;
use crate::verify;
use clap::ArgMatches;
use ouzel_dsl::{Error, Result};
use ouzel_engine::RunConfig;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Runs the schedules and prints what came of them; says whether all agree.
pub(super) fn verify(job: &JobInfo, matches: &ArgMatches, console: &Console) -> Result<bool> {
    let plan = Arc::new((job.plan)(&params(job, matches))?);
    let given = bindings::read(&plan, End::Input, matches)?;
    if let Some((name, uri)) = given.iter().find(|(_, uri)| bindings::is_standard(uri)) {
        return Err(Error::Usage(format!(
            "the input `{name}` ({uri}) is standard input, which can be read once, and `verify` \
             reads its input many times: save it to a file first"
        )));
    }
    let mut config = inputs(&given)?;
    config.until_now = true;
    config.layout = super::run::layout(matches)?;
    policies(&mut config, matches)?;
    let seed = matches.get_one::<u64>("seed").copied().unwrap_or_else(by_the_clock);
    let verification =
        verify::verify(&plan, &config, seed, &mut |ran| match console.err.terminal {
            true => console.err.print(&format!("{ran}\n")),
            false => Ok(()),
        })?;
    console.out.print(&verification.to_string())?;
    Ok(verification.agrees())
}

/// What to do with bad records; where dead letters go is returned.
pub(super) fn policies(config: &mut RunConfig, matches: &ArgMatches) -> Result<Option<String>> {
    let mut place: Option<String> = None;
    let mut told = BTreeSet::new();
    for policy in matches.get_many::<Policy>("on-error").into_iter().flatten() {
        if !told.insert(&policy.operator) {
            let whom = match &policy.operator {
                Some(operator) => format!("for the operator `{operator}`"),
                None => "for all operators".to_owned(),
            };
            return Err(Error::Usage(format!(
                "`--on-error` is given twice {whom}: there can be one policy"
            )));
        }
        match &policy.operator {
            Some(operator) => {
                config.on_error_of.insert(operator.clone(), policy.on_error);
            }
            None => config.on_error = policy.on_error,
        }
        match (&place, &policy.dead_letters) {
            (Some(one), Some(other)) if one != other => {
                return Err(Error::Usage(format!(
                    "all dead letters go to one place, not to {one} and {other}: each says which operator it is of"
                )));
            }
            (_, Some(uri)) => place = Some(uri.clone()),
            _ => {}
        }
    }
    Ok(place)
}

/// A seed that differs from run to run, short enough to be typed.
fn by_the_clock() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::from(now.subsec_nanos()) / 1_000
}

/// A configuration with these inputs.
pub(super) fn inputs(uris: &BTreeMap<String, String>) -> Result<RunConfig> {
    let inputs = uris.iter().map(|(name, uri)| Ok((name.clone(), uri::input(uri)?)));
    Ok(RunConfig { inputs: inputs.collect::<Result<_>>()?, ..RunConfig::default() })
}
