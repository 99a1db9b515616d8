//! A run that several processes share: each has some partitions of the inputs, and some shards of
//! each keyed operator's state.
//!
//! What a process gathers for a keyed operator goes as letters to the shards that the keys belong to,
//! each through a lane of its own, with how far event time has come. A shard's owner merges them, and
//! goes on from there as a process alone would. At the end of an epoch one transaction makes letters,
//! outputs and positions count together, so that lanes can move to another process between any two
//! commits: what they were read up to, and the letters before that, is all there is to know.

mod identity;
mod letter;
mod local;
mod moves;
mod needs;
mod restore;
mod shard;
mod standby;

pub use needs::{GroupTopics, InputTopic, StateTopics, check, group_topics, input_topics};

use crate::checkpoint::Folder;
use crate::epoch::{Run, summary};
use crate::keyed::{Turn, lock, parallel, take_combiners};
use identity::Identity;
use letter::Head;
use local::Local;
use ouzel_dsl::log::{Committed, Group, GroupOf, Lane, Position, SessionOf};
use ouzel_dsl::stage::Tally;
use ouzel_dsl::{Error, Plan, Result};
use ouzel_engine::{GroupConfig, Guarantee, RunConfig, StreamConfig, fresh_run, one_log, session};
use ouzel_hooks::{Event, Summary};
use serde::{Deserialize, Serialize};
use shard::Shard;
use standby::Standby;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long what a process writes may take from the first record to its commit: when it is gone, those
/// who read what it has written wait so long.
const LASTS: Duration = Duration::from_secs(15);

/// What goes with the position of a partition of an input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct SourceNote {
    seen: i64,
    greatest: i64,
    /// How many partitions the topic had.
    of: u32,
    /// What the source said stands there.
    landmark: String,
}

/// A partition of an input that is of this process.
struct Owned {
    source: usize,
    partition: u32,
    /// The offset that was committed last.
    committed: Option<u64>,
}

/// A run that is shared.
pub struct Shared {
    run: Run,
    group: Box<dyn Group>,
    /// By keyed operator; none of those that are looked up.
    topics: Vec<Option<StateTopics>>,
    /// The topic whose partitions the shards of the same number go with, so that who has partitions
    /// has shards.
    leading: String,
    owned: BTreeMap<(String, u32), Owned>,
    shards: BTreeMap<(usize, u32), Shard>,
    /// By keyed operator.
    identities: Vec<Identity>,
    /// Which watermarks the shards of a keyed operator were told last, by name.
    told: BTreeMap<(usize, String), i64>,
    /// Counts up to the last commit.
    counted: Tally,
    epoch: u64,
    /// Others' shards, if copies of them are wanted.
    standby: Option<Standby>,
    /// Where copies of shards are kept, if anywhere.
    local: Option<Local>,
}

/// Runs a plan until it is told to stop.
pub async fn run(
    plan: &Arc<Plan>,
    config: &RunConfig,
    stream: &StreamConfig,
    of: &GroupConfig,
) -> Result<Summary> {
    let mut shared = tokio::task::block_in_place(|| Shared::open(plan, config, stream, of))?;
    config.observers.tell(Event::Started {
        mode: "stream",
        job: plan.job.into(),
        bytes_total: None,
    });
    loop {
        tokio::task::block_in_place(|| shared.serve(Duration::ZERO))?;
        shared.run.read().await?;
        tokio::task::block_in_place(|| shared.end_epoch().map(|()| shared.tend_standby()))?;
        if config.stop.load(Ordering::Relaxed) {
            let shards = shared.shard_lanes();
            tokio::task::block_in_place(|| shared.keep(&shards))?;
            let summary = shared.summary();
            config.observers.tell(Event::Finished { summary: Cow::Borrowed(&summary) });
            return Ok(summary);
        }
    }
}

