//! Letters that processes of a group write to each other: entries of keyed state, and how far event
//! time has come where they are from.

use ouzel_dsl::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What stands before the entries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The watermarks of partitions and of keyed operators' shards, by their names, as far as they
    /// have moved.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub watermarks: BTreeMap<String, i64>,
    /// Of a snapshot, its number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<u64>,
    /// Whether that ends with this letter.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub last: bool,
}

/// A letter as bytes: the length of its head, that, and the entries.
pub fn write(head: &Head, entries: &[u8]) -> Result<Vec<u8>> {
    let head = serde_json::to_vec(head).map_err(|e| Error::io("writing a letter", e.into()))?;
    let mut letter = Vec::with_capacity(4 + head.len() + entries.len());
    let len = u32::try_from(head.len()).unwrap_or(u32::MAX);
    letter.extend_from_slice(&len.to_le_bytes());
    letter.extend_from_slice(&head);
    letter.extend_from_slice(entries);
    Ok(letter)
}

/// Head and entries of a letter.
pub fn read<'a>(letter: &'a [u8], lane: &str, offset: u64) -> Result<(Head, &'a [u8])> {
    let parts = || {
        let (len, rest) = letter.split_first_chunk::<4>()?;
        let (head, entries) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
        Some((serde_json::from_slice(head).ok()?, entries))
    };
    parts().ok_or_else(|| {
        Error::State(format!(
            "`{lane}` has at offset {offset} what is no letter of a process of this group: something else has written to it"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_read_as_it_was_written_and_anything_else_is_refused() {
        let watermarks = BTreeMap::from([("flights/a/0".to_owned(), i64::MIN)]);
        let head = Head { watermarks, snapshot: Some(3), last: true };
        let letter = write(&head, b"entries").unwrap();
        assert_eq!(read(&letter, "a/0", 7).unwrap(), (head, &b"entries"[..]));
        for len in 0..letter.len() - b"entries".len() {
            assert!(read(&letter[..len], "a/0", 7).is_err(), "{len}");
        }
        let error = read(b"\xff\xff\xff\xffx", "a/0", 7).unwrap_err().to_string();
        assert!(error.contains("`a/0` has at offset 7"), "{error}");
    }
}
