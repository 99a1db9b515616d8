//! Keyed state of what gives a stream: what is held of each key, and what has come since.

mod runs;

use crate::combiner::Combiner;
use crate::given::Given;
use crate::groups::{Groups, part};
use crate::guard::in_parallel;
use crate::monoid::Monoid;
use crate::runs::{Entry, Runs, write_entry, write_runs};
use crate::state::write_taken;
use crate::stream_node::{Group, StreamNode, Streams};
use hashbrown::HashMap;
use ouzel_dsl::keyed_node::{Advance, Changes, Emit, KeyedState, Parallel};
use ouzel_dsl::place::{ordered, time_of};
use ouzel_dsl::stage::Port;
use ouzel_dsl::{Error, Key, Result, Windows};
use std::io::{Read, Write};
use std::path::PathBuf;

/// The state of a [`StreamNode`].
pub struct Held<K: Key, W, L: Streams> {
    node: StreamNode<K, W, L>,
    shards: Vec<Shard<L>>,
    /// What combiners held since the last [`close`](KeyedState::close).
    fresh: Vec<Groups<K, L::Acc>>,
    /// What is on disk: held, or fresh.
    runs: Runs,
    memory_bytes: usize,
    spill: PathBuf,
}

/// What is held of a part of the keys.
struct Shard<L: Streams> {
    /// By window and encoded key.
    groups: Map<L::Acc>,
    /// About how many bytes they take.
    bytes: usize,
    /// The least watermark at which any of them has something to do.
    due: i64,
}

/// What a group takes besides its key and accumulator.
const GROUP_BYTES: usize = 64;

/// A group's window and key, encoded, and an accumulator.
type Placed<Acc> = (Vec<u8>, Acc);

/// Groups by window and key, encoded.
type Map<Acc> = HashMap<Vec<u8>, Acc, foldhash::fast::FixedState>;

impl<K: Key, W: Windows, L: Streams> Held<K, W, L> {
    /// An empty one.
    pub fn new(
        node: StreamNode<K, W, L>,
        shards: usize,
        memory_bytes: usize,
        spill: PathBuf,
    ) -> Self {
        let shards = (0..shards.max(1)).map(|_| Shard::default()).collect();
        Held { node, shards, fresh: Vec::new(), runs: Runs::default(), memory_bytes, spill }
    }

    fn bytes(&self) -> usize {
        let fresh: usize = self.fresh.iter().map(Groups::bytes).sum();
        fresh + self.shards.iter().map(|shard| shard.bytes).sum::<usize>()
    }

    /// Brings all groups to a watermark; `emit` takes what they give, if it was not given before.
    fn advance(
        &mut self,
        to: Advance<'_>,
        parallel: Parallel<'_>,
        emit: Option<Emit<'_>>,
    ) -> Result<u64> {
        if !self.runs.is_empty() {
            return self.advance_runs(to, parallel, emit);
        }
        let node = &self.node;
        let fresh =
            spread(std::mem::take(&mut self.fresh), self.shards.len(), node.site, parallel)?;
        let shards = self.shards.iter_mut().zip(fresh).collect();
        let counts = in_parallel(node.site, parallel, shards, |(shard, fresh)| {
            let mut out = emit.map(|emit| Given::new(&node.schema, emit));
            shard.advance(node, fresh, to, &mut out)?;
            out.map_or(Ok(0), Given::finish)
        })?;
        if self.bytes() > self.memory_bytes {
            self.spill_held()?;
        }
        Ok(counts.iter().sum())
    }
}

impl<L: Streams> Default for Shard<L> {
    fn default() -> Self {
        Shard { groups: HashMap::default(), bytes: 0, due: i64::MAX }
    }
}

impl<L: Streams> Shard<L> {
    fn advance<K: Key, W: Windows>(
        &mut self,
        node: &StreamNode<K, W, L>,
        fresh: Vec<Vec<Placed<L::Acc>>>,
        to: Advance<'_>,
        out: &mut Option<Given<'_, L::Out>>,
    ) -> Result<()> {
        let logic = &node.logic;
        for (place, acc) in once_each(logic, fresh) {
            let group = group_of(node, &place);
            // In batch mode there is nothing yet.
            let held = if self.groups.is_empty() { None } else { self.groups.remove(&place) };
            let mut held = match held {
                Some(held) => {
                    self.bytes -= bytes(logic, &place, &held);
                    held
                }
                None => logic.zero(),
            };
            logic.advance(group, &mut held, Some(acc), to, out.as_mut())?;
            if !logic.is_empty(&held) {
                self.due = self.due.min(logic.due(group, &held));
                self.bytes += bytes(logic, &place, &held);
                self.groups.insert(place, held);
            }
        }
        if self.due > to.watermark {
            return Ok(());
        }
        let (mut due, mut failed) = (i64::MAX, None);
        let (groups, taken) = (&mut self.groups, &mut self.bytes);
        groups.retain(|place, held| {
            let group = group_of(node, place);
            if failed.is_none() && logic.due(group, held) <= to.watermark {
                let before = bytes(logic, place, held);
                failed = logic.advance(group, held, None, to, out.as_mut()).err();
                if logic.is_empty(held) {
                    *taken -= before;
                    return false;
                }
                *taken = *taken - before + bytes(logic, place, held);
            }
            due = due.min(logic.due(group, held));
            true
        });
        self.due = due;
        if self.groups.capacity() > 4 * self.groups.len() + 1024 {
            self.groups.shrink_to_fit();
        }
        failed.map_or(Ok(()), Err)
    }
}