impl Shared {
    fn open(
        plan: &Arc<Plan>,
        config: &RunConfig,
        stream: &StreamConfig,
        of: &GroupConfig,
    ) -> Result<Shared> {
        let folder = stream.state.as_ref().map(|dir| Folder::take(dir, plan.job)).transpose()?;
        let local = folder.map(|folder| Local { folder, group: of.name.clone() });
        let sink = one_log(plan, config)?;
        let Some(log) = sink.as_ref().and_then(|sink| sink.log()) else {
            return Err(needs::no_log("what has no output"));
        };
        let topics = group_topics(plan, config, of)?;
        topics.refuse_missing(&log.name())?;
        let GroupTopics { inputs, state: mut topics } = topics;
        let exactly_once = stream.guarantee != Some(Guarantee::AtLeastOnce);
        let own = of.instance.clone().unwrap_or_else(|| fresh_run(plan.job));
        let name = format!("{}-{own}", of.name);
        let session = session(plan, config, &SessionOf { run: &name, exactly_once, lasts: LASTS })?;
        let Some(first) = inputs.first() else {
            return Err(Error::Usage("a `--group` needs an input to share".to_owned()));
        };
        topics.iter_mut().flatten().try_for_each(|topics| topics.make(log))?;
        if let Some(topics) = topics.iter().flatten().find(|topics| topics.lanes > first.lanes) {
            return Err(needs::too_many_shards(topics.lanes, first));
        }
        let leading = first.topic.clone();
        let shared: Vec<String> = inputs.into_iter().map(|input| input.topic).collect();
        let run = Run::open(plan, config, stream, (None, session))?;
        for (source, open) in plan.sources.iter().zip(&run.wiring.sources) {
            if !source.side && open.bounded() {
                return Err(Error::Usage(format!(
                    "the input `{}` ends, and processes of a `--group` share topics without an end: leave out `end`, or run the job alone",
                    source.input
                )));
            }
        }
        let group = log.join(&GroupOf {
            name: &of.name,
            instance: of.instance.as_deref(),
            topics: &shared,
        })?;
        let counted = Tally::new(plan.operators.len());
        let mut shared = Shared {
            run,
            group,
            topics,
            leading,
            owned: BTreeMap::new(),
            shards: BTreeMap::new(),
            identities: (0..plan.keyed.len()).map(|keyed| Identity::of(plan, keyed)).collect(),
            told: BTreeMap::new(),
            counted,
            epoch: 0,
            standby: of.standby.then(Standby::new),
            local,
        };
        // The group is formed while others join.
        let until = Instant::now() + Duration::from_secs(10);
        while shared.owned.is_empty() && shared.shards.is_empty() && Instant::now() < until {
            if config.stop.load(Ordering::Relaxed) {
                break;
            }
            shared.serve(Duration::from_millis(100))?;
        }
        Ok(shared)
    }

    /// Ends an epoch: letters go out and come in, shards are brought up to date, and all of it is
    /// committed.
    fn end_epoch(&mut self) -> Result<()> {
        let mut moved = self.run.moved;
        for keyed in 0..self.topics.len() {
            moved |= self.send(keyed)?;
            moved |= self.receive(keyed)?;
        }
        if !moved {
            return Ok(());
        }
        let wiring = self.run.wiring.clone();
        for worker in &mut self.run.idle {
            for (output, batches) in worker.take_rows(&wiring, true) {
                self.run.outputs.write(output, &batches)?;
            }
            wiring.count(&mut self.run.tally, &mut worker.tally);
        }
        let letters = self.run.tally.take_dead_letters();
        self.run.outputs.write_dead_letters(&wiring, &letters)?;
        self.commit()?;
        self.run.moved = false;
        Ok(())
    }

    /// Sends what was gathered for a keyed operator to its shards; whether there was anything.
    fn send(&mut self, keyed: usize) -> Result<bool> {
        let wiring = self.run.wiring.clone();
        let (Some(topics), Some(session)) = (&self.topics[keyed], &self.run.session) else {
            return Ok(false);
        };
        let entry = &wiring.plan.keyed[keyed];
        let gathered = take_combiners(&Mutex::new(&mut self.run.idle), &wiring, keyed);
        let mut any = false;
        for mut port in gathered {
            entry.node.scatter(&mut *port, topics.lanes as usize, &mut |part, entries| {
                any = true;
                let lane = Lane { topic: &topics.letters, number: part as u32 };
                session.post(&lane, &[], &letter::write(&Head::default(), entries)?)
            })?;
        }
        let watermarks = match entry.lateness.is_some() || entry.streams {
            true => self.moved_watermarks(keyed),
            false => BTreeMap::new(),
        };
        if watermarks.is_empty() {
            return Ok(any);
        }
        let told = watermarks.iter().map(|(name, at)| ((keyed, name.clone()), *at));
        self.told.extend(told);
        let letter = letter::write(&Head { watermarks, ..Head::default() }, &[])?;
        for number in 0..topics.lanes {
            session.post(&Lane { topic: &topics.letters, number }, &[], &letter)?;
        }
        Ok(true)
    }

