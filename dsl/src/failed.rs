//! Records that an operator failed on: what `errors` gives.

use crate::data::{Bad, Builder, Column, Data, Draw, Produce, TextColumn};
use crate::schema::{Field, Type};
use arrow::array::{ArrayRef, AsArray, StructArray};
use std::sync::Arc;

/// A record that an operator failed on: what [`Stream::errors`](crate::Stream::errors) gives. Its
/// event time and address are the record's.
#[derive(Clone, Debug, PartialEq)]
pub struct Failed<T> {
    /// The record that the operator took.
    pub record: T,
    /// What was wrong: the error that the closure gave, or what it panicked with, and where.
    pub error: String,
}

/// A borrowed [`Failed`].
pub struct FailedRef<'a, T: Data> {
    /// The record that the operator took.
    pub record: T::View<'a>,
    /// What was wrong.
    pub error: &'a str,
}

impl<T: Data> Clone for FailedRef<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Data> Copy for FailedRef<'_, T> {}

impl<T: Data> Data for Failed<T> {
    type View<'a> = FailedRef<'a, T>;
    type Column = FailedColumn<T>;
    type Builder = FailedBuilder<T>;
    const WIDTH: usize = T::WIDTH + 1;

    fn ty() -> Type {
        Type::Struct(Self::columns(&[]))
    }

    fn columns(names: &[&str]) -> Vec<Field> {
        let mut columns = T::columns(names);
        columns.push(Field::new("error", String::ty(), false));
        columns
    }

    fn view(&self) -> FailedRef<'_, T> {
        FailedRef { record: self.record.view(), error: &self.error }
    }

    fn own(view: FailedRef<'_, T>) -> Self {
        Failed { record: T::own(view.record), error: view.error.to_owned() }
    }

    fn draw(source: &mut dyn Draw) -> Self {
        Failed { record: T::draw(source), error: String::draw(source) }
    }

    fn shorten<'a: 'b, 'b>(view: FailedRef<'a, T>) -> FailedRef<'b, T> {
        FailedRef { record: T::shorten(view.record), error: view.error }
    }

    fn store(view: FailedRef<'_, T>, out: &mut Vec<u8>) {
        T::store(view.record, out);
        String::store(view.error, out);
    }

    fn load<'a>(bytes: &mut &'a [u8]) -> Option<FailedRef<'a, T>> {
        Some(FailedRef { record: T::load(bytes)?, error: String::load(bytes)? })
    }
}

impl<T: Data> Produce for Failed<T> {
    type Data = Failed<T>;

    fn produce(&self) -> FailedRef<'_, T> {
        self.view()
    }
}

impl<T: Data> Produce for FailedRef<'_, T> {
    type Data = Failed<T>;

    fn produce(&self) -> FailedRef<'_, T> {
        Failed::<T>::shorten(*self)
    }
}

/// A failed record, where its type is known by a tie.
#[doc(hidden)]
#[inline(always)]
pub fn failed<'a: 'b, 'b, T: Data>(
    _: crate::Tie<T>,
    record: T::View<'a>,
    error: &'b str,
) -> FailedRef<'b, T> {
    FailedRef { record: T::shorten(record), error }
}

impl<T: crate::data::Named> crate::data::Named for Failed<T> {}

/// The columns of failed records.
pub struct FailedColumn<T: Data> {
    record: T::Column,
    error: TextColumn,
}

impl<T: Data> Column<Failed<T>> for FailedColumn<T> {
    fn absent() -> Self {
        FailedColumn { record: T::Column::absent(), error: Column::<String>::absent() }
    }

    fn open(array: &ArrayRef, _: &Field, bad: &mut Bad) -> Self {
        match AsArray::as_struct_opt(array) {
            Some(fields) => Self::open_row(fields.columns(), bad),
            None => Self::absent(),
        }
    }

    fn open_row(arrays: &[ArrayRef], bad: &mut Bad) -> Self {
        match (arrays.get(..T::WIDTH), arrays.get(T::WIDTH..)) {
            (Some(record), Some(error)) => FailedColumn {
                record: T::Column::open_row(record, bad),
                error: Column::<String>::open_row(error, bad),
            },
            _ => Self::absent(),
        }
    }

    fn get(&self, row: usize) -> FailedRef<'_, T> {
        FailedRef { record: self.record.get(row), error: Column::<String>::get(&self.error, row) }
    }
}

/// Builds the columns of failed records.
pub struct FailedBuilder<T: Data> {
    record: T::Builder,
    error: <String as Data>::Builder,
}

impl<T: Data> Default for FailedBuilder<T> {
    fn default() -> Self {
        FailedBuilder { record: Default::default(), error: Default::default() }
    }
}

impl<T: Data> Builder<Failed<T>> for FailedBuilder<T> {
    fn push(&mut self, view: FailedRef<'_, T>) {
        self.record.push(view.record);
        Builder::<String>::push(&mut self.error, view.error);
    }

    fn push_null(&mut self) {
        self.record.push_null();
        Builder::<String>::push_null(&mut self.error);
    }

    fn finish(&mut self) -> ArrayRef {
        let mut columns = Vec::new();
        self.finish_row(&mut columns);
        let fields = Failed::<T>::columns(&[]).iter().map(Field::arrow).collect();
        Arc::new(StructArray::new(fields, columns, None))
    }

    fn finish_row(&mut self, out: &mut Vec<ArrayRef>) {
        self.record.finish_row(out);
        Builder::<String>::finish_row(&mut self.error, out);
    }
}
