//! One worker: its ports, its counts, and how it runs chunks and splits.

use crate::gate::{Gates, Ticket};
use crate::layout;
use crate::wiring::Wiring;
use arrow::array::RecordBatch;
use ouzel_dsl::connector::{Chunk, Demand, Offsets, Pruned, Split};
use ouzel_dsl::plan::{PortKind, StageInput, TimeMax};
use ouzel_dsl::stage::{Moments, Port, Ports, StageContext, Tally};
use ouzel_dsl::{Error, Result, place};
use ouzel_hooks::Event;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// A split to be run.
pub struct Task {
    /// The source's index.
    pub source: usize,
    /// What to read.
    pub split: Box<dyn Split>,
    /// Its place in its partition, where that matters.
    pub ticket: Option<Ticket>,
}

/// What one thread needs to run stages.
pub struct Worker {
    /// What the stages push into.
    pub ports: Ports,
    /// What they count.
    pub tally: Tally,
}

/// What rows of a table are run for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// All there is to do: they came once, and stay.
    Whole,
    /// What follows from it that they are there so many times more; not for the totals.
    Change(i64),
    /// The totals, and the errors in them, since they stay as they are.
    Count,
}

/// Where a chunk is from, and what is told of it.
struct From<'a> {
    input: &'a str,
    partition: &'a str,
    log: &'a [u8],
    seen: i64,
    moments: Option<&'a Moments>,
    weight: i64,
    /// Whether an error only withholds its row.
    withholds: bool,
}

impl Default for From<'_> {
    fn default() -> Self {
        From {
            input: "",
            partition: "",
            log: &[],
            seen: i64::MIN,
            moments: None,
            weight: 1,
            withholds: false,
        }
    }
}

/// Rows without offsets: who made them says what their addresses are.
fn unaddressed(batch: RecordBatch) -> Chunk {
    Chunk {
        batch,
        partition: 0,
        offsets: Offsets::Each(Vec::new()),
        rejects: Vec::new(),
        pruned: Pruned::default(),
    }
}

/// With a ticket, so many bytes of chunks are held at the most while they wait for the splits
/// before theirs.
const HELD_BYTES_MAX: usize = 32 << 20;

/// Is told of each chunk that was run, and says whether to go on.
pub type After<'a> = dyn FnMut(&mut Worker) -> Result<Demand> + 'a;

impl Worker {
    /// Reads a split and runs its chunks; returns the rest of it where `after` asked for a pause
    /// and the split could.
    pub fn split(
        &mut self,
        wiring: &Wiring,
        Task { source, split, ticket }: Task,
        gates: &Gates,
        after: &mut After<'_>,
    ) -> Result<Option<Box<dyn Split>>> {
        let (index, bytes) = (split.partition() as usize, split.bytes());
        let partitions = wiring.sources[source].partitions();
        let partition = partitions.get(index).map_or("", String::as_str);
        let mut pauses = false;
        let mut run = |chunk, seen| {
            self.source_chunk(wiring, source, partition, chunk, seen)?;
            let demand = after(self)?;
            pauses = demand == Demand::Pause;
            Ok(demand)
        };
        let rest = match ticket {
            None => split.read(&mut |chunk| run(chunk, i64::MIN))?,
            Some(ticket) => {
                let time_max = wiring.plan.sources[source].time_max;
                let held_max = wiring.config.memory_bytes / wiring.config.workers.max(1) / 4;
                let held_max = held_max.min(HELD_BYTES_MAX);
                let passed = wiring.config.layout.of(wiring.plan.sources[source].input, partition);
                let valid = wiring.plan.sources[source].valid_time;
                let times = Times { passed, time_max, valid, seen: i64::MIN, greatest: i64::MIN };
                in_order(split, (ticket, gates), held_max, times, &mut run)?
            }
        };
        let input = wiring.plan.sources[source].input;
        if rest.is_some() && !pauses {
            return Err(Error::Failed(format!(
                "the source of `{input}` paused without being asked to"
            )));
        }
        let bytes = bytes - rest.as_ref().map_or(0, |rest| rest.bytes().min(bytes));
        wiring.config.observers.tell(Event::Split { input: input.into(), bytes });
        Ok(rest)
    }

    fn source_chunk(
        &mut self,
        wiring: &Wiring,
        source: usize,
        partition: &str,
        chunk: Chunk,
        seen: i64,
    ) -> Result<()> {
        if wiring.config.stop.load(Ordering::Relaxed) && wiring.config.stop_within_splits {
            return Err(Error::Cancelled);
        }
        let node = &wiring.plan.sources[source];
        self.tally.out[node.operator] += chunk.pruned.rows;
        let log = place::log(source, partition);
        let from = From { input: node.input, partition, log: &log, seen, ..From::default() };
        self.run(wiring, StageInput::Source(source), from, &chunk)?;
        let rows = chunk.batch.num_rows() as u64 + chunk.pruned.rows;
        wiring.config.observers.tell(Event::Chunk { rows });
        Ok(())
    }

