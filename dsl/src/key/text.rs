//! Text and bytes.

use super::{Key, mix_bytes};
use crate::Bytes;

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
    type Itself = Self;
    type Present = Self;

    #[inline(always)]
    fn present(view: Self::View<'_>) -> Option<Self::View<'_>> {
        Some(view)
    }

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
    type Itself = Self;
    type Present = Self;

    #[inline(always)]
    fn present(view: Self::View<'_>) -> Option<Self::View<'_>> {
        Some(view)
    }

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
