//! What has changed since kept state was made, and whether it is accepted.

use super::{FORMAT, Manifest};
use ouzel_dsl::schema::nearest;
use ouzel_dsl::{Error, Plan, Result};
use ouzel_engine::RunConfig;
use std::collections::BTreeMap;
use std::path::Path;

/// Refuses a manifest that is not of this job and of these places, unless what changed is accepted;
/// then it notes which outputs that reaches.
pub(super) fn check(
    manifest: &mut Manifest,
    plan: &Plan,
    config: &RunConfig,
    accept: &[String],
    dir: &Path,
) -> Result<()> {
    let changes = changes(manifest, plan);
    let incomparable = reached(plan, &changes);
    compare(manifest, plan, accept, dir, changes)?;
    same_places(manifest, plan, config, dir)?;
    manifest.incomparable.extend(incomparable);
    Ok(())
}
/// Refuses state that belongs to another job, or to other code of this one.
fn compare(
    manifest: &Manifest,
    plan: &Plan,
    accept: &[String],
    dir: &Path,
    changes: Vec<Change>,
) -> Result<()> {
    let here = dir.display();
    if manifest.format != FORMAT {
        return Err(Error::State(format!(
            "the state in {here} has format {}, and this program reads format {FORMAT}: begin anew with another `--state`",
            manifest.format
        )));
    }
    if manifest.job != plan.job {
        return Err(Error::State(format!(
            "the state in {here} belongs to the job `{}`, not `{}`",
            manifest.job, plan.job
        )));
    }
    for entry in &plan.keyed {
        let operator = &plan.operators[entry.operator];
        let kept = manifest.keyed.get(&operator.id);
        if let Some(kept) = kept.filter(|kept| kept.state_type != entry.node.state_type()) {
            return Err(Error::State(format!(
                "the state in {here} does not fit `{}` ({}): it holds {}, and the job now needs {}\n  begin anew with another `--state`",
                operator.id,
                operator.site,
                kept.state_type,
                entry.node.state_type()
            )));
        }
    }
    for entry in &plan.keyed {
        let operator = &plan.operators[entry.operator];
        let kept = manifest.keyed.get(&operator.id);
        if let Some(kept) = kept.filter(|kept| kept.lateness != entry.lateness) {
            return Err(Error::State(format!(
                "the lateness before `{}` ({}) was {} and is {}: the state in {here} has closed windows by it\n  begin anew with another `--state`",
                operator.id,
                operator.site,
                lateness(kept.lateness),
                lateness(entry.lateness),
            )));
        }
    }
    let known = |name: &String| {
        let held = manifest.operators.contains_key(name) || manifest.params.contains_key(name);
        let params = plan.params.iter().any(|(param, _)| param == name);
        held || params || plan.operators.iter().any(|o| o.id == *name)
    };
    if let Some(name) = accept.iter().find(|name| !known(name)) {
        let ids = plan.operators.iter().map(|o| o.id.as_str());
        let hint = nearest(name, ids).map(|near| format!("; did you mean `{near}`?"));
        return Err(Error::Usage(format!(
            "`--accept {name}`: the job has no such operator or parameter{}",
            hint.unwrap_or_default()
        )));
    }
    let refused = changes.into_iter().filter(|change| !accept.contains(&change.name));
    let changed: Vec<String> = refused.map(|change| change.what).collect();
    if changed.is_empty() {
        return Ok(());
    }
    Err(Error::State(format!(
        "the state in {here} was made by other code, so that its outputs could not be compared with batch any more:\n  {}\n  begin anew with another `--state`, or go on all the same with `--accept NAME` for each",
        changed.join("\n  ")
    )))
}

/// A difference between the job that made the state and this one.
struct Change {
    /// What `--accept` calls it.
    name: String,
    what: String,
    /// The operator it is of, if that is still there.
    operator: Option<usize>,
}

fn changes(manifest: &Manifest, plan: &Plan) -> Vec<Change> {
    let mut changes = Vec::new();
    for (index, operator) in plan.operators.iter().enumerate() {
        let (id, site) = (&operator.id, operator.site);
        let what = match manifest.operators.get(id) {
            Some(fingerprint) if *fingerprint == operator.fingerprint => continue,
            Some(_) => format!("`{id}` ({site}) changed"),
            None => format!("`{id}` ({site}) is new"),
        };
        changes.push(Change { name: id.clone(), what, operator: Some(index) });
    }
    for id in manifest.operators.keys() {
        if !plan.operators.iter().any(|o| o.id == *id) {
            let what = format!("`{id}` is gone");
            changes.push(Change { name: id.clone(), what, operator: None });
        }
    }
    for (name, value) in &plan.params {
        let flag = name.replace('_', "-");
        let what = match manifest.params.get(name) {
            Some(held) if held == value => continue,
            Some(held) => format!("the parameter `--{flag}` was {held} and is {value}"),
            None => format!("the parameter `--{flag}` is new"),
        };
        changes.push(Change { name: name.clone(), what, operator: None });
    }
    changes
}

/// The outputs that changes reach: those after an operator that changed; all, if it is not known.
fn reached(plan: &Plan, changes: &[Change]) -> Vec<String> {
    let mut reached = vec![changes.iter().any(|c| c.operator.is_none()); plan.operators.len()];
    for index in changes.iter().filter_map(|change| change.operator) {
        reached[index] = true;
    }
    for (index, operator) in plan.operators.iter().enumerate() {
        reached[index] |= operator.inputs.iter().any(|input| reached[*input]);
    }
    let outputs = plan.outputs.iter().filter(|output| reached[output.operator]);
    outputs.map(|output| output.name.to_owned()).collect()
}

/// Where the run reads and writes.
pub(super) fn places(plan: &Plan, config: &RunConfig) -> BTreeMap<String, String> {
    let inputs = plan.sources.iter().filter_map(|source| {
        let connect = config.inputs.get(source.input)?;
        Some((format!("input `{}`", source.input), connect.describe()))
    });
    let outputs = plan.outputs.iter().filter_map(|output| {
        let sink = config.outputs.get(output.name)?;
        Some((format!("output `{}`", output.name), sink.describe()))
    });
    let letters = config.dead_letters.iter().map(|s| ("dead letters".to_owned(), s.describe()));
    inputs.chain(outputs).chain(letters).collect()
}

/// What was committed to an output, or read of an input, is not to be found at another place. Before
/// the end, an input may have moved: its partitions are compared, not its place.
fn same_places(manifest: &Manifest, plan: &Plan, config: &RunConfig, dir: &Path) -> Result<()> {
    let now = places(plan, config);
    for (name, before) in &manifest.places {
        let after = now.get(name).map_or("nowhere", String::as_str);
        if after != before && (manifest.finished || !name.starts_with("input")) {
            return Err(Error::State(format!(
                "the {name} was {before} when the state in {} was made, and is {after} now\n  give the same as before, or begin anew with another `--state`",
                dir.display()
            )));
        }
    }
    Ok(())
}

/// A lateness in words.
fn lateness(micros: Option<i64>) -> String {
    micros.map_or("none".to_owned(), |micros| format!("{} s", micros as f64 / 1e6))
}