    /// Runs rows that a keyed operator gives for good through the stages after it.
    pub fn rows(&mut self, wiring: &Wiring, keyed: usize, batch: RecordBatch) -> Result<()> {
        let entry = &wiring.plan.keyed[keyed];
        let input = wiring.plan.operators[entry.operator].id.as_str();
        let (batch, moments) = match entry.streams {
            true => match Moments::split(&batch) {
                Some((batch, moments)) => (batch, Some(moments)),
                None => return Err(Error::Failed(format!("rows of `{input}` have no event time"))),
            },
            false => (batch, None),
        };
        let from = From { input, moments: moments.as_ref(), ..From::default() };
        self.run(wiring, StageInput::Rows(keyed), from, &unaddressed(batch))
    }

    /// Runs rows of a keyed operator that came once, and stay, through the stages after it.
    pub fn hand_on(&mut self, wiring: &Wiring, keyed: usize, batch: RecordBatch) -> Result<()> {
        let entry = &wiring.plan.keyed[keyed];
        if !entry.changes.is_empty() {
            self.changes(wiring, keyed, Pass::Whole, batch.clone())?;
        }
        match entry.rows.is_empty() {
            true => Ok(()),
            false => self.rows(wiring, keyed, batch),
        }
    }

    /// Runs rows of a keyed operator's table through the stages that its changes feed.
    pub fn changes(
        &mut self,
        wiring: &Wiring,
        keyed: usize,
        pass: Pass,
        batch: RecordBatch,
    ) -> Result<()> {
        let input = wiring.plan.operators[wiring.plan.keyed[keyed].operator].id.as_str();
        let weight = match pass {
            Pass::Whole => 1,
            Pass::Change(weight) => weight,
            Pass::Count => 0,
        };
        let from = From { input, weight, ..From::default() };
        let chunk = unaddressed(batch);
        if !matches!(pass, Pass::Change(_)) {
            return self.run(wiring, StageInput::Changes(keyed), from, &chunk);
        }
        // A row may go again: it counts, and an error in it matters, when it is there for good.
        let tally = std::mem::replace(&mut self.tally, Tally::new(wiring.plan.operators.len()));
        let from = From { withholds: true, ..from };
        let done = self.run(wiring, StageInput::Changes(keyed), from, &chunk);
        let passing = std::mem::replace(&mut self.tally, tally);
        for (stage, (nanos, chunks)) in passing.stages.into_iter().enumerate() {
            self.tally.add_time(stage, nanos, chunks);
        }
        done
    }

    fn run(
        &mut self,
        wiring: &Wiring,
        stages: StageInput,
        from: From<'_>,
        chunk: &Chunk,
    ) -> Result<()> {
        for port in &self.ports.0 {
            port.borrow_mut().begin(&chunk.batch);
        }
        for (index, stage) in wiring.stages(stages) {
            let began = Instant::now();
            let mut context = StageContext {
                tally: &mut self.tally,
                on_error: if from.withholds { &wiring.withholding } else { &wiring.on_error },
                seen: from.seen,
                sites: &wiring.sites,
                input: from.input,
                partition: from.partition,
                log: from.log,
                moments: from.moments,
                weight: from.weight,
                sides: wiring.sides.get().map_or(&[], Vec::as_slice),
                at: 0,
                row: 0,
            };
            (stage.run)(&mut context, &self.ports, chunk)?;
            self.tally.add_time(index, began.elapsed().as_nanos() as u64, 1);
        }
        Ok(())
    }

    /// Takes its combiner of a keyed operator, and leaves an empty one.
    pub fn take_combiner(&mut self, wiring: &Wiring, keyed: usize) -> Option<Box<dyn Port>> {
        let port = wiring.plan.ports.iter().position(|p| *p == PortKind::Keyed(keyed))?;
        let port = self.ports.0.get_mut(port)?.get_mut();
        Some(std::mem::replace(port, wiring.plan.keyed[keyed].node.combiner()))
    }

    /// Takes an output's finished rows; all of them if `all`.
    pub fn take_rows(&mut self, wiring: &Wiring, all: bool) -> Vec<(usize, Vec<RecordBatch>)> {
        let kinds = wiring.plan.ports.iter();
        kinds
            .zip(&self.ports.0)
            .filter_map(|(kind, port)| match kind {
                PortKind::Output(output) => Some((*output, port.borrow_mut().take(all))),
                PortKind::Keyed(_) => None,
            })
            .filter(|(_, batches)| !batches.is_empty())
            .collect()
    }

    /// Whether its combiners, and rows and dead letters that it has not handed on, take more than its share of the
    /// memory. Half is for all workers together, since a table that grows takes twice its size for a
    /// moment, and a stream has merged state beside them.
    pub fn is_full(&self, wiring: &Wiring) -> bool {
        let bytes: usize = self.ports.0.iter().map(|port| port.borrow().bytes()).sum();
        bytes + self.tally.dead_letter_bytes
            > wiring.config.memory_bytes / wiring.config.workers.max(1) / 2
    }

