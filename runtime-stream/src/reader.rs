//! What to read next: the splits of all partitions, those behind in event time first.

use ouzel_dsl::connector::Split;
use ouzel_dsl::{Error, Result};
use ouzel_engine::{Gates, Task, Wiring};
use std::collections::VecDeque;

/// One partition of a source.
pub struct Lane {
    /// The source's index.
    pub source: usize,
    /// The partition's index.
    pub partition: u32,
    /// The offset after the last split handed out.
    pub position: u64,
    /// Whether it gets no more records once its queue is empty.
    ended: bool,
    queue: VecDeque<Box<dyn Split>>,
    bytes: u64,
}

impl Lane {
    /// Whether all of it has been handed out, for good.
    pub fn is_done(&self) -> bool {
        self.ended && self.queue.is_empty()
    }
}

/// Hands out splits.
pub struct Reader {
    /// Every partition found so far.
    pub lanes: Vec<Lane>,
    /// Whether each source has been listed to its end.
    ended: Vec<bool>,
    /// How many partitions each source began with.
    began_with: Vec<Option<usize>>,
    shuffle: Option<u64>,
}

impl Reader {
    /// A reader that begins at these positions: source, partition, offset.
    pub fn new(wiring: &Wiring, shuffle: Option<u64>, positions: Vec<(usize, u32, u64)>) -> Reader {
        // A run that goes on begins with the partitions that it knew.
        let of = |source| positions.iter().filter(|(s, _, _)| *s == source).count();
        let resumed = !positions.is_empty();
        let began_with = (0..wiring.sources.len()).map(|s| resumed.then(|| of(s))).collect();
        let lanes = positions.into_iter().map(|(source, partition, position)| Lane {
            source,
            partition,
            position,
            ended: false,
            queue: VecDeque::new(),
            bytes: 0,
        });
        Reader {
            lanes: lanes.collect(),
            ended: vec![false; wiring.sources.len()],
            began_with,
            shuffle,
        }
    }

    /// Looks for more to read in sources that have nothing queued; true if there is some.
    pub fn refresh(&mut self, wiring: &Wiring) -> Result<bool> {
        for source in 0..wiring.sources.len() {
            let queued = self.lanes.iter().any(|l| l.source == source && !l.queue.is_empty());
            if !queued && !self.ended[source] {
                self.list(wiring, source)?;
            }
        }
        Ok(self.lanes.iter().any(|lane| !lane.queue.is_empty()))
    }

    fn list(&mut self, wiring: &Wiring, source: usize) -> Result<()> {
        let partitions = wiring.sources[source].partitions().len();
        let mut from = vec![0; partitions];
        for lane in self.lanes.iter().filter(|l| l.source == source) {
            if let Some(position) = from.get_mut(lane.partition as usize) {
                *position = lane.position;
            }
        }
        let listing = wiring.sources[source].splits(&from)?;
        let names = wiring.sources[source].partitions();
        for partition in 0..names.len() as u32 {
            if !self.lanes.iter().any(|l| l.source == source && l.partition == partition) {
                self.late_partition(wiring, source, &names[partition as usize])?;
                self.lanes.push(Lane {
                    source,
                    partition,
                    position: 0,
                    ended: false,
                    queue: VecDeque::new(),
                    bytes: 0,
                });
            }
        }
        self.began_with[source].get_or_insert(names.len());
        for split in listing.splits {
            let partition = split.partition();
            let lane =
                self.lanes.iter_mut().find(|l| l.source == source && l.partition == partition);
            if let Some(lane) = lane {
                lane.queue.push_back(split);
            }
        }
        for lane in self.lanes.iter_mut().filter(|l| l.source == source) {
            lane.ended |= listing.end || listing.ended.contains(&lane.partition);
        }
        self.ended[source] = listing.end;
        Ok(())
    }

    /// A partition found after the start would hold event times back that have already passed.
    fn late_partition(&self, wiring: &Wiring, source: usize, name: &str) -> Result<()> {
        let node = &wiring.plan.sources[source];
        // While there was nothing at all, no watermark has passed anything.
        if matches!(self.began_with[source], None | Some(0)) || !node.needs_seen {
            return Ok(());
        }
        Err(Error::Usage(format!(
            "the input `{}` has a new partition, `{name}`, and the job has a lateness: its records may be older than what has already been closed\n  read the files of a folder as one partition, in order of path, with `?sequence`",
            node.input
        )))
    }

    /// The next split: of the partition that is behind in event time, or else in bytes.
    pub fn next(&mut self, wiring: &Wiring, gates: &Gates) -> Option<Task> {
        let ready: Vec<usize> =
            (0..self.lanes.len()).filter(|i| !self.lanes[*i].queue.is_empty()).collect();
        let chosen = match &mut self.shuffle {
            Some(seed) => {
                *seed = seed
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                let count = ready.len().max(1) as u64;
                ready.get(((*seed >> 33) % count) as usize).copied()
            }
            None => ready.into_iter().min_by_key(|i| {
                let lane = &self.lanes[*i];
                let seen = match wiring.plan.sources[lane.source].needs_seen {
                    true => gates.seen(lane.source, lane.partition),
                    false => i64::MIN,
                };
                (seen, lane.bytes)
            }),
        };
        let lane = &mut self.lanes[chosen?];
        let split = lane.queue.pop_front()?;
        lane.position = split.end();
        lane.bytes += split.bytes();
        let needs_seen = wiring.plan.sources[lane.source].needs_seen;
        let ticket = needs_seen.then(|| gates.ticket(lane.source, lane.partition));
        Some(Task { source: lane.source, split, ticket })
    }

    /// How many bytes there are left to read, if every source is known to its end.
    pub fn bytes_left(&self) -> Option<u64> {
        let queued = self.lanes.iter().flat_map(|lane| &lane.queue).map(|split| split.bytes());
        self.ended.iter().all(|ended| *ended).then(|| queued.sum())
    }

    /// Whether every source has been read to its end.
    pub fn is_done(&self) -> bool {
        self.ended.iter().all(|e| *e) && self.lanes.iter().all(Lane::is_done)
    }

    /// The watermark of a source: the least seen of its partitions, those that ended aside.
    pub fn watermark(&self, source: usize, gates: &Gates) -> i64 {
        let lanes = self.lanes.iter().filter(|l| l.source == source && !l.is_done());
        let least = lanes.map(|lane| gates.seen(lane.source, lane.partition)).min();
        match least {
            Some(seen) => seen,
            None if self.ended[source] => i64::MAX,
            None => i64::MIN,
        }
    }
}
