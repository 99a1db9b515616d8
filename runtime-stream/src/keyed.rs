//! Keyed operators at the end of an epoch: state takes on what workers gathered, windows close,
//! tables are written.

use crate::epoch::Run;
use crate::outputs::Outputs;
use arrow::array::RecordBatch;
use ouzel_dsl::Result;
use ouzel_dsl::keyed_node::{Advance, Change, Changes, KeyedState};
use ouzel_dsl::stage::{Port, Tally};
use ouzel_engine::{Faults, Pass, Wiring, Worker};
use std::io::Write;
use std::sync::{Mutex, MutexGuard};
use std::time::Instant;

/// A keyed operator's turn at the end of an epoch.
pub struct Turn<'a> {
    pub wiring: &'a Wiring,
    pub outputs: &'a Outputs,
    /// Workers that no one uses at the moment.
    pub idle: &'a Mutex<&'a mut Vec<Worker>>,
    pub keyed: usize,
}

impl Turn<'_> {
    /// Merges what was gathered into the state, and hands on the changes of the table.
    pub fn absorb(
        &self,
        state: &mut dyn KeyedState,
        mut gathered: Vec<Box<dyn Port>>,
        log: Option<&mut dyn Write>,
    ) -> Result<()> {
        let Turn { wiring, outputs, idle, keyed } = *self;
        let entry = &wiring.plan.keyed[keyed];
        let mut ports: Vec<&mut dyn Port> =
            gathered.iter_mut().map(|port| &mut **port as _).collect();
        let shown = entry.output.filter(|output| outputs.wants_changes(*output));
        let emit = |change, batch: RecordBatch| {
            if let Some(output) = shown {
                outputs.write_changes(output, change, &batch)?;
            }
            if entry.changes.is_empty() {
                return Ok(());
            }
            let pass = Pass::Change(if change == Change::Set { 1 } else { -1 });
            with_worker(idle, wiring, |worker| {
                worker.changes(wiring, keyed, pass, batch)?;
                worker.spill_if_full(wiring)
            })
        };
        let wanted = shown.is_some() || !entry.changes.is_empty();
        let before = entry.node.removes() || !entry.changes.is_empty();
        let changes = wanted.then_some(Changes { emit: &emit, before });
        wiring.spilled(state.absorb(&mut ports, &parallel, changes, log)?);
        Ok(())
    }

    /// Gives what can be given for good at a watermark; the counts of it. The rows of tables are
    /// `closed` too.
    pub fn close(
        &self,
        state: &mut dyn KeyedState,
        (watermark, greatest): (i64, i64),
        closed: &(dyn Fn(&RecordBatch) -> Result<()> + Sync),
    ) -> Result<Tally> {
        let Turn { wiring, outputs, idle, keyed } = *self;
        let entry = &wiring.plan.keyed[keyed];
        let faults = Faults::new(wiring, keyed);
        let to = Advance { watermark, greatest, fail: &|fault| faults.take(fault) };
        let rows = state.close(to, &parallel, &|batch| {
            wiring.gave(keyed, &batch);
            closed(&batch)?;
            if entry.rows.is_empty() && entry.changes.is_empty() {
                return Ok(());
            }
            with_worker(idle, wiring, |worker| {
                if !entry.changes.is_empty() {
                    worker.changes(wiring, keyed, Pass::Count, batch.clone())?;
                }
                worker.rows(wiring, keyed, batch)?;
                let rows = worker.take_rows(wiring, false);
                rows.iter().try_for_each(|(output, batches)| outputs.write(*output, batches))?;
                worker.spill_if_full(wiring)
            })
        })?;
        let mut tally = faults.finish();
        tally.out[entry.operator] += rows;
        Ok(tally)
    }
}

/// Takes what workers have gathered for a keyed operator.
pub fn take_combiners(
    idle: &Mutex<&mut Vec<Worker>>,
    wiring: &Wiring,
    keyed: usize,
) -> Vec<Box<dyn Port>> {
    let mut idle = lock(idle);
    idle.iter_mut().filter_map(|worker| worker.take_combiner(wiring, keyed)).collect()
}

impl Run {
    /// Brings one keyed operator up to date.
    pub fn advance(&mut self, keyed: usize, ended: bool) -> Result<()> {
        let wiring = self.wiring.clone();
        let entry = &wiring.plan.keyed[keyed];
        if entry.side {
            return Ok(());
        }
        let watermark = match ended {
            true => i64::MAX,
            // It never goes back: what was closed stays closed.
            false => self.watermark(keyed).max(self.watermarks[keyed]),
        };
        if let Some(table) = entry.output.and_then(|output| self.outputs.table(output)) {
            table.changed = true;
        }
        let (outputs, settled) = (&self.outputs, &mut self.settled[keyed]);
        let idle = &Mutex::new(&mut self.idle);
        let turn = Turn { wiring: &wiring, outputs, idle, keyed };
        {
            let gathered = take_combiners(idle, &wiring, keyed);
            let mut log = self.checkpoint.as_mut().map(|c| c.log(keyed));
            let log = log.as_mut().map(|log| log as &mut dyn Write);
            turn.absorb(&mut *self.states[keyed], gathered, log)?;
        }
        let passed = entry.lateness.is_some() && watermark > self.watermarks[keyed];
        let closes = passed || entry.streams;
        self.watermarks[keyed] = watermark;
        if !closes && !ended {
            return Ok(());
        }
        // At the end the table is written as its rows are freed.
        let mut writer = None;
        let output = entry.output.filter(|_| ended);
        if let Some(table) = output.and_then(|output| outputs.whole(output)) {
            let mut replace = table.sink.replace(&entry.schema)?;
            if let Some(settled) = settled.as_mut() {
                settled.each(|batch| replace.write(&batch))?;
            }
            writer = Some(Mutex::new(replace));
        }
        let closed = Mutex::new(settled.as_mut().filter(|_| !ended));
        let greatest =
            entry.sources.iter().map(|source| self.reader.greatest(*source, &self.gates)).max();
        let to = (watermark, greatest.unwrap_or(i64::MIN));
        let mut tally = turn.close(&mut *self.states[keyed], to, &|batch| {
            if let Some(writer) = &writer {
                lock(writer).write(batch)?;
            }
            match lock(&closed).as_mut() {
                Some(settled) => settled.push(std::slice::from_ref(batch)),
                None => Ok(()),
            }
        })?;
        wiring.count(&mut self.tally, &mut tally);
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
            watermark => watermark.saturating_sub(self.wiring.plan.keyed[*keyed].holds),
        });
        sources.chain(upstream).min().unwrap_or(i64::MAX)
    }

    /// Writes the tables that are due, or all of them.
    pub fn write_tables(&mut self, all: bool) -> Result<()> {
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
}

/// Does work with a worker that no task uses at the moment.
fn with_worker(
    idle: &Mutex<&mut Vec<Worker>>,
    wiring: &Wiring,
    work: impl FnOnce(&mut Worker) -> Result<()>,
) -> Result<()> {
    let mut worker = lock(idle).pop().unwrap_or_else(|| wiring.worker());
    let done = work(&mut worker);
    lock(idle).push(worker);
    done
}

/// Runs tasks at the same time, on threads of their own if there are several.
pub fn parallel(mut tasks: Vec<Box<dyn FnOnce() + Send + '_>>) {
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

pub fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}
