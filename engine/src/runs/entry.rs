//! An entry of a run or log: window, key and accumulator.

use ouzel_dsl::{Error, Key, Result};
use std::io::{Read, Write};

/// Writes one entry: lengths of key and accumulator, window, encoded key, accumulator. Returns how
/// many bytes that was.
pub fn write_entry<Acc: serde::Serialize>(
    out: &mut dyn Write,
    start: i64,
    key: &[u8],
    acc: &Acc,
) -> std::io::Result<u64> {
    let acc = postcard::to_allocvec(acc).map_err(std::io::Error::other)?;
    let len =
        |bytes: usize| u32::try_from(bytes).map(u32::to_le_bytes).map_err(std::io::Error::other);
    out.write_all(&len(8 + key.len())?)?;
    out.write_all(&len(acc.len())?)?;
    out.write_all(&encode_window(start))?;
    out.write_all(key)?;
    out.write_all(&acc)?;
    Ok(16 + key.len() as u64 + acc.len() as u64)
}

/// An entry's window, encoded key and accumulator.
pub struct Entry {
    /// Window, then encoded key.
    key: Vec<u8>,
    acc: Vec<u8>,
}

impl Entry {
    /// An empty one, to be read into.
    pub fn new() -> Entry {
        Entry { key: Vec::new(), acc: Vec::new() }
    }

    /// Reads the next entry; its length, or `None` at the end.
    pub fn read(&mut self, from: &mut dyn Read) -> std::io::Result<Option<u64>> {
        let mut lens = [0; 8];
        if from.read(&mut lens[..1])? == 0 {
            return Ok(None);
        }
        from.read_exact(&mut lens[1..])?;
        let [a, b, c, d, e, f, g, h] = lens;
        let (key, acc) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
        self.key.resize(key as usize, 0);
        self.acc.resize(acc as usize, 0);
        from.read_exact(&mut self.key)?;
        from.read_exact(&mut self.acc)?;
        Ok(Some(8 + u64::from(key) + u64::from(acc)))
    }

    /// Writes it as it was read.
    pub fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let len = |bytes: &[u8]| {
            u32::try_from(bytes.len()).map(u32::to_le_bytes).map_err(std::io::Error::other)
        };
        out.write_all(&len(&self.key)?)?;
        out.write_all(&len(&self.acc)?)?;
        out.write_all(&self.key)?;
        out.write_all(&self.acc)
    }

    /// Window and encoded key, in the order of runs.
    pub fn place(&self) -> &[u8] {
        &self.key
    }

    /// The start of its window.
    pub fn window(&self) -> i64 {
        decode_window(self.key.get(..8).unwrap_or_default())
    }

    /// Its key.
    pub fn key<K: Key>(&self) -> Result<K> {
        self.key.get(8..).and_then(|mut encoded| K::decode(&mut encoded)).ok_or_else(damaged)
    }

    /// Its accumulator.
    pub fn acc<Acc: serde::de::DeserializeOwned>(&self) -> Result<Acc> {
        postcard::from_bytes(&self.acc).map_err(|_| damaged())
    }
}

fn encode_window(start: i64) -> [u8; 8] {
    ((start as u64) ^ (1 << 63)).to_be_bytes()
}

fn decode_window(bytes: &[u8]) -> i64 {
    let bytes = bytes.try_into().unwrap_or_default();
    (u64::from_be_bytes(bytes) ^ (1 << 63)) as i64
}

fn damaged() -> Error {
    Error::State("kept state is damaged: an entry cannot be read back".to_owned())
}