/// Each group once, of lists that have each once.
fn once_each<L: Monoid>(logic: &L, mut lists: Vec<Vec<Placed<L::Acc>>>) -> Vec<Placed<L::Acc>> {
    lists.retain(|list| !list.is_empty());
    let last = lists.pop().unwrap_or_default();
    if lists.is_empty() {
        return last;
    }
    let mut all = Map::<L::Acc>::default();
    for (place, acc) in lists.into_iter().flatten().chain(last) {
        match all.entry(place) {
            hashbrown::hash_map::Entry::Occupied(mut held) => logic.merge(held.get_mut(), acc),
            hashbrown::hash_map::Entry::Vacant(free) => drop(free.insert(acc)),
        }
    }
    all.into_iter().collect()
}

fn group_of<'a, K, W: Windows, L>(node: &StreamNode<K, W, L>, place: &'a [u8]) -> Group<'a> {
    Group { place, end: node.windows.end(time_of(place)) }
}

fn bytes<L: Monoid>(logic: &L, place: &[u8], acc: &L::Acc) -> usize {
    GROUP_BYTES + size_of::<L::Acc>() + place.len() + logic.heap_bytes(acc)
}

/// The groups of each shard, of all that was taken from combiners.
fn spread<K: Key, Acc: Send + Sync>(
    taken: Vec<Groups<K, Acc>>,
    parts: usize,
    site: ouzel_dsl::plan::Site,
    parallel: Parallel<'_>,
) -> Result<Vec<Vec<Vec<Placed<Acc>>>>> {
    let spread = in_parallel(site, parallel, taken, |groups| {
        let mut lists: Vec<Vec<_>> = (0..parts).map(|_| Vec::new()).collect();
        groups.into_groups(|start, key, hash, acc| {
            let mut place = Vec::with_capacity(24);
            place.extend_from_slice(&ordered(start));
            K::encode(key, &mut place);
            lists[part(hash, parts)].push((place, acc));
        });
        Ok(lists)
    })?;
    let mut shards: Vec<Vec<_>> = (0..parts).map(|_| Vec::new()).collect();
    for lists in spread {
        shards.iter_mut().zip(lists).for_each(|(shard, list)| shard.push(list));
    }
    Ok(shards)
}

impl<K: Key, W: Windows, L: Streams> KeyedState for Held<K, W, L> {
    fn absorb(
        &mut self,
        combiners: &mut [&mut dyn Port],
        _: Parallel<'_>,
        _: Option<Changes<'_>>,
        log: Option<&mut dyn Write>,
    ) -> Result<u64> {
        let (mut taken, runs) = Combiner::<K, W, L>::take_all(combiners);
        if let Some(log) = log {
            write_taken::<K, L>(&taken, &runs, log)?;
        }
        self.runs.append(runs);
        self.fresh.append(&mut taken);
        if self.bytes() > self.memory_bytes { self.spill_fresh() } else { Ok(0) }
    }

    fn close(&mut self, to: Advance<'_>, parallel: Parallel<'_>, emit: Emit<'_>) -> Result<u64> {
        self.advance(to, parallel, Some(emit))
    }

    fn rows(&mut self, _: Parallel<'_>, _: Emit<'_>) -> Result<u64> {
        Ok(0)
    }

    fn save(&mut self, log: &mut dyn Write) -> Result<()> {
        let what = |e| Error::io("writing a checkpoint", e);
        for (place, acc) in self.shards.iter().flat_map(|shard| &shard.groups) {
            write_entry(log, time_of(place), &place[8..], acc).map_err(what)?;
        }
        write_taken::<K, L>(&self.fresh, &self.runs, log)
    }

    fn load(&mut self, log: &mut dyn Read, closed: Option<i64>) -> Result<()> {
        let mut groups = Groups::<K, L::Acc>::default();
        let (mut entry, mut read) = (Entry::new(), 0u64);
        while entry.read(log).map_err(|e| Error::io("reading kept state", e))?.is_some() {
            let key: K = entry.key()?;
            let hash = crate::groups::hash::<K>(key.view());
            let key = (key.view(), hash);
            let logic = &self.node.logic;
            crate::groups::merge(
                &mut groups,
                W::WINDOWED,
                logic,
                entry.window(),
                key,
                entry.acc()?,
            );
            read += 1;
            if read.is_multiple_of(1_024) && groups.bytes() > self.memory_bytes {
                write_runs::<K, L>(&groups, &self.spill, &mut self.runs)?;
                groups = Groups::default();
            }
        }
        if !groups.is_empty() {
            self.fresh.push(groups);
        }
        let Some(closed) = closed else { return Ok(()) };
        let one_by_one: Parallel<'_> = &|tasks| tasks.into_iter().for_each(|task| task());
        // Of a state that had come to the end, all that was to fire has fired: a timer that sets
        // itself again would fire for ever.
        let to = Advance { greatest: i64::MIN, ..Advance::to(closed) };
        self.advance(to, one_by_one, None).map(drop)
    }
}

/// What is said of kept state that cannot be read back.
pub fn damaged() -> Error {
    Error::State("kept state is damaged: it cannot be read back".to_owned())
}
