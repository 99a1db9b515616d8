//! What may travel on a stream: [`Data`], its borrowed view, its typed column and its builder.
//!
//! Every type here comes in five forms. The owned value (`String`) is what state keeps. The *view*
//! (`&str`) is what closures see: it is `Copy` and borrows, so that a row never has to own its
//! strings. The [`Column`] reads views out of Arrow arrays, the [`Builder`] writes them back. As
//! bytes ([`Data::store`]) it lies in keyed state, and views read it there.

mod bytes;
mod draw;
mod enumeration;
mod list;
mod nested;
mod number;
mod option;
pub(crate) mod stored;
mod text;
mod tuple;
mod wire;

pub use bytes::{Bytes, BytesBuilder, BytesColumn};
pub use draw::{Draw, zigzag};
pub use enumeration::{EnumBuilder, EnumColumn, Enumeration};
#[doc(hidden)]
pub use enumeration::{EnumView, draw_variant, enum_on_stream, load_variant, store_variant};
pub use list::{List, ListBuilder, ListColumn, ListIter};
#[doc(hidden)]
pub use nested::{Nulls, nested, struct_array};
pub use number::{BoolBuilder, BoolColumn, NumberBuilder, NumberColumn};
pub use option::{DefaultColumn, OptionBuilder, OptionColumn};
pub use text::{TextBuilder, TextColumn};
#[doc(hidden)]
pub use wire::{event_times, written};

use crate::schema::{Field, Type};
use arrow::array::{Array, ArrayRef};
use std::collections::BTreeMap;

/// A value that a stream can carry: a number, text, a time, a record, or options, lists and tuples
/// of these.
///
/// `#[derive(Record)]` implements it for structs and for enums without fields. It does not ask for
/// `Clone`: `T::own(value.view())` makes a second one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot travel on a stream",
    label = "not a type that Ouzel can store, encode and compare",
    note = "use numbers, `String`, `Timestamp`, options, lists or tuples of these, or a type with `#[derive(Record)]`"
)]
pub trait Data: Sized + Send + Sync + 'static {
    /// The borrowed form that closures see.
    type View<'a>: Copy;
    /// Reads views from Arrow.
    type Column: Column<Self>;
    /// Writes views to Arrow.
    type Builder: Builder<Self>;
    /// How many columns the value takes where it is a whole row: one, or one a field of a record
    /// or tuple.
    const WIDTH: usize = 1;
    /// The names of these columns, where the type brings them: a record's.
    const COLUMNS: &'static [&'static str] = &[];
    /// Whether null is one of its values.
    const NULLABLE: bool = false;

    /// The type's description.
    fn ty() -> Type;

    /// The columns of a row of this type. `names` has one name for each, where the job gives
    /// them; a record brings its own.
    fn columns(names: &[&str]) -> Vec<Field> {
        let name = names.first().copied().unwrap_or("value");
        vec![Field::new(name, Self::ty(), Self::NULLABLE)]
    }

    /// Borrows the value.
    fn view(&self) -> Self::View<'_>;

    /// Owns a view.
    fn own(view: Self::View<'_>) -> Self;

    /// Draws a value: what property tests are fed with. See [`Draw`].
    #[doc(hidden)]
    fn draw(source: &mut dyn Draw) -> Self;

    /// The same view for a shorter time.
    fn shorten<'a: 'b, 'b>(view: Self::View<'a>) -> Self::View<'b>;

    /// Appends the value's bytes, which [`Data::load`] reads back: what keyed state holds of
    /// records. They tell values apart to the bit, also -0.0 and every NaN. Each value takes a byte
    /// at least, so that a damaged length cannot promise more items than there are bytes.
    ///
    /// ```
    /// use ouzel_dsl::Data;
    /// let mut out = Vec::new();
    /// <(String, Option<f64>)>::store(("ouzel", Some(-0.0)), &mut out);
    /// let mut bytes = out.as_slice();
    /// let (name, number) = <(String, Option<f64>)>::load(&mut bytes).unwrap();
    /// assert!(name == "ouzel" && number.unwrap().is_sign_negative() && bytes.is_empty());
    /// ```
    fn store(view: Self::View<'_>, out: &mut Vec<u8>);

    /// Reads a value that [`Data::store`] wrote, as a view that borrows from the bytes, and moves
    /// past it; `None` where the bytes are damaged. The items of a list are read as they are asked
    /// for: where they are damaged, the list ends early.
    fn load<'a>(bytes: &mut &'a [u8]) -> Option<Self::View<'a>>;
}

