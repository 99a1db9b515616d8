//! A run that several processes share: each has some partitions of the inputs, and some shards of
//! each keyed operator's state.
//!
//! What a process gathers for a keyed operator goes as letters to the shards that the keys belong to,
//! each through a lane of its own, with how far event time has come. A shard's owner merges them, and
//! goes on from there as a process alone would. At the end of an epoch one transaction makes letters,
//! outputs and positions count together, so that lanes can move to another process between any two
//! commits: what they were read up to, and the letters before that, is all there is to know.

mod letter;
mod local;
mod needs;
mod shard;

pub use needs::{GroupTopics, InputTopic, StateTopics, check, group_topics, input_topics};

use crate::checkpoint::Folder;
use crate::epoch::{Run, summary};
use crate::keyed::{Turn, lock, parallel, take_combiners};
use letter::Head;
use local::Local;
use ouzel_dsl::log::{Committed, Group, GroupOf, Lane, Position, SessionOf};
use ouzel_dsl::stage::Tally;
use ouzel_dsl::{Error, Plan, Result};
use ouzel_engine::{GroupConfig, Guarantee, RunConfig, StreamConfig, fresh_run, one_log, session};
use ouzel_hooks::{Event, Summary};
use serde::{Deserialize, Serialize};
use shard::{Lanes, Note, Shard};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How long what a process writes may take from the first record to its commit: when it is gone, those
/// who read what it has written wait so long.
const LASTS: Duration = Duration::from_secs(15);

/// So many shards are taken up at the same time.
const TAKEN_UP: usize = 8;

