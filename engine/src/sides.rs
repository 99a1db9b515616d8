//! Reads what feeds the tables that are looked up, to its end, before the other inputs.

use crate::faults::Faults;
use crate::gate::Gates;
use crate::wiring::Wiring;
use crate::worker::{Task, Worker};
use ouzel_dsl::connector::Demand;
use ouzel_dsl::keyed_node::Advance;
use ouzel_dsl::plan::SideRows;
use ouzel_dsl::stage::{Port, Tally};
use ouzel_dsl::{Error, Result};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard};

/// So many bytes such a table may take, however little memory there is.
const BYTES_MIN: usize = 1 << 20;

/// What there is to read before the other inputs.
#[derive(Default)]
pub struct SideTasks {
    queue: VecDeque<(usize, Box<dyn ouzel_dsl::connector::Split>)>,
    /// Where each partition ends: source, partition, offset.
    pub ends: Vec<(usize, u32, u64)>,
    /// How many bytes that is.
    pub bytes: u64,
}

/// What was counted while it was read.
pub struct SidesRead {
    /// Counts, and the failures to keep aside.
    pub tally: Tally,
}

impl Wiring {
    /// Looks for what feeds tables that are looked up.
    ///
    /// # Errors
    ///
    /// Where an input among it has no end.
    pub fn side_tasks(&self) -> Result<SideTasks> {
        let mut tasks = SideTasks::default();
        for (source, node) in self.plan.sources.iter().enumerate().filter(|(_, n)| n.side) {
            let open = &self.sources[source];
            if !open.bounded() {
                return Err(Error::Usage(format!(
                    "the input `{}` is looked up, and so is read to its end before the others, but it has no end: give it as files that are not followed, or use `join` in the job",
                    node.input
                )));
            }
            let splits = open.splits(&[])?.splits;
            let first = tasks.ends.len();
            let partitions = 0..open.partitions().len() as u32;
            tasks.ends.extend(partitions.map(|partition| (source, partition, 0)));
            for split in splits {
                if let Some(end) = tasks.ends.get_mut(first + split.partition() as usize) {
                    end.2 = end.2.max(split.end());
                }
                tasks.bytes += split.bytes();
                tasks.queue.push_back((source, split));
            }
        }
        Ok(tasks)
    }

    /// Reads it, and makes the tables of it; `again` if that was counted by an earlier process.
    pub fn read_sides(&self, tasks: SideTasks, again: bool) -> Result<SidesRead> {
        let mut read = SidesRead { tally: Tally::new(self.plan.operators.len()) };
        let mut sides = Vec::new();
        if !self.plan.sides.is_empty() {
            let gates = Gates::default();
            let workers = Mutex::new(self.read_side_splits(tasks, &gates)?);
            let begin = self.plan.sides.iter().map(|side| (side.keyed, (side.begin)()));
            let rows = Mutex::new(begin.collect::<Vec<_>>());
            for keyed in 0..self.plan.keyed.len() {
                if self.plan.keyed[keyed].side {
                    self.finish_side(keyed, &workers, &gates, &rows, &mut read.tally, again)?;
                }
            }
            for mut worker in into_inner(workers) {
                read.tally.take_from(&mut worker.tally);
            }
            sides = into_inner(rows).into_iter().map(|(_, rows)| rows.finish()).collect();
        }
        // A run reads them once.
        let _ = self.sides.set(sides);
        Ok(read)
    }

    fn read_side_splits(&self, tasks: SideTasks, gates: &Gates) -> Result<Vec<Worker>> {
        let ticketed = tasks.queue.into_iter().map(|(source, split)| {
            let needs_seen = self.plan.sources[source].needs_seen;
            let ticket = needs_seen.then(|| gates.ticket(source, split.partition()));
            Task { source, split, ticket }
        });
        let queue: Mutex<VecDeque<Task>> = Mutex::new(ticketed.collect());
        let (workers, failed) = (Mutex::new(Vec::new()), Mutex::new(None));
        let work = || -> Result<()> {
            let mut worker = self.worker();
            while let Some(task) = { lock(&queue).pop_front() } {
                worker.split(self, task, gates, &mut |worker| {
                    worker.spill_if_full(self)?;
                    Ok(Demand::More)
                })?;
            }
            lock(&workers).push(worker);
            Ok(())
        };
        std::thread::scope(|scope| {
            for _ in 0..self.config.workers.max(1) {
                scope.spawn(|| {
                    // A panic, such as in a source of the user's, must not leave others waiting.
                    let panicked = |_| Err(Error::Failed("a worker thread panicked".to_owned()));
                    let done = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(panicked);
                    if let Err(error) = done {
                        lock(&queue).clear();
                        gates.fail();
                        // Others are cancelled by the first error, which is the one to tell.
                        let mut failed = lock(&failed);
                        if !matches!(error, Error::Cancelled) || failed.is_none() {
                            *failed = Some(error);
                        }
                    }
                });
            }
        });
        match into_inner(failed) {
            Some(error) => Err(error),
            None => Ok(into_inner(workers)),
        }
    }