/// Typed reading of one or more Arrow arrays.
pub trait Column<T: Data>: Send + Sync {
    /// A column that was not decoded, since the job does not read it.
    fn absent() -> Self;

    /// Opens the array of one field. A null where the type has none, and a value that cannot be
    /// represented, is noted in `bad`.
    fn open(array: &ArrayRef, field: &Field, bad: &mut Bad) -> Self;

    /// Opens the arrays of a whole row, `T::WIDTH` of them.
    fn open_row(arrays: &[ArrayRef], bad: &mut Bad) -> Self
    where
        Self: Sized,
    {
        let field = Field::new("value", T::ty(), T::NULLABLE);
        match arrays.first() {
            Some(array) => Self::open(array, &field, bad),
            None => Self::absent(),
        }
    }

    /// The value in a row. In an absent column any value: the compiler sees to it that it is not
    /// read.
    fn get(&self, row: usize) -> T::View<'_>;
}

/// Typed writing of Arrow arrays.
pub trait Builder<T: Data>: Default + Send {
    /// Appends a value.
    fn push(&mut self, view: T::View<'_>);

    /// Appends a null in the place of a value.
    fn push_null(&mut self);

    /// Takes what was appended as one array.
    fn finish(&mut self) -> ArrayRef;

    /// Takes what was appended as the columns of a row, `T::WIDTH` of them.
    fn finish_row(&mut self, out: &mut Vec<ArrayRef>) {
        out.push(self.finish());
    }

    /// Takes what was appended as the columns of each part's own row: of a pair, those of a table's
    /// key, then those of its value.
    fn finish_parts(&mut self, out: &mut Vec<ArrayRef>) {
        self.finish_row(out);
    }
}

/// What a closure may return for a stream to carry: owned [`Data`], or a view of it.
///
/// A `map` may so return `OutRef { name: f.name, .. }` and never own the name.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot travel on a stream",
    label = "not a type that Ouzel can store, encode and compare",
    note = "return numbers, text, `Timestamp`, options, lists or tuples of these, or a type with `#[derive(Record)]` or its `Ref`"
)]
pub trait Produce {
    /// The type that travels.
    type Data: Data;

    /// The value as a view.
    fn produce(&self) -> <Self::Data as Data>::View<'_>;
}

impl<P: Produce> Produce for &P {
    type Data = P::Data;

    fn produce(&self) -> <P::Data as Data>::View<'_> {
        (**self).produce()
    }
}

/// The rows of a chunk that cannot be decoded, each with its reason.
#[derive(Debug, Default)]
pub struct Bad {
    rows: BTreeMap<usize, String>,
}

impl Bad {
    /// Notes that a row cannot be decoded; the first reason stays.
    pub fn note(&mut self, row: usize, reason: impl FnOnce() -> String) {
        self.rows.entry(row).or_insert_with(reason);
    }

    /// Notes each null of a column that may hold none.
    pub fn nulls(&mut self, array: &dyn Array, field: &Field) {
        // A dictionary counts only the nulls among its codes; its values may hold more.
        if let Some(nulls) = array.logical_nulls().filter(|nulls| nulls.null_count() > 0) {
            for row in 0..array.len() {
                if nulls.is_null(row) {
                    self.note(row, || format!("column `{}` is null", field.name));
                }
            }
        }
    }

    /// Notes every row of an array whose type cannot be read as the field: the check of the
    /// schema missed it.
    pub fn mistyped(&mut self, array: &dyn Array, field: &Field) {
        for row in 0..array.len() {
            self.note(row, || {
                format!("column `{}` is {}, expected {field}", field.name, array.data_type())
            });
        }
    }

