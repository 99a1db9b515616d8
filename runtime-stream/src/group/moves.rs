//! What comes to a process of a group and what goes: partitions of the inputs, and shards.

use super::restore::{Lanes, Restore, Restored};
use super::shard::{Note, Shard};
use super::{Owned, Shared, SourceNote, note};
use crate::epoch::Run;
use ouzel_dsl::log::{Lane, Position};
use ouzel_dsl::{Error, Result};
use ouzel_hooks::Event;
use std::time::Duration;

/// A shard that is to be had: its keyed operator and lane, what is known of it, and the commit that it is
/// to be brought to.
type Wanted = ((usize, u32), Option<Shard>, Option<(u64, Note)>);

/// How long the last commits of others are waited for: a transaction of a process that is gone ends in
/// time.
const COMMITS: Duration = Duration::from_secs(120);

impl Shared {
    /// Takes part in the group: gives up what has been taken from this process, takes up what has been
    /// given to it. Nothing may be begun that is not committed.
    pub(super) fn serve(&mut self, within: Duration) -> Result<()> {
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
    pub(super) fn keep(&mut self, lanes: &[(String, u32)]) -> Result<()> {
        for (topic, number) in lanes {
            let Some(keyed) = self.keyed_of(topic) else { continue };
            let (Some(local), Some(shard)) = (&self.local, self.shards.get_mut(&(keyed, *number)))
            else {
                continue;
            };
            let note = shard.note(self.identities[keyed]);
            local.keep(topic, *number, shard, note)?;
        }
        Ok(())
    }

    fn give_up(&mut self, lost: &[(String, u32)]) {
        for (topic, number) in lost {
            if let Some(owned) = self.owned.remove(&(topic.clone(), *number)) {
                self.run.reader.put_down(owned.source, owned.partition);
            }
            let Some(keyed) = self.keyed_of(topic) else { continue };
            let shard = self.shards.remove(&(keyed, *number));
            match (&mut self.standby, shard) {
                (Some(standby), Some(shard)) if !shard.moved => {
                    standby.shards.insert((keyed, *number), shard);
                }
                _ => self.group.leave(&Lane { topic, number: *number }),
            }
        }
    }

    fn take_up(&mut self, gained: &[(String, u32)]) -> Result<()> {
        let lanes: Vec<Lane<'_>> =
            gained.iter().map(|(topic, number)| Lane { topic, number: *number }).collect();
        let positions = self.group.positions(&lanes, COMMITS)?;
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

    fn take_shards(&mut self, positions: Vec<(usize, Position)>) -> Result<()> {
        let mut wanted = Vec::new();
        for (keyed, position) in positions {
            let to = self.committed(keyed, &position)?;
            let place = (keyed, position.number);
            let known = self.standby.as_mut().and_then(|standby| standby.shards.remove(&place));
            wanted.push((place, known, to));
        }
        let plan = self.run.wiring.plan.clone();
        for ((keyed, number), restored) in self.restore(wanted)? {
            let Restored { shard, from, bytes } = restored;
            self.shards.insert((keyed, number), shard);
            let operator = plan.operators[plan.keyed[keyed].operator].id.as_str().into();
            let observers = &self.run.wiring.config.observers;
            observers.tell(Event::Restored { operator, shard: number, from, bytes });
        }
        Ok(())
    }

    /// What a group's position of a shard says, if it has one.
    pub(super) fn committed(
        &self,
        keyed: usize,
        position: &Position,
    ) -> Result<Option<(u64, Note)>> {
        let Some(offset) = position.offset else { return Ok(None) };
        let note = note::<Note>(position)?;
        let Run { wiring, stream, .. } = &self.run;
        self.identities[keyed].check(note.of, &wiring.plan, keyed, &stream.accept)?;
        Ok(Some((offset, note)))
    }

    /// Brings shards to where commits have left them, with what is known of them, and follows their
    /// lanes from there.
    pub(super) fn restore(&mut self, wanted: Vec<Wanted>) -> Result<Vec<((usize, u32), Restored)>> {
        let wiring = self.run.wiring.clone();
        let topics = self.topics.clone();
        let all: u32 = topics.iter().flatten().map(|topics| topics.lanes).sum();
        // Others' are held besides.
        let memory = wiring.config.memory_bytes / 2 / all.max(1) as usize;
        let (mut begun, mut follows) = (Vec::new(), Vec::new());
        for ((keyed, number), known, to) in wanted {
            let Some(topics) = &topics[keyed] else { continue };
            let lanes = Lanes {
                letters: Lane { topic: &topics.letters, number },
                snapshots: Lane { topic: &topics.snapshots, number },
            };
            let local = self.local.as_ref();
            let copy = |next, note: &Note| local?.take(&topics.letters, number, next, note);
            let fresh = || Shard::new(&wiring, keyed, memory);
            let restore = Restore::begin(&wiring, fresh, known, to, copy)?;
            let of = restore.follows(lanes);
            if !of.is_empty() {
                self.group.leave(&lanes.letters);
            }
            follows.extend(of);
            begun.push((keyed, number, lanes, restore));
        }
        // All of them come at the same time.
        self.group.follow(&follows)?;
        let finish = |(keyed, number, lanes, restore): (_, _, _, Restore)| {
            Ok(((keyed, number), restore.finish(&mut *self.group, lanes)?))
        };
        begun.into_iter().map(finish).collect()
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
    pub(super) fn shard_lanes(&self) -> Vec<(String, u32)> {
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
        if let (Some(note), Some(at)) = (&note, position.offset) {
            let landmark = wiring.sources[source].landmark(partition, at)?;
            if note.landmark != landmark {
                return Err(Error::State(format!(
                    "the group has read `{name}` up to offset {at}, which was {}, and is {landmark} now\n  begin anew as another `--group`",
                    note.landmark
                )));
            }
        }
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
        for other in self.group.positions(&others, COMMITS)? {
            if other.offset.is_some() && note::<SourceNote>(&other)?.of <= new.number {
                return Err(Error::State(format!(
                    "the input `{}` has a new partition, `{topic}/{}`, and the job has a lateness: its records may be older than what has already been closed\n  begin anew as another `--group`",
                    self.run.wiring.plan.sources[source].input, new.number
                )));
            }
        }
        Ok(())
    }

    /// Takes up anew all that this process has, from the last commit on.
    pub(super) fn again(&mut self) -> Result<()> {
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
}
