//! Going on where an earlier process was.

use crate::checkpoint::{Checkpoint, Folder, Manifest, Position, Says};
use crate::reader::{Lane, Reader};
use ouzel_dsl::log::{LogSession, SessionOf};
use ouzel_dsl::stage::Tally;
use ouzel_dsl::{Error, Plan, Result};
use ouzel_engine::{Gates, Guarantee, RunConfig, StreamConfig, Wiring, fresh_run, session};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// How long what a run writes may take from the first record to its commit: longer than any epoch,
/// and no longer than readers can wait when the process is gone.
const LASTS: Duration = Duration::from_secs(60);

/// The kept state of a run, and the session in which it writes, as far as it has them.
pub type Kept = (Option<Checkpoint>, Option<Arc<dyn LogSession>>);

/// Opens the kept state of a run, and the session in which it writes, as far as it has them.
pub fn open(plan: &Plan, config: &RunConfig, stream: &StreamConfig) -> Result<Kept> {
    let folder = stream.state.as_ref().map(|dir| Folder::take(dir, plan.job)).transpose()?;
    let run = folder.as_ref().map_or_else(|| fresh_run(plan.job), |folder| folder.run.clone());
    let exactly_once = folder.is_some() && stream.guarantee != Some(Guarantee::AtLeastOnce);
    let lasts = if config.history { LASTS * 3 } else { LASTS };
    let session = session(plan, config, &SessionOf { run: &run, exactly_once, lasts })?;
    let Some(folder) = folder else { return Ok((None, session)) };
    // Without transactions the log knows of no commit, nor do outputs that are no log.
    let says = match session.as_ref().filter(|_| exactly_once) {
        Some(session) => Says::Log(session.committed()?),
        None => Says::Manifest,
    };
    let checkpoint = Checkpoint::open(folder, plan, config, &stream.accept, &says)?;
    Ok((Some(checkpoint), session))
}

/// Where each partition is, by input.
///
/// A source is asked for landmarks of places only that have changed since `before`.
pub fn positions(
    wiring: &Wiring,
    reader: &Reader,
    gates: &Gates,
    before: &Manifest,
) -> Result<Vec<(String, Position)>> {
    let mut held = HashMap::new();
    for (input, positions) in &before.inputs {
        held.extend(positions.iter().map(|p| ((&**input, &*p.partition, p.offset), &p.landmark)));
    }
    let position = |lane: &Lane| {
        let (source, partition) = (&wiring.sources[lane.source], name(wiring, lane));
        let input = wiring.plan.sources[lane.source].input;
        let landmark = match held.get(&(input, partition.as_str(), lane.position)) {
            Some(landmark) => (*landmark).clone(),
            None => source.landmark(lane.partition, lane.position)?,
        };
        let position = Position {
            partition,
            offset: lane.position,
            landmark,
            seen: gates.seen(lane.source, lane.partition),
            greatest: Some(gates.greatest(lane.source, lane.partition)),
            passed: lane.passed,
            ended: lane.is_done(),
        };
        Ok((input.to_owned(), position))
    };
    reader.lanes.iter().map(position).collect()
}

/// A reader at the positions of a manifest. Sources that are read before the others are at their
/// ends, and must be where they were.
pub fn reader(
    wiring: &Wiring,
    manifest: &Manifest,
    gates: &Gates,
    stream: &StreamConfig,
    ends: &[(usize, u32, u64)],
) -> Result<Reader> {
    let (mut positions, mut passed) = (Vec::new(), Vec::new());
    for (source, node) in wiring.plan.sources.iter().enumerate().filter(|(_, n)| !n.side) {
        let names = wiring.sources[source].partitions();
        for held in manifest.inputs.get(node.input).into_iter().flatten() {
            let Some(partition) = names.iter().position(|name| *name == held.partition) else {
                return Err(Error::State(format!(
                    "the input `{}` has no partition `{}` any more, and the state has read it up to offset {}",
                    node.input, held.partition, held.offset
                )));
            };
            let greatest = held.greatest.unwrap_or(held.seen);
            gates.resume(source, partition as u32, held.seen, greatest);
            passed.push(held.passed);
            positions.push((source, partition as u32, held.offset));
        }
    }
    let closed = wiring.plan.keyed.iter().map(|entry| {
        let id = &wiring.plan.operators[entry.operator].id;
        manifest.keyed.get(id).map_or(i64::MIN, |kept| kept.closed)
    });
    let watermarks = watermarks(wiring, &closed.collect::<Vec<_>>());
    let by = (stream.clock.clone(), stream.shuffle);
    let mut reader = Reader::new(wiring, by, watermarks, positions);
    reader.lanes.iter_mut().zip(passed).for_each(|(lane, passed)| lane.passed = passed);
    for (source, node) in wiring.plan.sources.iter().enumerate().filter(|(_, n)| n.side) {
        let ends = ends.iter().filter(|(of, ..)| *of == source).map(|(_, p, end)| (*p, *end));
        reader.read_before(source, ends.clone());
        if manifest.epoch > 0 {
            let held = manifest.inputs.get(node.input).map_or(&[][..], Vec::as_slice);
            same_end(wiring, source, ends, held)?;
        }
    }
    reader.refresh(wiring, gates)?;
    for lane in &reader.lanes {
        let held = manifest.inputs.get(wiring.plan.sources[lane.source].input);
        let name = name(wiring, lane);
        if let Some(held) = held.and_then(|held| held.iter().find(|p| p.partition == name)) {
            same(wiring, lane, held)?;
        }
    }
    Ok(reader)
}

