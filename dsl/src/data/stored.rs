//! The bytes that data is stored as: fixed widths, lengths and strings.
//!
//! Every read is checked, since the bytes may come from a damaged file.

/// Takes `N` bytes.
#[inline(always)]
pub(crate) fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*head)
}

/// Appends a length in groups of seven bits, the lowest first (LEB128).
#[inline]
pub(crate) fn store_length(length: usize, out: &mut Vec<u8>) {
    let mut rest = length as u64;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// Reads a length that [`store_length`] wrote.
#[inline]
pub(crate) fn load_length(bytes: &mut &[u8]) -> Option<usize> {
    let mut length = 0u64;
    for shift in (0..64).step_by(7) {
        let [byte] = take(bytes)?;
        let group = u64::from(byte & 0x7F);
        if group.leading_zeros() < shift {
            return None;
        }
        length |= group << shift;
        if byte < 0x80 {
            return usize::try_from(length).ok();
        }
    }
    None
}

/// Appends bytes after their length.
#[inline]
pub(crate) fn store_bytes(view: &[u8], out: &mut Vec<u8>) {
    store_length(view.len(), out);
    out.extend_from_slice(view);
}

/// Reads bytes that [`store_bytes`] wrote, where they lie.
#[inline]
pub(crate) fn load_bytes<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = load_length(bytes)?;
    let (head, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_read_back_and_too_long_ones_do_not() {
        for length in [0, 1, 127, 128, 300, 1 << 14, u32::MAX as usize, usize::MAX] {
            let mut out = Vec::new();
            store_length(length, &mut out);
            let mut bytes = out.as_slice();
            assert_eq!(load_length(&mut bytes), Some(length));
            assert!(bytes.is_empty());
            assert_eq!(load_length(&mut &out[..out.len() - 1]), None);
        }
        assert_eq!(load_length(&mut [&[0xFF; 9][..], &[2]].concat().as_slice()), None);
        assert_eq!(load_length(&mut [0x80; 11].as_slice()), None);
    }
}
