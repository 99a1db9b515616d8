//! Tables: maps from key to value.

use crate::Timestamp;
use crate::data::{Bad, Builder, Column, Data, Draw, NumberColumn, Produce};
use crate::schema::{Field, Type};
use crate::stream::Stream;
use crate::window::{Window, Windowed};
use arrow::array::ArrayRef;
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
