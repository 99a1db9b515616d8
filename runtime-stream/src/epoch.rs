//! Epochs: reading until one is over, then everything that makes it count.

use crate::checkpoint::{Checkpoint, Manifest, Position};
use crate::outputs::Outputs;
use crate::reader::Reader;
use crate::settled::Settled;
use ouzel_dsl::keyed_node::KeyedState;
use ouzel_dsl::plan::PortKind;
use ouzel_dsl::stage::{Port, Tally};
use ouzel_dsl::{Error, Plan, Result};
use ouzel_engine::{Gates, RunConfig, StreamConfig, Task, Wiring, Worker};
use ouzel_hooks::{Event, Summary, stage_totals, totals};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// How long to wait before looking again at a source that had nothing.
const IDLE: Duration = Duration::from_millis(10);

/// An epoch ends between splits, so that one must not take long.
const SPLIT_BYTES_MAX: u64 = 1 << 20;

/// Runs a plan.
pub async fn run(plan: &Arc<Plan>, config: &RunConfig, stream: &StreamConfig) -> Result<Summary> {
    let checkpoint = match &stream.state {
        Some(dir) => Some(Checkpoint::open(dir, plan, &stream.accept)?),
        None => None,
    };
    if let Some(Checkpoint { manifest, .. }) = checkpoint.as_ref().filter(|c| c.manifest.finished) {
        let tally = tally(plan, manifest);
        return Ok(Summary {
            already_finished: true,
            ..summary(plan, &tally, manifest.bytes, Instant::now())
        });
    }
    let mut run = Run::open(plan, config, stream, checkpoint)?;
    run.reader.refresh(&run.wiring)?;
    let bytes_total = run.reader.bytes_left();
    config.observers.tell(Event::Started { mode: "stream", job: plan.job, bytes_total });
    loop {
        let ended = run.read().await?;
        let stopped = config.stop.load(Ordering::Relaxed);
        tokio::task::block_in_place(|| run.end_epoch(ended, stopped))?;
        if ended || stopped {
            let summary = run.finish(ended)?;
            config.observers.tell(Event::Finished { summary: &summary });
            return Ok(summary);
        }
    }
}

struct Run {
    wiring: Arc<Wiring>,
    stream: StreamConfig,
    reader: Reader,
    gates: Arc<Gates>,
    /// Workers that no task uses at the moment.
    idle: Vec<Worker>,
    outputs: Outputs,
    states: Vec<Box<dyn KeyedState>>,
    settled: Vec<Option<Settled>>,
    checkpoint: Option<Checkpoint>,
    /// In the place of a checkpoint's manifest where there is none.
    unkept: Manifest,
    tally: Tally,
    bytes: u64,
    splits: usize,
    /// Whether anything was read since the last commit.
    moved: bool,
    /// The watermark of each keyed operator.
    watermarks: Vec<i64>,
    began: Instant,
}

impl Run {
    fn open(
        plan: &Arc<Plan>,
        config: &RunConfig,
        stream: &StreamConfig,
        mut checkpoint: Option<Checkpoint>,
    ) -> Result<Run> {
        let split_bytes = config.split_bytes.min(SPLIT_BYTES_MAX);
        let wiring = Arc::new(Wiring::open(plan, &RunConfig { split_bytes, ..config.clone() })?);
        let gates = Arc::new(Gates::default());
        let unkept = Manifest::default();
        let manifest = checkpoint.as_ref().map_or(&unkept, |c| &c.manifest);
        let positions = positions(&wiring, manifest, &gates)?;
        let (tally, bytes) = (tally(plan, manifest), manifest.bytes);
        let outputs = Outputs::open(&wiring, manifest)?;
        let mut watermarks = vec![i64::MIN; plan.keyed.len()];
        let (mut states, mut settled) = (Vec::new(), Vec::new());
        let memory = config.memory_bytes / 2 / plan.keyed.len().max(1);
        for (index, entry) in plan.keyed.iter().enumerate() {
            let mut state = entry.node.state(config.workers.max(1), memory, &wiring.spill);
            let keeps_rows = entry.output.is_some() && entry.lateness.is_some();
            let path = match &mut checkpoint {
                Some(checkpoint) if !checkpoint.is_fresh() => {
                    checkpoint.load(index, state.as_mut())?;
                    watermarks[index] = checkpoint.kept(index).closed;
                    Some((checkpoint.settled_path(index), checkpoint.kept(index).settled_bytes))
                }
                Some(checkpoint) => Some((checkpoint.settled_path(index), 0)),
                None => None,
            };
            let (path, len) = path.map_or((None, 0), |(path, len)| (Some(path), len));
            settled.push(keeps_rows.then(|| Settled::open(path.as_deref(), len)).transpose()?);
            states.push(state);
        }
        Ok(Run {
            reader: Reader::new(&wiring, stream.shuffle, positions),
            idle: (0..config.workers.max(1)).map(|_| wiring.worker()).collect(),
            stream: stream.clone(),
            wiring,
            gates,
            outputs,
            settled,
            checkpoint,
            unkept,
            tally,
            bytes,
            splits: 0,
            moved: false,
            watermarks,
            states,
            began: Instant::now(),
        })
    }

