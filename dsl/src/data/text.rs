//! Text: owned as `String`, seen as `&str`.

use super::draw::Drawn;
use super::stored::{load_bytes, store_bytes};
use super::{Bad, Builder, Column, Data, Draw, Produce};
use crate::schema::{Field, Type};
use arrow::array::{
    Array, ArrayRef, AsArray, LargeStringArray, StringArray, StringBuilder, StringViewArray,
};
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::{DataType, Int32Type};
use std::borrow::Cow;
use std::sync::Arc;

/// A column of text in any of Arrow's layouts. Dictionaries are kept as they are: the values of a
/// dictionary stay at one address for a whole row group, and keyed state makes use of that.
pub enum TextColumn {
    /// Offsets of 32 bits.
    Plain(StringArray),
    /// Offsets of 64 bits.
    Large(LargeStringArray),
    /// Views.
    View(StringViewArray),
    /// Codes into a dictionary.
    Dictionary(ScalarBuffer<i32>, StringArray),
}

impl Data for String {
    type View<'a> = &'a str;
    type Column = TextColumn;
    type Builder = TextBuilder;

    fn ty() -> Type {
        Type::Str
    }

    fn view(&self) -> &str {
        self
    }

    fn own(view: &str) -> String {
        view.to_owned()
    }

    fn draw(source: &mut dyn Draw) -> String {
        Drawn::drawn(source)
    }

    fn shorten<'a: 'b, 'b>(view: &'a str) -> &'b str {
        view
    }

    fn store(view: &str, out: &mut Vec<u8>) {
        store_bytes(view.as_bytes(), out);
    }

    fn load<'a>(bytes: &mut &'a [u8]) -> Option<&'a str> {
        std::str::from_utf8(load_bytes(bytes)?).ok()
    }
}

impl Produce for String {
    type Data = String;

    fn produce(&self) -> &str {
        self
    }
}

impl Produce for &str {
    type Data = String;

    fn produce(&self) -> &str {
        self
    }
}

impl Produce for Cow<'_, str> {
    type Data = String;

    fn produce(&self) -> &str {
        self
    }
}

impl Column<String> for TextColumn {
    fn absent() -> Self {
        TextColumn::Plain(StringArray::from(Vec::<&str>::new()))
    }

    fn open(array: &ArrayRef, field: &Field, bad: &mut Bad) -> Self {
        match array.data_type() {
            DataType::LargeUtf8 => TextColumn::Large(array.as_string().clone()),
            DataType::Utf8View => TextColumn::View(array.as_string_view().clone()),
            DataType::Utf8 => TextColumn::Plain(array.as_string().clone()),
            found => match dictionary(array, found) {
                Some(column) => column,
                None => {
                    bad.mistyped(array, field);
                    <TextColumn as Column<String>>::absent()
                }
            },
        }
    }

    #[inline(always)]
    fn get(&self, row: usize) -> &str {
        match self {
            TextColumn::Dictionary(codes, values) => {
                let code = codes.get(row).map_or(usize::MAX, |c| *c as usize);
                if code < values.len() { values.value(code) } else { "" }
            }
            TextColumn::Plain(array) if row < array.len() => array.value(row),
            TextColumn::Large(array) if row < array.len() => array.value(row),
            TextColumn::View(array) if row < array.len() => array.value(row),
            _ => "",
        }
    }
}

/// A dictionary of text, brought to codes of 32 bits and plain values if it has others.
fn dictionary(array: &ArrayRef, found: &DataType) -> Option<TextColumn> {
    let DataType::Dictionary(_, values) = found else { return None };
    if !values.is_string() {
        return None;
    }
    let held = |array: &ArrayRef| {
        let codes = array.as_dictionary_opt::<Int32Type>()?;
        let values = codes.values().as_string_opt::<i32>()?.clone();
        Some(TextColumn::Dictionary(codes.keys().values().clone(), values))
    };
    let common = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    held(array).or_else(|| held(&arrow::compute::cast(array, &common).ok()?))
}

/// Builds a column of text.
#[derive(Default)]
pub struct TextBuilder(StringBuilder);

impl Builder<String> for TextBuilder {
    fn push(&mut self, view: &str) {
        self.0.append_value(view);
    }

    fn push_null(&mut self) {
        self.0.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}
