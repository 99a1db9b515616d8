//! What stands before the data of a payload whose schema is in a registry.

use crate::fault::{Fault, Wrong};

/// The byte that the frame begins with.
const MAGIC: u8 = 0;

/// How deep a message may be nested in others.
const INDEXES_MAX: usize = 64;

/// The schema's id and what follows it.
pub(crate) fn split(payload: &[u8]) -> Result<(u32, &[u8]), Fault> {
    match payload {
        [MAGIC, a, b, c, d, data @ ..] => Ok((u32::from_be_bytes([*a, *b, *c, *d]), data)),
        [MAGIC, ..] => Err(Fault::Payload(format!(
            "{} bytes are too few for a zero byte and the 4 bytes of a schema's id",
            payload.len()
        ))),
        [] => Err(Fault::Payload("the payload is empty: there is no schema's id".into())),
        [first, ..] => Err(Fault::Payload(format!(
            "the payload begins with the byte {first:#04x}, not with zero and a schema's id: \
             it was not written by way of a schema registry"
        ))),
    }
}

/// Appends the frame.
pub(crate) fn put(id: u32, payload: &mut Vec<u8>) {
    payload.push(MAGIC);
    payload.extend_from_slice(&id.to_be_bytes());
}

/// Where a Protobuf message stands in its file, outermost first, and what follows.
pub(crate) fn indexes(data: &[u8]) -> Result<(Vec<usize>, &[u8]), Wrong> {
    let mut at = 0;
    let wrong = || Wrong::from("the place of its message within the schema is broken");
    let mut next = || -> Result<usize, Wrong> {
        let number = zigzag(data, &mut at).ok_or_else(wrong)?;
        usize::try_from(number).map_err(|_| wrong())
    };
    let indexes = match next()? {
        // The first message is by far the commonest, and has this for short.
        0 => vec![0],
        n if n > INDEXES_MAX => return Err(wrong()),
        n => (0..n).map(|_| next()).collect::<Result<_, _>>()?,
    };
    Ok((indexes, data.get(at..).unwrap_or_default()))
}

/// Appends where a message stands in its file.
pub(crate) fn put_indexes(indexes: &[usize], payload: &mut Vec<u8>) {
    if indexes == [0] {
        payload.push(0);
        return;
    }
    put_zigzag(indexes.len() as i64, payload);
    for index in indexes {
        put_zigzag(*index as i64, payload);
    }
}

/// Reads a number whose sign is in the lowest bit, in groups of seven bits.
#[inline]
pub(crate) fn zigzag(data: &[u8], at: &mut usize) -> Option<i64> {
    let mut bits: u64 = 0;
    for group in 0..10 {
        let byte = *data.get(*at)?;
        *at += 1;
        if group == 9 && byte > 1 {
            return None;
        }
        bits |= u64::from(byte & 0x7f) << (7 * group);
        if byte < 0x80 {
            return Some((bits >> 1) as i64 ^ -((bits & 1) as i64));
        }
    }
    None
}

/// Appends such a number.
#[inline]
pub(crate) fn put_zigzag(number: i64, out: &mut Vec<u8>) {
    let mut bits = ((number << 1) ^ (number >> 63)) as u64;
    while bits >= 0x80 {
        out.push(bits as u8 | 0x80);
        bits >>= 7;
    }
    out.push(bits as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_places_come_back() {
        for number in [0, 1, -1, 63, 64, -64, -65, 300, i64::MAX, i64::MIN] {
            let mut out = Vec::new();
            put_zigzag(number, &mut out);
            let mut at = 0;
            assert_eq!(zigzag(&out, &mut at), Some(number));
            assert_eq!(at, out.len());
        }
        for place in [vec![0], vec![1], vec![0, 0], vec![2, 300, 1]] {
            let mut out = Vec::new();
            put_indexes(&place, &mut out);
            out.push(7);
            assert_eq!(indexes(&out).unwrap(), (place, &[7][..]));
        }
    }

    #[test]
    fn broken_frames_are_told() {
        assert!(
            split(&[]).is_err() && split(&[0, 0, 0, 1]).is_err() && split(b"{\"a\":1}").is_err()
        );
        assert_eq!(split(&[0, 0, 0, 1, 2, 9]).unwrap(), (258, &[9][..]));
        // As many as never could be, less than none, and a number without end.
        assert!(indexes(&[0xfe, 0xff, 0xff, 0xff, 0x0f]).is_err());
        assert!(indexes(&[1]).is_err() && indexes(&[4, 1, 1]).is_err());
        assert!(indexes(&[0xff; 12]).is_err() && indexes(&[]).is_err());
    }
}