    /// Whether all rows are good.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether this row is bad.
    pub fn contains(&self, row: usize) -> bool {
        self.rows.contains_key(&row)
    }

    /// Why a row is bad.
    pub fn reason(&self, row: usize) -> Option<&str> {
        self.rows.get(&row).map(String::as_str)
    }

    /// The bad rows in order, with reasons.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &str)> {
        self.rows.iter().map(|(row, reason)| (*row, reason.as_str()))
    }
}

#[doc(hidden)]
pub fn field_of_record<T: Data>() {}

/// Opens a field's array if it is there: a job decodes only the columns that it reads.
pub fn open_or_absent<T: Data>(
    array: Option<&ArrayRef>,
    field: &Field,
    bad: &mut Bad,
) -> T::Column {
    match array {
        Some(array) => open_field::<T>(array, field, bad),
        None => T::Column::absent(),
    }
}

/// Opens a field's array with its nulls checked: what records call for each of their columns.
pub fn open_field<T: Data>(array: &ArrayRef, field: &Field, bad: &mut Bad) -> T::Column {
    if !T::NULLABLE {
        bad.nulls(array, field);
    }
    T::Column::open(array, field, bad)
}

/// Data whose columns have names of their own: records, and what holds them.
#[diagnostic::on_unimplemented(
    message = "a column of this output has no name",
    label = "its values are `{Self}`, and the code that makes them does not name them",
    note = "add `.named(\"..\")` after the operator that makes them, or make them a record"
)]
pub trait Named: Data {}

impl<R: crate::Record> Named for R {}

#[doc(hidden)]
pub fn named<T: Named>(_: crate::Tie<T>) {}

/// A key whose columns have names of their own, or that has none.
#[diagnostic::on_unimplemented(
    message = "the key of this output has no name",
    label = "the keys that it gives are `{Self}`, and nothing names their columns",
    note = "make the key a record, whose fields name its columns"
)]
pub trait NamedKey: Data {}

impl<R: crate::Record> NamedKey for R {}

impl NamedKey for () {}

#[doc(hidden)]
pub fn named_key<K: NamedKey>(_: crate::Tie<K>) {}

/// The view of a row, where the type is known by a tie.
#[doc(hidden)]
#[inline(always)]
pub fn get<T: Data>(_: crate::Tie<T>, column: &T::Column, row: usize) -> T::View<'_> {
    column.get(row)
}

/// Opens the columns of a source's batch, where the record is known by a tie.
#[doc(hidden)]
pub fn open<R: crate::Record>(
    _: crate::Tie<R>,
    batch: &arrow::array::RecordBatch,
    bad: &mut Bad,
) -> R::Column {
    R::open_batch(batch, bad)
}

/// Takes event times outside of a range, both of whose ends are in it, to be errors.
#[doc(hidden)]
pub fn only(times: &[i64], (from, upto): (i64, i64), bad: &mut Bad) {
    for (row, time) in times.iter().enumerate() {
        if !(from..=upto).contains(time) {
            let time = crate::Timestamp::from_micros(*time);
            bad.note(row, || format!("the event time {time} is none that `valid_time` takes"));
        }
    }
}

/// The times that a column of a field holds, in microseconds, and the rows that hold none.
#[doc(hidden)]
pub fn times_of(column: &ArrayRef, field: &Field) -> (arrow::buffer::ScalarBuffer<i64>, Bad) {
    let mut bad = Bad::default();
    let times = <crate::Timestamp as number::Number>::values(column, field, &mut bad);
    (times, bad)
}

/// The event times of a source's batch; none where the record has none.
#[doc(hidden)]
pub fn times<R: crate::Record>(
    _: crate::Tie<R>,
    batch: &arrow::array::RecordBatch,
    bad: &mut Bad,
) -> Option<arrow::buffer::ScalarBuffer<i64>> {
    R::event_times(batch, bad)
}