    /// Reads until the epoch is over; true at the end of input. Nothing is in flight afterwards.
    async fn read(&mut self) -> Result<bool> {
        let over = tokio::time::Instant::now() + Duration::from_millis(self.stream.epoch_ms.max(1));
        let mut tasks: JoinSet<(Worker, Result<()>)> = JoinSet::new();
        let mut splits = 0;
        // Half of it is for what the workers hold, the rest for merged state.
        let memory = self.wiring.config.memory_bytes / self.idle.len().max(1) / 2;
        let mut failed = None;
        loop {
            let enough = self.stream.splits_per_epoch.is_some_and(|most| splits >= most)
                || tokio::time::Instant::now() >= over
                || self.idle.iter().any(|worker| worker.bytes() > memory)
                || self.wiring.config.stop.load(Ordering::Relaxed)
                || failed.is_some();
            while !enough && tasks.len() < self.wiring.config.workers.max(1) {
                let task = match self.next() {
                    Ok(Some(task)) => task,
                    Ok(None) => break,
                    Err(error) => {
                        self.gates.fail();
                        failed = Some(error);
                        break;
                    }
                };
                let worker = self.idle.pop().unwrap_or_else(|| self.wiring.worker());
                splits += 1;
                self.start(&mut tasks, worker, task);
                if self.stream.splits_per_epoch.is_some_and(|most| splits >= most) {
                    break;
                }
            }
            if tasks.is_empty() {
                if enough || failed.is_some() || self.reader.is_done() {
                    break;
                }
                tokio::time::sleep_until(over.min(tokio::time::Instant::now() + IDLE)).await;
                continue;
            }
            match tasks.join_next().await {
                Some(Ok((worker, done))) => {
                    self.idle.push(worker);
                    self.splits += 1;
                    if self.stream.crash_after_splits.is_some_and(|most| self.splits >= most) {
                        failed.get_or_insert(Error::Failed(CRASH.to_owned()));
                    }
                    if let Err(error) = done {
                        self.gates.fail();
                        if !matches!(error, Error::Cancelled) || failed.is_none() {
                            failed = Some(error);
                        }
                    }
                }
                Some(Err(panic)) => {
                    self.gates.fail();
                    failed.get_or_insert(Error::Failed(format!("a worker ended: {panic}")));
                }
                None => {}
            }
        }
        self.moved |= splits > 0;
        match failed {
            Some(error) => Err(error),
            None => Ok(self.reader.is_done()),
        }
    }

    fn next(&mut self) -> Result<Option<Task>> {
        if let Some(task) = self.reader.next(&self.wiring, &self.gates) {
            return Ok(Some(task));
        }
        self.reader.refresh(&self.wiring)?;
        Ok(self.reader.next(&self.wiring, &self.gates))
    }

    fn start(&mut self, tasks: &mut JoinSet<(Worker, Result<()>)>, mut worker: Worker, task: Task) {
        self.bytes += task.split.bytes();
        let (wiring, gates) = (self.wiring.clone(), self.gates.clone());
        tasks.spawn_blocking(move || {
            let done = worker.split(&wiring, task, &gates, &mut |_| Ok(()));
            (worker, done)
        });
    }

    /// Merges, moves watermarks, closes windows, writes outputs and commits.
    fn end_epoch(&mut self, ended: bool, stopped: bool) -> Result<()> {
        if !self.moved && !ended && !stopped {
            return self.write_tables(false);
        }
        for keyed in 0..self.states.len() {
            self.advance(keyed, ended)?;
        }
        let wiring = self.wiring.clone();
        for worker in &mut self.idle {
            for (output, batches) in worker.take_rows(&wiring, true) {
                self.outputs.write(output, &batches)?;
            }
            self.tally.take_from(&mut worker.tally);
        }
        let letters = std::mem::take(&mut self.tally.dead_letters);
        self.outputs.write_dead_letters(&wiring, &letters)?;
        self.commit(ended)?;
        self.moved = false;
        if !ended {
            self.write_tables(stopped)?;
        }
        let sources = 0..wiring.sources.len();
        if let Some(micros) = sources.map(|s| self.reader.watermark(s, &self.gates)).min() {
            wiring.config.observers.tell(Event::Watermark { micros });
        }
        Ok(())
    }

