//! Booleans, integers, floats, and the number-like times and decimals.

use super::draw::Drawn;
use super::stored::take;
use super::{Bad, Builder, Column, Data, Draw, Produce};
use crate::schema::{Field, Type, Wire};
use crate::{Date, Decimal, Timestamp};
use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, BooleanBuilder, PrimitiveArray,
    PrimitiveBuilder,
};
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::*;
use std::sync::Arc;

/// A column of fixed-width values.
pub struct NumberColumn<T: Data>(ScalarBuffer<<T as Number>::Native>)
where
    T: Number;

/// Builds a column of fixed-width values.
pub struct NumberBuilder<T: Number>(PrimitiveBuilder<T::Arrow>);

/// A fixed-width type and the Arrow type that holds it.
pub trait Number: Data + Copy {
    /// The Arrow type.
    type Arrow: ArrowPrimitiveType<Native = Self::Native>;
    /// The value in memory.
    type Native: ArrowNativeType;
    /// The Arrow array's values, converted where the conversion loses nothing.
    fn values(array: &ArrayRef, field: &Field, bad: &mut Bad) -> ScalarBuffer<Self::Native>;
    /// From the value in memory.
    fn from_native(native: Self::Native) -> Self;
    /// To the value in memory.
    fn to_native(self) -> Self::Native;
    /// An empty builder with the full Arrow type.
    fn builder() -> PrimitiveBuilder<Self::Arrow> {
        PrimitiveBuilder::new().with_data_type(Self::ty().arrow())
    }
}

impl<T: Number + for<'a> Data<View<'a> = T>> Column<T> for NumberColumn<T> {
    fn absent() -> Self {
        NumberColumn(ScalarBuffer::from(Vec::new()))
    }

    fn open(array: &ArrayRef, field: &Field, bad: &mut Bad) -> Self {
        NumberColumn(T::values(array, field, bad))
    }

    #[inline(always)]
    fn get(&self, row: usize) -> T {
        T::from_native(self.0.get(row).copied().unwrap_or_default())
    }
}

impl<T: Number> Default for NumberBuilder<T> {
    fn default() -> Self {
        NumberBuilder(T::builder())
    }
}

impl<T: Number + for<'a> Data<View<'a> = T>> Builder<T> for NumberBuilder<T> {
    fn push(&mut self, view: T) {
        self.0.append_value(view.to_native());
    }

    fn push_null(&mut self) {
        self.0.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

/// The array's values if it is of type `A`.
fn exact<A: ArrowPrimitiveType>(array: &ArrayRef) -> Option<ScalarBuffer<A::Native>> {
    array.as_any().downcast_ref::<PrimitiveArray<A>>().map(|a| a.values().clone())
}

/// The array's values if it is of type `A`, each converted.
fn widened<A: ArrowPrimitiveType, N: ArrowNativeType>(
    array: &ArrayRef,
    convert: impl Fn(A::Native) -> N,
) -> Option<ScalarBuffer<N>> {
    exact::<A>(array).map(|values| values.iter().map(|v| convert(*v)).collect())
}

/// Zeros in the place of an array whose type no conversion reads.
fn unreadable<N: ArrowNativeType>(
    array: &ArrayRef,
    field: &Field,
    bad: &mut Bad,
) -> ScalarBuffer<N> {
    bad.mistyped(array, field);
    ScalarBuffer::from(vec![N::default(); array.len()])
}

/// `Data` and `Produce` for a type that is its own view, by its bytes and what they are read as.
macro_rules! plain {
    (
        $t:ty, $column:ty, $builder:ty, $ty:expr,
        |$view:ident| $stored:expr, |$bytes:ident| $loaded:expr
    ) => {
        impl Data for $t {
            type View<'a> = $t;
            type Column = $column;
            type Builder = $builder;

            fn ty() -> Type {
                $ty
            }

            #[inline(always)]
            fn view(&self) -> $t {
                *self
            }

            #[inline(always)]
            fn own(view: $t) -> $t {
                view
            }

            fn draw(source: &mut dyn Draw) -> $t {
                Drawn::drawn(source)
            }

            #[inline(always)]
            fn shorten<'a: 'b, 'b>(view: $t) -> $t {
                view
            }

            #[inline(always)]
            fn store($view: $t, out: &mut Vec<u8>) {
                out.extend_from_slice(&$stored);
            }

            #[inline(always)]
            fn load(bytes: &mut &[u8]) -> Option<$t> {
                let $bytes = take(bytes)?;
                $loaded
            }
        }

        impl Produce for $t {
            type Data = $t;

            #[inline(always)]
            fn produce(&self) -> $t {
                *self
            }
        }
    };
}

macro_rules! numbers {
    ($($t:ty: $arrow:ty, $ty:expr, [$($from:ty),*];)*) => {$(
        plain!(
            $t,
            NumberColumn<$t>,
            NumberBuilder<$t>,
            $ty,
            |view| view.to_le_bytes(),
            |bytes| Some(<$t>::from_le_bytes(bytes))
        );

        impl Number for $t {
            type Arrow = $arrow;
            type Native = $t;

            fn values(array: &ArrayRef, field: &Field, bad: &mut Bad) -> ScalarBuffer<$t> {
                exact::<$arrow>(array)
                    $(.or_else(|| widened::<$from, $t>(array, <$t>::from)))*
                    .unwrap_or_else(|| unreadable(array, field, bad))
            }

            #[inline(always)]
            fn from_native(native: $t) -> $t {
                native
            }

            #[inline(always)]
            fn to_native(self) -> $t {
                self
            }
        }
    )*};
}

numbers! {
    i8: Int8Type, Type::Int { bits: 8, signed: true }, [];
    i16: Int16Type, Type::Int { bits: 16, signed: true }, [Int8Type, UInt8Type];
    i32: Int32Type, Type::Int { bits: 32, signed: true }, [Int8Type, UInt8Type, Int16Type, UInt16Type];
    i64: Int64Type, Type::Int { bits: 64, signed: true },
        [Int8Type, UInt8Type, Int16Type, UInt16Type, Int32Type, UInt32Type];
    u8: UInt8Type, Type::Int { bits: 8, signed: false }, [];
    u16: UInt16Type, Type::Int { bits: 16, signed: false }, [UInt8Type];
    u32: UInt32Type, Type::Int { bits: 32, signed: false }, [UInt8Type, UInt16Type];
    u64: UInt64Type, Type::Int { bits: 64, signed: false }, [UInt8Type, UInt16Type, UInt32Type];
    f32: Float32Type, Type::Float { bits: 32 }, [Int8Type, UInt8Type, Int16Type, UInt16Type];
    f64: Float64Type, Type::Float { bits: 64 },
        [Float32Type, Int8Type, UInt8Type, Int16Type, UInt16Type, Int32Type, UInt32Type];
}

plain!(
    Timestamp,
    NumberColumn<Timestamp>,
    NumberBuilder<Timestamp>,
    Type::Timestamp,
    |view| view.micros().to_le_bytes(),
    |bytes| Some(Timestamp::from_micros(i64::from_le_bytes(bytes)))
);

impl Number for Timestamp {
    type Arrow = TimestampMicrosecondType;
    type Native = i64;

