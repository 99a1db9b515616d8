//! Streams: what a job's first operators work on.

use crate::data::{Data, Produce};
use crate::failed::Failed;
use crate::key::Key;
use crate::keyed::Keyed;
use crate::sides::RefersTo;
use crate::table::Table;
use crate::time::{Span, Timestamp};
use crate::window::Unwindowed;
use std::fmt::Display;
use std::marker::PhantomData;
use std::ops::RangeBounds;

/// A multiset of records, each with an event time.
///
/// In a `#[job]`, streams are what the operators below take and give. The closures see a borrowed
/// view of each record: of `String` a `&str`, of a `#[derive(Record)]` struct `Name` a
/// `NameRef<'_>`. The job compiler inlines them into the stage; the methods here only give them
/// their types, and are never called.
pub struct Stream<T>(PhantomData<fn() -> T>);

impl<T> Clone for Stream<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Stream<T> {}

impl<T: Data> Stream<T> {
    #[doc(hidden)]
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Stream(PhantomData)
    }

    /// Keeps the records for which the closure is true.
    pub fn filter(self, _keep: impl Fn(&'static T::View<'static>) -> bool) -> Stream<T> {
        self
    }

    /// Makes one record of each; its event time stays.
    pub fn map<P: Produce>(self, _f: impl Fn(&'static T::View<'static>) -> P) -> Stream<P::Data> {
        Stream::new()
    }

    /// Makes any number of records of each; the event time stays.
    pub fn flat_map<I>(
        self,
        _f: impl Fn(&'static T::View<'static>) -> I,
    ) -> Stream<<I::Item as Produce>::Data>
    where
        I: IntoIterator,
        I::Item: Produce,
    {
        Stream::new()
    }

    /// Makes one record or none of each; the event time stays.
    pub fn filter_map<P: Produce>(
        self,
        _f: impl Fn(&'static T::View<'static>) -> Option<P>,
    ) -> Stream<P::Data> {
        Stream::new()
    }

    /// `filter` that can fail: an error follows the job's error policy.
    pub fn try_filter<E: Display>(
        self,
        _keep: impl Fn(&'static T::View<'static>) -> Result<bool, E>,
    ) -> Stream<T> {
        self
    }

    /// `map` that can fail: an error follows the job's error policy.
    pub fn try_map<P: Produce, E: Display>(
        self,
        _f: impl Fn(&'static T::View<'static>) -> Result<P, E>,
    ) -> Stream<P::Data> {
        Stream::new()
    }

    /// `flat_map` that can fail: an error follows the job's error policy.
    pub fn try_flat_map<I, E: Display>(
        self,
        _f: impl Fn(&'static T::View<'static>) -> Result<I, E>,
    ) -> Stream<<I::Item as Produce>::Data>
    where
        I: IntoIterator,
        I::Item: Produce,
    {
        Stream::new()
    }

    /// `filter_map` that can fail: an error follows the job's error policy.
    pub fn try_filter_map<P: Produce, E: Display>(
        self,
        _f: impl Fn(&'static T::View<'static>) -> Result<Option<P>, E>,
    ) -> Stream<P::Data> {
        Stream::new()
    }

    /// Looks at each record and passes it on: for logging and debugging.
    pub fn inspect(self, _f: impl Fn(&'static T::View<'static>)) -> Stream<T> {
        self
    }

    /// States what must hold of each record: one of which it does not is an error of this operator,
    /// with the condition as its message, and follows the error policy. `--on-error NAME=skip` lets
    /// such records go, and the totals count them.
    pub fn assert(self, _holds: impl Fn(&'static T::View<'static>) -> bool) -> Stream<T> {
        self
    }

    /// Each record with the row of a table that has the key which the closure gives, if there is one.
    ///
    /// The table is a side input: what it is made of is read first, to its end, and so must end; only
    /// then are the other inputs read. So every record meets the same table, whole, wherever it
    /// stands. All workers share it in memory: no record of the stream is exchanged. It may take the
    /// memory that the job is given; where it does not fit, the run says so, and `join` does the same
    /// with state that goes to disk. In stream mode with kept state it is read again at each start,
    /// and must be as it was.
    ///
    /// The inputs that the table is made of feed nothing else. A panic in the closure follows the
    /// error policy.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::{Stream, Table};
    ///
    /// # fn job(
    /// #     clicks: Stream<u64>,
    /// #     names: Table<u64, String>,
    /// # ) -> Stream<(u64, Option<String>)> {
    /// clicks.lookup(names, |page| *page)
    /// # }
    /// ```
    pub fn lookup<K: Data, V: Data, P: Produce>(
        self,
        _side: Table<K, V>,
        _key: impl Fn(&'static T::View<'static>) -> P,
    ) -> Stream<(T, Option<V>)>
    where
        P::Data: RefersTo<K>,
    {
        Stream::new()
    }

    /// The records that the operator before it failed on, as a stream of their own: each as the
    /// operator took it, with what was wrong, and with its event time and address.
    ///
    /// They count as errors of that operator, and follow no error policy: what to do about them is
    /// the job's. Of the closures of `filter`, `map`, `flat_map`, `filter_map`, their `try_` forms,
    /// `inspect` and `assert` these are all errors, and all panics; a `flat_map` keeps what it had
    /// given of the record. Errors of operators further down are theirs. In a job, the compiler finds
    /// the record's type `R`.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::{Failed, Stream};
    ///
    /// # fn job(lines: Stream<String>) -> (Stream<i64>, Stream<Failed<String>>) {
    /// let parsed = lines.try_map(|line: &&str| line.parse::<i64>());
    /// let failed = parsed.errors();
    /// # (parsed, failed)
    /// # }
    /// ```
    pub fn errors<R: Data>(self) -> Stream<Failed<R>> {
        Stream::new()
    }

    #[doc(hidden)]
    pub fn failed(self, failed: Stream<Failed<T>>) -> Stream<Failed<T>> {
        failed
    }

    /// All records of both streams.
    pub fn merge(self, _other: Stream<T>) -> Stream<T> {
        self
    }

    /// Sends each record to the first branch whose condition holds, or else to the rest. A tuple of
    /// one to eight conditions gives one stream more, and the pattern that they are bound to names
    /// them: in plans, totals and kept state a branch is called as its variable is.
    ///
    /// No more conditions are evaluated than it takes to find a record's branch, and each once,
    /// however many branches are used. A record on which one panics follows the error policy, as one
    /// error of the split, and goes to no branch. What is bound to `_` goes nowhere.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::Stream;
    ///
    /// # fn job(prices: Stream<u64>) -> (Stream<u64>, Stream<u64>, Stream<u64>) {
    /// // In a `#[job]`, the closures need no types.
    /// let (large, middle, rest) = prices.split((|p: &u64| *p > 100, |p: &u64| *p > 10));
    /// # (large, middle, rest)
    /// # }
    /// ```
    pub fn split<C: Conditions<T>>(self, _conditions: C) -> C::Branches {
        C::BRANCHES
    }

    #[doc(hidden)]
    pub fn condition<F: Fn(&'static T::View<'static>) -> bool>(self, condition: F) -> F {
        condition
    }

    /// Gives each record a key, by which it is then aggregated. `|_| ()` is the global key.
    pub fn key_by<P: Produce>(
        self,
        _key: impl Fn(&'static T::View<'static>) -> P,
    ) -> Keyed<P::Data, T>
    where
        P::Data: Key,
    {
        Keyed::new()
    }

    /// Lets the watermark pass a partition of this input that has been silent for so long by the
    /// clock, so that it does not hold results back. Said of an input, before its first operator.
    ///
    /// Records that come in such a partition later have seen, besides what was before them in it, the
    /// watermark that has passed it: they may be late. Since that depends on the clock, a stream
    /// writes it down, as its layout; batch mode takes it by `--layout`, and then leaves the same.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::{Stream, Table, Windowed, count, hours, minutes, tumbling};
    ///
    /// # fn job<T: ouzel::Data>(visits: Stream<T>) -> Table<Windowed<()>, u64> {
    /// let hourly = visits.idle_after(minutes(1)).key_by(|_| ()).window(tumbling(hours(1)));
    /// hourly.lateness(minutes(5)).aggregate(count())
    /// # }
    /// ```
    pub fn idle_after(self, _silent: Span) -> Stream<T> {
        self
    }

    /// Lets partitions of this input be found later, such as new files of a folder that is followed,
    /// although the job has a lateness. Said of an input, before its first operator.
    ///
    /// All records of such a partition have seen the watermark at which it was found: what is older
    /// than what was done with by then is late. Like [`idle_after`](Stream::idle_after) it is written
    /// to the stream's layout, for batch mode to take.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::{Stream, Table, Windowed, count, hours, minutes, tumbling};
    ///
    /// # fn job<T: ouzel::Data>(visits: Stream<T>) -> Table<Windowed<()>, u64> {
    /// let hourly = visits.join_late().key_by(|_| ()).window(tumbling(hours(1)));
    /// hourly.lateness(minutes(5)).aggregate(count())
    /// # }
    /// ```
    pub fn join_late(self) -> Stream<T> {
        self
    }

    /// Takes only event times in this range to be any: a record with another one is an error of this
    /// input, which follows the error policy, and does not count for what its partition has seen. So
    /// one record with an absurd time does not make all after it late. Said of an input, before its
    /// first operator; row groups of its files are not skipped then.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::{Stream, Table, Timestamp, Windowed, count, hours, minutes, tumbling};
    ///
    /// # fn job<T: ouzel::Data>(visits: Stream<T>, until: Timestamp) -> Table<Windowed<()>, u64> {
    /// let hourly = visits.valid_time(..until).key_by(|_| ()).window(tumbling(hours(1)));
    /// hourly.lateness(minutes(5)).aggregate(count())
    /// # }
    /// ```
    pub fn valid_time(self, _range: impl RangeBounds<Timestamp>) -> Stream<T> {
        self
    }

    /// Names the operator before it: its id in plans, metrics, errors and kept state, and the
    /// name of the output column where it makes one.
    pub fn named(self, _name: &'static str) -> Stream<T> {
        self
    }

    #[doc(hidden)]
    pub fn tied<R>(self, _: Tie<R>) -> Tied<T, R> {
        Tied(PhantomData)
    }

    #[doc(hidden)]
    pub fn tie(self, _: Tie<T>) -> Stream<T> {
        self
    }
}

