//! Enums without fields: text on the wire, their own view.

use super::draw::one_of;
use super::stored::{load_length, store_length};
use super::{Bad, Builder, Column, Data, Draw, TextColumn};
use crate::schema::{Field, nearest};
use arrow::array::{Array, ArrayRef, StringBuilder};
use std::marker::PhantomData;
use std::sync::Arc;

/// An enum without fields; made by `#[derive(Record)]`.
pub trait Enumeration: for<'a> Data<View<'a> = Self> + Copy {
    /// The first variant: what a column holds that was not decoded.
    const FIRST: Self;
    /// The variants in the order of their declaration.
    const VALUES: &'static [Self];
    /// Their names on the wire.
    const NAMES: &'static [&'static str];

    /// The variant's place in the order of declaration.
    fn index(self) -> usize;
}

/// What an enum must be to be its own view. The one implementation is hidden from rustc's errors,
/// so that they say what is needed and not how it is checked.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the enum `{Self}` cannot travel on a stream, since it is not `Copy`",
    label = "put `#[derive(Clone, Copy)]` on this"
)]
pub trait EnumView {}

#[diagnostic::do_not_recommend]
impl<T: Copy> EnumView for T {}

#[doc(hidden)]
pub fn enum_on_stream<T: EnumView>() {}

/// Appends the variant's number.
#[doc(hidden)]
pub fn store_variant<T: Enumeration>(view: T, out: &mut Vec<u8>) {
    store_length(view.index(), out);
}

/// Reads a variant by its number.
#[doc(hidden)]
pub fn load_variant<T: Enumeration>(bytes: &mut &[u8]) -> Option<T> {
    T::VALUES.get(load_length(bytes)?).copied()
}

/// Draws a variant.
#[doc(hidden)]
pub fn draw_variant<T: Enumeration>(source: &mut dyn Draw) -> T {
    one_of(T::VALUES, source)
}

/// A column of text read as an enum.
pub struct EnumColumn<T>(Vec<T>);

impl<T: Enumeration> Column<T> for EnumColumn<T> {
    fn absent() -> Self {
        EnumColumn(Vec::new())
    }

    fn open(array: &ArrayRef, field: &Field, bad: &mut Bad) -> Self {
        let texts = TextColumn::open(array, field, bad);
        let nulls = array.logical_nulls();
        let mut read = |row, value: Option<T>, text: &str| {
            value.unwrap_or_else(|| {
                if nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row)) {
                    bad.note(row, || unknown::<T>(text, field));
                }
                T::FIRST
            })
        };
        let values = match &texts {
            // Each of the dictionary's names is looked up once.
            TextColumn::Dictionary(codes, names) => {
                let known: Vec<_> = names.iter().map(|name| named(name.unwrap_or(""))).collect();
                let name = |code: i32| match usize::try_from(code) {
                    Ok(code) if code < names.len() => names.value(code),
                    _ => "",
                };
                let value = |code: i32| known.get(usize::try_from(code).ok()?).copied().flatten();
                let codes = codes.iter().enumerate();
                codes.map(|(row, code)| read(row, value(*code), name(*code))).collect()
            }
            texts => {
                let text = |row| <TextColumn as Column<String>>::get(texts, row);
                (0..array.len()).map(|row| read(row, named(text(row)), text(row))).collect()
            }
        };
        EnumColumn(values)
    }

    #[inline(always)]
    fn get(&self, row: usize) -> T {
        self.0.get(row).copied().unwrap_or(T::FIRST)
    }
}

/// The variant of this name.
fn named<T: Enumeration>(text: &str) -> Option<T> {
    let index = T::NAMES.iter().position(|name| *name == text)?;
    T::VALUES.get(index).copied()
}

/// Why a text is no variant.
#[cold]
fn unknown<T: Enumeration>(text: &str, field: &Field) -> String {
    let column = &field.name;
    match nearest(text, T::NAMES.iter().copied()) {
        Some(name) => format!("column `{column}`: unknown name {text:?}; did you mean `{name}`?"),
        None => {
            let names = T::NAMES.join(", ");
            format!("column `{column}`: unknown name {text:?}; expected one of {names}")
        }
    }
}

/// Builds a column of an enum's names.
pub struct EnumBuilder<T>(StringBuilder, PhantomData<fn(T)>);

impl<T> Default for EnumBuilder<T> {
    fn default() -> Self {
        EnumBuilder(StringBuilder::new(), PhantomData)
    }
}

impl<T: Enumeration> Builder<T> for EnumBuilder<T> {
    fn push(&mut self, view: T) {
        self.0.append_value(T::NAMES.get(view.index()).copied().unwrap_or_default());
    }

    fn push_null(&mut self) {
        self.0.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}
