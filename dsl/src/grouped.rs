//! Tables whose rows have been given another key: what aggregates of tables work on.

use crate::aggregate::{Aggregate, Arg, Invertible};
use crate::data::Data;
use crate::stream::{Stream, Tie, Tied};
use crate::table::Table;
use std::marker::PhantomData;

/// A table's rows, each of type `T` and with a key of type `K`; what `group_by` gives.
pub struct Grouped<K, T>(PhantomData<fn() -> (K, T)>);

impl<K, T> Clone for Grouped<K, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, T> Copy for Grouped<K, T> {}

impl<K: Data, T: Data> Grouped<K, T> {
    #[doc(hidden)]
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Grouped(PhantomData)
    }

    #[doc(hidden)]
    pub fn tie_key(self, _: Tie<K>) -> Self {
        self
    }

    #[doc(hidden)]
    pub fn tied_argument<R>(self, _: Arg<R>) -> Tied<T, R> {
        Stream::<T>::new().tied(Tie::new())
    }

    #[doc(hidden)]
    pub fn argument<R>(self, _f: impl Fn(&'static T::View<'static>) -> R) -> Arg<R> {
        Arg::new()
    }

    /// Names the operator before it, and the key's column.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::{Table, count};
    ///
    /// # fn job(counts: Table<String, u64>) -> Table<u64, u64> {
    /// counts.group_by(|(name, _)| name.len() as u64).named("length").aggregate(count())
    /// # }
    /// ```
    pub fn named(self, _name: &'static str) -> Self {
        self
    }

    /// One row for each key that a row of the table has: the aggregate's result. As rows change,
    /// what they added is taken out again, so that the aggregate must be [`Invertible`], which
    /// [`kept`](crate::kept) makes any; a group is there as long as it has a row.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::{Table, count};
    ///
    /// # fn job(counts: Table<String, u64>) -> Table<u64, u64> {
    /// counts.group_by(|(_, n)| *n).aggregate(count())
    /// # }
    /// ```
    pub fn aggregate<A: Aggregate + Invertible>(self, _aggregate: A) -> Table<K, A::Out> {
        Table::new()
    }
}
