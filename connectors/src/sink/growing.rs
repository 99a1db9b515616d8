//! One file of plain text that grows. Its mark is its committed length.

use super::encode::Encoder;
use super::{Style, check_ordinary, check_parent, failed, parent, sync_folder};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use ouzel_dsl::connector::Append;
use ouzel_dsl::{Error, Result};
use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// A file that grows.
pub(super) struct Growing {
    path: PathBuf,
    file: File,
    encoder: Encoder,
}

impl Growing {
    pub(super) fn new(
        path: &Path,
        style: &Style,
        schema: &SchemaRef,
        mark: Option<&str>,
    ) -> Result<Growing> {
        check_parent(path)?;
        check_ordinary(path)?;
        if path.is_dir() {
            return Err(Error::Usage(format!(
                "{} is a folder; end it with `/` to write a folder of files",
                path.display()
            )));
        }
        let committed = match mark {
            None => 0,
            Some(mark) => committed(path, mark)?,
        };
        let opened = File::options()
            .create(committed == 0)
            .read(true)
            .write(true)
            .truncate(false)
            .open(path);
        let mut file = opened.map_err(failed(path))?;
        file.set_len(committed).map_err(failed(path))?;
        file.seek(SeekFrom::End(0)).map_err(failed(path))?;
        sync_folder(parent(path))?;
        let writer = file.try_clone().map_err(failed(path))?;
        let encoder = Encoder::new(writer, path, style, schema, committed == 0)?;
        Ok(Growing { path: path.to_owned(), file, encoder })
    }
}

/// Reads a mark, and checks that the file has what was committed.
fn committed(path: &Path, mark: &str) -> Result<u64> {
    let committed: u64 = mark.parse().map_err(|_| {
        Error::State(format!("{mark:?} is no mark of {}: a length in bytes", path.display()))
    })?;
    let len = match std::fs::metadata(path) {
        Ok(metadata) => metadata.len(),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && committed == 0 => 0,
        Err(e) => return Err(Error::io(format!("going on with {}", path.display()), e)),
    };
    match len < committed {
        true => Err(Error::State(format!(
            "{} has {len} bytes, but {committed} were committed to it: it was changed since; bring \
             it back, or begin anew without the kept state",
            path.display()
        ))),
        false => Ok(committed),
    }
}

impl Append for Growing {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.encoder.write(batch)
    }

    fn commit(&mut self) -> Result<String> {
        self.encoder.flush()?;
        self.file.sync_data().map_err(failed(&self.path))?;
        let len = self.file.metadata().map_err(failed(&self.path))?.len();
        Ok(len.to_string())
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.commit()?;
        self.encoder.finish()
    }
}
