//! The outputs of a batch run: each written unseen, and put in its place at the end.

use crate::lock;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use ouzel_dsl::Result;
use ouzel_dsl::connector::{Append, Replace, Sink};
use ouzel_dsl::log::{Content, LogSession, SessionOf};
use ouzel_dsl::stage::Failure;
use ouzel_engine::{
    Wiring, changes, content, dead_letters, dead_letters_content, fresh_run, session,
};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// All that a batch run writes to a log is one transaction: longer ones clusters do not allow.
const LASTS: Duration = Duration::from_secs(15 * 60);

/// All outputs, and the dead letters.
pub struct Outputs {
    writers: Vec<Mutex<Box<dyn Replace>>>,
    dead_letters: Option<Mutex<Box<dyn Replace>>>,
    /// In which those outputs are written that are of a log.
    session: Option<Arc<dyn LogSession>>,
}

/// Part of a session, which makes it count.
struct InSession {
    append: Box<dyn Append>,
    /// Whether it is of a table, so that rows are written as changes.
    table: bool,
}

impl InSession {
    /// Begins a content, in the session if its sink is of a log.
    fn begin(
        sink: &dyn Sink,
        schema: &SchemaRef,
        content: &Content,
        session: Option<&Arc<dyn LogSession>>,
    ) -> Result<Mutex<Box<dyn Replace>>> {
        let begun = match (sink.log(), session) {
            (Some(log), Some(session)) => Box::new(InSession {
                append: log.append(content, session)?,
                table: content.key_columns > 0,
            }),
            _ => sink.replace(schema)?,
        };
        Ok(Mutex::new(begun))
    }
}

impl Replace for InSession {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        match self.table {
            true => self.append.write(&changes("+", batch)?),
            false => self.append.write(batch),
        }
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.append.finish()
    }
}

impl Outputs {
    /// Opens all of them.
    pub fn open(wiring: &Wiring) -> Result<Outputs> {
        let (plan, config) = (&wiring.plan, &wiring.config);
        let run = fresh_run(plan.job);
        let of = SessionOf { run: &run, exactly_once: true, lasts: LASTS };
        let session = session(plan, config, &of)?;
        let within = session.as_ref();
        let outputs = plan.outputs.iter().enumerate();
        let writers = outputs
            .map(|(index, output)| {
                let sink = config.sink(plan, index)?;
                InSession::begin(&*sink, &output.schema, &content(output), within)
            })
            .collect::<Result<_>>()?;
        let letters = config.dead_letters.as_ref();
        let dead_letters = letters
            .map(|sink| {
                let content = dead_letters_content();
                InSession::begin(&**sink, &content.schema, &content, within)
            })
            .transpose()?;
        Ok(Outputs { writers, dead_letters, session })
    }

    /// Adds rows to an output.
    pub fn write(&self, output: usize, batches: &[RecordBatch]) -> Result<()> {
        let mut writer = lock(&self.writers[output]);
        batches.iter().try_for_each(|batch| writer.write(batch))
    }

    /// Adds dead letters.
    pub fn dead_letters(&self, wiring: &Wiring, failures: &[Failure]) -> Result<()> {
        match &self.dead_letters {
            Some(writer) if !failures.is_empty() => {
                lock(writer).write(&dead_letters::batch(wiring, failures)?)
            }
            _ => Ok(()),
        }
    }

    /// Puts all in their places. What is of a log comes last, since it cannot be done over.
    pub fn finish(self) -> Result<()> {
        let all = self.dead_letters.into_iter().chain(self.writers);
        all.map(|writer| writer.into_inner().unwrap_or_else(|e| e.into_inner()))
            .try_for_each(|writer| writer.finish())?;
        self.session.map_or(Ok(()), |session| session.commit("batch"))
    }
}
