//! What keyed state is made of: accumulators that can be merged in any way.

use ouzel_dsl::{Data, Place};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A commutative monoid: all that tables of groups, runs on disk and logs need to know of a keyed
/// operator.
pub trait Monoid: Clone + Send + Sync + 'static {
    /// The accumulator.
    type Acc: Clone + Send + Sync + Serialize + DeserializeOwned + 'static;

    /// The accumulator of nothing.
    fn zero(&self) -> Self::Acc;

    /// Adds another accumulator.
    fn merge(&self, acc: &mut Self::Acc, other: Self::Acc);

    /// About how many bytes an accumulator holds on the heap.
    fn heap_bytes(&self, acc: &Self::Acc) -> usize;
}

/// What a record carries besides its columns.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// Where it stands in canonical order.
    pub place: Place<'a>,
    /// The greatest event time in its partition up to and including it.
    pub seen: i64,
    /// How often it is there: once, or, of rows of a changing table, once less where one is gone.
    pub weight: i64,
}

/// A keyed operator that takes records at one of its sides: the left and the right of a join, or
/// the only one.
pub trait Takes<const SIDE: usize>: Monoid {
    /// What is lifted from each record.
    type In: Data;

    /// Adds what was lifted from one record.
    fn add(&self, acc: &mut Self::Acc, value: <Self::In as Data>::View<'_>, moment: Moment<'_>);
}
