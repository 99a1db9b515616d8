//! Reads a stream of text block by block and hands on its records chunk by chunk.

use super::Decode;
use crate::rows::Rows;
use ouzel_dsl::connector::Chunk;
use ouzel_dsl::{Error, Result};
use std::io::Read;

/// How much is read at once: it stays in the cache while it is decoded.
const BLOCK_BYTES: usize = 256 << 10;

/// How long a record may be.
const RECORD_BYTES_MAX: usize = 256 << 20;

/// How much of a longer record is kept with its reject.
const REJECT_BYTES_MAX: usize = 1 << 20;

/// Decodes all of `input`, which begins with a record at byte `offset`. If `last`, the last record
/// may lack its end.
pub(crate) fn decode_all(
    input: &mut dyn Read,
    offset: u64,
    last: bool,
    decoder: &mut dyn Decode,
    rows: &mut Rows,
    failed: &dyn Fn(std::io::Error) -> Error,
    emit: &mut dyn FnMut(Chunk) -> Result<()>,
) -> Result<u64> {
    let mut buffer = vec![0; BLOCK_BYTES];
    let (mut head, mut tail, mut offset, mut ended) = (0, 0, offset, false);
    let mut skipping = false;
    loop {
        let data = buffer.get(head..tail).unwrap_or_default();
        if skipping {
            let (used, end) = decoder.skip(data, false);
            skipping = !end;
            (head, offset) = (head + used, offset + used as u64);
        } else {
            let used = decoder.decode(data, offset, ended && last, rows);
            (head, offset) = (head + used, offset + used as u64);
            if rows.full() {
                emit(rows.take()?)?;
                continue;
            }
        }
        if ended {
            break;
        }
        buffer.copy_within(head..tail, 0);
        (head, tail) = (0, tail - head);
        if tail == buffer.len() {
            if tail < RECORD_BYTES_MAX {
                buffer.resize(tail * 2, 0);
            } else {
                let start = buffer.get(..REJECT_BYTES_MAX).unwrap_or_default();
                rows.reject(offset, start, too_long());
                let (used, end) = decoder.skip(&buffer, true);
                skipping = !end;
                (head, offset) = (used, offset + used as u64);
                continue;
            }
        }
        match input.read(buffer.get_mut(tail..).unwrap_or_default()) {
            Ok(0) => ended = true,
            Ok(read) => tail += read,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(failed(e)),
        }
    }
    if !rows.is_empty() {
        emit(rows.take()?)?;
    }
    Ok(offset)
}

#[cold]
fn too_long() -> String {
    format!(
        "the record is longer than {} MiB; of its bytes the first {} MiB are given. In CSV, a \
         quote that is never closed has this effect",
        RECORD_BYTES_MAX >> 20,
        REJECT_BYTES_MAX >> 20
    )
}
