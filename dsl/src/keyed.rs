//! Keyed streams: what aggregates work on.

use crate::Span;
use crate::aggregate::{Aggregate, Arg};
use crate::data::Data;
use crate::frame::Frame;
use crate::process::Process;
use crate::sides::{Meeting, SameKey, SameWindows};
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
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::{Keyed, Table, count};
    ///
    /// # fn job<T: ouzel::Data>(visits: Keyed<String, T>) -> Table<String, u64> {
    /// visits.named("page").aggregate(count())
    /// # }
    /// ```
    pub fn named(self, _name: &'static str) -> Self {
        self
    }
}

impl<K: Data, T: Data> Keyed<K, T, Unwindowed> {
    /// Puts each record into windows of its event time: [`tumbling`](crate::tumbling),
    /// [`hopping`](crate::hopping), [`session`](crate::session), or the days, weeks, months, quarters or
    /// years of a time zone ([`calendar_days`](crate::calendar_days)).
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::{Keyed, Table, Windowed, count, hours, tumbling};
    ///
    /// # fn job<T: ouzel::Data>(visits: Keyed<String, T>) -> Table<Windowed<String>, u64> {
    /// visits.window(tumbling(hours(1))).aggregate(count())
    /// # }
    /// ```
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
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::{Keyed, Table, Windowed, count, hours, minutes, tumbling};
    ///
    /// # fn job<T: ouzel::Data>(visits: Keyed<String, T>) -> Table<Windowed<String>, u64> {
    /// visits.window(tumbling(hours(1))).lateness(minutes(5)).aggregate(count())
    /// # }
    /// ```
    pub fn lateness(self, _lateness: Span) -> Self {
        self
    }

    /// The late records: in windows once for each window missed, otherwise once. Needs a lateness.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::{Keyed, Stream, hours, minutes, tumbling};
    ///
    /// # fn job<T: ouzel::Data>(visits: Keyed<String, T>) -> Stream<T> {
    /// visits.window(tumbling(hours(1))).lateness(minutes(5)).late()
    /// # }
    /// ```
    pub fn late(self) -> Stream<T> {
        Stream::new()
    }

    /// One row for each key and window that holds a record: the aggregate's result.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::{Keyed, Table, count};
    ///
    /// # fn job<T: ouzel::Data>(visits: Keyed<String, T>) -> Table<String, u64> {
    /// visits.aggregate(count())
    /// # }
    /// ```
    pub fn aggregate<A: Aggregate>(self, _aggregate: A) -> Table<W::Keyed<K>, A::Out> {
        Table::new()
    }

    /// The keys, and windows, that hold a record: each once.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::{Keyed, Table};
    ///
    /// # fn job<T: ouzel::Data>(visits: Keyed<String, T>) -> Table<String, ()> {
    /// visits.distinct()
    /// # }
    /// ```
    pub fn distinct(self) -> Table<W::Keyed<K>, ()> {
        Table::new()
    }

    /// Every pair of a record of this stream and one of the other that have the same key, and are in
    /// the same window if there are windows; with [`between`](Keyed::between), those that are near
    /// enough in event time. Both sides have the same windows, of one length, or none; sessions are no
    /// windows to meet in.
    ///
    /// A pair's event time is the greater of the two, and so is what it has seen. Each pair comes once
    /// (once for each window that holds both), as soon as both records are there. Records are held for
    /// as long as others may meet them: until the watermark has passed the window or the range of time,
    /// and the other side's lateness; without those, for ever.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::{Keyed, Stream};
    ///
    /// # fn job(
    /// #     orders: Keyed<u64, String>,
    /// #     payments: Keyed<u64, f64>,
    /// # ) -> Stream<(String, f64)> {
    /// orders.join(payments)
    /// # }
    /// ```
    pub fn join<R: Data, S: SameKey<K>, V: SameWindows<W>>(
        self,
        _other: Keyed<S, R, V>,
    ) -> Stream<(T, R)>
    where
        W: Meeting,
    {
        Stream::new()
    }

    /// [`join`](Keyed::join), and once each record of this stream that meets none, when none can come
    /// any more: with its own event time. Needs a lateness on both sides.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::{Keyed, Stream, minutes};
    ///
    /// # fn job(
    /// #     orders: Keyed<u64, String>,
    /// #     payments: Keyed<u64, f64>,
    /// # ) -> Stream<(String, Option<f64>)> {
    /// let orders = orders.lateness(minutes(5));
    /// let payments = payments.lateness(minutes(5)).between(minutes(0), minutes(30));
    /// orders.left_join(payments)
    /// # }
    /// ```
    pub fn left_join<R: Data, S: SameKey<K>, V: SameWindows<W>>(
        self,
        _other: Keyed<S, R, V>,
    ) -> Stream<(T, Option<R>)>
    where
        W: Meeting,
    {
        Stream::new()
    }

