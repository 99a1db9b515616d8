//! The key of a windowed table, as data.

use super::Window;
use crate::Timestamp;
use crate::data::{Bad, Builder, Column, Data, Draw, NumberBuilder, NumberColumn, Produce};
use crate::schema::{Field, Type};
use arrow::array::ArrayRef;

/// The key of a windowed table: a key and a window. Its columns are the key's, then `window_start`
/// and `window_end`.
#[derive(Clone, Debug, PartialEq)]
pub struct Windowed<K> {
    /// The key.
    pub key: K,
    /// The window.
    pub window: Window,
}

impl<K: Data> Data for Windowed<K> {
    type View<'a> = WindowedView<'a, K>;
    type Column = PairColumn<K>;
    type Builder = PairBuilder<K>;
    const WIDTH: usize = K::WIDTH + 2;

    fn ty() -> Type {
        Type::Struct(Self::columns(&[]))
    }

    fn columns(names: &[&str]) -> Vec<Field> {
        let mut columns = K::columns(names);
        columns.push(Field::new("window_start", Type::Timestamp, false));
        columns.push(Field::new("window_end", Type::Timestamp, false));
        columns
    }

    fn view(&self) -> WindowedView<'_, K> {
        WindowedView { key: self.key.view(), window: self.window }
    }

    fn own(view: WindowedView<'_, K>) -> Self {
        Windowed { key: K::own(view.key), window: view.window }
    }

    fn draw(source: &mut dyn Draw) -> Self {
        Windowed { key: K::draw(source), window: Window::draw(source) }
    }

    fn shorten<'a: 'b, 'b>(view: WindowedView<'a, K>) -> WindowedView<'b, K> {
        WindowedView { key: K::shorten(view.key), window: view.window }
    }

    fn store(view: WindowedView<'_, K>, out: &mut Vec<u8>) {
        K::store(view.key, out);
        view.window.store(out);
    }

    fn load<'a>(bytes: &mut &'a [u8]) -> Option<WindowedView<'a, K>> {
        Some(WindowedView { key: K::load(bytes)?, window: Window::load(bytes)? })
    }
}

/// A borrowed [`Windowed`].
pub struct WindowedView<'a, K: Data> {
    /// The key.
    pub key: K::View<'a>,
    /// The window.
    pub window: Window,
}

impl<K: Data> Clone for WindowedView<'_, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K: Data> Copy for WindowedView<'_, K> {}

impl<K: Data> Produce for Windowed<K> {
    type Data = Windowed<K>;

    fn produce(&self) -> WindowedView<'_, K> {
        self.view()
    }
}

impl<K: Data> Produce for WindowedView<'_, K> {
    type Data = Windowed<K>;

    fn produce(&self) -> WindowedView<'_, K> {
        Windowed::<K>::shorten(*self)
    }
}

/// The columns of a key and its window.
pub struct PairColumn<K: Data> {
    key: K::Column,
    start: NumberColumn<Timestamp>,
    end: NumberColumn<Timestamp>,
}

impl<K: Data> Column<Windowed<K>> for PairColumn<K> {
    fn absent() -> Self {
        PairColumn {
            key: K::Column::absent(),
            start: Column::<Timestamp>::absent(),
            end: Column::<Timestamp>::absent(),
        }
    }

    fn open(array: &ArrayRef, _: &Field, bad: &mut Bad) -> Self {
        match arrow::array::AsArray::as_struct_opt(array) {
            Some(fields) => Self::open_row(fields.columns(), bad),
            None => Self::absent(),
        }
    }

    fn open_row(arrays: &[ArrayRef], bad: &mut Bad) -> Self {
        match arrays.split_at_checked(K::WIDTH) {
            Some((key, [start, end, ..])) => PairColumn {
                key: K::Column::open_row(key, bad),
                start: Column::<Timestamp>::open_row(std::slice::from_ref(start), bad),
                end: Column::<Timestamp>::open_row(std::slice::from_ref(end), bad),
            },
            _ => Self::absent(),
        }
    }

    fn get(&self, row: usize) -> WindowedView<'_, K> {
        WindowedView {
            key: self.key.get(row),
            window: Window { start: self.start.get(row), end: self.end.get(row) },
        }
    }
}

/// Builds the columns of a key and its window.
pub struct PairBuilder<K: Data> {
    key: K::Builder,
    start: NumberBuilder<Timestamp>,
    end: NumberBuilder<Timestamp>,
}

impl<K: Data> Default for PairBuilder<K> {
    fn default() -> Self {
        PairBuilder {
            key: K::Builder::default(),
            start: NumberBuilder::default(),
            end: NumberBuilder::default(),
        }
    }
}

impl<K: Data> Builder<Windowed<K>> for PairBuilder<K> {
    fn push(&mut self, view: WindowedView<'_, K>) {
        self.key.push(view.key);
        self.start.push(view.window.start);
        self.end.push(view.window.end);
    }

    fn push_null(&mut self) {
        self.key.push_null();
        self.start.push_null();
        self.end.push_null();
    }

    fn finish(&mut self) -> ArrayRef {
        let mut columns = Vec::new();
        self.finish_row(&mut columns);
        let fields = Windowed::<K>::columns(&[]).iter().map(Field::arrow).collect();
        std::sync::Arc::new(arrow::array::StructArray::new(fields, columns, None))
    }

    fn finish_row(&mut self, out: &mut Vec<ArrayRef>) {
        self.key.finish_row(out);
        self.start.finish_row(out);
        self.end.finish_row(out);
    }
}