    /// Brings one keyed operator up to date.
    fn advance(&mut self, keyed: usize, ended: bool) -> Result<()> {
        let plan = self.wiring.plan.clone();
        let entry = &plan.keyed[keyed];
        let watermark = match ended {
            true => i64::MAX,
            // It never goes back: what was closed stays closed.
            false => self.watermark(keyed).max(self.watermarks[keyed]),
        };
        let wiring = self.wiring.clone();
        let (outputs, settled) = (&mut self.outputs, &mut self.settled[keyed]);
        let port = plan.ports.iter().position(|p| *p == PortKind::Keyed(keyed));
        {
            let mut ports: Vec<&mut dyn Port> = self
                .idle
                .iter_mut()
                .filter_map(|worker| Some(&mut **worker.ports.0.get_mut(port?)?.get_mut() as _))
                .collect();
            let changes = entry.output.filter(|output| outputs.wants_changes(*output));
            let emit = changes.map(|output| {
                let outputs = &*outputs;
                move |batch| outputs.write_changes(output, &batch)
            });
            let mut log = self.checkpoint.as_mut().map(|c| c.log(keyed));
            self.states[keyed].absorb(
                &mut ports,
                &parallel,
                emit.as_ref().map(|emit| emit as _),
                log.as_mut().map(|log| log as _),
            )?;
        }
        if let Some(table) = entry.output.and_then(|output| outputs.table(output)) {
            table.changed = true;
        }
        let closes = entry.lateness.is_some() && watermark > self.watermarks[keyed];
        self.watermarks[keyed] = watermark;
        if !closes && !ended {
            return Ok(());
        }
        // At the end the table is written as its rows are freed.
        let mut writer = None;
        let output = entry.output.filter(|_| ended);
        if let Some(table) = output.and_then(|output| outputs.table(output)) {
            let mut replace = table.sink.replace(&entry.schema)?;
            if let Some(settled) = settled.as_mut() {
                settled.each(|batch| replace.write(&batch))?;
            }
            writer = Some(Mutex::new(replace));
        }
        let closed = Mutex::new(settled.as_mut().filter(|_| !ended));
        let idle = Mutex::new(&mut self.idle);
        let rows = self.states[keyed].close(watermark, &parallel, &|batch| {
            if let Some(writer) = &writer {
                lock(writer).write(&batch)?;
            }
            if let Some(settled) = lock(&closed).as_mut() {
                settled.push(std::slice::from_ref(&batch))?;
            }
            if entry.finals.is_empty() {
                return Ok(());
            }
            let mut worker = lock(&idle).pop().unwrap_or_else(|| wiring.worker());
            let done = worker.finals(&wiring, keyed, batch);
            lock(&idle).push(worker);
            done
        })?;
        self.tally.out[entry.operator] += rows;
        if let Some(writer) = writer {
            writer.into_inner().unwrap_or_else(|e| e.into_inner()).finish()?;
        }
        Ok(())
    }

    /// The least watermark of everything upstream. What `finals` still may give has an event time
    /// that lags by the lateness.
    fn watermark(&self, keyed: usize) -> i64 {
        let entry = &self.wiring.plan.keyed[keyed];
        let sources =
            entry.sources.iter().map(|source| self.reader.watermark(*source, &self.gates));
        let upstream = entry.upstream.iter().map(|keyed| match self.watermarks[*keyed] {
            i64::MAX => i64::MAX,
            watermark => {
                watermark.saturating_sub(self.wiring.plan.keyed[*keyed].lateness.unwrap_or(0))
            }
        });
        sources.chain(upstream).min().unwrap_or(i64::MAX)
    }

    /// Writes the tables that are due, or all of them.
    fn write_tables(&mut self, all: bool) -> Result<()> {
        for keyed in 0..self.states.len() {
            let Some(output) = self.wiring.plan.keyed[keyed].output else { continue };
            let Some(table) = self.outputs.table(output) else { continue };
            if !all && !table.is_due() {
                continue;
            }
            let began = Instant::now();
            let writer = Mutex::new(table.sink.replace(&self.wiring.plan.outputs[output].schema)?);
            if let Some(settled) = &mut self.settled[keyed] {
                settled.each(|batch| lock(&writer).write(&batch))?;
            }
            self.states[keyed].rows(&parallel, &|batch| lock(&writer).write(&batch))?;
            writer.into_inner().unwrap_or_else(|e| e.into_inner()).finish()?;
            table.written(began.elapsed());
        }
        Ok(())
    }