    /// [`join`](Keyed::join), and once each record of both streams that meets none, when none can come
    /// any more. Needs a lateness on both sides.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::{Keyed, Stream, minutes};
    ///
    /// # fn job(
    /// #     orders: Keyed<u64, String>,
    /// #     payments: Keyed<u64, f64>,
    /// # ) -> Stream<(Option<String>, Option<f64>)> {
    /// let orders = orders.lateness(minutes(5));
    /// let payments = payments.lateness(minutes(5)).between(minutes(0), minutes(30));
    /// orders.full_join(payments)
    /// # }
    /// ```
    pub fn full_join<R: Data, S: SameKey<K>, V: SameWindows<W>>(
        self,
        _other: Keyed<S, R, V>,
    ) -> Stream<(Option<T>, Option<R>)>
    where
        W: Meeting,
    {
        Stream::new()
    }

    /// The records of this stream that meet one of the other, each once, however many it meets (once
    /// for each window where there are windows). See [`join`](Keyed::join). Needs a lateness on both
    /// sides.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::{Keyed, Stream, minutes};
    ///
    /// # fn job(orders: Keyed<u64, String>, payments: Keyed<u64, f64>) -> Stream<String> {
    /// let orders = orders.lateness(minutes(5));
    /// let payments = payments.lateness(minutes(5)).between(minutes(0), minutes(30));
    /// orders.semi_join(payments)
    /// # }
    /// ```
    pub fn semi_join<R: Data, S: SameKey<K>, V: SameWindows<W>>(
        self,
        _other: Keyed<S, R, V>,
    ) -> Stream<T>
    where
        W: Meeting,
    {
        Stream::new()
    }

    /// The records of this stream that meet none of the other (once for each window where there are
    /// windows), when none can come any more. See [`join`](Keyed::join). Needs a lateness on both sides.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::{Keyed, Stream, minutes};
    ///
    /// # fn job(orders: Keyed<u64, String>, payments: Keyed<u64, f64>) -> Stream<String> {
    /// let orders = orders.lateness(minutes(5));
    /// let payments = payments.lateness(minutes(5)).between(minutes(0), minutes(30));
    /// orders.anti_join(payments)
    /// # }
    /// ```
    pub fn anti_join<R: Data, S: SameKey<K>, V: SameWindows<W>>(
        self,
        _other: Keyed<S, R, V>,
    ) -> Stream<T>
    where
        W: Meeting,
    {
        Stream::new()
    }
}

impl<K: Data, T: Data> Keyed<K, T, Unwindowed> {
    /// How long after a record of the other stream those of this one may be in event time to meet it
    /// in a [`join`](Keyed::join), from and to, both included; before it, if negative. It stands on the
    /// right side of the join, which has no windows then.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::{Keyed, Stream, minutes};
    ///
    /// # fn job(
    /// #     bids: Keyed<u64, f64>,
    /// #     auctions: Keyed<u64, String>,
    /// # ) -> Stream<(f64, String)> {
    /// bids.join(auctions.between(minutes(-10), minutes(0)))
    /// # }
    /// ```
    pub fn between(self, _from: Span, _to: Span) -> Self {
        self
    }

    /// The last record of each key, by its place in the log (partition, then offset), whatever its
    /// event time: the log read as a table.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::{Keyed, Table};
    ///
    /// # fn job<T: ouzel::Data>(customers: Keyed<u64, T>) -> Table<u64, T> {
    /// customers.latest()
    /// # }
    /// ```
    pub fn latest(self) -> Table<K, T> {
        Table::new()
    }

    /// Lets operators that depend on the order of records wait for the end of input, in the place of a
    /// lateness: nothing is late then, and nothing comes before the end.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::{Keyed, Stream};
    ///
    /// # fn job<T: ouzel::Data>(visits: Keyed<String, T>) -> Stream<(T, u64)> {
    /// visits.at_end().rank()
    /// # }
    /// ```
    pub fn at_end(self) -> Self {
        self
    }

