//! Inputs that are drawn: how many partitions and records there are, and each record.

use crate::choices::{Again, Choices, Fresh};
use crate::rows::batch;
use arrow::array::RecordBatch;
use ouzel::Record;
use ouzel::data::Draw;
use ouzel::private::Random;

/// An input whose records are drawn.
pub(crate) trait Generate: Send + Sync {
    /// Draws a record, which is forgotten, so that its choices can be kept.
    fn fresh(&self, source: &mut Fresh<'_>);

    /// The records of a partition.
    fn batch(&self, partition: &[Choices]) -> RecordBatch;
}

/// By a function of the choices.
pub(crate) struct By<F>(pub F);

impl<R: Record, F: Fn(&mut dyn Draw) -> R + Send + Sync> Generate for By<F> {
    fn fresh(&self, source: &mut Fresh<'_>) {
        (self.0)(source);
    }

    fn batch(&self, partition: &[Choices]) -> RecordBatch {
        batch(partition.iter().map(|choices| (self.0)(&mut Again(choices.iter()))))
    }
}

/// Up to four partitions of up to 24 records, with small and empty ones among them.
pub(crate) fn partitions(generator: &dyn Generate, random: &mut Random) -> Vec<Vec<Choices>> {
    let most = random.of(&[2, 6, 24]);
    let partition = |random: &mut Random| {
        let mut clock = 0;
        let rows = if random.upto(6) == 1 { 0 } else { random.upto(most) };
        let row = |_| {
            let mut fresh = Fresh { random: &mut *random, clock: &mut clock, made: Choices::new() };
            generator.fresh(&mut fresh);
            fresh.made
        };
        (0..rows).map(row).collect()
    };
    let partitions = random.upto(4);
    (0..partitions).map(|_| partition(random)).collect()
}
