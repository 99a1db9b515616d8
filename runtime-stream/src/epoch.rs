//! Epochs: reading until one is over, then everything that makes it count.

use crate::checkpoint::{Checkpoint, Manifest};
use crate::early::Early;
use crate::flights::crash;
use crate::group;
use crate::layout::{self, LayoutFile};
use crate::outputs::Outputs;
use crate::reader::Reader;
use crate::resume::{self, Kept};
use crate::settled::Settled;
use ouzel_dsl::keyed_node::KeyedState;
use ouzel_dsl::log::LogSession;
use ouzel_dsl::stage::Tally;
use ouzel_dsl::{Plan, Result};
use ouzel_engine::{CommitPoint, Gates, RunConfig, StreamConfig, Wiring, Worker};
use ouzel_hooks::{Event, Summary, stage_totals, totals};
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// Runs a plan.
pub async fn run(plan: &Arc<Plan>, config: &RunConfig, stream: &StreamConfig) -> Result<Summary> {
    if let Some(group) = &stream.group {
        return group::run(plan, config, stream, group).await;
    }
    let (mut checkpoint, session) = resume::open(plan, config, stream)?;
    let began = Instant::now();
    if let Some(checkpoint) = checkpoint.as_mut().filter(|c| c.manifest.finished) {
        // The process may have ended between its last commit and the end of its outputs.
        if !checkpoint.manifest.closed {
            Outputs::open(plan, config, &checkpoint.manifest, session.as_ref())?.finish()?;
            checkpoint.close()?;
        }
        let tally = resume::tally(plan, &checkpoint.manifest);
        let summary = summary(plan, &tally, &checkpoint.manifest, began);
        return Ok(Summary { already_finished: true, ..summary });
    }
    let mut run = Run::open(plan, config, stream, (checkpoint, session))?;
    let bytes_total = run.reader.bytes_left();
    config.observers.tell(Event::Started { mode: "stream", job: plan.job.into(), bytes_total });
    loop {
        let ended = run.read().await?;
        let stopped = config.stop.load(Ordering::Relaxed);
        tokio::task::block_in_place(|| run.end_epoch(ended, stopped))?;
        if ended || stopped {
            let summary = run.finish(ended)?;
            config.observers.tell(Event::Finished { summary: Cow::Borrowed(&summary) });
            return Ok(summary);
        }
    }
}

/// A run of a plan.
pub struct Run {
    pub wiring: Arc<Wiring>,
    pub stream: StreamConfig,
    pub reader: Reader,
    pub gates: Arc<Gates>,
    /// Where it is written what passes partitions, if anywhere.
    pub layout: Option<LayoutFile>,
    /// Workers that no task uses at the moment.
    pub idle: Vec<Worker>,
    pub outputs: Outputs,
    pub early: Vec<Early>,
    pub states: Vec<Box<dyn KeyedState>>,
    pub settled: Vec<Option<Settled>>,
    pub checkpoint: Option<Checkpoint>,
    /// In which those outputs are written that are of a log.
    pub session: Option<Arc<dyn LogSession>>,
    /// In the place of a checkpoint's manifest where there is none.
    pub unkept: Manifest,
    pub tally: Tally,
    pub bytes: u64,
    pub splits: usize,
    /// Whether what there was at the start is being read, at the speed of batch.
    pub history: bool,
    /// How many commits this process has begun.
    pub commits: u64,
    /// Whether anything was read since the last commit.
    pub moved: bool,
    /// The watermark of each keyed operator.
    pub watermarks: Vec<i64>,
    pub began: Instant,
}