    /// Writes its combiners to disk if it is full.
    pub fn spill_if_full(&mut self, wiring: &Wiring) -> Result<()> {
        if !self.is_full(wiring) {
            return Ok(());
        }
        let mut bytes = 0;
        for port in &self.ports.0 {
            bytes += port.borrow_mut().spill(&wiring.spill)?;
        }
        wiring.spilled(bytes);
        Ok(())
    }
}

/// Reads a split whose chunks need to know the greatest event time of all that is before them in
/// their partition. Splits are decoded at the same time, so that what they give waits, as long as
/// it is not too much, until those before have published theirs.
fn in_order(
    split: Box<dyn Split>,
    (ticket, gates): (Ticket, &Gates),
    held_max: usize,
    mut times: Times<'_>,
    run: &mut dyn FnMut(Chunk, i64) -> Result<Demand>,
) -> Result<Option<Box<dyn Split>>> {
    let (mut held, mut held_bytes) = (Vec::new(), 0);
    let mut base = None;
    let rest = split.read(&mut |chunk| {
        let mut pieces = times.pieces(chunk);
        if let Some(base) = base {
            let mut run = |(chunk, before): (Chunk, i64)| run(chunk, before.max(base));
            return pieces.drain(..).try_fold(Demand::More, |_, piece| run(piece));
        }
        held_bytes += pieces.iter().map(|(c, _)| c.batch.get_array_memory_size()).sum::<usize>();
        held.append(&mut pieces);
        if held_bytes < held_max {
            return Ok(Demand::More);
        }
        let known = *base.insert(gates.base(ticket)?);
        let mut demand = Demand::More;
        for (chunk, before) in held.drain(..) {
            demand = run(chunk, before.max(known))?;
        }
        Ok(demand)
    })?;
    gates.publish(ticket, times.seen, times.greatest);
    if base.is_none() {
        let base = gates.base(ticket)?;
        for (chunk, before) in held {
            run(chunk, before.max(base))?;
        }
    }
    Ok(rest)
}

/// What has been seen of a split.
struct Times<'a> {
    /// What passes the partition, by offset.
    passed: &'a [(u64, i64)],
    time_max: TimeMax,
    /// The event times that are taken to be any.
    valid: Option<(i64, i64)>,
    /// The greatest event time, or the watermark that has passed the partition.
    seen: i64,
    /// The greatest event time alone.
    greatest: i64,
}

impl Times<'_> {
    /// A chunk, cut where a watermark passes, each piece with what was seen before it.
    fn pieces(&mut self, chunk: Chunk) -> Vec<(Chunk, i64)> {
        let (mut pieces, mut rest) = (Vec::new(), chunk);
        loop {
            let (piece, more) = match self.cut(&rest) {
                Some(row) => {
                    let (before, after) = cut(rest, row);
                    (before, Some(after))
                }
                None => (rest, None),
            };
            if piece.batch.num_rows() > 0 {
                self.seen = self.seen.max(layout::at(self.passed, piece.offsets.get(0)));
            }
            let before = self.seen;
            let pruned = piece.pruned.event_time_max.unwrap_or(i64::MIN);
            self.greatest = self
                .greatest
                .max((self.time_max)(&piece.batch, self.valid).unwrap_or(i64::MIN))
                .max(pruned);
            self.seen = self.seen.max(self.greatest);
            pieces.push((piece, before));
            match more {
                Some(more) => rest = more,
                None => return pieces,
            }
        }
    }

    /// The row, not the first, before which a watermark passes.
    fn cut(&self, chunk: &Chunk) -> Option<usize> {
        let rows = chunk.batch.num_rows();
        if self.passed.is_empty() || rows < 2 {
            return None;
        }
        let passes = layout::next(self.passed, chunk.offsets.get(0))?;
        let row = match &chunk.offsets {
            Offsets::From(first) => usize::try_from(passes - first).unwrap_or(usize::MAX),
            Offsets::Each(offsets) => offsets.partition_point(|offset| *offset < passes),
        };
        (row < rows).then_some(row)
    }
}

/// A chunk in two. What could not be decoded goes with the first, since it counts for nothing; what
/// was pruned comes after the rows.
fn cut(chunk: Chunk, row: usize) -> (Chunk, Chunk) {
    let Chunk { batch, partition, offsets, rejects, pruned } = chunk;
    let (before, after) = match offsets {
        Offsets::From(first) => (Offsets::From(first), Offsets::From(first + row as u64)),
        Offsets::Each(mut offsets) => {
            let after = offsets.split_off(row);
            (Offsets::Each(offsets), Offsets::Each(after))
        }
    };
    let rest = batch.slice(row, batch.num_rows() - row);
    let batch = batch.slice(0, row);
    (
        Chunk { batch, partition, offsets: before, rejects, pruned: Pruned::default() },
        Chunk { batch: rest, partition, offsets: after, rejects: Vec::new(), pruned },
    )
}
