//! Results that are shown before they are final, now and then.

use crate::epoch::Run;
use crate::keyed::parallel;
use ouzel_dsl::Result;
use ouzel_dsl::plan::{OutputKind, Plan};

/// An output of early results.
pub struct Early {
    output: usize,
    keyed: usize,
    every: u64,
    /// When it is due, in microseconds of the run's clock.
    next: u64,
    /// Whether anything was read since it was last written.
    moved: bool,
}

impl Early {
    /// All that a plan has.
    pub fn all(plan: &Plan, now: u64) -> Vec<Early> {
        let outputs = plan.outputs.iter().enumerate();
        let early = outputs.filter_map(|(output, node)| match node.kind {
            OutputKind::Early { keyed, every } => {
                let every = every.unsigned_abs();
                Some(Early { output, keyed, every, next: now.saturating_add(every), moved: true })
            }
            OutputKind::Stream | OutputKind::Table(_) => None,
        });
        early.collect()
    }
}

impl Run {
    /// Whether early results are to be written at the end of this epoch.
    pub fn is_early_due(&mut self) -> bool {
        let now = self.stream.clock.micros();
        let moved = self.moved;
        self.early.iter_mut().for_each(|early| early.moved |= moved);
        self.early.iter().any(|early| early.moved && now >= early.next)
    }

    /// Writes the early results that are due.
    pub fn write_early(&mut self) -> Result<()> {
        let now = self.stream.clock.micros();
        let (states, outputs) = (&mut self.states, &self.outputs);
        for early in self.early.iter_mut().filter(|early| early.moved && now >= early.next) {
            (early.next, early.moved) = (now.saturating_add(early.every), false);
            states[early.keyed].rows(&parallel, &|batch| {
                outputs.write(early.output, std::slice::from_ref(&batch))
            })?;
        }
        Ok(())
    }
}
