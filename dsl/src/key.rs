//! Keys, and the canonical encoding by which they are compared, ordered, hashed and spread.

use crate::data::Data;
use crate::{Bytes, Date, Decimal, Timestamp};

/// What a stream can be keyed by.
///
/// Two keys are the same if their encodings are; a type's own `Eq` and `Hash` play no part. In
/// float keys `-0.0` is `0.0`, and every NaN is the same. The order of encodings, byte by byte, is
/// the order of keys: false before true, numbers by value with NaN last, text by its bytes, `None`
/// first, records and tuples field by field.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a key",
    label = "not a type with a canonical encoding",
    note = "key by numbers, text, times, or options, tuples or records of these"
)]
pub trait Key: Data {
    /// Appends the canonical encoding. No encoding is a prefix of another of the same type.
    fn encode(view: Self::View<'_>, out: &mut Vec<u8>);

    /// Reads an encoding back, and moves past it.
    fn decode(bytes: &mut &[u8]) -> Option<Self>;

    /// A hash of the encoding's meaning: equal keys have equal hashes.
    fn hash(view: Self::View<'_>, state: u64) -> u64;

    /// Whether an owned key is the same as a view.
    fn same(&self, view: Self::View<'_>) -> bool;

    /// Makes an owned key the one that its encoding reads back as: of keys that are the same, each
    /// schedule must show the same one.
    #[inline(always)]
    fn canonicalize(&mut self) {}

    /// How many bytes an owned key takes beside its own size, on the heap.
    #[inline(always)]
    fn heap_bytes(_: Self::View<'_>) -> usize {
        0
    }

    /// Address and length of the view's bytes, where the view is nothing else.
    #[inline(always)]
    fn address(_: Self::View<'_>) -> Option<(usize, usize)> {
        None
    }
}

/// Folds a word into a hash: a multiplication to 128 bits whose halves are combined, as in wyhash.
#[inline(always)]
pub fn mix(state: u64, word: u64) -> u64 {
    let wide = u128::from(state ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
    let half = u128::from(word ^ 0xA076_1D64_78BD_642F)
        .wrapping_mul(u128::from(state ^ 0xE703_7ED1_A0B4_28DB));
    (wide >> 64) as u64 ^ half as u64 ^ (half >> 64) as u64
}

/// Folds bytes into a hash.
#[inline]
pub fn mix_bytes(state: u64, bytes: &[u8]) -> u64 {
    use std::hash::{BuildHasher, Hasher};
    let mut hasher = foldhash::fast::FixedState::with_seed(state).build_hasher();
    hasher.write(bytes);
    hasher.finish()
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*head)
}

macro_rules! integers {
    ($($t:ty: $unsigned:ty, $flip:expr;)*) => {$(
        impl Key for $t {
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

/// Bytes end with 0x00 0x01; a zero within them is written 0x00 0xFF, so that order is kept.
fn encode_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    for part in bytes.split_inclusive(|b| *b == 0) {
        out.extend_from_slice(part);
        if part.last() == Some(&0) {
            out.push(0xFF);
        }
    }
    out.extend_from_slice(&[0, 1]);
}

fn decode_bytes(bytes: &mut &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    loop {
        let zero = bytes.iter().position(|b| *b == 0)?;
        out.extend_from_slice(&bytes[..zero]);
        let mark = *bytes.get(zero + 1)?;
        *bytes = &bytes[zero + 2..];
        match mark {
            0xFF => out.push(0),
            1 => return Some(out),
            _ => return None,
        }
    }
}

impl Key for String {
    fn encode(view: &str, out: &mut Vec<u8>) {
        encode_bytes(view.as_bytes(), out);
    }

    fn decode(bytes: &mut &[u8]) -> Option<String> {
        String::from_utf8(decode_bytes(bytes)?).ok()
    }

    #[inline]
    fn hash(view: &str, state: u64) -> u64 {
        mix_bytes(state, view.as_bytes())
    }

    #[inline(always)]
    fn same(&self, view: &str) -> bool {
        self == view
    }

    #[inline(always)]
    fn heap_bytes(view: &str) -> usize {
        view.len().next_multiple_of(16) + 16
    }

    #[inline(always)]
    fn address(view: &str) -> Option<(usize, usize)> {
        Some((view.as_ptr() as usize, view.len()))
    }
}

impl Key for Bytes {
    fn encode(view: &[u8], out: &mut Vec<u8>) {
        encode_bytes(view, out);
    }

    fn decode(bytes: &mut &[u8]) -> Option<Bytes> {
        decode_bytes(bytes).map(Bytes)
    }

    fn hash(view: &[u8], state: u64) -> u64 {
        mix_bytes(state, view)
    }

    fn same(&self, view: &[u8]) -> bool {
        self.0 == view
    }

    fn heap_bytes(view: &[u8]) -> usize {
        view.len().next_multiple_of(16) + 16
    }
}

impl<K: Key> Key for Option<K> {
    fn encode(view: Option<K::View<'_>>, out: &mut Vec<u8>) {
        out.push(u8::from(view.is_some()));
        if let Some(view) = view {
            K::encode(view, out);
        }
    }

    fn decode(bytes: &mut &[u8]) -> Option<Option<K>> {
        match take::<1>(bytes)? {
            [0] => Some(None),
            [1] => Some(Some(K::decode(bytes)?)),
            _ => None,
        }
    }

    fn hash(view: Option<K::View<'_>>, state: u64) -> u64 {
        match view {
            None => mix(state, 0),
            Some(view) => K::hash(view, mix(state, 1)),
        }
    }

    fn same(&self, view: Option<K::View<'_>>) -> bool {
        match (self, view) {
            (Some(key), Some(view)) => key.same(view),
            (None, None) => true,
            _ => false,
        }
    }

    fn canonicalize(&mut self) {
        if let Some(key) = self {
            key.canonicalize();
        }
    }

    fn heap_bytes(view: Option<K::View<'_>>) -> usize {
        view.map_or(0, K::heap_bytes)
    }
}

impl Key for () {
    fn encode((): (), _: &mut Vec<u8>) {}

    fn decode(_: &mut &[u8]) -> Option<()> {
        Some(())
    }

    fn hash((): (), state: u64) -> u64 {
        state
    }

    fn same(&self, (): ()) -> bool {
        true
    }
}

macro_rules! tuples {
    ($($($t:ident $i:tt),+;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($t: Key),+> Key for ($($t,)+) {
            fn encode(view: Self::View<'_>, out: &mut Vec<u8>) {
                $($t::encode(view.$i, out);)+
            }

            fn decode(bytes: &mut &[u8]) -> Option<Self> {
                Some(($($t::decode(bytes)?,)+))
            }

            #[inline]
            fn hash(view: Self::View<'_>, state: u64) -> u64 {
                $(let state = $t::hash(view.$i, state);)+
                state
            }

            #[inline]
            fn same(&self, view: Self::View<'_>) -> bool {
                $(self.$i.same(view.$i))&&+
            }

            #[inline]
            fn canonicalize(&mut self) {
                $(self.$i.canonicalize();)+
            }

            fn heap_bytes(view: Self::View<'_>) -> usize {
                0 $(+ $t::heap_bytes(view.$i))+
            }
        }
    )*};
}

tuples! {
    A 0;
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
    A 0, B 1, C 2, D 3, E 4;
    A 0, B 1, C 2, D 3, E 4, F 5;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded<K: Key>(key: &K) -> Vec<u8> {
        let mut out = Vec::new();
        K::encode(key.view(), &mut out);
        out
    }

    #[test]
    fn encodings_sort_as_the_values_do_and_read_back() {
        let floats = [f64::NEG_INFINITY, -1.5, 0.0, 1e-300, 2.0, f64::INFINITY, f64::NAN];
        assert!(floats.windows(2).all(|w| encoded(&w[0]) < encoded(&w[1])));
        let ints = [i64::MIN, -1, 0, 1, i64::MAX];
        assert!(ints.windows(2).all(|w| encoded(&w[0]) < encoded(&w[1])));
        let texts = ["", "\0", "\0a", "a", "a\0", "aa", "ä"].map(String::from);
        assert!(texts.windows(2).all(|w| encoded(&w[0]) < encoded(&w[1])));
        for text in texts {
            assert_eq!(String::decode(&mut encoded(&text).as_slice()), Some(text));
        }
        let key = (Some(String::from("x")), -3i32, true);
        assert_eq!(<(Option<String>, i32, bool)>::decode(&mut encoded(&key).as_slice()), Some(key));
    }

    #[test]
    fn zeros_are_one_key_and_so_are_nans() {
        let other_nan = f64::from_bits(f64::NAN.to_bits() ^ (1 << 63) ^ 1);
        assert!(other_nan.is_nan() && f64::NAN.same(other_nan) && 0.0f64.same(-0.0));
        assert_eq!(encoded(&f64::NAN), encoded(&other_nan));
        assert_eq!(encoded(&0.0), encoded(&-0.0));
        assert_eq!(f64::hash(0.0, 7), f64::hash(-0.0, 7));
        assert_eq!(f64::hash(f64::NAN, 7), f64::hash(other_nan, 7));
        let mut key = (Some(-0.0), other_nan, -0.0f32);
        key.canonicalize();
        let bits =
            |(a, b, c): (Option<f64>, f64, f32)| (a.map(f64::to_bits), b.to_bits(), c.to_bits());
        assert_eq!(bits(key), bits((Some(0.0), f64::NAN, 0.0)));
    }
}