    fn values(array: &ArrayRef, field: &Field, bad: &mut Bad) -> ScalarBuffer<i64> {
        let per_second = match (array.data_type(), field.wire) {
            (_, Wire::Format(format)) => return parsed(array, field, format, bad),
            (DataType::Timestamp(TimeUnit::Microsecond, _), _) | (_, Wire::Micros) => 1_000_000,
            (DataType::Timestamp(TimeUnit::Second, _), _) | (_, Wire::Seconds) => 1,
            (DataType::Timestamp(TimeUnit::Millisecond, _), _) | (_, Wire::Millis) => 1_000,
            (DataType::Timestamp(TimeUnit::Nanosecond, _), _) | (_, Wire::Nanos) => 1_000_000_000,
            _ => return unreadable(array, field, bad),
        };
        let raw = exact::<TimestampMicrosecondType>(array)
            .or_else(|| exact::<TimestampSecondType>(array))
            .or_else(|| exact::<TimestampMillisecondType>(array))
            .or_else(|| exact::<TimestampNanosecondType>(array));
        let raw = match raw {
            Some(raw) => raw,
            None => i64::values(array, field, bad),
        };
        scaled(raw, per_second, array, field, bad)
    }

    #[inline(always)]
    fn from_native(native: i64) -> Timestamp {
        Timestamp::from_micros(native)
    }

    #[inline(always)]
    fn to_native(self) -> i64 {
        self.micros()
    }
}

/// Brings times of any unit to microseconds.
fn scaled(
    raw: ScalarBuffer<i64>,
    per_second: i64,
    array: &ArrayRef,
    field: &Field,
    bad: &mut Bad,
) -> ScalarBuffer<i64> {
    match per_second {
        1_000_000 => raw,
        1_000_000_000 => raw.iter().map(|v| v.div_euclid(1_000)).collect(),
        _ => {
            let factor = 1_000_000 / per_second;
            let scale = |(row, v): (usize, &i64)| {
                v.checked_mul(factor).unwrap_or_else(|| {
                    if array.is_valid(row) {
                        bad.note(row, || {
                            format!("column `{}`: time {v} is out of range", field.name)
                        });
                    }
                    0
                })
            };
            raw.iter().enumerate().map(scale).collect()
        }
    }
}

/// Reads times that are text in a format of the job's own.
fn parsed(array: &ArrayRef, field: &Field, format: &str, bad: &mut Bad) -> ScalarBuffer<i64> {
    let texts = super::TextColumn::open(array, field, bad);
    (0..array.len())
        .map(|row| {
            if array.is_null(row) {
                return 0;
            }
            let text = <super::TextColumn as Column<String>>::get(&texts, row);
            match Timestamp::parse_with(format, text) {
                Ok(time) => time.micros(),
                Err(reason) => {
                    bad.note(row, || {
                        format!(
                            "column `{}`: {text:?} is not a time as {format}: {reason}",
                            field.name
                        )
                    });
                    0
                }
            }
        })
        .collect()
}

plain!(
    Date,
    NumberColumn<Date>,
    NumberBuilder<Date>,
    Type::Date,
    |view| view.days().to_le_bytes(),
    |bytes| Some(Date::from_days(i32::from_le_bytes(bytes)))
);

impl Number for Date {
    type Arrow = Date32Type;
    type Native = i32;

