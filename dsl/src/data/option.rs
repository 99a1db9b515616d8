//! Options, and fields with a default in the place of null.

use super::stored::take;
use super::{Bad, Builder, Column, Data, Draw, Produce};
use crate::schema::{Field, Type};
use arrow::array::{Array, ArrayRef};
use arrow::buffer::NullBuffer;
use std::marker::PhantomData;

impl<T: Data> Data for Option<T> {
    type View<'a> = Option<T::View<'a>>;
    type Column = OptionColumn<T>;
    type Builder = OptionBuilder<T>;
    const NULLABLE: bool = true;

    fn ty() -> Type {
        T::ty()
    }

    fn view(&self) -> Option<T::View<'_>> {
        self.as_ref().map(T::view)
    }

    fn own(view: Option<T::View<'_>>) -> Self {
        view.map(T::own)
    }

    fn draw(source: &mut dyn Draw) -> Self {
        (source.choose(3) > 0).then(|| T::draw(source))
    }

    fn shorten<'a: 'b, 'b>(view: Self::View<'a>) -> Self::View<'b> {
        view.map(T::shorten)
    }

    fn store(view: Self::View<'_>, out: &mut Vec<u8>) {
        out.push(u8::from(view.is_some()));
        if let Some(view) = view {
            T::store(view, out);
        }
    }

    fn load<'a>(bytes: &mut &'a [u8]) -> Option<Self::View<'a>> {
        match take(bytes)? {
            [0] => Some(None),
            [1] => T::load(bytes).map(Some),
            _ => None,
        }
    }
}

impl<P: Produce> Produce for Option<P> {
    type Data = Option<P::Data>;

    fn produce(&self) -> Option<<P::Data as Data>::View<'_>> {
        self.as_ref().map(P::produce)
    }
}

/// A column whose nulls are `None`.
pub struct OptionColumn<T: Data> {
    nulls: Option<NullBuffer>,
    values: T::Column,
}

impl<T: Data> Column<Option<T>> for OptionColumn<T> {
    fn absent() -> Self {
        OptionColumn { nulls: None, values: T::Column::absent() }
    }

    fn open(array: &ArrayRef, field: &Field, bad: &mut Bad) -> Self {
        let nulls = array.logical_nulls().filter(|n| n.null_count() > 0);
        OptionColumn { nulls, values: T::Column::open(array, field, bad) }
    }

    #[inline(always)]
    fn get(&self, row: usize) -> Option<T::View<'_>> {
        match &self.nulls {
            Some(nulls) if nulls.is_null(row) => None,
            _ => Some(self.values.get(row)),
        }
    }
}

/// Builds a column of options.
pub struct OptionBuilder<T: Data>(T::Builder, PhantomData<fn(T)>);

impl<T: Data> Default for OptionBuilder<T> {
    fn default() -> Self {
        OptionBuilder(T::Builder::default(), PhantomData)
    }
}

impl<T: Data> Builder<Option<T>> for OptionBuilder<T> {
    fn push(&mut self, view: Option<T::View<'_>>) {
        match view {
            Some(view) => self.0.push(view),
            None => self.0.push_null(),
        }
    }

    fn push_null(&mut self) {
        self.0.push_null();
    }

    fn finish(&mut self) -> ArrayRef {
        self.0.finish()
    }
}

/// A column in which a missing value is a default.
pub struct DefaultColumn<T: Data> {
    values: Option<OptionColumn<T>>,
    default: T,
}

impl<T: Data> DefaultColumn<T> {
    /// Stands in for a missing column.
    pub fn absent(default: T) -> Self {
        DefaultColumn { values: None, default }
    }

    /// Opens the column, or stands in for a missing one.
    pub fn open(array: Option<&ArrayRef>, default: T, field: &Field, bad: &mut Bad) -> Self {
        let values = array.map(|array| OptionColumn::open(array, field, bad));
        DefaultColumn { values, default }
    }

    /// The value in a row, or the default.
    #[inline(always)]
    pub fn get(&self, row: usize) -> T::View<'_> {
        match &self.values {
            Some(values) => values.get(row).unwrap_or_else(|| self.default.view()),
            None => self.default.view(),
        }
    }
}
