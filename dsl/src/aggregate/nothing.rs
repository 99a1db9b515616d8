use super::{Aggregate, Idempotent};

/// Nothing of each record: that there is one is all that `distinct` asks. See [`nothing`].
#[derive(Clone, Copy, Debug)]
pub struct Nothing;

/// The aggregate that adds up to nothing.
pub fn nothing() -> Nothing {
    Nothing
}

impl Aggregate for Nothing {
    type In = ();
    type Acc = ();
    type Out = ();

    fn zero(&self) {}

    #[inline(always)]
    fn add(&self, (): &mut (), (): ()) {}

    fn merge(&self, (): &mut (), (): ()) {}

    fn finish(&self, (): &()) -> Result<(), String> {
        Ok(())
    }
}

impl Idempotent for Nothing {}
