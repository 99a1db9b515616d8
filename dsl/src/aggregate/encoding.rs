//! Canonical encodings of keys, as aggregates look them up and hash them.

use crate::key::{Key, mix};
use std::cell::Cell;

/// Calls a function with a key's canonical encoding, which is written to memory that is kept.
#[inline]
pub(super) fn encoded<K: Key, R>(key: K::View<'_>, read: impl FnOnce(&[u8]) -> R) -> R {
    thread_local!(static ENCODING: Cell<Vec<u8>> = const { Cell::new(Vec::new()) });
    let mut encoding = ENCODING.take();
    encoding.clear();
    K::encode(key, &mut encoding);
    let result = read(&encoding);
    ENCODING.set(encoding);
    result
}

/// A hash of a key's encoding that no version of anything will change, since sketches are kept.
#[inline]
pub(super) fn hash<K: Key>(key: K::View<'_>) -> u64 {
    encoded::<K, _>(key, hash_of)
}

/// That hash, of an encoding.
pub(super) fn hash_of(encoding: &[u8]) -> u64 {
    let (words, rest) = encoding.as_chunks::<8>();
    let state = words.iter().fold(0, |state, word| mix(state, u64::from_le_bytes(*word)));
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    mix(mix(state, u64::from_le_bytes(last)), encoding.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_never_changes() {
        let hashes = [hash::<i64>(0), hash::<String>("ouzel"), hash::<String>("the water ouzel")];
        assert_eq!(hashes, [14718013502791330876, 3025498734700834846, 7723435354669611545]);
    }
}