/// What goes with the position of a partition of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct SourceNote {
    seen: i64,
    greatest: i64,
    /// How many partitions the topic had.
    of: u32,
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
    /// Which watermarks the shards of a keyed operator were told last, by name.
    told: BTreeMap<(usize, String), i64>,
    /// Counts up to the last commit.
    counted: Tally,
    epoch: u64,
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
    config.observers.tell(Event::Started { mode: "stream", job: plan.job, bytes_total: None });
    loop {
        tokio::task::block_in_place(|| shared.serve(Duration::ZERO))?;
        shared.run.read().await?;
        tokio::task::block_in_place(|| shared.end_epoch())?;
        if config.stop.load(Ordering::Relaxed) {
            let shards = shared.shard_lanes();
            tokio::task::block_in_place(|| shared.keep(&shards))?;
            let summary = shared.summary();
            config.observers.tell(Event::Finished { summary: &summary });
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
            told: BTreeMap::new(),
            counted,
            epoch: 0,
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

    /// Takes part in the group: gives up what has been taken from this process, takes up what has been
    /// given to it. Nothing may be begun that is not committed.
    fn serve(&mut self, within: Duration) -> Result<()> {
        let shift = self.group.serve(within)?;
        if shift.lost.is_empty() && shift.gained.is_empty() {
            return Ok(());
        }
        let (lost, gained) = (self.with_shards(shift.lost), self.with_shards(shift.gained));
        self.keep(&lost)?;
        self.give_up(&lost);
        self.take_up(&gained)
    }

    /// Partitions, and the lanes of the shards that go with them.
    fn with_shards(&self, mut lanes: Vec<(String, u32)>) -> Vec<(String, u32)> {
        for index in 0..lanes.len() {
            let (topic, number) = &lanes[index];
            if *topic != self.leading {
                continue;
            }
            let number = *number;
            let with = self.topics.iter().flatten().filter(|topics| number < topics.lanes);
            lanes.extend(with.map(|topics| (topics.letters.clone(), number)));
        }
        lanes
    }

    /// Keeps copies of shards of which all is committed.
    fn keep(&mut self, lanes: &[(String, u32)]) -> Result<()> {
        for (topic, number) in lanes {
            let Some(keyed) = self.keyed_of(topic) else { continue };
            let (state, code) = self.identity(keyed);
            let (Some(local), Some(shard)) = (&self.local, self.shards.get_mut(&(keyed, *number)))
            else {
                continue;
            };
            let note = shard.note(state, code);
            local.keep(topic, *number, shard, note)?;
        }
        Ok(())
    }

    fn give_up(&mut self, lost: &[(String, u32)]) {
        for (topic, number) in lost {
            let lane = Lane { topic, number: *number };
            if let Some(owned) = self.owned.remove(&(topic.clone(), *number)) {
                self.run.reader.put_down(owned.source, owned.partition);
            }
            if let Some(keyed) = self.keyed_of(topic) {
                self.group.leave(&lane);
                self.shards.remove(&(keyed, *number));
            }
        }
    }

    fn take_up(&mut self, gained: &[(String, u32)]) -> Result<()> {
        let lanes: Vec<Lane<'_>> =
            gained.iter().map(|(topic, number)| Lane { topic, number: *number }).collect();
        let positions = self.group.positions(&lanes)?;
        // So that sources know of partitions that are new.
        self.own()?;
        let mut shards = Vec::new();
        for position in positions {
            match self.keyed_of(&position.topic) {
                Some(keyed) => shards.push((keyed, position)),
                None => self.take_partition(position)?,
            }
        }
        self.take_shards(shards)?;
        self.own()
    }

    /// Takes shards up, several at the same time: most of it is waiting for the log.
    fn take_shards(&mut self, positions: Vec<(usize, Position)>) -> Result<()> {
        let mut queue = Vec::new();
        for (keyed, position) in positions {
            let kept = match position.offset {
                Some(offset) => Some((offset, note::<Note>(&position)?)),
                None => None,
            };
            if let Some((_, note)) = &kept {
                self.check_fits(keyed, note)?;
            }
            queue.push((keyed, position.number, kept));
        }
        let (wiring, group) = (&*self.run.wiring, &*self.group);
        let (topics, local) = (&self.topics, self.local.as_ref());
        let all: u32 = topics.iter().flatten().map(|topics| topics.lanes).sum();
        let memory = wiring.config.memory_bytes / 2 / all.max(1) as usize;
        let (queue, done) = (Mutex::new(queue), Mutex::new(Vec::new()));
        let take = || {
            while let Some((keyed, number, kept)) = { lock(&queue).pop() } {
                let Some(topics) = &topics[keyed] else { continue };
                let lanes = Lanes {
                    letters: Lane { topic: &topics.letters, number },
                    snapshots: Lane { topic: &topics.snapshots, number },
                };
                let copy = |next, note: &Note| local?.take(&topics.letters, number, next, note);
                let node = &*wiring.plan.keyed[keyed].node;
                let shard = Shard::open(wiring, node, memory, group, lanes, kept, copy);
                lock(&done).push((keyed, number, shard));
            }
        };
        parallel((0..TAKEN_UP).map(|_| Box::new(take) as _).collect());
        for (keyed, number, shard) in done.into_inner().unwrap_or_else(|e| e.into_inner()) {
            let shard = shard?;
            if let Some(topics) = &self.topics[keyed] {
                self.group.follow(&Lane { topic: &topics.letters, number }, shard.next)?;
            }
            self.shards.insert((keyed, number), shard);
        }
        Ok(())
    }

    /// Tells sources which partitions are of this process.
    fn own(&self) -> Result<()> {
        for (source, open) in self.run.wiring.sources.iter().enumerate() {
            if !self.run.wiring.plan.sources[source].side {
                let of = self.owned.values().filter(|owned| owned.source == source);
                open.own(&of.map(|owned| owned.partition).collect::<Vec<_>>())?;
            }
        }
        Ok(())
    }

    /// The lanes of the shards that are of this process.
    fn shard_lanes(&self) -> Vec<(String, u32)> {
        let lane = |(keyed, number): &(usize, u32)| {
            Some((self.topics[*keyed].as_ref()?.letters.clone(), *number))
        };
        self.shards.keys().filter_map(lane).collect()
    }

    fn keyed_of(&self, topic: &str) -> Option<usize> {
        self.topics.iter().position(|of| of.as_ref().is_some_and(|of| of.letters == topic))
    }

    fn take_partition(&mut self, position: Position) -> Result<()> {
        let wiring = self.run.wiring.clone();
        let name = format!("{}/{}", position.topic, position.number);
        let found = wiring.sources.iter().enumerate().find_map(|(source, open)| {
            let index = open.partitions().iter().position(|partition| *partition == name)?;
            Some((source, index as u32))
        });
        let Some((source, partition)) = found else {
            return Err(Error::State(format!("the group shares `{name}`, and no input reads it")));
        };
        let node = &wiring.plan.sources[source];
        let note: Option<SourceNote> = match position.offset {
            Some(_) => Some(note(&position)?),
            None => None,
        };
        if node.needs_seen && note.is_none() {
            self.refuse_new(source, &position)?;
        }
        let before = wiring.sources[source].seen(partition);
        let (seen, greatest) = note.map_or((before, i64::MIN), |n| (n.seen, n.greatest));
        self.run.gates.resume(source, partition, seen, greatest);
        let at = position.offset.unwrap_or_else(|| wiring.sources[source].first(partition));
        self.run.reader.take_up(source, partition, at);
        let owned = Owned { source, partition, committed: position.offset };
        self.owned.insert((position.topic, position.number), owned);
        Ok(())
    }

    /// Refuses a partition that was not there when the group began, if its records could be older than
    /// what has been closed.
    fn refuse_new(&self, source: usize, new: &Position) -> Result<()> {
        let topic = new.topic.as_str();
        let others: Vec<Lane<'_>> = (0..new.number).map(|number| Lane { topic, number }).collect();
        for other in self.group.positions(&others)? {
            if other.offset.is_some() && note::<SourceNote>(&other)?.of <= new.number {
                return Err(Error::State(format!(
                    "the input `{}` has a new partition, `{topic}/{}`, and the job has a lateness: its records may be older than what has already been closed\n  begin anew as another `--group`",
                    self.run.wiring.plan.sources[source].input, new.number
                )));
            }
        }
        Ok(())
    }

    /// Refuses state of another job.
    fn check_fits(&self, keyed: usize, note: &Note) -> Result<()> {
        let plan = &self.run.wiring.plan;
        let operator = &plan.operators[plan.keyed[keyed].operator];
        let (state, code) = self.identity(keyed);
        let what = match (note.state == state, note.code == code) {
            (true, true) => return Ok(()),
            (true, false) if self.run.stream.accept.contains(&operator.id) => return Ok(()),
            (true, false) => "was made by other code",
            (false, _) => "is of other types",
        };
        let accept = match note.state == state {
            true => format!(", or go on all the same with `--accept {}`", operator.id),
            false => String::new(),
        };
        Err(Error::State(format!(
            "the group's state of `{}` ({}) {what}\n  begin anew as another `--group`{accept}",
            operator.id, operator.site
        )))
    }

    /// What the state of a keyed operator depends on: its types; the code of all that is before it.
    fn identity(&self, keyed: usize) -> (u64, u64) {
        let plan = &self.run.wiring.plan;
        let entry = &plan.keyed[keyed];
        let (mut upstream, mut code) = (vec![entry.operator], String::new());
        let mut seen = vec![false; plan.operators.len()];
        while let Some(index) = upstream.pop() {
            if !std::mem::replace(&mut seen[index], true) {
                let operator = &plan.operators[index];
                code += &format!("{}={:x};", operator.id, operator.fingerprint);
                upstream.extend(&operator.inputs);
            }
        }
        code += &format!("{:?}{:?}", entry.lateness, plan.params);
        (hash(&entry.node.state_type()), hash(&code))
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
            self.run.tally.take_from(&mut worker.tally);
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
        let letter = letter::write(&Head { watermarks, snapshot: None }, &[])?;
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
            let letters = self.group.letters(&Lane { topic: &topics.letters, number: *number })?;
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
        self.run.tally.take_from(&mut tally);
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
            };
            let of = if owned.committed == Some(at) { &mut unmoved } else { &mut positions };
            of.push(position(topic, *number, at, &note)?);
        }
        let identities: Vec<_> = (0..self.topics.len()).map(|keyed| self.identity(keyed)).collect();
        for ((keyed, number), shard) in &mut self.shards {
            let Some(topics) = &self.topics[*keyed] else { continue };
            let lane = Lane { topic: &topics.snapshots, number: *number };
            shard.snapshot_if_due(&*session, &lane, self.run.stream.snapshot_from)?;
            if shard.moved {
                let (state, code) = identities[*keyed];
                let note = shard.note(state, code);
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
                self.group.forget(&lane, covered)?;
            }
        }
        wiring.config.observers.tell(Event::Commit { epoch: self.epoch, bytes: 0 });
        Ok(())
    }

    /// Takes up anew all that this process has, from the last commit on.
    fn again(&mut self) -> Result<()> {
        self.run.tally = self.counted.clone();
        self.told.clear();
        for worker in &mut self.run.idle {
            *worker = self.run.wiring.worker();
        }
        let held: Vec<_> = self.owned.keys().cloned().chain(self.shard_lanes()).collect();
        self.give_up(&held);
        self.own()?;
        let shift = self.group.serve(Duration::ZERO)?;
        let (lost, gained) = (self.with_shards(shift.lost), self.with_shards(shift.gained));
        let kept = held.into_iter().filter(|lane| !lost.contains(lane));
        let gained: Vec<_> = kept.chain(gained).collect();
        self.take_up(&gained)
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

/// A hash that is the same in all processes: FNV-1a.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