impl Run {
    pub fn open(
        plan: &Arc<Plan>,
        config: &RunConfig,
        stream: &StreamConfig,
        (mut checkpoint, session): Kept,
    ) -> Result<Run> {
        let wiring = Arc::new(Wiring::open(plan, config)?);
        let gates = Arc::new(Gates::default());
        let unkept = Manifest::default();
        let manifest = checkpoint.as_ref().map_or(&unkept, |c| &c.manifest);
        if stream.group.is_some() {
            // The group says what is of this process.
            let mut shared =
                wiring.sources.iter().zip(&plan.sources).filter(|(_, node)| !node.side);
            shared.try_for_each(|(source, _)| source.own(&[]))?;
        }
        let sides = wiring.side_tasks()?;
        let reader = resume::reader(&wiring, manifest, &gates, stream, &sides.ends)?;
        let layout = LayoutFile::open(plan, stream, manifest.layout_bytes)?;
        let (mut tally, mut bytes) = (resume::tally(plan, manifest), manifest.bytes);
        // What an earlier process has committed is read again, and counts no more.
        let again = manifest.epoch > 0;
        let side_bytes = sides.bytes;
        let mut read = wiring.read_sides(sides, again)?;
        if !again {
            wiring.count(&mut tally, &mut read.tally);
            bytes += side_bytes;
        }
        let outputs = Outputs::open(plan, config, manifest, session.as_ref())?;
        let mut watermarks = vec![i64::MIN; plan.keyed.len()];
        let (mut states, mut settled) = (Vec::new(), Vec::new());
        let memory = config.memory_bytes / 2 / plan.keyed.len().max(1);
        for (index, entry) in plan.keyed.iter().enumerate() {
            let mut state = entry.node.state(config.workers.max(1), memory, &wiring.spill);
            let keeps_rows = entry.output.is_some() && entry.lateness.is_some() && !entry.streams;
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
            reader,
            idle: (0..config.workers.max(1)).map(|_| wiring.worker()).collect(),
            stream: stream.clone(),
            wiring,
            gates,
            layout,
            outputs,
            early: Early::all(plan, stream.clock.micros()),
            settled,
            checkpoint,
            session,
            unkept,
            tally,
            bytes,
            splits: 0,
            history: config.history,
            commits: 0,
            moved: !again && !plan.sides.is_empty(),
            watermarks,
            states,
            began: Instant::now(),
        })
    }

    /// Merges, moves watermarks, closes windows, writes outputs and commits.
    pub fn end_epoch(&mut self, ended: bool, stopped: bool) -> Result<()> {
        self.moved |= !ended && layout::pass_silent(&mut self.reader, &self.wiring, &self.gates);
        self.moved |= !ended && self.is_early_due();
        if !self.moved && !ended && !stopped {
            return self.write_tables(false);
        }
        for keyed in 0..self.states.len() {
            self.advance(keyed, ended)?;
        }
        let wiring = self.wiring.clone();
        self.reader.watermarks = resume::watermarks(&wiring, &self.watermarks);
        for worker in &mut self.idle {
            for (output, batches) in worker.take_rows(&wiring, true) {
                self.outputs.write(output, &batches)?;
            }
            wiring.count(&mut self.tally, &mut worker.tally);
        }
        let letters = self.tally.take_dead_letters();
        self.outputs.write_dead_letters(&wiring, &letters)?;
        if !ended {
            self.write_early()?;
        }
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

    fn commit(&mut self, finished: bool) -> Result<()> {
        self.commits += 1;
        let crashes = self.crashes_in_commit();
        let wiring = self.wiring.clone();
        let plan = &wiring.plan;
        let passed = std::mem::take(&mut self.reader.layout);
        let layout_bytes = self.layout.as_mut().map_or(Ok(0), |layout| layout.commit(&passed))?;
        let Some(checkpoint) = &mut self.checkpoint else {
            self.unkept.bytes = self.bytes;
            self.outputs.commit(&wiring, &mut self.unkept)?;
            let commit = self.commits.to_string();
            return self.session.as_ref().map_or(Ok(()), |session| session.commit(&commit));
        };
        let before = &checkpoint.manifest;
        let positions = resume::positions(&wiring, &self.reader, &self.gates, before)?;
        self.outputs.commit(&wiring, &mut checkpoint.manifest)?;
        for (keyed, settled) in self.settled.iter_mut().enumerate() {
            if let Some(settled) = settled {
                checkpoint.kept(keyed).settled_bytes = settled.commit()?;
            }
            // Without a lateness no window is ever closed before the end.
            if plan.keyed[keyed].lateness.is_some() || plan.keyed[keyed].streams {
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
        (manifest.bytes, manifest.layout_bytes) = (self.bytes, layout_bytes);
        manifest.finished = finished;
        let crash_at = |point| if crashes == Some(point) { Err(crash()) } else { Ok(()) };
        let bytes = checkpoint.commit(&mut self.states, self.session.as_deref(), crash_at)?;
        crash_at(CommitPoint::AfterManifest)?;
        let epoch = checkpoint.manifest.epoch;
        wiring.config.observers.tell(Event::Commit { epoch, bytes });
        Ok(())
    }

    /// Where this commit is to crash, if it is.
    fn crashes_in_commit(&self) -> Option<CommitPoint> {
        let (nth, point) = self.stream.crash_in_commit?;
        (self.commits >= nth).then_some(point)
    }

    pub fn finish(mut self, ended: bool) -> Result<Summary> {
        let manifest = self.checkpoint.as_ref().map_or(&self.unkept, |c| &c.manifest);
        let summary = summary(&self.wiring.plan, &self.tally, manifest, self.began);
        // Stopped with a checkpoint, the streams go on where they are.
        let crashes = self.crashes_in_commit();
        if ended || self.checkpoint.is_none() {
            self.outputs.finish()?;
        }
        if crashes == Some(CommitPoint::BeforeClose) && ended {
            return Err(crash());
        }
        if let Some(checkpoint) = self.checkpoint.as_mut().filter(|_| ended) {
            checkpoint.close()?;
        }
        Ok(Summary { stopped: !ended, ..summary })
    }
}

pub fn summary(plan: &Plan, tally: &Tally, manifest: &Manifest, began: Instant) -> Summary {
    Summary {
        job: plan.job.to_owned(),
        mode: "stream".to_owned(),
        seconds: began.elapsed().as_secs_f64(),
        bytes: manifest.bytes,
        incomparable: manifest.incomparable.iter().cloned().collect(),
        operators: totals(plan, tally),
        stages: stage_totals(plan, tally),
        ..Summary::default()
    }
}
