//! The outputs of a stream run: streams grow by epochs, tables are replaced now and then.

use crate::checkpoint::Manifest;
use arrow::array::RecordBatch;
use ouzel_dsl::connector::{Append, Sink};
use ouzel_dsl::keyed_node::Change;
use ouzel_dsl::log::{Content, LogSession};
use ouzel_dsl::plan::OutputKind;
use ouzel_dsl::stage::Failure;
use ouzel_dsl::{Plan, Result};
use ouzel_engine::{RunConfig, Wiring, changes, content, dead_letters, dead_letters_content};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// No output can have this name.
const DEAD_LETTERS: &str = "(dead letters)";

/// A table is not written before so much time has passed: how long it takes is not known yet.
const REPLACE_FIRST: Duration = Duration::from_secs(1);

/// A table is written anew when at least this many times as long has passed as it took.
const REPLACE_EVERY: u32 = 20;

/// All outputs.
pub struct Outputs {
    /// By output: streams, and tables whose changes are wanted. Of a log there are as many as there
    /// are workers, which write at the same time; else there is one.
    appends: Vec<Vec<Mutex<Box<dyn Append>>>>,
    dead_letters: Option<Mutex<Box<dyn Append>>>,
    /// By output: tables that are written whole.
    tables: Vec<Option<Table>>,
}

/// A table that is written whole.
pub struct Table {
    /// Where it goes.
    pub sink: Arc<dyn Sink>,
    /// The earliest time to write it again.
    next: Instant,
    /// Whether it has changed since it was written.
    pub changed: bool,
}

impl Outputs {
    /// Opens all of them, at the marks of the last checkpoint.
    pub fn open(
        plan: &Plan,
        config: &RunConfig,
        manifest: &Manifest,
        session: Option<&Arc<dyn LogSession>>,
    ) -> Result<Outputs> {
        let begin = |sink: &dyn Sink, content: &Content, mark| match (sink.log(), session) {
            (Some(log), Some(session)) => log.append(content, session).map(Mutex::new),
            _ => sink.append(&content.schema, mark).map(Mutex::new),
        };
        let (mut appends, mut tables) = (Vec::new(), Vec::new());
        for (index, output) in plan.outputs.iter().enumerate() {
            let sink = config.sink(plan, index)?;
            let whole = matches!(output.kind, OutputKind::Table(_)) && !sink.changes();
            let mark = manifest.outputs.get(output.name).map(String::as_str);
            let several = if sink.log().is_some() { config.workers.max(1) } else { 1 };
            let count = if whole { 0 } else { several };
            let begun = (0..count).map(|_| begin(&*sink, &content(output), mark));
            appends.push(begun.collect::<Result<Vec<_>>>()?);
            tables.push(whole.then(|| Table {
                sink,
                next: Instant::now() + REPLACE_FIRST,
                changed: true,
            }));
        }
        let mark = manifest.outputs.get(DEAD_LETTERS).map(String::as_str);
        let dead_letters = config.dead_letters.as_ref();
        let dead_letters =
            dead_letters.map(|sink| begin(&**sink, &dead_letters_content(), mark)).transpose()?;
        Ok(Outputs { appends, dead_letters, tables })
    }

    /// Adds rows to a stream.
    pub fn write(&self, output: usize, batches: &[RecordBatch]) -> Result<()> {
        let appends = &self.appends[output];
        let free = appends.iter().find_map(|append| append.try_lock().ok());
        let Some(mut append) = free.or_else(|| appends.first().map(lock)) else { return Ok(()) };
        batches.iter().try_for_each(|batch| append.write(batch))
    }

    /// Adds what has become of rows of a table to the list of its changes: what is set, and what is
    /// gone.
    pub fn write_changes(&self, output: usize, change: Change, batch: &RecordBatch) -> Result<()> {
        let op = match change {
            Change::Set => "+",
            Change::Removed => "-",
            Change::Replaced => return Ok(()),
        };
        self.write(output, &[changes(op, batch)?])
    }

    /// Whether a table's changes are wanted.
    pub fn wants_changes(&self, output: usize) -> bool {
        self.tables[output].is_none()
    }

    /// Adds dead letters.
    pub fn write_dead_letters(&mut self, wiring: &Wiring, failures: &[Failure]) -> Result<()> {
        match &self.dead_letters {
            Some(append) if !failures.is_empty() => {
                lock(append).write(&dead_letters::batch(wiring, failures)?)
            }
            _ => Ok(()),
        }
    }

    /// Makes all rows durable, and notes the marks.
    pub fn commit(&mut self, wiring: &Wiring, manifest: &mut Manifest) -> Result<()> {
        for (appends, output) in self.appends.iter().zip(&wiring.plan.outputs) {
            for append in appends {
                manifest.outputs.insert(output.name.to_owned(), lock(append).commit()?);
            }
        }
        if let Some(append) = &self.dead_letters {
            manifest.outputs.insert(DEAD_LETTERS.to_owned(), lock(append).commit()?);
        }
        Ok(())
    }

    /// A table that is written whole, to be looked at.
    pub fn whole(&self, output: usize) -> Option<&Table> {
        self.tables[output].as_ref()
    }

    /// A table that is written whole.
    pub fn table(&mut self, output: usize) -> Option<&mut Table> {
        self.tables[output].as_mut()
    }

    /// Ends the streams.
    pub fn finish(self) -> Result<()> {
        let appends = self.appends.into_iter().flatten().chain(self.dead_letters);
        let appends = appends.map(|a| a.into_inner().unwrap_or_else(|e| e.into_inner()));
        appends.into_iter().try_for_each(|append| append.finish())
    }
}

impl Table {
    /// Whether it is time to write it, at a cadence that leaves the time to other work.
    pub fn is_due(&self) -> bool {
        self.changed && self.sink.replaceable() && Instant::now() >= self.next
    }

    /// Notes that it was written, and how long that took.
    pub fn written(&mut self, took: Duration) {
        self.next = Instant::now() + took * REPLACE_EVERY;
        self.changed = false;
    }
}

fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}
