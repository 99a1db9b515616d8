//! Carries each partition's greatest event time from split to split.
//!
//! Splits of one partition are decoded in parallel, but a record's *seen* is the greatest event
//! time up to it in order of offset. Each split draws a ticket in that order, publishes the
//! greatest event time it holds, and waits for those before it. They were handed out earlier and
//! wait for none after them, so that no one waits for ever.

use ouzel_dsl::{Error, Result};
use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard};

/// A place in the order of a partition's splits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    source: usize,
    partition: u32,
    number: u64,
}

/// The gates of all partitions.
#[derive(Default)]
pub struct Gates {
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Default)]
struct State {
    gates: BTreeMap<(usize, u32), Gate>,
    failed: bool,
}

struct Gate {
    issued: u64,
    /// All tickets below this one have published.
    reached: u64,
    /// The greatest event time of those, or the watermark that has passed the partition.
    seen: i64,
    /// The greatest event time alone.
    greatest: i64,
    /// What later tickets have published: seen, and the greatest event time.
    ahead: BTreeMap<u64, (i64, i64)>,
    /// What was seen before each ticket that has not passed yet.
    bases: BTreeMap<u64, i64>,
}

impl Default for Gate {
    fn default() -> Self {
        let bases = BTreeMap::from([(0, i64::MIN)]);
        Gate {
            issued: 0,
            reached: 0,
            seen: i64::MIN,
            greatest: i64::MIN,
            ahead: BTreeMap::new(),
            bases,
        }
    }
}

impl Gates {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Takes on what a partition had seen in an earlier process, and its greatest event time. Call
    /// before its first ticket.
    pub fn resume(&self, source: usize, partition: u32, seen: i64, greatest: i64) {
        let gate = Gate { seen, greatest, bases: BTreeMap::from([(0, seen)]), ..Gate::default() };
        self.lock().gates.insert((source, partition), gate);
    }

    /// Lets a watermark pass a partition of which nothing is in flight: what comes next has seen it.
    pub fn pass(&self, source: usize, partition: u32, watermark: i64) {
        let mut state = self.lock();
        let gate = state.gates.entry((source, partition)).or_default();
        gate.seen = gate.seen.max(watermark);
        gate.bases.insert(gate.reached, gate.seen);
    }

    /// Draws the next ticket of a partition.
    pub fn ticket(&self, source: usize, partition: u32) -> Ticket {
        let mut state = self.lock();
        let gate = state.gates.entry((source, partition)).or_default();
        gate.issued += 1;
        Ticket { source, partition, number: gate.issued - 1 }
    }

    /// Publishes what was seen in a split, and its greatest event time.
    pub fn publish(&self, ticket: Ticket, seen: i64, greatest: i64) {
        let mut state = self.lock();
        let gate = state.gates.entry((ticket.source, ticket.partition)).or_default();
        gate.ahead.insert(ticket.number, (seen, greatest));
        while let Some((seen, greatest)) = gate.ahead.remove(&gate.reached) {
            gate.seen = gate.seen.max(seen);
            gate.greatest = gate.greatest.max(greatest);
            gate.reached += 1;
            gate.bases.insert(gate.reached, gate.seen);
        }
        self.moved.notify_all();
    }

    /// Waits for what was seen before a split. To be asked once.
    pub fn base(&self, ticket: Ticket) -> Result<i64> {
        let mut state = self.lock();
        loop {
            if state.failed {
                return Err(Error::Cancelled);
            }
            let gate = state.gates.entry((ticket.source, ticket.partition)).or_default();
            if let Some(base) = gate.bases.remove(&ticket.number) {
                return Ok(base);
            }
            state = self.moved.wait(state).unwrap_or_else(|e| e.into_inner());
        }
    }

    /// Wakes all who wait: a split before theirs failed.
    pub fn fail(&self) {
        self.lock().failed = true;
        self.moved.notify_all();
    }

    /// What the next record of a partition has seen before it: the greatest event time so far, or the
    /// watermark that has passed the partition.
    pub fn seen(&self, source: usize, partition: u32) -> i64 {
        self.lock().gates.get(&(source, partition)).map_or(i64::MIN, |gate| gate.seen)
    }

    /// The greatest event time of a partition so far, whatever has passed it.
    pub fn greatest(&self, source: usize, partition: u32) -> i64 {
        self.lock().gates.get(&(source, partition)).map_or(i64::MIN, |gate| gate.greatest)
    }
}