    fn values(array: &ArrayRef, field: &Field, bad: &mut Bad) -> ScalarBuffer<i32> {
        exact::<Date32Type>(array).unwrap_or_else(|| unreadable(array, field, bad))
    }

    #[inline(always)]
    fn from_native(native: i32) -> Date {
        Date::from_days(native)
    }

    #[inline(always)]
    fn to_native(self) -> i32 {
        self.days()
    }
}

impl<const SCALE: u8> Data for Decimal<SCALE> {
    type View<'a> = Self;
    type Column = NumberColumn<Self>;
    type Builder = NumberBuilder<Self>;

    fn ty() -> Type {
        Type::Decimal { scale: SCALE }
    }

    fn view(&self) -> Self {
        *self
    }

    fn own(view: Self) -> Self {
        view
    }

    fn draw(source: &mut dyn Draw) -> Self {
        Drawn::drawn(source)
    }

    fn shorten<'a: 'b, 'b>(view: Self) -> Self {
        view
    }

    fn store(view: Self, out: &mut Vec<u8>) {
        out.extend_from_slice(&view.units().to_le_bytes());
    }

    fn load(bytes: &mut &[u8]) -> Option<Self> {
        take(bytes).map(|units| Decimal::from_units(i128::from_le_bytes(units)))
    }
}

impl<const SCALE: u8> Produce for Decimal<SCALE> {
    type Data = Self;

    fn produce(&self) -> Self {
        *self
    }
}

impl<const SCALE: u8> Number for Decimal<SCALE> {
    type Arrow = Decimal128Type;
    type Native = i128;

    fn values(array: &ArrayRef, field: &Field, bad: &mut Bad) -> ScalarBuffer<i128> {
        if let DataType::Decimal128(_, scale)
        | DataType::Decimal64(_, scale)
        | DataType::Decimal32(_, scale) = array.data_type()
            && i32::from(*scale) != i32::from(SCALE)
        {
            return unreadable(array, field, bad);
        }
        exact::<Decimal128Type>(array)
            .or_else(|| widened::<Decimal64Type, i128>(array, i128::from))
            .or_else(|| widened::<Decimal32Type, i128>(array, i128::from))
            .or_else(|| {
                let unscaled = SCALE == 0 && array.data_type().is_integer();
                unscaled.then(|| {
                    i64::values(array, field, bad).iter().map(|v| i128::from(*v)).collect()
                })
            })
            .unwrap_or_else(|| unreadable(array, field, bad))
    }

    fn from_native(native: i128) -> Self {
        Decimal::from_units(native)
    }

    fn to_native(self) -> i128 {
        self.units()
    }
}

/// A column of booleans.
pub struct BoolColumn(BooleanArray);

/// Builds a column of booleans.
#[derive(Default)]
pub struct BoolBuilder(BooleanBuilder);

plain!(bool, BoolColumn, BoolBuilder, Type::Bool, |view| [u8::from(view)], |bytes| match bytes {
    [0] => Some(false),
    [1] => Some(true),
    _ => None,
});

impl Column<bool> for BoolColumn {
    fn absent() -> Self {
        BoolColumn(BooleanArray::from(Vec::<bool>::new()))
    }

    fn open(array: &ArrayRef, field: &Field, bad: &mut Bad) -> Self {
        match array.as_boolean_opt() {
            Some(values) => BoolColumn(values.clone()),
            None => {
                bad.mistyped(array, field);
                BoolColumn(BooleanArray::from(vec![false; array.len()]))
            }
        }
    }

    #[inline(always)]
    fn get(&self, row: usize) -> bool {
        row < self.0.len() && self.0.values().value(row)
    }
}

impl Builder<bool> for BoolBuilder {
    fn push(&mut self, view: bool) {
        self.0.append_value(view);
    }

    fn push_null(&mut self) {
        self.0.append_null();
    }

    fn finish(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}