/// Refuses an input that is looked up and has become longer, shorter or another.
fn same_end(
    wiring: &Wiring,
    source: usize,
    ends: impl Iterator<Item = (u32, u64)>,
    held: &[Position],
) -> Result<()> {
    let names = wiring.sources[source].partitions();
    let name = |partition: u32| names.get(partition as usize).map_or("", String::as_str);
    let now: BTreeSet<(&str, u64)> = ends.map(|(p, end)| (name(p), end)).collect();
    let before = held.iter().map(|p| (p.partition.as_str(), p.offset)).collect();
    let Some((partition, end)) = now.symmetric_difference(&before).next() else { return Ok(()) };
    Err(Error::State(format!(
        "the input `{}` is looked up, and is not what it was: `{partition}` {} at offset {end}\n  put it back as it was, or begin anew with another `--state`",
        wiring.plan.sources[source].input,
        if now.contains(&(*partition, *end)) { "ends" } else { "ended" }
    )))
}

/// The greatest watermark that anything downstream of each source has had, of those of the keyed
/// operators.
pub fn watermarks(wiring: &Wiring, keyed: &[i64]) -> Vec<i64> {
    let of = |source| {
        let entries = wiring.plan.keyed.iter().zip(keyed);
        let downstream = entries.filter(|(entry, _)| entry.sources.contains(&source));
        downstream.map(|(_, watermark)| *watermark).max().unwrap_or(i64::MIN)
    };
    (0..wiring.sources.len()).map(of).collect()
}

/// Refuses a partition that is not what it was.
fn same(wiring: &Wiring, lane: &Lane, held: &Position) -> Result<()> {
    let node = &wiring.plan.sources[lane.source];
    let (input, name, offset) = (node.input, name(wiring, lane), held.offset);
    let landmark = wiring.sources[lane.source].landmark(lane.partition, offset)?;
    if landmark != held.landmark {
        return Err(Error::State(format!(
            "the input `{input}` changed before the place that was reached: offset {offset} of `{name}` was {}, and is {landmark} now\n  put back what was there, or begin anew with another `--state`",
            held.landmark
        )));
    }
    // A partition that had ended no longer held the watermark back.
    if held.ended && node.needs_seen && lane.has_more() {
        return Err(Error::State(format!(
            "the partition `{name}` of the input `{input}` has grown beyond offset {offset}, where it had ended, and the job has a lateness: what came may be older than what has been closed\n  begin anew with another `--state`"
        )));
    }
    Ok(())
}

fn name(wiring: &Wiring, lane: &Lane) -> String {
    let names = wiring.sources[lane.source].partitions();
    names.get(lane.partition as usize).cloned().unwrap_or_default()
}

/// The counts up to a manifest.
pub fn tally(plan: &Plan, manifest: &Manifest) -> Tally {
    let mut tally = Tally::new(plan.operators.len());
    for (i, operator) in plan.operators.iter().enumerate() {
        if let Some((out, late, errors)) = manifest.totals.get(&operator.id) {
            (tally.out[i], tally.late[i], tally.errors[i]) = (*out, *late, *errors);
        }
    }
    tally
}
