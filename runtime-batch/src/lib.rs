//! The batch executor: runs a plan over bounded input on rayon's threads.

mod outputs;

use crate::outputs::Outputs;
use arrow::array::RecordBatch;
use ouzel_dsl::connector::Demand;
use ouzel_dsl::keyed_node::Advance;
use ouzel_dsl::stage::{Port, Tally};
use ouzel_dsl::{Error, Plan, Result};
use ouzel_engine::{Faults, Gates, RunConfig, Task, Wiring, Worker};
use ouzel_hooks::{Event, Summary, stage_totals, totals};
use std::borrow::Cow;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

/// Runs a plan to the end of its input.
///
/// Each worker takes the next split, decodes it and runs its chunks through the source's stage.
/// Then keyed operators give their rows, those upstream first. Outputs appear when all is done,
/// each at once; a run that fails or is stopped leaves none.
pub fn run(plan: &Arc<Plan>, config: &RunConfig) -> Result<Summary> {
    let began = Instant::now();
    let config = RunConfig { stop_within_splits: true, until_now: true, ..config.clone() };
    let wiring = Wiring::open(plan, &config)?;
    for (source, node) in wiring.sources.iter().zip(&plan.sources) {
        if !source.bounded() {
            return Err(Error::Usage(format!(
                "batch mode needs an input that ends, and `{}` does not: run it with `--mode stream`",
                node.input
            )));
        }
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(config.workers.max(1))
        .thread_name(|i| format!("ouzel-{i}"))
        .build()
        .map_err(|e| Error::Failed(format!("the worker threads cannot be started: {e}")))?;
    let run = Run {
        outputs: Outputs::open(&wiring)?,
        wiring: &wiring,
        pool,
        workers: Mutex::default(),
        tally: Mutex::new(Tally::new(plan.operators.len())),
        greatest: Vec::new(),
    };
    let gates = Gates::default();
    let bytes = run.read_sources(&gates)?;
    let run = Run { greatest: run.greatest(&gates), ..run };
    for keyed in (0..plan.keyed.len()).filter(|keyed| !plan.keyed[*keyed].side) {
        run.finish_keyed(keyed)?;
    }
    run.finish(began, bytes)
}

struct Run<'a> {
    wiring: &'a Wiring,
    outputs: Outputs,
    pool: rayon::ThreadPool,
    /// Workers that no thread uses at the moment.
    workers: Mutex<Vec<Worker>>,
    tally: Mutex<Tally>,
    /// The greatest event time of each source, where that is asked for.
    greatest: Vec<i64>,
}

