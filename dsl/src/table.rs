//! Tables: maps from key to value.

use crate::aggregate::DataOf;
use crate::data::{Bad, Builder, Column, Data, Draw, NumberColumn, Produce};
use crate::early::Early;
use crate::grouped::Grouped;
use crate::key::Key;
use crate::schema::{Field, Type};
use crate::sides::{RefersTo, SameKey};
use crate::stream::{Stream, Tie};
use crate::time::{Span, Timestamp};
use crate::window::{Window, Windowed};
use arrow::array::{ArrayRef, RecordBatch};
use std::fmt::Display;
use std::marker::PhantomData;

/// A map from key to value that a stream keeps up to date and batch gives at once. At the end of
/// input both hold the same.
pub struct Table<K: Data, V: Data>(PhantomData<fn() -> (K, V)>);

impl<K: Data, V: Data> Clone for Table<K, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K: Data, V: Data> Copy for Table<K, V> {}

impl<K: Data, V: Data> Table<K, V> {
    #[doc(hidden)]
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Table(PhantomData)
    }

    /// Names the operator before it: its id in plans, metrics, errors and kept state.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::Table;
    ///
    /// # fn job(counts: Table<String, u64>) -> Table<String, u64> {
    /// counts.map(|(_, n)| n * 2).named("twice")
    /// # }
    /// ```
    pub fn named(self, _name: &'static str) -> Self {
        self
    }

    #[doc(hidden)]
    pub fn tied<R>(self, _: Tie<R>) -> TiedRow<K, V, R> {
        TiedRow(PhantomData)
    }

    #[doc(hidden)]
    pub fn tie_table(self, _: Tie<K>, _: Tie<V>, _: Tie<(K, V)>) -> Self {
        self
    }

    /// The rows, each a key and a value, for which the closure is true.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::Table;
    ///
    /// # fn job(counts: Table<String, u64>) -> Table<String, u64> {
    /// counts.filter(|(_, n)| *n > 10)
    /// # }
    /// ```
    pub fn filter(self, _keep: impl Fn(&'static RowView<K, V>) -> bool) -> Table<K, V> {
        self
    }

    /// Makes another value of each row; its key stays.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::Table;
    ///
    /// # fn job(totals: Table<String, (u64, f64)>) -> Table<String, f64> {
    /// totals.map(|(_, (n, total))| total / *n as f64)
    /// # }
    /// ```
    pub fn map<P: Produce>(self, _f: impl Fn(&'static RowView<K, V>) -> P) -> Table<K, P::Data> {
        Table::new()
    }

    /// Makes another value or none of each row; its key stays.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::Table;
    ///
    /// # fn job(means: Table<String, Option<f64>>) -> Table<String, f64> {
    /// means.filter_map(|(_, mean)| *mean)
    /// # }
    /// ```
    pub fn filter_map<P: Produce>(
        self,
        _f: impl Fn(&'static RowView<K, V>) -> Option<P>,
    ) -> Table<K, P::Data> {
        Table::new()
    }

    /// Makes any number of rows of each, with keys of their own: pairs of key and value. No two may have
    /// the same key. Where the table is an output its key is a record, whose fields name its columns.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::Table;
    ///
    /// # fn job(tags: Table<u64, Vec<String>>) -> Table<(u64, String), u64> {
    /// tags.flat_map(|(id, tags)| {
    ///     let id = *id;
    ///     tags.iter().zip(1u64..).map(move |(tag, place)| ((id, tag), place))
    /// })
    /// # }
    /// ```
    pub fn flat_map<I>(self, _f: impl Fn(&'static RowView<K, V>) -> I) -> TableOf<DataOf<I::Item>>
    where
        I: IntoIterator<Item: Produce>,
        DataOf<I::Item>: Row,
    {
        Table::new()
    }

    /// `filter` that can fail: an error withholds the row, and follows the job's error policy once the
    /// row is final.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::Table;
    ///
    /// # fn job(limits: Table<String, String>) -> Table<String, String> {
    /// limits.try_filter(|(_, limit)| limit.parse::<i64>().map(|limit| limit > 0))
    /// # }
    /// ```
    pub fn try_filter<E: Display>(
        self,
        _keep: impl Fn(&'static RowView<K, V>) -> Result<bool, E>,
    ) -> Table<K, V> {
        self
    }

    /// `map` that can fail: an error withholds the row, and follows the job's error policy once the row
    /// is final.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::Table;
    ///
    /// # fn job(limits: Table<String, String>) -> Table<String, i64> {
    /// limits.try_map(|(_, limit)| limit.parse::<i64>())
    /// # }
    /// ```
    pub fn try_map<P: Produce, E: Display>(
        self,
        _f: impl Fn(&'static RowView<K, V>) -> Result<P, E>,
    ) -> Table<K, P::Data> {
        Table::new()
    }

    /// Gives each row another key, by which rows are then aggregated.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::{Table, count};
    ///
    /// # fn job(counts: Table<String, u64>) -> Table<u64, u64> {
    /// // How many keys have each count.
    /// counts.group_by(|(_, n)| *n).aggregate(count())
    /// # }
    /// ```
    pub fn group_by<P: Produce>(
        self,
        _key: impl Fn(&'static RowView<K, V>) -> P,
    ) -> Grouped<P::Data, (K, V)>
    where
        P::Data: Key,
    {
        Grouped::new()
    }

    /// The rows whose keys both tables have, with both values.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::Table;
    ///
    /// # fn job(
    /// #     orders: Table<u64, String>,
    /// #     payments: Table<u64, f64>,
    /// # ) -> Table<u64, (String, f64)> {
    /// orders.join(payments)
    /// # }
    /// ```
    pub fn join<R: Data, S: Data + SameKey<K>>(self, _other: Table<S, R>) -> Table<K, (V, R)> {
        Table::new()
    }

    /// All rows of this table, with the other's value where that has the key.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::Table;
    ///
    /// # fn job(
    /// #     orders: Table<u64, String>,
    /// #     payments: Table<u64, f64>,
    /// # ) -> Table<u64, (String, Option<f64>)> {
    /// orders.left_join(payments)
    /// # }
    /// ```
    pub fn left_join<R: Data, S: Data + SameKey<K>>(
        self,
        _other: Table<S, R>,
    ) -> Table<K, (V, Option<R>)> {
        Table::new()
    }

    /// The rows of both tables, with the values of both where both have the key.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::Table;
    ///
    /// # fn job(
    /// #     orders: Table<u64, String>,
    /// #     payments: Table<u64, f64>,
    /// # ) -> Table<u64, (Option<String>, Option<f64>)> {
    /// orders.full_join(payments)
    /// # }
    /// ```
    pub fn full_join<R: Data, S: Data + SameKey<K>>(
        self,
        _other: Table<S, R>,
    ) -> Table<K, (Option<V>, Option<R>)> {
        Table::new()
    }

    /// The rows of this table whose keys the other has.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::Table;
    ///
    /// # fn job(
    /// #     orders: Table<u64, String>,
    /// #     payments: Table<u64, f64>,
    /// # ) -> Table<u64, String> {
    /// orders.semi_join(payments)
    /// # }
    /// ```
    pub fn semi_join<R: Data, S: Data + SameKey<K>>(self, _other: Table<S, R>) -> Table<K, V> {
        self
    }

    /// The rows of this table whose keys the other does not have.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::Table;
    ///
    /// # fn job(
    /// #     orders: Table<u64, String>,
    /// #     payments: Table<u64, f64>,
    /// # ) -> Table<u64, String> {
    /// orders.anti_join(payments)
    /// # }
    /// ```
    pub fn anti_join<R: Data, S: Data + SameKey<K>>(self, _other: Table<S, R>) -> Table<K, V> {
        self
    }

    /// The rows for which the other table has the key that the closure gives, a foreign key, with both
    /// values. The key stays that of this table.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::Table;
    ///
    /// # fn job(
    /// #     orders: Table<u64, (String, f64)>,
    /// #     customers: Table<String, String>,
    /// # ) -> Table<u64, ((String, f64), String)> {
    /// orders.join_on(|(_, (customer, _))| *customer, customers)
    /// # }
    /// ```
    pub fn join_on<P: Produce, F: Data, R: Data>(
        self,
        _key: impl Fn(&'static RowView<K, V>) -> P,
        _other: Table<F, R>,
    ) -> Table<K, (V, R)>
    where
        P::Data: RefersTo<F>,
    {
        Table::new()
    }

    /// [`join_on`](Table::join_on), with all rows of this table.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::Table;
    ///
    /// # fn job(
    /// #     orders: Table<u64, (String, f64)>,
    /// #     customers: Table<String, String>,
    /// # ) -> Table<u64, ((String, f64), Option<String>)> {
    /// orders.left_join_on(|(_, (customer, _))| *customer, customers)
    /// # }
    /// ```
    pub fn left_join_on<P: Produce, F: Data, R: Data>(
        self,
        _key: impl Fn(&'static RowView<K, V>) -> P,
        _other: Table<F, R>,
    ) -> Table<K, (V, Option<R>)>
    where
        P::Data: RefersTo<F>,
    {
        Table::new()
    }
}

/// The table of rows of a type.
pub type TableOf<R> = Table<<R as Row>::Key, <R as Row>::Value>;

/// A row of a table as closures see it: key and value.
pub type RowView<K, V> = (<K as Data>::View<'static>, <V as Data>::View<'static>);

#[doc(hidden)]
#[allow(clippy::type_complexity)]
pub struct TiedRow<K: Data, V: Data, R>(PhantomData<fn() -> (K, V, R)>);

impl<K: Data, V: Data, R> TiedRow<K, V, R> {
    pub fn map(self, _f: impl Fn(&'static RowView<K, V>) -> R) -> Table<K, R::Data>
    where
        R: Produce,
    {
        Table::new()
    }

    pub fn group_by(self, _key: impl Fn(&'static RowView<K, V>) -> R) -> Grouped<R::Data, (K, V)>
    where
        R: Produce,
        R::Data: Key,
    {
        Grouped::new()
    }

    pub fn flat_map<I, K2: Data, V2: Data>(
        self,
        _f: impl Fn(&'static RowView<K, V>) -> I,
    ) -> Table<K2, V2>
    where
        I: IntoIterator<Item = R>,
        R: Produce<Data = (K2, V2)>,
    {
        Table::new()
    }
}

impl<K: Data, V: Data, P: Produce> TiedRow<K, V, Option<P>> {
    pub fn filter_map(self, _f: impl Fn(&'static RowView<K, V>) -> Option<P>) -> Table<K, P::Data> {
        Table::new()
    }
}

impl<K: Data, V: Data, P: Produce, E: Display> TiedRow<K, V, Result<P, E>> {
    pub fn try_map(self, _f: impl Fn(&'static RowView<K, V>) -> Result<P, E>) -> Table<K, P::Data> {
        Table::new()
    }
}

impl<K: Data, V: Data, E: Display> TiedRow<K, V, Result<bool, E>> {
    pub fn try_filter(self, _f: impl Fn(&'static RowView<K, V>) -> Result<bool, E>) -> Table<K, V> {
        Table::new()
    }
}

/// A row of a table, as a pair of key and value: what [`Table::flat_map`] gives.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no row of a table",
    label = "expected rows that are pairs of key and value",
    note = "such as `[(row.name, row.count)]`"
)]
pub trait Row: Data {
    /// Its key.
    type Key: Key;
    /// Its value.
    type Value: Data;
    // What stages know it by. All of it follows from one type, so that rustc says nothing of rows
    // where it rejects the job.
    #[doc(hidden)]
    type Columns;
    #[doc(hidden)]
    type Parts<'a>;

    /// Opens a batch: the columns of the key, then those of the value.
    #[doc(hidden)]
    fn open(batch: &RecordBatch, bad: &mut Bad) -> Self::Columns;

    #[doc(hidden)]
    fn parts(columns: &Self::Columns, row: usize) -> Self::Parts<'_>;
}

#[doc(hidden)]
pub struct RowColumns<K: Data, V: Data> {
    key: K::Column,
    value: V::Column,
}

impl<K: Key, V: Data> Row for (K, V) {
    type Key = K;
    type Value = V;
    type Columns = RowColumns<K, V>;
    type Parts<'a> = (K::View<'a>, V::View<'a>);

    fn open(batch: &RecordBatch, bad: &mut Bad) -> RowColumns<K, V> {
        match batch.columns().split_at_checked(K::WIDTH) {
            Some((key, value)) => RowColumns {
                key: K::Column::open_row(key, bad),
                value: V::Column::open_row(value, bad),
            },
            None => RowColumns { key: K::Column::absent(), value: V::Column::absent() },
        }
    }

    #[inline(always)]
    fn parts(columns: &RowColumns<K, V>, row: usize) -> Self::Parts<'_> {
        (columns.key.get(row), columns.value.get(row))
    }
}

impl<K: Data, V: Data> Table<K, V> {
    /// What the table holds, every so often while a stream runs, before it is final: rows of open
    /// windows, and of tables without windows. It goes to an output, and to no operator.
    ///
    /// Each time, all rows that may still change are added to the output; nothing is added if nothing
    /// has come since the last time. They depend on the clock and on the order in which records come,
    /// and are no part of what batch and stream agree on: `verify` leaves them out, and batch mode,
    /// which has no results before the final ones, gives none.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::{Early, Table, Windowed, seconds};
    ///
    /// # fn job(hourly: Table<Windowed<String>, u64>) -> (Table<Windowed<String>, u64>, Early<Windowed<String>, u64>) {
    /// let so_far = hourly.early(seconds(10));
    /// (hourly, so_far)
    /// # }
    /// ```
    pub fn early(self, _every: Span) -> Early<K, V> {
        Early::new()
    }
}

impl<K: Data, V: Data> Table<Windowed<K>, V> {
    /// Each window's row once, when no record can reach it any more; its event time is the
    /// window's last instant. Needs a lateness.
    ///
    /// ```
    /// # use ouzel_dsl as ouzel;
    /// use ouzel::{Final, Stream, Table, Windowed};
    ///
    /// # fn job(hourly: Table<Windowed<String>, u64>) -> Stream<Final<String, u64>> {
    /// hourly.finals()
    /// # }
    /// ```
    pub fn finals(self) -> Stream<Final<K, V>> {
        Stream::new()
    }
}

/// A window's final row: what [`Table::finals`] gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Final<K, V> {
    /// The key.
    pub key: K,
    /// The window.
    pub window: Window,
    /// The aggregate's result.
    pub value: V,
}

/// A borrowed [`Final`].
pub struct FinalRef<'a, K: Data, V: Data> {
    /// The key.
    pub key: K::View<'a>,
    /// The window.
    pub window: Window,
    /// The aggregate's result.
    pub value: V::View<'a>,
}

impl<K: Data, V: Data> Clone for FinalRef<'_, K, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K: Data, V: Data> Copy for FinalRef<'_, K, V> {}

impl<K: Data, V: Data> Data for Final<K, V> {
    type View<'a> = FinalRef<'a, K, V>;
    type Column = FinalColumn<K, V>;
    type Builder = FinalBuilder<K, V>;
    const WIDTH: usize = K::WIDTH + 2 + V::WIDTH;

    fn ty() -> Type {
        Type::Struct(Self::columns(&[]))
    }

    fn columns(names: &[&str]) -> Vec<Field> {
        let (key, value) = names.split_at(names.len().min(K::WIDTH));
        let mut columns = Windowed::<K>::columns(key);
        columns.extend(V::columns(value));
        columns
    }

    fn view(&self) -> FinalRef<'_, K, V> {
        FinalRef { key: self.key.view(), window: self.window, value: self.value.view() }
    }

    fn own(view: FinalRef<'_, K, V>) -> Self {
        Final { key: K::own(view.key), window: view.window, value: V::own(view.value) }
    }

    fn draw(source: &mut dyn Draw) -> Self {
        Final { key: K::draw(source), window: Window::draw(source), value: V::draw(source) }
    }

    fn shorten<'a: 'b, 'b>(view: FinalRef<'a, K, V>) -> FinalRef<'b, K, V> {
        FinalRef { key: K::shorten(view.key), window: view.window, value: V::shorten(view.value) }
    }

    fn store(view: FinalRef<'_, K, V>, out: &mut Vec<u8>) {
        K::store(view.key, out);
        view.window.store(out);
        V::store(view.value, out);
    }

    fn load<'a>(bytes: &mut &'a [u8]) -> Option<FinalRef<'a, K, V>> {
        let (key, window) = (K::load(bytes)?, Window::load(bytes)?);
        Some(FinalRef { key, window, value: V::load(bytes)? })
    }
}

impl<K: Data, V: Data> Produce for Final<K, V> {
    type Data = Final<K, V>;

    fn produce(&self) -> FinalRef<'_, K, V> {
        self.view()
    }
}

impl<K: Data, V: Data> Produce for FinalRef<'_, K, V> {
    type Data = Final<K, V>;

    fn produce(&self) -> FinalRef<'_, K, V> {
        Final::<K, V>::shorten(*self)
    }
}

/// The columns of final rows.
pub struct FinalColumn<K: Data, V: Data> {
    key: <Windowed<K> as Data>::Column,
    end: NumberColumn<Timestamp>,
    value: V::Column,
}

impl<K: Data, V: Data> FinalColumn<K, V> {
    /// The event time of a row: its window's last instant.
    #[inline(always)]
    pub fn event_time(&self, row: usize) -> i64 {
        let end: Timestamp = self.end.get(row);
        end.micros() - 1
    }
}

impl<K: Data, V: Data> Column<Final<K, V>> for FinalColumn<K, V> {
    fn absent() -> Self {
        FinalColumn {
            key: Column::<Windowed<K>>::absent(),
            end: Column::<Timestamp>::absent(),
            value: V::Column::absent(),
        }
    }

    fn open(array: &ArrayRef, _: &Field, bad: &mut Bad) -> Self {
        match arrow::array::AsArray::as_struct_opt(array) {
            Some(fields) => Self::open_row(fields.columns(), bad),
            None => Self::absent(),
        }
    }

    fn open_row(arrays: &[ArrayRef], bad: &mut Bad) -> Self {
        match (arrays.get(..K::WIDTH + 2), arrays.get(K::WIDTH + 2..)) {
            (Some(key), Some(value)) => FinalColumn {
                key: Column::<Windowed<K>>::open_row(key, bad),
                end: Column::<Timestamp>::open_row(&key[K::WIDTH + 1..], bad),
                value: V::Column::open_row(value, bad),
            },
            _ => Self::absent(),
        }
    }

    fn get(&self, row: usize) -> FinalRef<'_, K, V> {
        let key = self.key.get(row);
        FinalRef { key: key.key, window: key.window, value: self.value.get(row) }
    }
}

/// Builds the columns of final rows.
pub struct FinalBuilder<K: Data, V: Data> {
    key: <Windowed<K> as Data>::Builder,
    value: V::Builder,
}

impl<K: Data, V: Data> Default for FinalBuilder<K, V> {
    fn default() -> Self {
        FinalBuilder { key: Default::default(), value: Default::default() }
    }
}

impl<K: Data, V: Data> Builder<Final<K, V>> for FinalBuilder<K, V> {
    fn push(&mut self, view: FinalRef<'_, K, V>) {
        self.key.push(crate::window::WindowedView { key: view.key, window: view.window });
        self.value.push(view.value);
    }

    fn push_null(&mut self) {
        self.key.push_null();
        self.value.push_null();
    }

    fn finish(&mut self) -> ArrayRef {
        let mut columns = Vec::new();
        self.finish_row(&mut columns);
        let fields = Final::<K, V>::columns(&[]).iter().map(Field::arrow).collect();
        std::sync::Arc::new(arrow::array::StructArray::new(fields, columns, None))
    }

    fn finish_row(&mut self, out: &mut Vec<ArrayRef>) {
        self.key.finish_row(out);
        self.value.finish_row(out);
    }
}
