//! One worker: its ports, its counts, and how it runs chunks and splits.

use crate::gate::{Gates, Ticket};
use crate::wiring::Wiring;
use arrow::array::RecordBatch;
use ouzel_dsl::Result;
use ouzel_dsl::connector::{Chunk, Offsets, Pruned, Split};
use ouzel_dsl::plan::{PortKind, StageInput};
use ouzel_dsl::stage::{Ports, StageContext, Tally};
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

impl Worker {
    /// Reads a split and runs its chunks, and tells `after` of each. With a ticket, that is with a
    /// lateness downstream, the chunks wait until the splits before it in their partition are
    /// decoded.
    pub fn split(
        &mut self,
        wiring: &Wiring,
        Task { source, split, ticket }: Task,
        gates: &Gates,
        after: &mut dyn FnMut(&mut Worker) -> Result<()>,
    ) -> Result<()> {
        let (partition, bytes) = (split.partition() as usize, split.bytes());
        let partitions = wiring.sources[source].partitions();
        let partition = partitions.get(partition).map_or("", String::as_str);
        match ticket {
            None => split.read(&mut |chunk| {
                self.source_chunk(wiring, source, partition, chunk, i64::MIN)?;
                after(self)
            })?,
            Some(ticket) => {
                let time_max = wiring.plan.sources[source].time_max;
                let mut chunks = Vec::new();
                let mut reached = i64::MIN;
                split.read(&mut |chunk| {
                    let before = reached;
                    let pruned = chunk.pruned.event_time_max.unwrap_or(i64::MIN);
                    reached = reached.max(time_max(&chunk.batch).unwrap_or(i64::MIN)).max(pruned);
                    chunks.push((before, chunk));
                    Ok(())
                })?;
                let base = gates.pass(ticket, reached)?;
                for (before, chunk) in chunks {
                    self.source_chunk(wiring, source, partition, chunk, base.max(before))?;
                    after(self)?;
                }
            }
        }
        let input = wiring.plan.sources[source].input;
        wiring.config.observers.tell(Event::Split { input, bytes });
        Ok(())
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
            return Err(ouzel_dsl::Error::Cancelled);
        }
        let node = &wiring.plan.sources[source];
        self.tally.out[node.operator] += chunk.pruned.rows;
        self.run(wiring, StageInput::Source(source), node.input, partition, &chunk, seen)?;
        let rows = chunk.batch.num_rows() as u64 + chunk.pruned.rows;
        wiring.config.observers.tell(Event::Chunk { rows });
        Ok(())
    }

    /// Runs the final rows of a keyed operator through the stages after it.
    pub fn finals(&mut self, wiring: &Wiring, keyed: usize, batch: RecordBatch) -> Result<()> {
        let input = wiring.plan.operators[wiring.plan.keyed[keyed].operator].id.clone();
        let chunk = Chunk {
            batch,
            partition: 0,
            // A final row has no offset: its key and window, which are in it, are its address.
            offsets: Offsets::Each(Vec::new()),
            rejects: Vec::new(),
            pruned: Pruned::default(),
        };
        self.run(wiring, StageInput::Finals(keyed), &input, "", &chunk, i64::MIN)
    }

    fn run(
        &mut self,
        wiring: &Wiring,
        from: StageInput,
        input: &str,
        partition: &str,
        chunk: &Chunk,
        seen: i64,
    ) -> Result<()> {
        for port in &self.ports.0 {
            port.borrow_mut().begin(&chunk.batch);
        }
        for (index, stage) in wiring.stages(from) {
            let began = Instant::now();
            let mut context = StageContext {
                tally: &mut self.tally,
                on_error: wiring.config.on_error,
                seen,
                sites: &wiring.sites,
                input,
                partition,
                at: 0,
                row: 0,
            };
            (stage.run)(&mut context, &self.ports, chunk)?;
            self.tally.add_time(index, began.elapsed().as_nanos() as u64, 1);
        }
        Ok(())
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

    /// About how many bytes its combiners take.
    pub fn bytes(&self) -> usize {
        self.ports.0.iter().map(|port| port.borrow().bytes()).sum()
    }

    /// Writes its combiners to disk.
    pub fn spill(&mut self, wiring: &Wiring) -> Result<()> {
        let bytes = self.bytes() as u64;
        for port in &self.ports.0 {
            port.borrow_mut().spill(&wiring.spill)?;
        }
        wiring.config.observers.tell(Event::Spill { bytes });
        Ok(())
    }
}
