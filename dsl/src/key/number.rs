//! Numbers, times and `bool`.

use super::{Key, mix, take};
use crate::{Date, Decimal, Timestamp};

macro_rules! integers {
    ($($t:ty: $unsigned:ty, $flip:expr;)*) => {$(
        impl Key for $t {
            type Itself = Self;
            type Present = Self;

            #[inline(always)]
            fn present(view: Self::View<'_>) -> Option<Self::View<'_>> {
                Some(view)
            }

            fn encode(view: $t, out: &mut Vec<u8>) {
                out.extend_from_slice(&((view as $unsigned) ^ $flip).to_be_bytes());
            }

            fn decode(bytes: &mut &[u8]) -> Option<$t> {
                take(bytes).map(|b| (<$unsigned>::from_be_bytes(b) ^ $flip) as $t)
            }

            #[inline(always)]
            fn hash(view: $t, state: u64) -> u64 {
                mix(state, view as u64)
            }

            #[inline(always)]
            fn same(&self, view: $t) -> bool {
                *self == view
            }
        }
    )*};
}

integers! {
    i8: u8, 1 << 7;
    i16: u16, 1 << 15;
    i32: u32, 1 << 31;
    i64: u64, 1 << 63;
    u8: u8, 0;
    u16: u16, 0;
    u32: u32, 0;
    u64: u64, 0;
}

/// The bits of a float in which -0.0 is 0.0 and every NaN is the same.
macro_rules! canonical_bits {
    ($view:expr, $t:ty) => {
        if $view.is_nan() { <$t>::NAN.to_bits() } else { ($view + 0.0).to_bits() }
    };
}

macro_rules! floats {
    ($($t:ty: $bits:ty, $sign:expr;)*) => {$(
        impl Key for $t {
            type Itself = Self;
            type Present = Self;

            #[inline(always)]
            fn present(view: Self::View<'_>) -> Option<Self::View<'_>> {
                Some(view)
            }

            fn encode(view: $t, out: &mut Vec<u8>) {
                let bits = canonical_bits!(view, $t);
                let ordered = if bits & $sign == 0 { bits | $sign } else { !bits };
                out.extend_from_slice(&ordered.to_be_bytes());
            }

            fn decode(bytes: &mut &[u8]) -> Option<$t> {
                let ordered = <$bits>::from_be_bytes(take(bytes)?);
                Some(<$t>::from_bits(if ordered & $sign == 0 { !ordered } else { ordered & !$sign }))
            }

            #[inline(always)]
            fn hash(view: $t, state: u64) -> u64 {
                mix(state, u64::from(canonical_bits!(view, $t)))
            }

            #[inline(always)]
            fn same(&self, view: $t) -> bool {
                canonical_bits!(*self, $t) == canonical_bits!(view, $t)
            }

            #[inline(always)]
            fn canonicalize(&mut self) {
                *self = <$t>::from_bits(canonical_bits!(*self, $t));
            }
        }
    )*};
}

floats! {
    f32: u32, 1u32 << 31;
    f64: u64, 1u64 << 63;
}

/// A key that is held in another type of key.
macro_rules! through {
    ($($t:ty: $inner:ty, |$v:ident| $to:expr, |$i:ident| $from:expr;)*) => {$(
        impl Key for $t {
            type Itself = Self;
            type Present = Self;

            #[inline(always)]
            fn present(view: Self::View<'_>) -> Option<Self::View<'_>> {
                Some(view)
            }

            fn encode($v: $t, out: &mut Vec<u8>) {
                <$inner>::encode($to, out);
            }

            fn decode(bytes: &mut &[u8]) -> Option<$t> {
                <$inner>::decode(bytes).map(|$i| $from)
            }

            #[inline(always)]
            fn hash($v: $t, state: u64) -> u64 {
                <$inner>::hash($to, state)
            }

            #[inline(always)]
            fn same(&self, view: $t) -> bool {
                *self == view
            }
        }
    )*};
}

through! {
    bool: u8, |v| u8::from(v), |i| i != 0;
    Timestamp: i64, |v| v.micros(), |i| Timestamp::from_micros(i);
    Date: i32, |v| v.days(), |i| Date::from_days(i);
}

impl<const SCALE: u8> Key for Decimal<SCALE> {
    type Itself = Self;
    type Present = Self;

    #[inline(always)]
    fn present(view: Self::View<'_>) -> Option<Self::View<'_>> {
        Some(view)
    }

    fn encode(view: Self, out: &mut Vec<u8>) {
        out.extend_from_slice(&((view.units() as u128) ^ (1 << 127)).to_be_bytes());
    }

    fn decode(bytes: &mut &[u8]) -> Option<Self> {
        let ordered = u128::from_be_bytes(take(bytes)?);
        Some(Decimal::from_units((ordered ^ (1 << 127)) as i128))
    }

    fn hash(view: Self, state: u64) -> u64 {
        mix(mix(state, view.units() as u64), (view.units() >> 64) as u64)
    }

    fn same(&self, view: Self) -> bool {
        *self == view
    }
}