    /// The watermarks of what is of this process, upstream of a keyed operator, that its shards were
    /// not told yet.
    fn moved_watermarks(&self, keyed: usize) -> BTreeMap<String, i64> {
        let plan = &self.run.wiring.plan;
        let entry = &plan.keyed[keyed];
        let partitions =
            self.owned.iter().filter(|(_, owned)| entry.sources.contains(&owned.source));
        let partitions = partitions.map(|((topic, number), owned)| {
            let seen = self.run.gates.seen(owned.source, owned.partition);
            (of_partition(owned.source, topic, *number), seen.min(i64::MAX - 1))
        });
        let shards = self.shards.iter().filter(|((of, _), _)| entry.upstream.contains(of));
        let shards = shards.map(|((of, number), shard)| (of_shard(*of, *number), shard.watermark));
        let is_new = |(name, at): &(String, i64)| {
            self.told.get(&(keyed, name.clone())).is_none_or(|told| told != at)
        };
        partitions.chain(shards).filter(|(_, at)| *at > i64::MIN).filter(is_new).collect()
    }

    /// Merges the letters that have come to the shards of a keyed operator; whether any had.
    fn receive(&mut self, keyed: usize) -> Result<bool> {
        let wiring = self.run.wiring.clone();
        let Some(topics) = &self.topics[keyed] else { return Ok(false) };
        let upstream = self.upstream(keyed);
        let mut work = Vec::new();
        for ((_, number), shard) in self.shards.range_mut((keyed, 0)..=(keyed, u32::MAX)) {
            let lane = Lane { topic: &topics.letters, number: *number };
            let letters = self.group.letters(&lane, None, Duration::ZERO)?;
            if !letters.is_empty() {
                work.push((*number, shard, letters));
            }
        }
        if work.is_empty() {
            return Ok(false);
        }
        let idle = &Mutex::new(&mut self.run.idle);
        let turn = Turn { wiring: &wiring, outputs: &self.run.outputs, idle, keyed };
        let (turn, upstream, topic) = (&turn, &upstream, topics.letters.as_str());
        let done = Mutex::new((Tally::new(wiring.plan.operators.len()), None));
        let work = Mutex::new(work);
        let bring = || {
            while let Some((number, shard, letters)) = { lock(&work).pop() } {
                let lane = Lane { topic, number };
                match shard.bring(turn, upstream, &lane, &letters) {
                    Ok(mut tally) => lock(&done).0.take_from(&mut tally),
                    Err(error) => lock(&done).1 = Some(error),
                }
            }
        };
        let tasks = (0..wiring.config.workers.max(1)).map(|_| Box::new(bring) as _);
        parallel(tasks.collect());
        let (mut tally, failed) = done.into_inner().unwrap_or_else(|e| e.into_inner());
        wiring.count(&mut self.run.tally, &mut tally);
        failed.map_or(Ok(true), Err)
    }

    /// The names of all whose watermarks a keyed operator waits for, and how much what they give may
    /// lag behind.
    fn upstream(&self, keyed: usize) -> Vec<(String, i64)> {
        let wiring = &self.run.wiring;
        let entry = &wiring.plan.keyed[keyed];
        let mut all = Vec::new();
        for source in &entry.sources {
            let names = wiring.sources[*source].partitions();
            all.extend(names.iter().map(|name| (format!("{source}:{name}"), 0)));
        }
        for of in &entry.upstream {
            let lanes = self.topics[*of].as_ref().map_or(0, |topics| topics.lanes);
            let holds = wiring.plan.keyed[*of].holds;
            all.extend((0..lanes).map(|number| (of_shard(*of, number), holds)));
        }
        all
    }