impl Run<'_> {
    fn greatest(&self, gates: &Gates) -> Vec<i64> {
        let sources = self.wiring.sources.iter().enumerate();
        let greatest = sources.map(|(source, open)| {
            let partitions = 0..open.partitions().len() as u32;
            partitions.map(|partition| gates.greatest(source, partition)).max().unwrap_or(i64::MIN)
        });
        greatest.collect()
    }

    /// Reads all sources to their ends, first those of tables that are looked up; how many bytes that
    /// was.
    fn read_sources(&self, gates: &Gates) -> Result<u64> {
        let mut queue = VecDeque::new();
        let sources = self.wiring.sources.iter().enumerate();
        for (source, open) in sources.filter(|(s, _)| !self.wiring.plan.sources[*s].side) {
            for partition in 0..open.partitions().len() as u32 {
                let seen = open.seen(partition);
                if seen > i64::MIN {
                    gates.pass(source, partition, seen);
                }
            }
            for split in open.splits(&[])?.splits {
                let needs_seen = self.wiring.plan.sources[source].needs_seen;
                let ticket = needs_seen.then(|| gates.ticket(source, split.partition()));
                queue.push_back(Task { source, split, ticket });
            }
        }
        self.wiring.check_layout()?;
        let sides = self.wiring.side_tasks()?;
        let bytes: u64 = queue.iter().map(|task: &Task| task.split.bytes()).sum();
        let bytes = bytes + sides.bytes;
        let (job, config) = (self.wiring.plan.job, &self.wiring.config);
        config.observers.tell(Event::Started {
            mode: "batch",
            job: job.into(),
            bytes_total: Some(bytes),
        });
        let mut read = self.wiring.read_sides(sides, false)?;
        self.outputs.dead_letters(self.wiring, &read.tally.take_dead_letters())?;
        self.wiring.count(&mut lock(&self.tally), &mut read.tally);
        let queue: Mutex<VecDeque<Task>> = Mutex::new(queue);
        let failed: Mutex<Option<Error>> = Mutex::new(None);
        self.pool.scope(|scope| {
            for _ in 0..self.pool.current_num_threads() {
                scope.spawn(|_| {
                    // A panic, such as in a source of the user's, must not leave others waiting.
                    let work = AssertUnwindSafe(|| self.work(&queue, gates));
                    let panicked = |_| Err(Error::Failed("a worker thread panicked".to_owned()));
                    if let Err(error) = catch_unwind(work).unwrap_or_else(panicked) {
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
        match failed.into_inner().unwrap_or_else(|e| e.into_inner()) {
            Some(error) => Err(error),
            None => Ok(bytes),
        }
    }

    /// Takes splits until there are none.
    fn work(&self, queue: &Mutex<VecDeque<Task>>, gates: &Gates) -> Result<()> {
        let mut worker = self.wiring.worker();
        while let Some(task) = { lock(queue).pop_front() } {
            worker.split(self.wiring, task, gates, &mut |worker| {
                self.relieve(worker)?;
                Ok(Demand::More)
            })?;
            self.wiring.count(&mut lock(&self.tally), &mut worker.tally);
        }
        lock(&self.workers).push(worker);
        Ok(())
    }

    /// After each chunk a worker hands on its rows, and what then is too much goes to disk.
    fn relieve(&self, worker: &mut Worker) -> Result<()> {
        self.collect(worker, false)?;
        worker.spill_if_full(self.wiring)
    }

    /// Hands a worker's rows and dead letters to the outputs.
    fn collect(&self, worker: &mut Worker, all: bool) -> Result<()> {
        for (output, batches) in worker.take_rows(self.wiring, all) {
            self.outputs.write(output, &batches)?;
        }
        let letters = worker.tally.take_dead_letters();
        self.outputs.dead_letters(self.wiring, &letters)
    }

    /// Gives the rows of a keyed operator to its output and to the stage after it.
    fn finish_keyed(&self, keyed: usize) -> Result<()> {
        let plan = &self.wiring.plan;
        let entry = &plan.keyed[keyed];
        let shards = self.pool.current_num_threads();
        let mut state =
            entry.node.state(shards, self.wiring.config.memory_bytes, &self.wiring.spill);
        let parallel = |tasks: Vec<Box<dyn FnOnce() + Send + '_>>| {
            self.pool
                .scope(|scope| tasks.into_iter().for_each(|task| scope.spawn(move |_| task())));
        };
        let mut held: Vec<_> = lock(&self.workers)
            .iter_mut()
            .filter_map(|worker| worker.take_combiner(self.wiring, keyed))
            .collect();
        let mut ports: Vec<&mut dyn Port> = held.iter_mut().map(|port| &mut **port as _).collect();
        self.wiring.spilled(state.absorb(&mut ports, &parallel, None, None)?);
        drop(held);
        let faults = Faults::new(self.wiring, keyed);
        let greatest = entry.sources.iter().map(|source| self.greatest[*source]).max();
        let to = Advance {
            watermark: i64::MAX,
            greatest: greatest.unwrap_or(i64::MIN),
            fail: &|fault| faults.take(fault),
        };
        let rows = state.close(to, &parallel, &|batch| {
            self.wiring.gave(keyed, &batch);
            if let Some(output) = entry.output {
                self.outputs.write(output, std::slice::from_ref(&batch))?;
            }
            if entry.rows.is_empty() && entry.changes.is_empty() {
                return Ok(());
            }
            let mut worker = lock(&self.workers).pop().unwrap_or_else(|| self.wiring.worker());
            let done = self.hand_on(&mut worker, keyed, batch);
            lock(&self.workers).push(worker);
            done
        })?;
        let mut faults = faults.finish();
        self.outputs.dead_letters(self.wiring, &faults.take_dead_letters())?;
        faults.out[entry.operator] += rows;
        self.wiring.count(&mut lock(&self.tally), &mut faults);
        Ok(())
    }

    /// Runs rows of a keyed operator through the stages after it.
    fn hand_on(&self, worker: &mut Worker, keyed: usize, batch: RecordBatch) -> Result<()> {
        worker.hand_on(self.wiring, keyed, batch)?;
        self.relieve(worker)
    }

    fn finish(self, began: Instant, bytes: u64) -> Result<Summary> {
        let mut tally = std::mem::take(&mut *lock(&self.tally));
        for mut worker in std::mem::take(&mut *lock(&self.workers)) {
            self.collect(&mut worker, true)?;
            self.wiring.count(&mut tally, &mut worker.tally);
        }
        self.outputs.finish()?;
        let plan = &self.wiring.plan;
        let summary = Summary {
            job: plan.job.to_owned(),
            mode: "batch".to_owned(),
            seconds: began.elapsed().as_secs_f64(),
            bytes,
            operators: totals(plan, &tally),
            stages: stage_totals(plan, &tally),
            ..Summary::default()
        };
        self.wiring.config.observers.tell(Event::Finished { summary: Cow::Borrowed(&summary) });
        Ok(summary)
    }
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}
