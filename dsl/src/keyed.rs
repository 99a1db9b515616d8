//! Keyed streams: what aggregates work on.

use crate::Span;
use crate::aggregate::{Aggregate, Arg};
use crate::data::Data;
use crate::stream::{Stream, Tie, Tied};
use crate::table::Table;
use crate::window::{Unwindowed, Windows};
use std::marker::PhantomData;

/// A stream whose records have a key of type `K` and are put into windows by `W`.
#[allow(clippy::type_complexity)]
pub struct Keyed<K, T, W = Unwindowed>(PhantomData<fn() -> (K, T, W)>);

impl<K, T, W> Clone for Keyed<K, T, W> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, T, W> Copy for Keyed<K, T, W> {}

impl<K: Data, T: Data, W> Keyed<K, T, W> {
    #[doc(hidden)]
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Keyed(PhantomData)
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

    /// Names the operator before it: its id in plans, metrics, errors and kept state; on `key_by`,
    /// also the key's column.
    pub fn named(self, _name: &'static str) -> Self {
        self
    }
}

impl<K: Data, T: Data> Keyed<K, T, Unwindowed> {
    /// Puts each record into windows of its event time: [`tumbling`](crate::tumbling) or
    /// [`hopping`](crate::hopping), or the days, weeks, months, quarters or years of a time zone
    /// ([`calendar_days`](crate::calendar_days)).
    pub fn window<W: Windows>(self, _windows: W) -> Keyed<K, T, W::Itself> {
        Keyed::new()
    }
}

impl<K: Data, T: Data, W: Windows> Keyed<K, T, W> {
    /// Lets windows be done with: a record is late for each window whose end plus `lateness` is at
    /// or before the greatest event time seen in the record's partition up to and including it.
    ///
    /// Without a lateness nothing is late, and state is kept for ever.
    pub fn lateness(self, _lateness: Span) -> Self {
        self
    }

    /// The late records, once for each window missed.
    pub fn late(self) -> Stream<T> {
        Stream::new()
    }

    /// One row for each key and window that holds a record: the aggregate's result.
    pub fn aggregate<A: Aggregate>(self, _aggregate: A) -> Table<W::Keyed<K>, A::Out> {
        Table::new()
    }
}