    /// Commits; or, if lanes have been taken from this process, takes up anew what it has.
    fn commit(&mut self) -> Result<()> {
        let wiring = self.run.wiring.clone();
        let Some(session) = self.run.session.clone() else { return Ok(()) };
        let (mut positions, mut unmoved) = (Vec::new(), Vec::new());
        for ((topic, number), owned) in &self.owned {
            let at = self.run.reader.position(owned.source, owned.partition);
            let names = wiring.sources[owned.source].partitions();
            let prefix = format!("{topic}/");
            let note = SourceNote {
                seen: self.run.gates.seen(owned.source, owned.partition),
                greatest: self.run.gates.greatest(owned.source, owned.partition),
                of: names.iter().filter(|name| name.starts_with(&prefix)).count() as u32,
                landmark: wiring.sources[owned.source].landmark(owned.partition, at)?,
            };
            let of = if owned.committed == Some(at) { &mut unmoved } else { &mut positions };
            of.push(position(topic, *number, at, &note)?);
        }
        for ((keyed, number), shard) in &mut self.shards {
            let Some(topics) = &self.topics[*keyed] else { continue };
            let lane = Lane { topic: &topics.snapshots, number: *number };
            shard.snapshot_if_due(&*session, &lane, self.run.stream.snapshot_from)?;
            if shard.moved {
                let note = shard.note(self.identities[*keyed]);
                positions.push(position(&topics.letters, *number, shard.next, &note)?);
            }
        }
        if positions.is_empty() {
            // Watermarks alone were told: who takes up partitions tells them. Left in an open
            // transaction, they would hold readers up until the cluster ends it, and this process
            // with it; and partitions could move on in between.
            positions = unmoved;
        }
        if positions.is_empty() {
            return Ok(());
        }
        if session.commit_positions(&positions, &*self.group)? == Committed::Undone {
            return self.again();
        }
        self.counted = self.run.tally.clone();
        self.epoch += 1;
        for owned in self.owned.values_mut() {
            owned.committed = Some(self.run.reader.position(owned.source, owned.partition));
        }
        for ((keyed, number), shard) in &mut self.shards {
            shard.moved = false;
            if let (Some(covered), Some(topics)) = (shard.take_covered(), &self.topics[*keyed]) {
                let lane = Lane { topic: &topics.letters, number: *number };
                // If it cannot be done now, the next snapshot covers these letters as well.
                let _ = self.group.forget(&lane, covered);
            }
        }
        wiring.config.observers.tell(Event::Commit { epoch: self.epoch, bytes: 0 });
        Ok(())
    }

    fn summary(&self) -> Summary {
        let run = &self.run;
        let summary = summary(&run.wiring.plan, &run.tally, &run.unkept, run.began);
        Summary { stopped: true, bytes: run.bytes, ..summary }
    }
}

impl Shard {
    /// Merges letters, and gives what can be given by then.
    fn bring(
        &mut self,
        turn: &Turn<'_>,
        upstream: &[(String, i64)],
        lane: &Lane<'_>,
        letters: &[ouzel_dsl::log::Letter],
    ) -> Result<Tally> {
        let entry = &turn.wiring.plan.keyed[turn.keyed];
        let gathered = self.gather(&*entry.node, letters, lane)?;
        turn.absorb(&mut *self.state, gathered, None)?;
        let of = |(name, holds): &(String, i64)| {
            self.watermarks.get(name).map_or(i64::MIN, |at| at.saturating_sub(*holds))
        };
        let watermark = upstream.iter().map(of).min().unwrap_or(i64::MIN).max(self.watermark);
        let passed = entry.lateness.is_some() && watermark > self.watermark;
        self.watermark = watermark;
        match passed || entry.streams {
            true => turn.close(&mut *self.state, (watermark, i64::MIN), &|_| Ok(())),
            false => Ok(Tally::new(turn.wiring.plan.operators.len())),
        }
    }
}

fn of_partition(source: usize, topic: &str, number: u32) -> String {
    format!("{source}:{topic}/{number}")
}

fn of_shard(keyed: usize, number: u32) -> String {
    format!("#{keyed}/{number}")
}

fn position(topic: &str, number: u32, offset: u64, note: &impl Serialize) -> Result<Position> {
    let note =
        serde_json::to_string(note).map_err(|e| Error::io("writing a position", e.into()))?;
    Ok(Position { topic: topic.to_owned(), number, offset: Some(offset), note })
}

fn note<N: for<'de> Deserialize<'de>>(position: &Position) -> Result<N> {
    serde_json::from_str(&position.note).map_err(|_| {
        Error::State(format!(
            "the group's position in `{}/{}` was committed by something else, or by another version\n  begin anew as another `--group`",
            position.topic, position.number
        ))
    })
}
