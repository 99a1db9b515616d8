//! Bytes: owned as [`Bytes`], seen as `&[u8]`.

use super::draw::{length, one_of};
use super::stored::{load_bytes, store_bytes};
use super::{Bad, Builder, Column, Data, Draw, Produce};
use crate::schema::{Field, Type};
use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, BinaryBuilder};
use arrow::datatypes::DataType;
use std::sync::Arc;

/// A string of bytes. A type of its own, since a `Vec<u8>` is a list of numbers.
#[derive(
    Clone,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
pub struct Bytes(pub Vec<u8>);

/// A column of bytes.
pub struct BytesColumn(BinaryArray);

impl Data for Bytes {
    type View<'a> = &'a [u8];
    type Column = BytesColumn;
    type Builder = BytesBuilder;

    fn ty() -> Type {
        Type::Bytes
    }

    fn view(&self) -> &[u8] {
        &self.0
    }

    fn own(view: &[u8]) -> Bytes {
        Bytes(view.to_vec())
    }

    fn draw(source: &mut dyn Draw) -> Bytes {
        Bytes((0..length(source)).map(|_| one_of(&[0, b'a', 0xFF], source)).collect())
    }

    fn shorten<'a: 'b, 'b>(view: &'a [u8]) -> &'b [u8] {
        view
    }

    fn store(view: &[u8], out: &mut Vec<u8>) {
        store_bytes(view, out);
    }

    fn load<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
        load_bytes(bytes)
    }
}

impl Produce for Bytes {
    type Data = Bytes;

    fn produce(&self) -> &[u8] {
        &self.0
    }
}

impl Produce for &[u8] {
    type Data = Bytes;

    fn produce(&self) -> &[u8] {
        self
    }
}

impl Column<Bytes> for BytesColumn {
    fn absent() -> Self {
        BytesColumn(BinaryArray::from(Vec::<&[u8]>::new()))
    }

    fn open(array: &ArrayRef, field: &Field, bad: &mut Bad) -> Self {
        match array.data_type() {
            DataType::Binary => BytesColumn(array.as_binary().clone()),
            DataType::LargeBinary => BytesColumn(array.as_binary::<i64>().iter().collect()),
            DataType::BinaryView => BytesColumn(array.as_binary_view().iter().collect()),
            _ => {
                let text = super::TextColumn::open(array, field, bad);
                let get = |row| {
                    let text: &str = Column::<String>::get(&text, row);
                    array.is_valid(row).then_some(text.as_bytes())
                };
                BytesColumn((0..array.len()).map(get).collect())
            }
        }
    }

    #[inline(always)]
    fn get(&self, row: usize) -> &[u8] {
        if row < self.0.len() { self.0.value(row) } else { &[] }
    }
}

/// Builds a column of bytes.
#[derive(Default)]
pub struct BytesBuilder(BinaryBuilder);

impl Builder<Bytes> for BytesBuilder {
    fn push(&mut self, view: &[u8]) {
        self.0.append_value(view);
    }

    fn push_null(&mut self) {
        self.0.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}
