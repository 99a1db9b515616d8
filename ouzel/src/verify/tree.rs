//! Merges accumulators in a random order and tree: an aggregate that breaks its laws gives itself
//! away.
//!
//! A stage's combiner is exchanged for another after each chunk, so that a key's records are spread
//! over several of them; then these are merged, two and two, as the seed says.

use super::lock;
use super::random::Random;
use arrow::array::RecordBatch;
use ouzel_dsl::keyed_node::{Advance, Changes, Emit, KeyedNode, KeyedState, Parallel, Reference};
use ouzel_dsl::stage::Port;
use ouzel_dsl::{Plan, Result};
use std::any::Any;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// The plan with keyed operators that merge as a seed says.
pub(super) fn merged_by(plan: &Plan, seed: u64) -> Plan {
    let mut plan = plan.clone();
    for (nth, keyed) in plan.keyed.iter_mut().enumerate() {
        let random = Mutex::new(Random(seed.wrapping_add((nth as u64) << 32)));
        let shared = Shared { node: keyed.node.clone(), random, pool: Mutex::default() };
        keyed.node = Arc::new(Node(Arc::new(shared)));
    }
    plan
}

/// How many combiners wait for their turn.
const POOL: usize = 12;

struct Shared {
    node: Arc<dyn KeyedNode>,
    random: Mutex<Random>,
    /// Combiners that no worker has at the moment.
    pool: Mutex<Vec<Box<dyn Port>>>,
}

struct Node(Arc<Shared>);

impl KeyedNode for Node {
    fn combiner(&self) -> Box<dyn Port> {
        Box::new(Exchanged { held: self.0.node.combiner(), shared: self.0.clone() })
    }

    fn state_type(&self) -> String {
        self.0.node.state_type()
    }

    fn removes(&self) -> bool {
        self.0.node.removes()
    }

    fn state(&self, shards: usize, memory_bytes: usize, spill: &Path) -> Box<dyn KeyedState> {
        let state = self.0.node.state(shards, memory_bytes, spill);
        Box::new(State { state, shared: self.0.clone(), memory_bytes, spill: spill.to_owned() })
    }

    fn scatter(
        &self,
        combiner: &mut dyn Port,
        parts: usize,
        each: &mut dyn FnMut(usize, &[u8]) -> Result<()>,
    ) -> Result<()> {
        self.0.node.scatter(combiner, parts, each)
    }

    fn gather(&self, entries: &mut dyn Read) -> Result<Box<dyn Port>> {
        self.0.node.gather(entries)
    }

    fn reference(&self) -> Box<dyn Reference> {
        self.0.node.reference()
    }
}

/// A combiner that is another one after each chunk.
struct Exchanged {
    held: Box<dyn Port>,
    shared: Arc<Shared>,
}

impl Port for Exchanged {
    fn as_any(&mut self) -> &mut dyn Any {
        self.held.as_any()
    }

    fn begin(&mut self, chunk: &RecordBatch) {
        let mut pool = lock(&self.shared.pool);
        if pool.len() < POOL {
            pool.push(self.shared.node.combiner());
        }
        let other = lock(&self.shared.random).upto(pool.len()) - 1;
        std::mem::swap(&mut self.held, &mut pool[other]);
        drop(pool);
        self.held.begin(chunk);
    }

    fn bytes(&self) -> usize {
        // Those of the pool are about as large, and counting takes time.
        self.held.bytes() * (1 + lock(&self.shared.pool).len())
    }

    fn spill(&mut self, dir: &Path) -> Result<u64> {
        let held = self.held.spill(dir)?;
        lock(&self.shared.pool).iter_mut().try_fold(held, |sum, port| Ok(sum + port.spill(dir)?))
    }
}

/// A state into which combiners go by a tree of states.
struct State {
    state: Box<dyn KeyedState>,
    shared: Arc<Shared>,
    memory_bytes: usize,
    spill: PathBuf,
}

impl State {
    fn tree(
        &self,
        mut ports: Vec<&mut dyn Port>,
        parallel: Parallel<'_>,
    ) -> Result<Box<dyn KeyedState>> {
        if ports.len() < 2 {
            let mut leaf = self.shared.node.state(1, self.memory_bytes, &self.spill);
            leaf.absorb(&mut ports, parallel, None, None)?;
            return Ok(leaf);
        }
        let left = lock(&self.shared.random).upto(ports.len() - 1);
        let right = ports.split_off(left);
        let (mut left, right) = (self.tree(ports, parallel)?, self.tree(right, parallel)?);
        merge(left.as_mut(), right)?;
        Ok(left)
    }
}

/// Merges a state into another.
fn merge(into: &mut dyn KeyedState, mut from: Box<dyn KeyedState>) -> Result<()> {
    let mut log = Vec::new();
    from.save(&mut log)?;
    into.load(&mut log.as_slice(), None)
}

impl KeyedState for State {
    fn absorb(
        &mut self,
        combiners: &mut [&mut dyn Port],
        parallel: Parallel<'_>,
        changes: Option<Changes<'_>>,
        log: Option<&mut dyn Write>,
    ) -> Result<u64> {
        let mut pool = std::mem::take(&mut *lock(&self.shared.pool));
        let held = combiners.iter_mut().map(|port| &mut **port as &mut dyn Port);
        let mut ports: Vec<_> = held.chain(pool.iter_mut().map(|port| &mut **port as _)).collect();
        lock(&self.shared.random).shuffle(&mut ports);
        if changes.is_some() || log.is_some() {
            return self.state.absorb(&mut ports, parallel, changes, log);
        }
        let merged = self.tree(ports, parallel)?;
        merge(self.state.as_mut(), merged)?;
        Ok(0)
    }

    fn close(&mut self, to: Advance<'_>, parallel: Parallel<'_>, emit: Emit<'_>) -> Result<u64> {
        self.state.close(to, parallel, emit)
    }

    fn rows(&mut self, parallel: Parallel<'_>, emit: Emit<'_>) -> Result<u64> {
        self.state.rows(parallel, emit)
    }

    fn save(&mut self, log: &mut dyn Write) -> Result<()> {
        self.state.save(log)
    }

    fn load(&mut self, log: &mut dyn Read, closed: Option<i64>) -> Result<()> {
        self.state.load(log, closed)
    }
}
