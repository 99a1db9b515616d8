//! A whole folder that is replaced when it is finished.

use super::parts::{PartWriter, check_ours};
use super::whole::{Aside, sweep};
use super::{Style, check_ordinary, check_parent, failed, parent, sync_folder, temporary};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use ouzel_dsl::connector::Replace;
use ouzel_dsl::{Error, Result};
use std::fs::File;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder in the making beside its place.
pub(super) struct Folder {
    path: PathBuf,
    writer: PartWriter,
    /// Taken away when it is dropped.
    temporary: TempDir,
    /// Held as long as it is in the making.
    lock: Option<File>,
}

impl Folder {
    pub(super) fn new(
        path: &Path,
        style: &Style,
        schema: &SchemaRef,
        partition_by: &[String],
    ) -> Result<Folder> {
        let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        check_parent(&path)?;
        check_ordinary(&path)?;
        if path.is_dir() {
            check_ours(&path)?;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        sweep(&path, &name);
        let prefix = format!(".{name}.");
        let made = temporary(&prefix, ".tmp", 0o777).tempdir_in(parent(&path));
        let temporary = made.map_err(failed(&path))?;
        let writer = PartWriter::new(temporary.path(), style, schema, partition_by, 0)?;
        // Tells other processes that it is in use. Where folders cannot be locked, none is swept.
        let lock = File::open(temporary.path()).ok().filter(|folder| folder.try_lock().is_ok());
        Ok(Folder { path, writer, temporary, lock })
    }
}

impl Replace for Folder {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.writer.write(batch)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        let Folder { path, mut writer, temporary, lock } = *self;
        writer.finish()?;
        // No file system swaps two folders by a portable call: there is a moment in which neither
        // is there, but none in which half of one is.
        let old = match path.exists() {
            true => Some(Aside::set(&path)?),
            false => None,
        };
        if let Err(e) = std::fs::rename(temporary.path(), &path) {
            if let Some(old) = old {
                old.put_back(&path);
            }
            return Err(Error::io(format!("replacing {}", path.display()), e));
        }
        // It is no longer there to be taken away.
        let _ = temporary.keep();
        drop(lock);
        sync_folder(parent(&path))?;
        old.map_or(Ok(()), Aside::remove)
    }
}
