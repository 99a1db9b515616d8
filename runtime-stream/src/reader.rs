//! What to read next: the splits of all partitions, those behind in event time first.

use crate::flights::IDLE;
use ouzel_dsl::connector::Split;
use ouzel_dsl::{Error, Result};
use ouzel_engine::{Clock, Gates, Passed, Task, Wiring};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Listing a source takes no more than one part in so many of the time.
const LIST_EVERY: u32 = 20;

/// How long to wait before looking again whether something was fetched, which takes microseconds.
const IDLE_FETCHED: Duration = Duration::from_millis(1);

/// One partition of a source.
pub struct Lane {
    /// The source's index.
    pub source: usize,
    /// The partition's index.
    pub partition: u32,
    /// The offset after the last split handed out.
    pub position: u64,
    /// Tells the last split handed out to pause.
    pub pause: Arc<AtomicBool>,
    /// When there was last something to hand out, by the run's clock.
    pub heard: u64,
    /// The watermark that has passed it since, and that the layout does not have yet.
    pub passed: Option<i64>,
    /// Whether it gets no more records once its queue is empty.
    ended: bool,
    queue: VecDeque<Box<dyn Split>>,
    /// How many bytes were handed out.
    bytes: u64,
}

impl Lane {
    fn new(source: usize, partition: u32, position: u64, heard: u64) -> Lane {
        Lane {
            source,
            partition,
            position,
            pause: Arc::default(),
            heard,
            passed: None,
            ended: false,
            queue: VecDeque::new(),
            bytes: 0,
        }
    }

    /// Whether all of it has been handed out, for good.
    pub fn is_done(&self) -> bool {
        self.ended && self.queue.is_empty()
    }

    /// Whether there is something to hand out.
    pub fn has_more(&self) -> bool {
        !self.queue.is_empty()
    }
}

/// Hands out splits.
pub struct Reader {
    /// Every partition found so far.
    pub lanes: Vec<Lane>,
    sources: Vec<Listed>,
    /// The lanes that have something: those of sources whose event time matters, and the others.
    /// The two take turns.
    ready: [Ready; 2],
    turn: usize,
    shuffle: Option<u64>,
    /// Tells how long a partition has been silent.
    pub clock: Clock,
    /// The greatest watermark that anything downstream of each source has had.
    pub watermarks: Vec<i64>,
    /// What has passed partitions that went on since the last commit.
    pub layout: Vec<Passed>,
    /// Whether a partition was found to have ended, which moves the watermark as records do.
    pub ended: bool,
}

/// Lanes that have something, by what was seen in them (or more was, by now), then by bytes.
type Ready = BTreeSet<(i64, u64, usize)>;

/// What is known of a source.
struct Listed {
    /// Its lanes, by partition.
    lanes: Vec<Option<usize>>,
    /// Whether it has been listed to its end.
    ended: bool,
    /// How many partitions it began with.
    began_with: Option<usize>,
    /// When to list it again.
    next: Option<Instant>,
    /// When it was last listed, by the run's clock.
    at: u64,
}

impl Reader {
    /// A reader that begins at these positions: source, partition, offset.
    pub fn new(
        wiring: &Wiring,
        (clock, shuffle): (Clock, Option<u64>),
        watermarks: Vec<i64>,
        positions: Vec<(usize, u32, u64)>,
    ) -> Reader {
        // A run that goes on begins with the partitions that it knew.
        let resumed = !positions.is_empty();
        let of = |source| positions.iter().filter(|(s, _, _)| *s == source).count();
        let sources = (0..wiring.sources.len()).map(|source| Listed {
            lanes: Vec::new(),
            ended: false,
            began_with: resumed.then(|| of(source)),
            next: None,
            at: 0,
        });
        let mut reader = Reader {
            lanes: Vec::new(),
            sources: sources.collect(),
            ready: Default::default(),
            turn: 0,
            shuffle,
            clock,
            watermarks,
            layout: Vec::new(),
            ended: false,
        };
        for (source, partition, position) in positions {
            reader.add(source, partition, position);
        }
        reader
    }