    /// Each record with the one that came `back` records before it in its key, in canonical order.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::{Keyed, Stream, minutes};
    ///
    /// # fn job<T: ouzel::Data>(visits: Keyed<String, T>) -> Stream<(T, Option<T>)> {
    /// // Each with the one before it.
    /// visits.lateness(minutes(5)).lag(1)
    /// # }
    /// ```
    pub fn lag(self, _back: usize) -> Stream<(T, Option<T>)> {
        Stream::new()
    }

    /// Each record with its number among those of its key in canonical order, from 1.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::{Keyed, Stream, minutes};
    ///
    /// # fn job<T: ouzel::Data>(visits: Keyed<String, T>) -> Stream<(T, u64)> {
    /// visits.lateness(minutes(5)).rank()
    /// # }
    /// ```
    pub fn rank(self) -> Stream<(T, u64)> {
        Stream::new()
    }

    /// The records that come more than `within` after the last one of their key that was kept, in
    /// event time: what repeats it sooner is left out.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::{Keyed, Stream, hours, minutes};
    ///
    /// # fn job<T: ouzel::Data>(visits: Keyed<String, T>) -> Stream<T> {
    /// visits.lateness(minutes(5)).dedup(hours(1))
    /// # }
    /// ```
    pub fn dedup(self, _within: Span) -> Stream<T> {
        Stream::new()
    }

    /// A state for each key that each record changes, in canonical order; gives what it is after each.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::{Keyed, Stream, minutes};
    ///
    /// # fn job(payments: Keyed<String, i64>) -> Stream<i64> {
    /// // The balance after each payment.
    /// payments.lateness(minutes(5)).scan(0i64, |balance, amount| *balance += amount)
    /// # }
    /// ```
    pub fn scan<S: Data>(
        self,
        _init: S,
        _next: impl Fn(&mut S, &'static T::View<'static>),
    ) -> Stream<S> {
        Stream::new()
    }

    /// A state for each key that each record changes, in canonical order: the last one, as a table.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::{Keyed, Table, minutes};
    ///
    /// # fn job(names: Keyed<u64, String>) -> Table<u64, String> {
    /// names.lateness(minutes(5)).fold(String::new(), |all, name| all.push_str(name))
    /// # }
    /// ```
    pub fn fold<S: Data>(
        self,
        _init: S,
        _next: impl Fn(&mut S, &'static T::View<'static>),
    ) -> Table<K, S> {
        Table::new()
    }

    /// What all records of a key are reduced to, two and two, in canonical order: the first is what the
    /// records before have become.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::{Keyed, Table, minutes};
    ///
    /// # fn job(readings: Keyed<u64, f64>) -> Table<u64, f64> {
    /// // The later a reading, the more it weighs.
    /// readings.lateness(minutes(5)).reduce(|before, next| (before + next) / 2.0)
    /// # }
    /// ```
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
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::{Keyed, Stream, Timestamp, minutes};
    ///
    /// # fn job<T: ouzel::Data>(visits: Keyed<String, T>) -> Stream<String> {
    /// // Keys of which nothing has come for ten minutes.
    /// visits.lateness(minutes(5)).process((), |cx| match cx.record() {
    ///     Some(_) => {
    ///         let silent = cx.time().micros() + minutes(10).micros();
    ///         cx.set_timer("silent", Timestamp::from_micros(silent));
    ///     }
    ///     None => cx.emit(cx.key()),
    /// })
    /// # }
    /// ```
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
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::{Keyed, Stream, count, hours, last_span, minutes};
    ///
    /// # fn job<T: ouzel::Data>(visits: Keyed<String, T>) -> Stream<(T, u64)> {
    /// // Each with how many there were in the hour up to it.
    /// visits.lateness(minutes(5)).sliding(last_span(hours(1)), count())
    /// # }
    /// ```
    pub fn sliding<A: Aggregate>(self, _frame: Frame, _aggregate: A) -> Stream<(T, A::Out)> {
        Stream::new()
    }

    /// Each record with the last record of the other stream that has its key and an event time at or
    /// before its own: what the other's log, read as a table, held then. Its event time is that of
    /// this stream's record. Needs a lateness on both sides.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::{Keyed, Stream, minutes};
    ///
    /// # fn job(
    /// #     orders: Keyed<String, u64>,
    /// #     prices: Keyed<String, f64>,
    /// # ) -> Stream<(u64, Option<f64>)> {
    /// orders.lateness(minutes(5)).as_of_join(prices.lateness(minutes(5)))
    /// # }
    /// ```
    pub fn as_of_join<R: Data, S: SameKey<K>>(self, _other: Keyed<S, R>) -> Stream<(T, Option<R>)> {
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
