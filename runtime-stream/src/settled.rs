//! The rows of windows that are done with: kept on disk, since a table's file holds them too.

use arrow::array::RecordBatch;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use ouzel_dsl::{Error, Result};
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// A file of batches, each behind its length.
pub struct Settled {
    file: File,
    len: u64,
}

impl Settled {
    /// In a file that outlives the process, cut back to `len`; or, without a path, in one that does
    /// not.
    pub fn open(path: Option<&Path>, len: u64) -> Result<Settled> {
        let opened = match path {
            Some(path) => {
                File::options().read(true).write(true).create(true).truncate(false).open(path)
            }
            None => tempfile::tempfile(),
        };
        let what = |e| Error::io("opening the rows of closed windows", e);
        let file = opened.map_err(what)?;
        let found = file.metadata().map_err(what)?.len();
        if found < len {
            return Err(Error::State(format!(
                "the rows of closed windows{} have {found} bytes, but the last checkpoint covers {len}: the folder was changed by something else",
                path.map(|path| format!(" in {}", path.display())).unwrap_or_default()
            )));
        }
        file.set_len(len).map_err(what)?;
        Ok(Settled { file, len })
    }

    /// Adds rows.
    pub fn push(&mut self, batches: &[RecordBatch]) -> Result<()> {
        self.try_push(batches).map_err(|e| Error::io("writing the rows of closed windows", e))
    }

    fn try_push(&mut self, batches: &[RecordBatch]) -> std::io::Result<()> {
        self.file.seek(SeekFrom::Start(self.len))?;
        let mut out = BufWriter::new(&self.file);
        for batch in batches {
            let mut bytes = Vec::new();
            let mut writer = StreamWriter::try_new(&mut bytes, batch.schema_ref())
                .map_err(std::io::Error::other)?;
            writer.write(batch).and_then(|()| writer.finish()).map_err(std::io::Error::other)?;
            drop(writer);
            out.write_all(&(bytes.len() as u64).to_le_bytes())?;
            out.write_all(&bytes)?;
            self.len += 8 + bytes.len() as u64;
        }
        out.flush()
    }

    /// Makes all rows durable; where they end.
    pub fn commit(&mut self) -> Result<u64> {
        self.file.sync_data().map_err(|e| Error::io("writing the rows of closed windows", e))?;
        Ok(self.len)
    }

    /// Gives all rows.
    pub fn each(&mut self, mut f: impl FnMut(RecordBatch) -> Result<()>) -> Result<()> {
        let what = |e| Error::io("reading the rows of closed windows", e);
        self.file.seek(SeekFrom::Start(0)).map_err(what)?;
        let mut from = BufReader::new(&self.file);
        let mut at = 0;
        while at < self.len {
            let mut len = [0; 8];
            from.read_exact(&mut len).map_err(what)?;
            let mut bytes = vec![0; u64::from_le_bytes(len) as usize];
            from.read_exact(&mut bytes).map_err(what)?;
            at += 8 + bytes.len() as u64;
            let read = StreamReader::try_new(bytes.as_slice(), None);
            for batch in read.map_err(|e| what(std::io::Error::other(e)))? {
                f(batch.map_err(|e| what(std::io::Error::other(e)))?)?;
            }
        }
        Ok(())
    }
}