    fn add(&mut self, source: usize, partition: u32, position: u64) {
        let known = &mut self.sources[source].lanes;
        known.resize(known.len().max(partition as usize + 1), None);
        known[partition as usize] = Some(self.lanes.len());
        self.lanes.push(Lane::new(source, partition, position, self.clock.micros()));
    }

    /// A source that was read to its ends before the others.
    pub fn read_before(&mut self, source: usize, ends: impl Iterator<Item = (u32, u64)>) {
        self.sources[source].ended = true;
        for (partition, end) in ends {
            self.add(source, partition, end);
            if let Some(lane) = self.lanes.last_mut() {
                lane.ended = true;
            }
        }
    }

    /// Looks for more to read in sources of which a partition has nothing queued.
    pub fn refresh(&mut self, wiring: &Wiring, gates: &Gates) -> Result<()> {
        for source in 0..self.sources.len() {
            let listed = &self.sources[source];
            let has_more = |lane: &Option<usize>| lane.is_some_and(|l| self.lanes[l].has_more());
            let busy = !listed.lanes.is_empty() && listed.lanes.iter().all(has_more);
            if !listed.ended && !busy && listed.next.is_none_or(|next| Instant::now() >= next) {
                self.list(wiring, gates, source)?;
            }
        }
        Ok(())
    }

    fn list(&mut self, wiring: &Wiring, gates: &Gates, source: usize) -> Result<()> {
        // What is queued is known already.
        let known = |lane: &Option<usize>| {
            let lane = lane.map(|lane| &self.lanes[lane]);
            lane.map_or(0, |lane| lane.queue.back().map_or(lane.position, |split| split.end()))
        };
        let from: Vec<u64> = self.sources[source].lanes.iter().map(known).collect();
        let (began, at) = (Instant::now(), self.clock.micros());
        let listing = wiring.sources[source].splits(&from)?;
        let wait = match listing.fetched {
            true if listing.splits.is_empty() => IDLE_FETCHED,
            true => Duration::ZERO,
            false => IDLE.max(began.elapsed() * LIST_EVERY),
        };
        let next = Instant::now() + wait;
        let names = wiring.sources[source].partitions();
        for (partition, name) in names.iter().enumerate() {
            if self.sources[source].lanes.get(partition).copied().flatten().is_none() {
                let late = self.late_partition(wiring, source, name)?;
                let first = wiring.sources[source].first(partition as u32);
                self.add(source, partition as u32, first);
                let seen = wiring.sources[source].seen(partition as u32);
                if seen > i64::MIN {
                    gates.pass(source, partition as u32, seen);
                }
                if late {
                    // What is done with stays done with.
                    self.pass(self.lanes.len() - 1, self.watermarks[source], gates);
                }
            }
        }
        let listed = &mut self.sources[source];
        listed.began_with.get_or_insert(names.len());
        listed.ended = listing.end;
        (listed.next, listed.at) = (Some(next), at);
        let lane_of = |partition: u32| listed.lanes.get(partition as usize).copied().flatten();
        let ended = if listing.end { (0..names.len() as u32).collect() } else { listing.ended };
        for lane in ended.into_iter().filter_map(lane_of) {
            self.ended |= !self.lanes[lane].ended;
            self.lanes[lane].ended = true;
        }
        let (mut woken, now) = (Vec::new(), self.clock.micros());
        for split in listing.splits {
            if let Some(lane) = lane_of(split.partition()) {
                if !self.lanes[lane].has_more() {
                    woken.push(lane);
                }
                self.lanes[lane].heard = now;
                self.lanes[lane].queue.push_back(split);
            }
        }
        woken.into_iter().for_each(|lane| self.make_ready(wiring, lane));
        Ok(())
    }

