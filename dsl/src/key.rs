//! Keys, and the canonical encoding by which they are compared, ordered, hashed and spread.

mod compound;
mod number;
mod text;
mod windowed;

use crate::data::Data;
use crate::data::stored::take;

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
    /// Itself. Rustc says nothing of what is made of it where it has none.
    #[doc(hidden)]
    type Itself: Key;
    /// What is there where a value is: `K` of `Option<K>`, and itself of every other type.
    type Present: Key;

    /// The value, if there is one.
    fn present(view: Self::View<'_>) -> Option<<Self::Present as Data>::View<'_>>;

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