    fn commit(&mut self, finished: bool) -> Result<()> {
        let wiring = self.wiring.clone();
        let plan = &wiring.plan;
        let positions = self.reader.lanes.iter().map(|lane| {
            let name = wiring.sources[lane.source].partitions();
            let position = Position {
                partition: name.get(lane.partition as usize).cloned().unwrap_or_default(),
                offset: lane.position,
                seen: self.gates.seen(lane.source, lane.partition),
                ended: lane.is_done(),
            };
            (plan.sources[lane.source].input.to_owned(), position)
        });
        let positions: Vec<_> = positions.collect();
        let Some(checkpoint) = &mut self.checkpoint else {
            return self.outputs.commit(&wiring, &mut self.unkept);
        };
        self.outputs.commit(&wiring, &mut checkpoint.manifest)?;
        for (keyed, settled) in self.settled.iter_mut().enumerate() {
            if let Some(settled) = settled {
                checkpoint.kept(keyed).settled_bytes = settled.commit()?;
            }
            // Without a lateness nothing is ever closed before the end.
            if plan.keyed[keyed].lateness.is_some() {
                checkpoint.kept(keyed).closed = self.watermarks[keyed];
            }
        }
        let manifest = &mut checkpoint.manifest;
        manifest.inputs.clear();
        for (input, position) in positions {
            manifest.inputs.entry(input).or_default().push(position);
        }
        let counts = |i: usize| (self.tally.out[i], self.tally.late[i], self.tally.errors[i]);
        manifest.totals =
            plan.operators.iter().enumerate().map(|(i, o)| (o.id.clone(), counts(i))).collect();
        manifest.bytes = self.bytes;
        manifest.finished = finished;
        let bytes = checkpoint.commit(&mut self.states)?;
        let epoch = checkpoint.manifest.epoch;
        wiring.config.observers.tell(Event::Commit { epoch, bytes });
        Ok(())
    }

    fn finish(self, ended: bool) -> Result<Summary> {
        let summary = summary(&self.wiring.plan, &self.tally, self.bytes, self.began);
        // Stopped with a checkpoint, the streams go on where they are.
        if ended || self.checkpoint.is_none() {
            self.outputs.finish()?;
        }
        Ok(Summary { stopped: !ended, ..summary })
    }
}

fn summary(plan: &Plan, tally: &Tally, bytes: u64, began: Instant) -> Summary {
    Summary {
        job: plan.job.to_owned(),
        mode: "stream".to_owned(),
        seconds: began.elapsed().as_secs_f64(),
        bytes,
        operators: totals(plan, tally),
        stages: stage_totals(plan, tally),
        ..Summary::default()
    }
}

/// What a run says that was told to crash.
pub const CRASH: &str = "crashed, as it was told to";

/// Where each known partition goes on, by today's indices.
fn positions(
    wiring: &Wiring,
    manifest: &Manifest,
    gates: &Gates,
) -> Result<Vec<(usize, u32, u64)>> {
    let (mut positions, mut ended) = (Vec::new(), Vec::new());
    for (source, node) in wiring.plan.sources.iter().enumerate() {
        let names = wiring.sources[source].partitions();
        for held in manifest.inputs.get(node.input).into_iter().flatten() {
            let Some(partition) = names.iter().position(|name| *name == held.partition) else {
                return Err(Error::State(format!(
                    "the input `{}` has no partition `{}` any more, and the state has read it up to offset {}",
                    node.input, held.partition, held.offset
                )));
            };
            gates.resume(source, partition as u32, held.seen);
            if held.ended && node.needs_seen {
                ended.push((source, partition as u32, held.offset));
            }
            positions.push((source, partition as u32, held.offset));
        }
    }
    // A partition that had ended no longer held the watermark back.
    for (source, partition, offset) in ended {
        let mut from = vec![0; wiring.sources[source].partitions().len()];
        for (_, partition, offset) in positions.iter().filter(|(s, _, _)| *s == source) {
            from[*partition as usize] = *offset;
        }
        let listing = wiring.sources[source].splits(&from)?;
        if listing.splits.iter().any(|split| split.partition() == partition) {
            let names = wiring.sources[source].partitions();
            return Err(Error::State(format!(
                "the partition `{}` of the input `{}` has grown beyond offset {offset}, where it had ended, and the job has a lateness: what came may be older than what has been closed\n  begin anew with another `--state`",
                names.get(partition as usize).map_or("", String::as_str),
                wiring.plan.sources[source].input
            )));
        }
    }
    Ok(positions)
}

fn tally(plan: &Plan, manifest: &Manifest) -> Tally {
    let mut tally = Tally::new(plan.operators.len());
    for (i, operator) in plan.operators.iter().enumerate() {
        if let Some((out, late, errors)) = manifest.totals.get(&operator.id) {
            (tally.out[i], tally.late[i], tally.errors[i]) = (*out, *late, *errors);
        }
    }
    tally
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
