//! The standard output: what is written there cannot be taken back.

use super::Style;
use super::encode::{header, lines};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use ouzel_dsl::connector::{Append, Replace};
use ouzel_dsl::{Error, Result};
use std::io::{Read, Seek, Write};
use tempfile::SpooledTempFile;

/// How much is held in memory before it goes to a temporary file.
const MEMORY_BYTES_MAX: usize = 8 << 20;

/// Lines that are shown once they are all there.
pub(super) struct Spooled {
    style: Style,
    lines: String,
    spool: SpooledTempFile,
}

impl Spooled {
    pub(super) fn new(style: &Style, schema: &SchemaRef) -> Spooled {
        let lines = header(schema, style);
        let spool = SpooledTempFile::new(MEMORY_BYTES_MAX);
        Spooled { style: style.clone(), lines, spool }
    }

    fn spill(&mut self) -> Result<()> {
        let written = self.spool.write_all(self.lines.as_bytes());
        self.lines.clear();
        written.map_err(|e| Error::io("writing a temporary file", e))
    }
}

impl Replace for Spooled {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        lines(batch, &self.style, &mut self.lines);
        self.spill()
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.spill()?;
        let reading = |e| Error::io("reading a temporary file", e);
        self.spool.rewind().map_err(reading)?;
        let mut block = vec![0; 64 << 10];
        loop {
            match self.spool.read(&mut block).map_err(reading)? {
                0 => return show(b""),
                read => show(block.get(..read).unwrap_or_default())?,
            }
        }
    }
}

/// Lines that are shown as they come.
pub(super) struct Direct {
    style: Style,
    lines: String,
}

impl Direct {
    pub(super) fn new(style: &Style, schema: &SchemaRef, anew: bool) -> Direct {
        let lines = if anew { header(schema, style) } else { String::new() };
        Direct { style: style.clone(), lines }
    }
}

impl Append for Direct {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        lines(batch, &self.style, &mut self.lines);
        show(self.lines.as_bytes())?;
        self.lines.clear();
        Ok(())
    }

    fn commit(&mut self) -> Result<String> {
        show(self.lines.as_bytes())?;
        self.lines.clear();
        Ok(String::new())
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.commit().map(|_| ())
    }
}

/// Writes and flushes.
fn show(bytes: &[u8]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    let written = out.write_all(bytes).and_then(|()| out.flush());
    written.map_err(|e| Error::io("writing to the standard output", e))
}
