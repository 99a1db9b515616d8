//! Tables: maps from key to value.

use crate::Timestamp;
use crate::data::{Bad, Builder, Column, Data, Draw, NumberColumn, Produce};
use crate::grouped::Grouped;
use crate::key::Key;
use crate::schema::{Field, Type};
use crate::stream::{Stream, Tie};
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
    pub fn named(self, _name: &'static str) -> Self {
        self
    }

    #[doc(hidden)]
    pub fn tied<R>(self, _: Tie<R>) -> TiedRow<K, V, R> {
        TiedRow(PhantomData)
    }

    #[doc(hidden)]
    pub fn tie_table(self, _: Tie<K>, _: Tie<V>) -> Self {
        self
    }

    /// The rows, each a key and a value, for which the closure is true.
    pub fn filter(self, _keep: impl Fn(&'static RowView<K, V>) -> bool) -> Table<K, V> {
        self
    }

    /// Makes another value of each row; its key stays.
    pub fn map<P: Produce>(self, _f: impl Fn(&'static RowView<K, V>) -> P) -> Table<K, P::Data> {
        Table::new()
    }

    /// Makes another value or none of each row; its key stays.
    pub fn filter_map<P: Produce>(
        self,
        _f: impl Fn(&'static RowView<K, V>) -> Option<P>,
    ) -> Table<K, P::Data> {
        Table::new()
    }

    /// Makes any number of rows of each, with keys of their own: pairs of key and value. No two may have
    /// the same key.
    pub fn flat_map<I, K2: Data, V2: Data>(
        self,
        _f: impl Fn(&'static RowView<K, V>) -> I,
    ) -> Table<K2, V2>
    where
        I: IntoIterator<Item: Produce<Data = (K2, V2)>>,
    {
        Table::new()
    }

    /// `filter` that can fail: an error withholds the row, and follows the job's error policy once the
    /// row is final.
    pub fn try_filter<E: Display>(
        self,
        _keep: impl Fn(&'static RowView<K, V>) -> Result<bool, E>,
    ) -> Table<K, V> {
        self
    }

    /// `map` that can fail: an error withholds the row, and follows the job's error policy once the row
    /// is final.
    pub fn try_map<P: Produce, E: Display>(
        self,
        _f: impl Fn(&'static RowView<K, V>) -> Result<P, E>,
    ) -> Table<K, P::Data> {
        Table::new()
    }

    /// Gives each row another key, by which rows are then aggregated.
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
    pub fn join<R: Data>(self, _other: Table<K, R>) -> Table<K, (V, R)> {
        Table::new()
    }

    /// All rows of this table, with the other's value where that has the key.
    pub fn left_join<R: Data>(self, _other: Table<K, R>) -> Table<K, (V, Option<R>)> {
        Table::new()
    }

    /// The rows of both tables, with the values of both where both have the key.
    pub fn full_join<R: Data>(self, _other: Table<K, R>) -> Table<K, (Option<V>, Option<R>)> {
        Table::new()
    }

    /// The rows of this table whose keys the other has.
    pub fn semi_join<R: Data>(self, _other: Table<K, R>) -> Table<K, V> {
        self
    }

    /// The rows of this table whose keys the other does not have.
    pub fn anti_join<R: Data>(self, _other: Table<K, R>) -> Table<K, V> {
        self
    }

    /// The rows for which the other table has the key that the closure gives, a foreign key, with both
    /// values. The key stays that of this table.
    pub fn join_on<P: Produce, R: Data>(
        self,
        _key: impl Fn(&'static RowView<K, V>) -> P,
        _other: Table<P::Data, R>,
    ) -> Table<K, (V, R)>
    where
        P::Data: Key,
    {
        Table::new()
    }

    /// [`join_on`](Table::join_on), with all rows of this table.
    pub fn left_join_on<P: Produce, R: Data>(
        self,
        _key: impl Fn(&'static RowView<K, V>) -> P,
        _other: Table<P::Data, R>,
    ) -> Table<K, (V, Option<R>)>
    where
        P::Data: Key,
    {
        Table::new()
    }
}

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

/// Opens the rows of a table.
pub struct RowColumn<K: Data, V: Data> {
    key: K::Column,
    value: V::Column,
}

impl<K: Data, V: Data> RowColumn<K, V> {
    /// Opens a batch: the columns of the key, then those of the value.
    pub fn open(batch: &RecordBatch, bad: &mut Bad) -> Self {
        match batch.columns().split_at_checked(K::WIDTH) {
            Some((key, value)) => RowColumn {
                key: K::Column::open_row(key, bad),
                value: V::Column::open_row(value, bad),
            },
            None => RowColumn { key: K::Column::absent(), value: V::Column::absent() },
        }
    }

    /// A row.
    #[inline(always)]
    pub fn get(&self, row: usize) -> (K::View<'_>, V::View<'_>) {
        (self.key.get(row), self.value.get(row))
    }
}

impl<K: Data, V: Data> Table<Windowed<K>, V> {
    /// Each window's row once, when no record can reach it any more; its event time is the
    /// window's last instant. Needs a lateness.
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
