//! Reads a stream of text block by block and hands on its records chunk by chunk.

use super::Decode;
use crate::opened::Emit;
use crate::rows::Rows;
use ouzel_dsl::connector::Demand;
use ouzel_dsl::{Error, Result};
use std::io::Read;

/// How much is read at once: it stays in the cache while it is decoded.
const BLOCK_BYTES: usize = 256 << 10;

/// How long a record may be.
const RECORD_BYTES_MAX: usize = 256 << 20;

/// How much of a longer record is kept with its reject.
const REJECT_BYTES_MAX: usize = 1 << 20;

/// The records of a text, as they are read.
pub(crate) struct Records {
    decoder: Box<dyn Decode>,
    rows: Rows,
    /// What was read, of which `head..tail` is not decoded yet.
    buffer: Vec<u8>,
    head: usize,
    tail: usize,
    /// The offset of `head` in the text.
    offset: u64,
    ended: bool,
    /// Whether this is within a record that is too long.
    skipping: bool,
}

impl Records {
    /// The records from byte `offset` on, where one begins.
    pub(crate) fn new(decoder: Box<dyn Decode>, rows: Rows, offset: u64) -> Records {
        Records {
            decoder,
            rows,
            buffer: vec![0; BLOCK_BYTES],
            head: 0,
            tail: 0,
            offset,
            ended: false,
            skipping: false,
        }
    }

    /// Up to where records were handed on.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Reads on, up to the end of `input` or to where `emit` asks for a pause: which of the two,
    /// is said. The last record may lack its end.
    pub(crate) fn read(
        &mut self,
        input: &mut dyn Read,
        failed: &dyn Fn(std::io::Error) -> Error,
        emit: &mut Emit<'_>,
    ) -> Result<Demand> {
        loop {
            let data = self.buffer.get(self.head..self.tail).unwrap_or_default();
            if self.skipping {
                let (used, end) = self.decoder.skip(data, false);
                self.skipping = !end;
                self.pass(used);
            } else {
                let used = self.decoder.decode(data, self.offset, self.ended, &mut self.rows);
                self.pass(used);
                if self.rows.full() {
                    match emit(self.rows.take()?)? {
                        Demand::More => continue,
                        Demand::Pause => return Ok(Demand::Pause),
                    }
                }
            }
            if self.ended {
                break;
            }
            self.buffer.copy_within(self.head..self.tail, 0);
            (self.head, self.tail) = (0, self.tail - self.head);
            if self.tail == self.buffer.len() {
                if self.tail >= RECORD_BYTES_MAX {
                    self.give_up();
                    continue;
                }
                self.buffer.resize(self.tail * 2, 0);
            }
            match input.read(self.buffer.get_mut(self.tail..).unwrap_or_default()) {
                Ok(0) => self.ended = true,
                Ok(read) => self.tail += read,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(failed(e)),
            }
        }
        if !self.rows.is_empty() {
            emit(self.rows.take()?)?;
        }
        Ok(Demand::More)
    }

    fn pass(&mut self, used: usize) {
        self.head += used;
        self.offset += used as u64;
    }

    /// The record that fills the whole buffer is too long.
    #[cold]
    fn give_up(&mut self) {
        let start = self.buffer.get(..REJECT_BYTES_MAX).unwrap_or_default();
        self.rows.reject(self.offset, start, too_long());
        let (used, end) = self.decoder.skip(&self.buffer, true);
        self.skipping = !end;
        self.pass(used);
    }
}

fn too_long() -> String {
    format!(
        "the record is longer than {} MiB; of its bytes the first {} MiB are given. In CSV, a \
         quote that is never closed has this effect",
        RECORD_BYTES_MAX >> 20,
        REJECT_BYTES_MAX >> 20
    )
}