    /// Gives the rows of a keyed operator to the stages after it, and to the tables.
    fn finish_side(
        &self,
        keyed: usize,
        workers: &Mutex<Vec<Worker>>,
        gates: &Gates,
        rows: &Mutex<Vec<(usize, Box<dyn SideRows>)>>,
        tally: &mut Tally,
        again: bool,
    ) -> Result<()> {
        let entry = &self.plan.keyed[keyed];
        let shards = self.config.workers.max(1);
        let mut state = entry.node.state(shards, self.config.memory_bytes, &self.spill);
        let mut held: Vec<_> = lock(workers)
            .iter_mut()
            .filter_map(|worker| worker.take_combiner(self, keyed))
            .collect();
        let mut ports: Vec<&mut dyn Port> = held.iter_mut().map(|port| &mut **port as _).collect();
        self.spilled(state.absorb(&mut ports, &parallel, None, None)?);
        drop(held);
        let faults = Faults::new(self, keyed);
        let partitions = entry.sources.iter().flat_map(|source| {
            (0..self.sources[*source].partitions().len() as u32).map(|p| (*source, p))
        });
        let greatest = partitions.map(|(source, partition)| gates.seen(source, partition)).max();
        let to = Advance {
            watermark: i64::MAX,
            greatest: greatest.unwrap_or(i64::MIN),
            fail: &|fault| faults.take(fault),
        };
        let count = state.close(to, &parallel, &|batch| {
            if !again {
                self.gave(keyed, &batch);
            }
            self.gather(keyed, &batch, rows)?;
            let mut worker = lock(workers).pop().unwrap_or_else(|| self.worker());
            let done = worker.hand_on(self, keyed, batch).and_then(|()| worker.spill_if_full(self));
            lock(workers).push(worker);
            done
        })?;
        tally.take_from(&mut faults.finish());
        tally.out[entry.operator] += count;
        Ok(())
    }

    /// Adds rows to the table that they are of, if it is looked up.
    fn gather(
        &self,
        keyed: usize,
        batch: &arrow::array::RecordBatch,
        rows: &Mutex<Vec<(usize, Box<dyn SideRows>)>>,
    ) -> Result<()> {
        let mut rows = lock(rows);
        let Some((_, table)) = rows.iter_mut().find(|(of, _)| *of == keyed) else {
            return Ok(());
        };
        table.add(batch)?;
        let bytes: usize = rows.iter().map(|(_, table)| table.bytes()).sum();
        if bytes <= self.config.memory_bytes.max(BYTES_MIN) {
            return Ok(());
        }
        let operator = &self.plan.operators[self.plan.keyed[keyed].operator];
        Err(Error::Usage(format!(
            "{}: the table `{}` is looked up and does not fit into memory: it takes more than the {} MiB that the job is given
  give it more with `--memory`, or use `join` in the place of `lookup`, whose state goes to disk",
            operator.site,
            operator.id,
            self.config.memory_bytes.max(BYTES_MIN) >> 20
        )))
    }
}

/// Runs tasks at the same time, on threads of their own if there are several.
fn parallel(mut tasks: Vec<Box<dyn FnOnce() + Send + '_>>) {
    let last = tasks.pop();
    std::thread::scope(|scope| {
        for task in tasks {
            scope.spawn(task);
        }
        if let Some(task) = last {
            task();
        }
    });
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}

fn into_inner<T>(mutex: Mutex<T>) -> T {
    mutex.into_inner().unwrap_or_else(|e| e.into_inner())
}