/// The conditions of a [`split`](Stream::split): one to eight closures, in a tuple.
#[diagnostic::on_unimplemented(
    message = "`split` takes a tuple of one to eight conditions",
    label = "not a tuple of closures that give `bool`"
)]
pub trait Conditions<T: Data> {
    /// A stream for each, and the rest.
    type Branches;
    #[doc(hidden)]
    const BRANCHES: Self::Branches;
}

/// A stream of the same records for each thing that is named.
macro_rules! branch {
    ($of:ident) => {
        Stream<T>
    };
    ($of:ident value) => {
        Stream::new()
    };
}

macro_rules! conditions {
    ($($condition:ident)+) => {
        impl<T: Data, $($condition: Fn(&'static T::View<'static>) -> bool),+> Conditions<T>
            for ($($condition,)+)
        {
            type Branches = ($(branch!($condition),)+ Stream<T>);
            const BRANCHES: Self::Branches = ($(branch!($condition value),)+ Stream::new());
        }
    };
}

conditions!(A);
conditions!(A B);
conditions!(A B C);
conditions!(A B C D);
conditions!(A B C D E);
conditions!(A B C D E F);
conditions!(A B C D E F G);
conditions!(A B C D E F G H);

/// Carries a type that inference found in a job's types over to its stages, so that both mean the
/// same.
pub struct Tie<R>(PhantomData<fn() -> R>);

