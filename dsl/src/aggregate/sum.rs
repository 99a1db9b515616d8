use super::{Aggregate, Arg, DataOf, FloatSum, Invertible};
use crate::Decimal;
use crate::data::{Data, Produce};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;

/// A type that can be summed exactly.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be summed",
    label = "not a number",
    note = "`sum` and `mean` take integers, floats, decimals, and options of these"
)]
pub trait Summable: Data {
    /// Itself. Rustc says nothing of what is made of it where it has none.
    #[doc(hidden)]
    type Itself: Summable;
    /// Holds a sum of any number of values without rounding.
    type Acc: Clone + Send + Sync + Default + Serialize + DeserializeOwned + 'static;
    /// The type of the sum.
    type Out: Data;
    /// The type of the mean: `f64`, or an option of it where there may be no value.
    type Mean: Data;

    /// Adds a value; false if there was none.
    fn add(acc: &mut Self::Acc, value: Self::View<'_>) -> bool;
    /// Adds another sum.
    fn merge(acc: &mut Self::Acc, other: Self::Acc);
    /// Takes another sum out.
    fn subtract(acc: &mut Self::Acc, other: Self::Acc);
    /// The sum; an error if it does not fit.
    fn finish(acc: &Self::Acc) -> Result<Self::Out, String>;
    /// The sum as the nearest float.
    fn approximate(acc: &Self::Acc) -> f64;
    /// The mean as the type says.
    fn mean(mean: Option<f64>) -> Result<Self::Mean, String>;
    /// How many bytes a sum holds on the heap.
    #[inline(always)]
    fn heap_bytes(_acc: &Self::Acc) -> usize {
        0
    }
}

/// The sum of a value. See [`sum`].
pub struct Sum<T>(PhantomData<fn() -> T>);

impl<T> Clone for Sum<T> {
    fn clone(&self) -> Self {
        Sum(PhantomData)
    }
}

/// The exact sum of a value over the group's records; `None` adds nothing.
///
/// Integers give `i64` (unsigned ones `u64`) and are held in 128 bits: a sum that does not fit
/// fails the job, whatever the order of the records. Floats are added without rounding and rounded
/// once when read. Decimals give their own type. The column is `sum_` and the field's name.
pub fn sum<P: Produce>(_: Arg<P>) -> Sum<<DataOf<P> as Summable>::Itself>
where
    DataOf<P>: Summable,
{
    Sum(PhantomData)
}

impl<T: Summable> Aggregate for Sum<T> {
    type In = T;
    type Acc = T::Acc;
    type Out = T::Out;

    fn zero(&self) -> T::Acc {
        T::Acc::default()
    }

    #[inline(always)]
    fn add(&self, acc: &mut T::Acc, value: T::View<'_>) {
        T::add(acc, value);
    }

    #[inline]
    fn merge(&self, acc: &mut T::Acc, other: T::Acc) {
        T::merge(acc, other);
    }

    fn finish(&self, acc: &T::Acc) -> Result<T::Out, String> {
        T::finish(acc)
    }

