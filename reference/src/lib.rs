//! The reference: runs a plan over input that ends, slowly and obviously, to say what its result is.
//!
//! One thread reads each source to its end, partition after partition, and runs the stages on one
//! row at a time. Then keyed operators, those upstream first, give what all that was put into them
//! means. Batch and stream are compared with it.

use arrow::array::RecordBatch;
use ouzel_dsl::connector::{Chunk, Demand, Offsets, Pruned, Replace};
use ouzel_dsl::keyed_node::{Advance, Reference};
use ouzel_dsl::plan::{PortKind, SideRows, StageInput};
use ouzel_dsl::stage::{Moments, Port, Ports, StageContext, Tally};
use ouzel_dsl::{Error, Plan, Result, place};
use ouzel_engine::{Faults, RunConfig, Wiring, dead_letters};
use ouzel_hooks::{Summary, totals};
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};

/// Runs a plan to the end of its input.
///
/// # Errors
///
/// As batch and stream do; then it leaves nothing.
pub fn run(plan: &Arc<Plan>, config: &RunConfig) -> Result<Summary> {
    let mut plan = Plan::clone(plan);
    // All is read, so that it is seen whether what others leave out matters.
    plan.sources.iter_mut().for_each(|source| source.prune.clear());
    let wiring = Wiring::open(&Arc::new(plan), config)?;
    let mut run = Run::new(&wiring)?;
    // What is looked up is there before the rest.
    run.read_all(true)?;
    let sides = std::mem::take(&mut run.sides).into_iter().map(|(_, rows)| rows.finish());
    let _ = wiring.sides.set(sides.collect());
    run.read_all(false)?;
    run.finish()
}

struct Run<'a> {
    wiring: &'a Wiring,
    /// What each keyed operator means.
    references: Vec<Box<dyn Reference>>,
    ports: Ports,
    tally: Tally,
    /// The greatest event time of each source.
    greatest: Vec<i64>,
    /// The tables that are looked up, by keyed operator, while they are made.
    sides: Vec<(usize, Box<dyn SideRows>)>,
    writers: Vec<Box<dyn Replace>>,
    letters: Option<Box<dyn Replace>>,
}

/// Where a chunk is from.
#[derive(Clone, Copy)]
struct From<'a> {
    stages: StageInput,
    input: &'a str,
    partition: &'a str,
    log: &'a [u8],
    seen: i64,
}