impl<R> Clone for Tie<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Tie<R> {}

impl<R> Tie<R> {
    #[doc(hidden)]
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Tie<R> {
        Tie(PhantomData)
    }

    #[doc(hidden)]
    #[inline(always)]
    pub fn is(self, value: R) -> R {
        value
    }

    #[doc(hidden)]
    #[inline(always)]
    pub fn are<I: IntoIterator<Item = R>>(self, values: I) -> I {
        values
    }

    #[doc(hidden)]
    #[inline(always)]
    pub fn try_are<I: IntoIterator<Item = R>, E: Display>(
        self,
        values: Result<I, E>,
    ) -> Result<I, E> {
        values
    }
}

/// A value of the same type: only for the twin of a job, which is never called.
#[doc(hidden)]
pub fn twin_of<T>(_: &T) -> T {
    unreachable!("a job's twin is never called")
}

#[doc(hidden)]
pub struct Tied<T, R>(PhantomData<fn() -> (T, R)>);

impl<T: Data, R> Tied<T, R> {
    pub fn map(self, _f: impl Fn(&'static T::View<'static>) -> R) -> Stream<R::Data>
    where
        R: Produce,
    {
        Stream::new()
    }

    pub fn flat_map<I>(self, _f: impl Fn(&'static T::View<'static>) -> I) -> Stream<R::Data>
    where
        I: IntoIterator<Item = R>,
        R: Produce,
    {
        Stream::new()
    }

    pub fn try_flat_map<I, E: Display>(
        self,
        _f: impl Fn(&'static T::View<'static>) -> Result<I, E>,
    ) -> Stream<R::Data>
    where
        I: IntoIterator<Item = R>,
        R: Produce,
    {
        Stream::new()
    }

    pub fn key_by(
        self,
        _key: impl Fn(&'static T::View<'static>) -> R,
    ) -> Keyed<R::Data, T, Unwindowed>
    where
        R: Produce,
        R::Data: Key,
    {
        Keyed::new()
    }

    pub fn argument(self, _f: impl Fn(&'static T::View<'static>) -> R) -> crate::Arg<R> {
        crate::Arg::new()
    }
}

impl<T: Data, P: Produce> Tied<T, Option<P>> {
    pub fn filter_map(
        self,
        _f: impl Fn(&'static T::View<'static>) -> Option<P>,
    ) -> Stream<P::Data> {
        Stream::new()
    }
}

impl<T: Data, P, E: Display> Tied<T, Result<P, E>> {
    pub fn try_map(self, _f: impl Fn(&'static T::View<'static>) -> Result<P, E>) -> Stream<P::Data>
    where
        P: Produce,
    {
        Stream::new()
    }
}

impl<T: Data, E: Display> Tied<T, Result<bool, E>> {
    pub fn try_filter(
        self,
        _f: impl Fn(&'static T::View<'static>) -> Result<bool, E>,
    ) -> Stream<T> {
        Stream::new()
    }
}

impl<T: Data, P: Produce, E: Display> Tied<T, Result<Option<P>, E>> {
    pub fn try_filter_map(
        self,
        _f: impl Fn(&'static T::View<'static>) -> Result<Option<P>, E>,
    ) -> Stream<P::Data> {
        Stream::new()
    }
}
