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
    /// or before the greatest event time seen in the record's partition up to and including it. In
    /// sessions, and before joins and operators that depend on order, a record is late if its event
    /// time plus `lateness` is before that.
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

    /// The keys, and windows, that hold a record: each once.
    pub fn distinct(self) -> Table<W::Keyed<K>, ()> {
        Table::new()
    }

    /// Every pair of a record of this stream and one of the other that have the same key, and are in
    /// the same window if there are windows; with [`between`](Keyed::between), those that are near
    /// enough in event time.
    ///
    /// A pair's event time is the greater of the two. Each pair comes once, as soon as both records
    /// are there. Records are held for as long as others may meet them: until the watermark has
    /// passed the window or the range of time, and the other side's lateness; without those, for
    /// ever.
    pub fn join<R: Data>(self, _other: Keyed<K, R, W>) -> Stream<(T, R)> {
        Stream::new()
    }

    /// [`join`](Keyed::join), and once each record of this stream that meets none, when none can come
    /// any more. Needs a lateness on both sides.
    pub fn left_join<R: Data>(self, _other: Keyed<K, R, W>) -> Stream<(T, Option<R>)> {
        Stream::new()
    }

    /// [`join`](Keyed::join), and once each record of both streams that meets none, when none can come
    /// any more. Needs a lateness on both sides.
    pub fn full_join<R: Data>(self, _other: Keyed<K, R, W>) -> Stream<(Option<T>, Option<R>)> {
        Stream::new()
    }

    /// The records of this stream that meet one of the other, each once, however many it meets (once
    /// for each window where there are windows). See [`join`](Keyed::join). Needs a lateness on both
    /// sides.
    pub fn semi_join<R: Data>(self, _other: Keyed<K, R, W>) -> Stream<T> {
        Stream::new()
    }

    /// The records of this stream that meet none of the other, when none can come any more. See
    /// [`join`](Keyed::join). Needs a lateness on both sides.
    pub fn anti_join<R: Data>(self, _other: Keyed<K, R, W>) -> Stream<T> {
        Stream::new()
    }
}

impl<K: Data, T: Data> Keyed<K, T, Unwindowed> {
    /// How long after a record of the other stream those of this one may be in event time to meet it
    /// in a [`join`](Keyed::join), from and to, both included; before it, if negative:
    /// `bids.join(auctions.between(minutes(-10), minutes(0)))`.
    pub fn between(self, _from: Span, _to: Span) -> Self {
        self
    }

    /// The last record of each key, by its place in the log (partition, then offset), whatever its
    /// event time: the log read as a table.
    pub fn latest(self) -> Table<K, T> {
        Table::new()
    }
}