impl<'a> Run<'a> {
    fn new(wiring: &'a Wiring) -> Result<Run<'a>> {
        let plan = &wiring.plan;
        let references: Vec<_> = plan.keyed.iter().map(|keyed| keyed.node.reference()).collect();
        let port = |kind: &PortKind| -> Result<Box<dyn Port>> {
            match kind {
                PortKind::Keyed(keyed) => Ok(references[*keyed].port()),
                PortKind::Output(output) => match &plan.outputs[*output].port {
                    Some(port) => Ok(port()),
                    None => Err(Error::Failed("a stage pushes into a table".to_owned())),
                },
            }
        };
        let ports: Result<Vec<_>> =
            plan.ports.iter().map(|kind| port(kind).map(RefCell::new)).collect();
        let writer =
            |output: usize| wiring.config.sink(plan, output)?.replace(&plan.outputs[output].schema);
        let letters = wiring.config.dead_letters.as_ref();
        Ok(Run {
            ports: Ports(ports?),
            tally: Tally::new(plan.operators.len()),
            greatest: vec![i64::MIN; plan.sources.len()],
            sides: plan.sides.iter().map(|side| (side.keyed, (side.begin)())).collect(),
            writers: (0..plan.outputs.len()).map(writer).collect::<Result<_>>()?,
            letters: letters.map(|sink| sink.replace(&dead_letters::schema())).transpose()?,
            references,
            wiring,
        })
    }

    /// Reads the sources to their ends, and gives what comes of them: those of tables that are looked
    /// up, or the others.
    fn read_all(&mut self, side: bool) -> Result<()> {
        let plan = &self.wiring.plan;
        for source in (0..plan.sources.len()).filter(|source| plan.sources[*source].side == side) {
            self.read(source)?;
        }
        for keyed in (0..plan.keyed.len()).filter(|keyed| plan.keyed[*keyed].side == side) {
            self.finish_keyed(keyed)?;
        }
        Ok(())
    }

    /// Reads a source, partition after partition.
    fn read(&mut self, source: usize) -> Result<()> {
        let (open, node) = (&self.wiring.sources[source], &self.wiring.plan.sources[source]);
        let mut splits = open.splits(&[])?.splits;
        splits.sort_by_key(|split| split.partition());
        let partitions = 0..open.partitions().len() as u32;
        let mut seen: Vec<i64> = partitions.map(|partition| open.seen(partition)).collect();
        let mut greatest = i64::MIN;
        for split in splits {
            let index = split.partition() as usize;
            let partitions = open.partitions();
            let partition = partitions.get(index).map_or("", String::as_str);
            let log = place::log(source, partition);
            let layout = self.wiring.config.layout.of(node.input, partition);
            seen.resize(seen.len().max(index + 1), i64::MIN);
            let rest = split.read(&mut |chunk| {
                let none = Chunk { batch: chunk.batch.slice(0, 0), ..chunk.clone() };
                let stages = StageInput::Source(source);
                let from =
                    From { stages, input: node.input, partition, log: &log, seen: seen[index] };
                self.run(from, None, &none)?;
                for row in 0..chunk.batch.num_rows() {
                    let row = only(&chunk, row);
                    let offset = row.offsets.get(0);
                    let passed = layout.iter().filter(|(from, _)| *from <= offset);
                    let passed = passed.map(|(_, time)| *time).max().unwrap_or(i64::MIN);
                    seen[index] = seen[index].max(passed);
                    self.run(From { seen: seen[index], ..from }, None, &row)?;
                    let time = (node.time_max)(&row.batch, node.valid_time).unwrap_or(i64::MIN);
                    seen[index] = seen[index].max(time);
                    greatest = greatest.max(time);
                }
                Ok(Demand::More)
            })?;
            if rest.is_some() {
                return Err(Error::Failed(format!("the source of `{}` paused", node.input)));
            }
        }
        self.greatest[source] = greatest;
        Ok(())
    }

    /// Runs the stages after something on one row.
    fn run(&mut self, from: From<'_>, moments: Option<&Moments>, row: &Chunk) -> Result<()> {
        if self.wiring.config.stop.load(Ordering::Relaxed) {
            return Err(Error::Cancelled);
        }
        for (_, stage) in self.wiring.stages(from.stages) {
            self.ports.0.iter().for_each(|port| port.borrow_mut().begin(&row.batch));
            let mut context = StageContext {
                tally: &mut self.tally,
                on_error: &self.wiring.on_error,
                seen: from.seen,
                sites: &self.wiring.sites,
                input: from.input,
                partition: from.partition,
                log: from.log,
                moments,
                weight: 1,
                sides: self.wiring.sides.get().map_or(&[], Vec::as_slice),
                at: 0,
                row: 0,
            };
            (stage.run)(&mut context, &self.ports, row)?;
        }
        Ok(())
    }

    /// Gives what a keyed operator means to its output, and to the stages after it.
    fn finish_keyed(&mut self, keyed: usize) -> Result<()> {
        let wiring = self.wiring;
        let (plan, entry) = (&wiring.plan, &wiring.plan.keyed[keyed]);
        let faults = Faults::new(wiring, keyed);
        let greatest = entry.sources.iter().map(|source| self.greatest[*source]).max();
        let end = Advance {
            watermark: i64::MAX,
            greatest: greatest.unwrap_or(i64::MIN),
            fail: &|fault| faults.take(fault),
        };
        let batches = Mutex::new(Vec::new());
        for (_, port) in plan
            .ports
            .iter()
            .zip(&self.ports.0)
            .filter(|(kind, _)| **kind == PortKind::Keyed(keyed))
        {
            let emit = |batch| {
                batches.lock().unwrap_or_else(PoisonError::into_inner).push(batch);
                Ok(())
            };
            let rows = self.references[keyed].rows(port.borrow_mut().as_mut(), end, &emit)?;
            self.tally.out[entry.operator] += rows;
        }
        self.tally.take_from(&mut faults.finish());
        for batch in batches.into_inner().unwrap_or_else(PoisonError::into_inner) {
            wiring.gave(keyed, &batch);
            if let Some((_, rows)) = self.sides.iter_mut().find(|(of, _)| *of == keyed) {
                rows.add(&batch)?;
            }
            if let Some(output) = entry.output {
                self.writers[output].write(&batch)?;
            }
            self.hand_on(keyed, &batch)?;
        }
        Ok(())
    }

    /// Runs the stages after a keyed operator on each of its rows.
    fn hand_on(&mut self, keyed: usize, batch: &RecordBatch) -> Result<()> {
        let entry = &self.wiring.plan.keyed[keyed];
        let input = self.wiring.plan.operators[entry.operator].id.as_str();
        let from = |stages| From { stages, input, partition: "", log: &[], seen: i64::MIN };
        let (rows, moments) = match entry.streams {
            true => Moments::split(batch).map(|(rows, moments)| (rows, Some(moments))),
            false => Some((batch.clone(), None)),
        }
        .ok_or_else(|| Error::Failed(format!("rows of `{input}` have no event time")))?;
        for row in 0..rows.num_rows() {
            let moments = moments.as_ref().map(|moments| moments.only(row));
            let chunk = unaddressed(rows.slice(row, 1));
            self.run(from(StageInput::Changes(keyed)), None, &chunk)?;
            self.run(from(StageInput::Rows(keyed)), moments.as_ref(), &chunk)?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Summary> {
        let plan = &self.wiring.plan;
        for (kind, port) in plan.ports.iter().zip(&self.ports.0) {
            if let PortKind::Output(output) = kind {
                for batch in port.borrow_mut().take(true) {
                    self.writers[*output].write(&batch)?;
                }
            }
        }
        let failures = self.tally.take_dead_letters();
        if let Some(mut letters) = self.letters.take() {
            if !failures.is_empty() {
                letters.write(&dead_letters::batch(self.wiring, &failures)?)?;
            }
            letters.finish()?;
        }
        self.writers.into_iter().try_for_each(|writer| writer.finish())?;
        Ok(Summary {
            job: plan.job.to_owned(),
            mode: "reference".to_owned(),
            operators: totals(plan, &self.tally),
            ..Summary::default()
        })
    }
}

/// One row of a source's chunk.
fn only(chunk: &Chunk, row: usize) -> Chunk {
    Chunk {
        batch: chunk.batch.slice(row, 1),
        partition: chunk.partition,
        offsets: Offsets::Each(vec![chunk.offsets.get(row)]),
        rejects: Vec::new(),
        pruned: Pruned::default(),
    }
}

/// A row without an offset: who made it says what its address is.
fn unaddressed(batch: RecordBatch) -> Chunk {
    Chunk {
        batch,
        partition: 0,
        offsets: Offsets::Each(Vec::new()),
        rejects: Vec::new(),
        pruned: Pruned::default(),
    }
}
