//! The outputs of a batch run: each written unseen, and put in its place at the end.

use crate::lock;
use arrow::array::RecordBatch;
use ouzel_dsl::Result;
use ouzel_dsl::connector::Replace;
use ouzel_dsl::stage::Failure;
use ouzel_engine::{Wiring, dead_letters};
use std::sync::Mutex;

/// All outputs, and the dead letters.
pub struct Outputs {
    writers: Vec<Mutex<Box<dyn Replace>>>,
    dead_letters: Option<Mutex<Box<dyn Replace>>>,
}

impl Outputs {
    /// Opens all of them.
    pub fn open(wiring: &Wiring) -> Result<Outputs> {
        let outputs = wiring.plan.outputs.iter().enumerate();
        let writers = outputs
            .map(|(index, output)| {
                wiring.config.sink(&wiring.plan, index)?.replace(&output.schema).map(Mutex::new)
            })
            .collect::<Result<_>>()?;
        let dead_letters = wiring.config.dead_letters.as_ref();
        let dead_letters = dead_letters
            .map(|sink| sink.replace(&dead_letters::schema()).map(Mutex::new))
            .transpose()?;
        Ok(Outputs { writers, dead_letters })
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

    /// Puts all in their places.
    pub fn finish(self) -> Result<()> {
        let all = self.dead_letters.into_iter().chain(self.writers);
        all.map(|writer| writer.into_inner().unwrap_or_else(|e| e.into_inner()))
            .try_for_each(|writer| writer.finish())
    }
}
