//! Lists: owned as `Vec<T>`, seen as [`List`].

use super::draw::length;
use super::stored::{load_bytes, load_length, store_bytes, store_length};
use super::{Bad, Builder, Column, Data, Draw, Produce, open_field};
use crate::schema::{Field, Type};
use arrow::array::NullBufferBuilder;
use arrow::array::{Array, ArrayRef, AsArray, ListArray};
use arrow::buffer::{OffsetBuffer, ScalarBuffer};
use arrow::datatypes::DataType;
use std::sync::Arc;

/// A borrowed list: of owned values, a range of a column, or values as bytes.
pub struct List<'a, T: Data>(Source<'a, T>);

enum Source<'a, T: Data> {
    Slice(&'a [T]),
    Column(&'a T::Column, usize, usize),
    /// Values as they are stored, and how many there should be.
    Stored(&'a [u8], usize),
}

impl<T: Data> Clone for List<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Data> Copy for List<'_, T> {}

impl<T: Data> Clone for Source<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Data> Copy for Source<'_, T> {}

impl<'a, T: Data> List<'a, T> {
    /// How many values it holds.
    pub fn len(&self) -> usize {
        match self.0 {
            Source::Slice(values) => values.len(),
            Source::Column(_, start, end) => end - start,
            Source::Stored(_, count) => count,
        }
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value at an index. In a list that keyed state holds, those before it are read too.
    pub fn get(&self, index: usize) -> Option<T::View<'a>> {
        match self.0 {
            Source::Slice(values) => values.get(index).map(T::view),
            Source::Column(column, start, end) => {
                (index < end - start).then(|| column.get(start + index))
            }
            Source::Stored(..) => self.iter().nth(index),
        }
    }

    /// All values in order.
    pub fn iter(&self) -> ListIter<'a, T> {
        ListIter(*self)
    }
}

/// The values of a [`List`] in order: what is left of it.
pub struct ListIter<'a, T: Data>(List<'a, T>);

impl<'a, T: Data> Iterator for ListIter<'a, T> {
    type Item = T::View<'a>;

    fn next(&mut self) -> Option<T::View<'a>> {
        match &mut self.0.0 {
            Source::Slice(values) => {
                let (first, rest) = values.split_first()?;
                *values = rest;
                Some(first.view())
            }
            Source::Column(column, start, end) => {
                let row = *start;
                (row < *end).then(|| {
                    *start = row + 1;
                    column.get(row)
                })
            }
            Source::Stored(bytes, count) => {
                *count = count.checked_sub(1)?;
                let value = T::load(bytes);
                if value.is_none() {
                    *count = 0;
                }
                value
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.len(), Some(self.0.len()))
    }
}

impl<T: Data> ExactSizeIterator for ListIter<'_, T> {}

impl<'a, T: Data> IntoIterator for List<'a, T> {
    type Item = T::View<'a>;
    type IntoIter = ListIter<'a, T>;

    fn into_iter(self) -> ListIter<'a, T> {
        self.iter()
    }
}

impl<'a, T: Data> From<&'a [T]> for List<'a, T> {
    fn from(values: &'a [T]) -> Self {
        List(Source::Slice(values))
    }
}

impl<'a, T: Data> From<&'a Vec<T>> for List<'a, T> {
    fn from(values: &'a Vec<T>) -> Self {
        List(Source::Slice(values))
    }
}

impl<'a, T: Data> std::fmt::Debug for List<'a, T>
where
    T::View<'a>: std::fmt::Debug,
{
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a, T: Data> PartialEq for List<'a, T>
where
    T::View<'a>: PartialEq,
{
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().zip(other.iter()).all(|(a, b)| a == b)
    }
}

impl<T: Data> Data for Vec<T> {
    type View<'a> = List<'a, T>;
    type Column = ListColumn<T>;
    type Builder = ListBuilder<T>;

    fn ty() -> Type {
        Type::List(Box::new(Field::new("item", T::ty(), T::NULLABLE)))
    }