    #[inline(always)]
    fn heap_bytes(&self, acc: &T::Acc) -> usize {
        T::heap_bytes(acc)
    }
}

impl<T: Summable> Invertible for Sum<T> {
    fn subtract(&self, acc: &mut T::Acc, other: T::Acc) {
        T::subtract(acc, other);
    }
}

fn mean_of_some(mean: Option<f64>) -> Result<f64, String> {
    let of_nothing = "the mean of no values; `non_empty(..)` around it gives `None` then";
    mean.ok_or_else(|| of_nothing.to_owned())
}

macro_rules! integers {
    ($($t:ty: $out:ty;)*) => {$(
        impl Summable for $t {
            type Itself = Self;
            type Acc = i128;
            type Out = $out;
            type Mean = f64;

            #[inline(always)]
            fn add(acc: &mut i128, value: $t) -> bool {
                *acc += i128::from(value);
                true
            }

            #[inline]
            fn merge(acc: &mut i128, other: i128) {
                *acc += other;
            }

            fn subtract(acc: &mut i128, other: i128) {
                *acc -= other;
            }

            fn finish(acc: &i128) -> Result<$out, String> {
                <$out>::try_from(*acc)
                    .map_err(|_| format!("the sum {acc} does not fit {}", stringify!($out)))
            }

            fn approximate(acc: &i128) -> f64 {
                *acc as f64
            }

            fn mean(mean: Option<f64>) -> Result<f64, String> {
                mean_of_some(mean)
            }
        }
    )*};
}

integers! {
    i8: i64; i16: i64; i32: i64; i64: i64;
    u8: u64; u16: u64; u32: u64; u64: u64;
}

macro_rules! floats {
    ($($t:ty)*) => {$(
        impl Summable for $t {
            type Itself = Self;
            type Acc = FloatSum;
            type Out = f64;
            type Mean = f64;

            #[inline(always)]
            fn add(acc: &mut FloatSum, value: $t) -> bool {
                acc.add(f64::from(value));
                true
            }

            fn merge(acc: &mut FloatSum, other: FloatSum) {
                acc.merge(&other);
            }

            fn subtract(acc: &mut FloatSum, other: FloatSum) {
                acc.subtract(&other);
            }

            fn finish(acc: &FloatSum) -> Result<f64, String> {
                Ok(acc.value())
            }

            fn approximate(acc: &FloatSum) -> f64 {
                acc.value()
            }

            fn mean(mean: Option<f64>) -> Result<f64, String> {
                mean_of_some(mean)
            }

            #[inline(always)]
            fn heap_bytes(acc: &FloatSum) -> usize {
                acc.heap_bytes()
            }
        }
    )*};
}

floats! { f32 f64 }

impl<const SCALE: u8> Summable for Decimal<SCALE> {
    type Itself = Self;
    /// High and low half of a 256-bit sum; the low half is unsigned.
    type Acc = (i128, u128);
    type Out = Decimal<SCALE>;
    type Mean = f64;

    fn add(acc: &mut (i128, u128), value: Self) -> bool {
        let units = value.units();
        Self::merge(acc, (units >> 127, units as u128));
        true
    }

    fn merge(acc: &mut (i128, u128), other: (i128, u128)) {
        let (low, carry) = acc.1.overflowing_add(other.1);
        *acc = (acc.0 + other.0 + i128::from(carry), low);
    }

    fn subtract(acc: &mut (i128, u128), other: (i128, u128)) {
        let (low, borrow) = acc.1.overflowing_sub(other.1);
        *acc = (acc.0 - other.0 - i128::from(borrow), low);
    }

    fn finish(acc: &(i128, u128)) -> Result<Self, String> {
        let low = acc.1 as i128;
        let fits = acc.0 == low >> 127 && low.unsigned_abs() < 10u128.pow(38);
        fits.then_some(Decimal::from_units(low))
            .ok_or_else(|| "the sum does not fit a decimal of 38 digits".to_owned())
    }

    fn approximate(acc: &(i128, u128)) -> f64 {
        let units = if acc.0 == (acc.1 as i128) >> 127 {
            acc.1 as i128 as f64
        } else {
            acc.0 as f64 * 2f64.powi(128) + acc.1 as f64
        };
        units / 10f64.powi(i32::from(SCALE))
    }

    fn mean(mean: Option<f64>) -> Result<f64, String> {
        mean_of_some(mean)
    }
}

impl<T: Summable<Mean = f64>> Summable for Option<T> {
    type Itself = Self;
    type Acc = T::Acc;
    type Out = T::Out;
    type Mean = Option<f64>;

    #[inline(always)]
    fn add(acc: &mut T::Acc, value: Option<T::View<'_>>) -> bool {
        value.is_some_and(|value| T::add(acc, value))
    }

    fn merge(acc: &mut T::Acc, other: T::Acc) {
        T::merge(acc, other);
    }

    fn subtract(acc: &mut T::Acc, other: T::Acc) {
        T::subtract(acc, other);
    }

    fn finish(acc: &T::Acc) -> Result<T::Out, String> {
        T::finish(acc)
    }

    fn approximate(acc: &T::Acc) -> f64 {
        T::approximate(acc)
    }

    fn mean(mean: Option<f64>) -> Result<Option<f64>, String> {
        Ok(mean)
    }

    #[inline(always)]
    fn heap_bytes(acc: &T::Acc) -> usize {
        T::heap_bytes(acc)
    }
}
