use super::{Aggregate, Invertible};

/// The number of records. See [`count`].
#[derive(Clone, Copy, Debug)]
pub struct Count;

/// The number of records in the group, as `u64`. Its column is `count`.
pub fn count() -> Count {
    Count
}

impl Aggregate for Count {
    type In = ();
    type Acc = u64;
    type Out = u64;

    fn zero(&self) -> u64 {
        0
    }

    #[inline(always)]
    fn add(&self, acc: &mut u64, (): ()) {
        *acc = acc.wrapping_add(1);
    }

    #[inline]
    fn merge(&self, acc: &mut u64, other: u64) {
        *acc = acc.wrapping_add(other);
    }

    fn finish(&self, acc: &u64) -> Result<u64, String> {
        Ok(*acc)
    }
}

impl Invertible for Count {
    fn subtract(&self, acc: &mut u64, other: u64) {
        *acc = acc.wrapping_sub(other);
    }
}