    fn view(&self) -> List<'_, T> {
        List(Source::Slice(self))
    }

    fn own(view: List<'_, T>) -> Self {
        view.iter().map(T::own).collect()
    }

    fn draw(source: &mut dyn Draw) -> Self {
        (0..length(source)).map(|_| T::draw(source)).collect()
    }

    fn shorten<'a: 'b, 'b>(view: List<'a, T>) -> List<'b, T> {
        match view.0 {
            Source::Slice(values) => List(Source::Slice(values)),
            Source::Column(column, start, end) => List(Source::Column(column, start, end)),
            Source::Stored(bytes, count) => List(Source::Stored(bytes, count)),
        }
    }

    /// The number of items, then their bytes after the length of these: a list is passed over
    /// without a look at its items.
    fn store(view: List<'_, T>, out: &mut Vec<u8>) {
        store_length(view.len(), out);
        if let Source::Stored(bytes, _) = view.0 {
            return store_bytes(bytes, out);
        }
        let start = out.len();
        view.iter().for_each(|item| T::store(item, out));
        let end = out.len();
        // The length is known only now, and goes before.
        store_length(end - start, out);
        let length = out.len() - end;
        out[start..].rotate_right(length);
    }

    fn load<'a>(bytes: &mut &'a [u8]) -> Option<List<'a, T>> {
        let count = load_length(bytes)?;
        let items = load_bytes(bytes)?;
        (count <= items.len()).then_some(List(Source::Stored(items, count)))
    }
}

impl<T: Data> Produce for Vec<T> {
    type Data = Vec<T>;

    fn produce(&self) -> List<'_, T> {
        self.view()
    }
}

impl<T: Data> Produce for List<'_, T> {
    type Data = Vec<T>;

    fn produce(&self) -> List<'_, T> {
        Vec::<T>::shorten(*self)
    }
}

/// A column of lists.
pub struct ListColumn<T: Data> {
    offsets: ScalarBuffer<i64>,
    values: T::Column,
}

impl<T: Data> Column<Vec<T>> for ListColumn<T> {
    fn absent() -> Self {
        ListColumn { offsets: ScalarBuffer::from(Vec::new()), values: T::Column::absent() }
    }

    fn open(array: &ArrayRef, field: &Field, bad: &mut Bad) -> Self {
        let (offsets, values): (ScalarBuffer<i64>, &ArrayRef) = match array.data_type() {
            DataType::List(_) => {
                let list = array.as_list::<i32>();
                (list.offsets().iter().map(|o| i64::from(*o)).collect(), list.values())
            }
            DataType::LargeList(_) => {
                let list = array.as_list::<i64>();
                (list.offsets().inner().clone(), list.values())
            }
            _ => {
                bad.mistyped(array, field);
                return Self::absent();
            }
        };
        let item = match &field.ty {
            Type::List(item) => Field { name: field.name.clone(), ..(**item).clone() },
            _ => field.clone(),
        };
        let mut bad_items = Bad::default();
        let values = open_field::<T>(values, &item, &mut bad_items);
        for (index, reason) in bad_items.iter() {
            // An item before the first list, after the last or under a null belongs to no row.
            let row = offsets.partition_point(|o| *o <= index as i64).checked_sub(1);
            if let Some(row) = row.filter(|row| *row < array.len() && array.is_valid(*row)) {
                bad.note(row, || reason.to_owned());
            }
        }
        ListColumn { offsets, values }
    }

    #[inline]
    fn get(&self, row: usize) -> List<'_, T> {
        match (self.offsets.get(row), self.offsets.get(row + 1)) {
            (Some(start), Some(end)) => {
                List(Source::Column(&self.values, *start as usize, *end as usize))
            }
            _ => List(Source::Slice(&[])),
        }
    }
}

/// Builds a column of lists.
pub struct ListBuilder<T: Data> {
    offsets: Vec<i32>,
    values: T::Builder,
    nulls: NullBufferBuilder,
}

impl<T: Data> Default for ListBuilder<T> {
    fn default() -> Self {
        ListBuilder {
            offsets: vec![0],
            values: T::Builder::default(),
            nulls: NullBufferBuilder::new(0),
        }
    }
}

impl<T: Data> Builder<Vec<T>> for ListBuilder<T> {
    fn push(&mut self, view: List<'_, T>) {
        let mut end = self.offsets.last().copied().unwrap_or(0);
        // Counted here, since a damaged list ends early.
        for value in view {
            self.values.push(value);
            end += 1;
        }
        self.offsets.push(end);
        self.nulls.append_non_null();
    }

    fn push_null(&mut self) {
        let end = self.offsets.last().copied().unwrap_or(0);
        self.offsets.push(end);
        self.nulls.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        let values = self.values.finish();
        let offsets = OffsetBuffer::new(std::mem::replace(&mut self.offsets, vec![0]).into());
        let item = Field::new("item", T::ty(), T::NULLABLE).arrow();
        Arc::new(ListArray::new(Arc::new(item), offsets, values, self.nulls.finish()))
    }
}
