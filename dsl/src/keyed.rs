//! Keyed streams: what aggregates work on.

use crate::Span;
use crate::aggregate::{Aggregate, Arg};
use crate::data::Data;
use crate::frame::Frame;
use crate::process::Process;
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

    /// Lets operators that depend on the order of records wait for the end of input, in the place of a
    /// lateness: nothing is late then, and nothing comes before the end.
    pub fn at_end(self) -> Self {
        self
    }

    /// Each record with the one that came `back` records before it in its key, in canonical order.
    pub fn lag(self, _back: usize) -> Stream<(T, Option<T>)> {
        Stream::new()
    }

    /// Each record with its number among those of its key in canonical order, from 1.
    pub fn rank(self) -> Stream<(T, u64)> {
        Stream::new()
    }

    /// The records that come more than `within` after the last one of their key that was kept, in
    /// event time: what repeats it sooner is left out.
    pub fn dedup(self, _within: Span) -> Stream<T> {
        Stream::new()
    }

    /// A state for each key that each record changes, in canonical order; gives what it is after each.
    pub fn scan<S: Data>(
        self,
        _init: S,
        _next: impl Fn(&mut S, &'static T::View<'static>),
    ) -> Stream<S> {
        Stream::new()
    }

    /// A state for each key that each record changes, in canonical order: the last one, as a table.
    pub fn fold<S: Data>(
        self,
        _init: S,
        _next: impl Fn(&mut S, &'static T::View<'static>),
    ) -> Table<K, S> {
        Table::new()
    }

    /// What all records of a key are reduced to, two and two, in canonical order: the first is what the
    /// records before have become.
    pub fn reduce(
        self,
        _reduce: impl Fn(&'static T::View<'static>, &'static T::View<'static>) -> T,
    ) -> Table<K, T> {
        Table::new()
    }

    /// Calls the closure with each record of a key in canonical order, with a state of the key and
    /// timers of event time; gives what it emits. See [`Process`].
    ///
    /// At the end of input, timers up to the greatest event time of the input fire as usual; those
    /// that are set then fire once, and timers that they set do not.
    pub fn process<S: Data, O: Data>(
        self,
        _init: S,
        _process: impl Fn(&mut Process<'_, K, T, S, O>),
    ) -> Stream<O> {
        Stream::new()
    }

    /// Each record with the result of an aggregate over the records of its key up to it in canonical
    /// order, as far as the [`Frame`] reaches back: [`last_rows`](crate::last_rows) or
    /// [`last_span`](crate::last_span).
    pub fn sliding<A: Aggregate>(self, _frame: Frame, _aggregate: A) -> Stream<(T, A::Out)> {
        Stream::new()
    }

    /// Each record with the last record of the other stream that has its key and an event time at or
    /// before its own: what the other's log, read as a table, held then. Its event time is that of
    /// this stream's record. Needs a lateness on both sides.
    pub fn as_of_join<R: Data>(self, _other: Keyed<K, R>) -> Stream<(T, Option<R>)> {
        Stream::new()
    }

    #[doc(hidden)]
    pub fn fold_rows<S: Data>(
        self,
        _init: S,
        _next: impl Fn(&mut S, &'static T::View<'static>),
    ) -> Stream<(K, S)> {
        Stream::new()
    }

    #[doc(hidden)]
    pub fn reduce_rows(
        self,
        _reduce: impl Fn(&'static T::View<'static>, &'static T::View<'static>) -> T,
    ) -> Stream<(K, T)> {
        Stream::new()
    }
}
