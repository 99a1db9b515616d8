//! One file that is replaced at once when it is finished.

use super::encode::Encoder;
use super::{Style, check_ordinary, check_parent, failed, parent, sync_folder, temporary};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use ouzel_dsl::connector::Replace;
use ouzel_dsl::{Error, Result};
use std::path::{Path, PathBuf};
use tempfile::TempPath;

/// A file in the making beside its place.
pub(super) struct Whole {
    path: PathBuf,
    encoder: Encoder,
    /// Taken away when it is dropped.
    temporary: TempPath,
}

impl Whole {
    pub(super) fn new(path: &Path, style: &Style, schema: &SchemaRef) -> Result<Whole> {
        // A link stays a link: what it leads to is replaced.
        let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        check_parent(&path)?;
        check_ordinary(&path)?;
        if path.is_dir() {
            super::parts::check_ours(&path)?;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let made = temporary(&format!(".{name}."), ".tmp", 0o666).tempfile_in(parent(&path));
        let (file, temporary) = made.map_err(failed(&path))?.into_parts();
        sweep(&path, &name);
        // Tells other processes that it is in use. Where files cannot be locked, none is swept.
        let _ = file.try_lock();
        let encoder = Encoder::new(file, &path, style, schema, true)?;
        Ok(Whole { path, encoder, temporary })
    }
}

/// Removes what killed processes have left in the making of a file or folder: what no one holds a
/// lock on. What cannot be removed only takes room.
pub(super) fn sweep(path: &Path, name: &str) {
    let prefix = format!(".{name}.");
    for entry in std::fs::read_dir(parent(path)).into_iter().flatten().flatten() {
        let found = entry.file_name().to_string_lossy().into_owned();
        let random = found.strip_prefix(&prefix).and_then(|rest| rest.strip_suffix(".tmp"));
        if random.is_some_and(|random| !random.contains('.') && is_old(&entry.path())) {
            let path = entry.path();
            let _ = match path.is_dir() {
                true => std::fs::remove_dir_all(path),
                false => std::fs::remove_file(path),
            };
        }
    }
}

/// Whether a file or folder is held by no one, and was not made just now, when its lock may yet come.
fn is_old(path: &Path) -> bool {
    let Ok(file) = std::fs::File::open(path) else { return false };
    let age = file.metadata().and_then(|m| m.modified()).ok().and_then(|t| t.elapsed().ok());
    age.is_some_and(|age| age.as_secs() >= 1) && file.try_lock().is_ok()
}

impl Replace for Whole {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.encoder.write(batch)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        let Whole { path, encoder, temporary } = *self;
        encoder.finish()?;
        // A folder of parts that a stream wrote in the file's place makes way.
        let old = match path.is_dir() {
            true => Some(Aside::set(&path)?),
            false => None,
        };
        temporary.persist(&path).map_err(|e| failed(&path)(e.error))?;
        sync_folder(parent(&path))?;
        old.map_or(Ok(()), Aside::remove)
    }
}

/// A file or folder that was renamed to a hidden place beside its own.
pub(super) struct Aside(PathBuf);

impl Aside {
    pub(super) fn set(path: &Path) -> Result<Aside> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let prefix = format!(".{name}.");
        let made = temporary(&prefix, ".old", 0o777).tempdir_in(parent(path));
        let place = Aside(made.map_err(failed(path))?.keep());
        match std::fs::rename(path, place.content()) {
            Ok(()) => Ok(place),
            Err(e) => {
                // Empty, and of no use.
                let _ = std::fs::remove_dir(&place.0);
                Err(Error::io(format!("replacing {}", path.display()), e))
            }
        }
    }

    fn content(&self) -> PathBuf {
        self.0.join("old")
    }

    /// Gives it its name again, as far as possible: another error is on its way.
    pub(super) fn put_back(self, path: &Path) {
        if std::fs::rename(self.content(), path).is_ok() {
            let _ = std::fs::remove_dir(&self.0);
        }
    }

    pub(super) fn remove(self) -> Result<()> {
        std::fs::remove_dir_all(&self.0).map_err(failed(&self.0))
    }
}