    /// Whether a partition is found after the start, where it could hold event times that have already
    /// passed: the job must allow it.
    fn late_partition(&self, wiring: &Wiring, source: usize, name: &str) -> Result<bool> {
        let node = &wiring.plan.sources[source];
        // While there was nothing at all, no watermark has passed anything.
        if matches!(self.sources[source].began_with, None | Some(0)) || !node.needs_seen {
            return Ok(false);
        }
        if node.join_late {
            return Ok(true);
        }
        Err(Error::State(format!(
            "the input `{0}` has a new partition, `{name}`, and the job has a lateness: its records may be older than what has already been closed\n  read the files of a folder as one partition, in order of path, with `?sequence`, or let partitions join with `{0}.join_late()` in the job",
            node.input
        )))
    }

    fn make_ready(&mut self, wiring: &Wiring, lane: usize) {
        let Lane { source, bytes, .. } = self.lanes[lane];
        let timed = usize::from(wiring.plan.sources[source].needs_seen);
        self.ready[timed].insert((i64::MIN, bytes, lane));
    }

    /// The next split, with its lane: of the partition that is behind in event time, or else in
    /// bytes.
    pub fn next(&mut self, wiring: &Wiring, gates: &Gates) -> Result<Option<(usize, Task)>> {
        self.refresh(wiring, gates)?;
        let Some(index) = self.choose(gates) else { return Ok(None) };
        let lane = &mut self.lanes[index];
        let Some(split) = lane.queue.pop_front() else { return Ok(None) };
        // It goes on: what has passed it is for good.
        let passed = lane.passed.take().map(|watermark| (lane.position, watermark));
        lane.position = split.end();
        lane.bytes += split.bytes();
        lane.pause = Arc::default();
        lane.heard = self.clock.micros();
        let (source, partition) = (lane.source, lane.partition);
        if lane.has_more() {
            self.make_ready(wiring, index);
        }
        let node = &wiring.plan.sources[source];
        if let Some((offset, watermark_us)) = passed {
            let names = wiring.sources[source].partitions();
            let partition = names.get(partition as usize).cloned().unwrap_or_default();
            let input = node.input.to_owned();
            self.layout.push(Passed { input, partition, offset, watermark_us });
        }
        let needs_seen = node.needs_seen;
        let ticket = needs_seen.then(|| gates.ticket(source, partition));
        Ok(Some((index, Task { source, split, ticket })))
    }

    fn choose(&mut self, gates: &Gates) -> Option<usize> {
        if let Some(seed) = &mut self.shuffle {
            *seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let all: Vec<_> = self.ready.iter().flatten().copied().collect();
            let chosen = *all.get(((*seed >> 33) % all.len().max(1) as u64) as usize)?;
            self.ready.iter_mut().for_each(|ready| _ = ready.remove(&chosen));
            return Some(chosen.2);
        }
        self.turn ^= 1;
        if self.ready[self.turn].is_empty() {
            self.turn ^= 1;
        }
        loop {
            let (seen, bytes, lane) = self.ready[self.turn].pop_first()?;
            let Lane { source, partition, .. } = self.lanes[lane];
            let now = gates.seen(source, partition);
            if now <= seen || self.ready[self.turn].is_empty() {
                return Some(lane);
            }
            self.ready[self.turn].insert((now, bytes, lane));
        }
    }

    /// When a source was last listed, by the run's clock: up to then it is known what came.
    pub fn listed_at(&self, source: usize) -> u64 {
        self.sources[source].at
    }

    /// Takes a partition up at an offset.
    pub fn take_up(&mut self, source: usize, partition: u32, position: u64) {
        self.put_down(source, partition);
        match self.lane(source, partition) {
            Some(lane) => self.lanes[lane].position = position,
            None => self.add(source, partition, position),
        }
    }

