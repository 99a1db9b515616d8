use crate::Decimal;
use crate::data::Data;

/// What variances and other statistics take: a number, or an option of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no variance, quantiles or other statistics",
    label = "not a number",
    note = "statistics take integers, floats, decimals, and options of these"
)]
pub trait Measure: Data {
    /// Itself. Rustc says nothing of what is made of it where it has none.
    #[doc(hidden)]
    type Itself: Measure;
    /// How many digits of the measured integer stand after the point.
    const SCALE: u32 = 0;

    /// The value, if there is one; as units of its last digit where it has a scale.
    fn measure(view: Self::View<'_>) -> Option<Measured>;

    /// The value as the nearest double, if there is one.
    fn approximate(view: Self::View<'_>) -> Option<f64>;
}

/// A number without rounding.
#[derive(Clone, Copy, Debug)]
pub enum Measured {
    /// An integer times a power of two.
    Finite(Dyadic),
    /// An infinity.
    Infinite,
    /// Not a number.
    Nan,
}

/// An integer times a power of two.
#[derive(Clone, Copy, Debug)]
pub struct Dyadic {
    /// Whether it is below zero.
    pub negative: bool,
    /// The integer without its sign.
    pub magnitude: u128,
    /// The power of two.
    pub exponent: i32,
}

macro_rules! integers {
    ($($t:ty)*) => {$(
        impl Measure for $t {
            type Itself = Self;

            #[inline(always)]
            fn measure(view: $t) -> Option<Measured> {
                Some(of_integer(view.into()))
            }

            #[inline(always)]
            fn approximate(view: $t) -> Option<f64> {
                Some(view as f64)
            }
        }
    )*};
}

integers! { i8 i16 i32 i64 u8 u16 u32 u64 }

#[inline(always)]
fn of_integer(value: i128) -> Measured {
    Measured::Finite(Dyadic { negative: value < 0, magnitude: value.unsigned_abs(), exponent: 0 })
}

macro_rules! floats {
    ($($t:ty)*) => {$(
        impl Measure for $t {
            type Itself = Self;

            #[inline(always)]
            fn measure(view: $t) -> Option<Measured> {
                Some(of_float(view.into()))
            }

            #[inline(always)]
            fn approximate(view: $t) -> Option<f64> {
                Some(view.into())
            }
        }
    )*};
}

floats! { f32 f64 }

#[inline(always)]
pub(super) fn of_float(value: f64) -> Measured {
    if !value.is_finite() {
        return if value.is_nan() { Measured::Nan } else { Measured::Infinite };
    }
    let bits = value.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    let (mantissa, exponent) = match (bits >> 52) & 0x7FF {
        0 => (fraction, -1074),
        biased => (fraction | (1 << 52), biased as i32 - 1075),
    };
    // Without zeros at the end, powers of it are short.
    let zeros = mantissa.trailing_zeros() % 64;
    Measured::Finite(Dyadic {
        negative: value < 0.0,
        magnitude: (mantissa >> zeros).into(),
        exponent: exponent + zeros as i32,
    })
}

impl<const SCALE: u8> Measure for Decimal<SCALE> {
    type Itself = Self;
    const SCALE: u32 = SCALE as u32;

    #[inline(always)]
    fn measure(view: Self) -> Option<Measured> {
        Some(of_integer(view.units()))
    }

    fn approximate(view: Self) -> Option<f64> {
        Some(view.units() as f64 / 10f64.powi(SCALE.into()))
    }
}

impl<T: Measure> Measure for Option<T> {
    type Itself = Self;
    const SCALE: u32 = T::SCALE;

    #[inline(always)]
    fn measure(view: Option<T::View<'_>>) -> Option<Measured> {
        view.and_then(T::measure)
    }

    #[inline(always)]
    fn approximate(view: Option<T::View<'_>>) -> Option<f64> {
        view.and_then(T::approximate)
    }
}