    /// Gives a partition up, of which nothing is in flight.
    pub fn put_down(&mut self, source: usize, partition: u32) {
        let Some(index) = self.lane(source, partition) else { return };
        let lane = &mut self.lanes[index];
        (lane.passed, lane.ended) = (None, false);
        lane.queue.clear();
        self.ready.iter_mut().for_each(|ready| ready.retain(|(_, _, lane)| *lane != index));
    }

    /// The offset after what was read of a partition.
    pub fn position(&self, source: usize, partition: u32) -> u64 {
        let lane = self.lane(source, partition);
        lane.map_or(0, |lane| {
            let lane = &self.lanes[lane];
            lane.queue.front().map_or(lane.position, |split| split.start())
        })
    }

    fn lane(&self, source: usize, partition: u32) -> Option<usize> {
        self.sources[source].lanes.get(partition as usize).copied().flatten()
    }

    /// Lets a watermark pass a partition of which nothing is in flight; whether it had not yet.
    pub fn pass(&mut self, lane: usize, watermark: i64, gates: &Gates) -> bool {
        let lane = &mut self.lanes[lane];
        if watermark <= gates.seen(lane.source, lane.partition) {
            return false;
        }
        gates.pass(lane.source, lane.partition, watermark);
        lane.passed = Some(watermark);
        true
    }

    /// Tells sources that gave their history to go on with what comes.
    pub fn follow(&mut self, wiring: &Wiring) {
        wiring.sources.iter().for_each(|source| source.follow());
        self.look_again();
    }

    /// Looks for more to read without waiting for the time to do so.
    pub fn look_again(&mut self) {
        self.sources.iter_mut().for_each(|source| source.next = None);
    }

    /// When to look at a source again, if any goes on.
    pub fn next_look(&self) -> Option<Instant> {
        let going = self.sources.iter().filter(|source| !source.ended);
        going.map(|source| source.next.unwrap_or_else(Instant::now)).min()
    }

    /// Tells the last split of each lane to pause.
    pub fn pause(&self) {
        self.lanes.iter().for_each(|lane| lane.pause.store(true, Ordering::Relaxed));
    }

    /// Takes the rest of a lane's last split back.
    pub fn put_back(&mut self, wiring: &Wiring, index: usize, rest: Box<dyn Split>) {
        let lane = &mut self.lanes[index];
        lane.position = rest.start();
        lane.bytes -= rest.bytes().min(lane.bytes);
        let woken = !lane.has_more();
        lane.queue.push_front(rest);
        if woken {
            self.make_ready(wiring, index);
        }
    }

    /// How many bytes there are left to read, if every source is known to its end.
    pub fn bytes_left(&self) -> Option<u64> {
        let queued = self.lanes.iter().flat_map(|lane| &lane.queue).map(|split| split.bytes());
        self.sources.iter().all(|source| source.ended).then(|| queued.sum())
    }

    /// Whether every source has been read to its end.
    pub fn is_done(&self) -> bool {
        self.sources.iter().all(|s| s.ended) && self.lanes.iter().all(Lane::is_done)
    }

    /// The greatest event time that was seen of a source.
    pub fn greatest(&self, source: usize, gates: &Gates) -> i64 {
        let lanes = self.lanes.iter().filter(|lane| lane.source == source);
        lanes.map(|lane| gates.greatest(lane.source, lane.partition)).max().unwrap_or(i64::MIN)
    }

    /// The watermark of a source: the least seen of its partitions, those that ended aside.
    pub fn watermark(&self, source: usize, gates: &Gates) -> i64 {
        let lanes = self.lanes.iter().filter(|l| l.source == source && !l.is_done());
        let least = lanes.map(|lane| gates.seen(lane.source, lane.partition)).min();
        match least {
            // The last moment of all is not the end of input.
            Some(seen) => seen.min(i64::MAX - 1),
            None if self.sources[source].ended => i64::MAX,
            None => i64::MIN,
        }
    }
}
