//! A folder of files, each written whole: `part-00000.parquet`, perhaps in `column=value` folders.
//! Its mark is the number of the next part, and how many files there are.

use super::encode::Encoder;
use super::{Style, cell, check_ordinary, check_parent, failed, parent, sync_folder, temporary};
use crate::hive;
use arrow::array::{RecordBatch, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::SchemaRef;
use ouzel_dsl::connector::Append;
use ouzel_dsl::schema::nearest;
use ouzel_dsl::{Error, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use tempfile::TempPath;

/// How many files may be open at once; beyond, all are completed and others begun.
const OPEN_MAX: usize = 64;

/// A folder of parts that grows.
pub(super) struct Parts(PartWriter);

impl Parts {
    /// Goes on at a mark, or begins anew.
    pub(super) fn open(
        path: &Path,
        style: &Style,
        schema: &SchemaRef,
        partition_by: &[String],
        mark: Option<&str>,
    ) -> Result<Parts> {
        check_parent(path)?;
        check_ordinary(path)?;
        let (next, files) = match mark {
            None => (0, 0),
            Some(mark) => numbers(mark).ok_or_else(|| {
                Error::State(format!(
                    "{mark:?} is no mark of {}: how many parts and files there are",
                    path.display()
                ))
            })?,
        };
        let mut writer = PartWriter::new(path, style, schema, partition_by, next)?;
        writer.files = files;
        if path.is_file() {
            if next > 0 {
                return Err(Error::State(format!(
                    "{} is a file, but {next} parts were committed to a folder of that name: it \
                     was changed since; bring it back, or begin anew without the kept state",
                    path.display()
                )));
            }
            std::fs::remove_file(path).map_err(failed(path))?;
        }
        if path.is_dir() {
            check_ours(path)?;
            cut_back(path, next)?;
        }
        std::fs::create_dir_all(path).map_err(failed(path))?;
        sync_folder(parent(path))?;
        let mut found = 0;
        each(path, &mut |_, _| {
            found += 1;
            Ok(())
        })?;
        if found < files {
            return Err(Error::State(format!(
                "{files} files were committed to {}, and {found} are there: bring the others back, \
                 or begin anew without the kept state",
                path.display()
            )));
        }
        Ok(Parts(writer))
    }
}

impl Append for Parts {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.0.write(batch)
    }

    fn commit(&mut self) -> Result<String> {
        self.0.commit()?;
        Ok(format!("{} {}", self.0.next, self.0.files))
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.0.finish()
    }
}

/// Writes parts into a folder.
pub(super) struct PartWriter {
    folder: PathBuf,
    style: Style,
    /// What the files hold: all columns but those that are folders.
    schema: SchemaRef,
    kept: Vec<usize>,
    by: Vec<usize>,
    /// The number of the parts that are being written.
    next: u64,
    /// How many files are complete.
    files: u64,
    /// By the folder that they are in.
    open: BTreeMap<String, Part>,
    complete: Vec<(TempPath, PathBuf)>,
}

struct Part {
    encoder: Encoder,
    temporary: TempPath,
    path: PathBuf,
}

fn part_name(number: u64, style: &Style) -> String {
    format!("part-{number:05}.{}", style.kind.extension())
}

impl PartWriter {
    pub(super) fn new(
        folder: &Path,
        style: &Style,
        schema: &SchemaRef,
        partition_by: &[String],
        next: u64,
    ) -> Result<PartWriter> {
        let mut by = Vec::new();
        for name in partition_by {
            let names = || schema.fields().iter().map(|f| f.name().as_str());
            let Ok(index) = schema.index_of(name) else {
                let near = nearest(name, names()).map(|n| format!("; did you mean `{n}`?"));
                return Err(Error::Usage(format!(
                    "partition_by={name}: the output has no such column{}\n  its columns are: {}",
                    near.unwrap_or_default(),
                    names().collect::<Vec<_>>().join(", ")
                )));
            };
            if schema.field(index).data_type().is_nested() {
                return Err(Error::Usage(format!(
                    "partition_by={name}: a column of lists or records cannot name folders"
                )));
            }
            by.push(index);
        }
        let kept: Vec<usize> = (0..schema.fields().len()).filter(|i| !by.contains(i)).collect();
        if kept.is_empty() {
            return Err(Error::Usage(
                "partition_by names all columns: nothing is left to be written".to_owned(),
            ));
        }
        let projected = schema
            .project(&kept)
            .map_err(|e| Error::Failed(format!("columns could not be chosen: {e}")))?;
        Ok(PartWriter {
            folder: folder.to_owned(),
            style: style.clone(),
            schema: projected.into(),
            kept,
            by,
            next,
            files: 0,
            open: BTreeMap::new(),
            complete: Vec::new(),
        })
    }

    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        let rows = |e| Error::Failed(format!("rows could not be chosen: {e}"));
        if self.by.is_empty() {
            return self.part("")?.encoder.write(batch);
        }
        let content = batch.project(&self.kept).map_err(rows)?;
        for (folder, indices) in self.folders(batch) {
            let part = take_record_batch(&content, &UInt32Array::from(indices)).map_err(rows)?;
            self.part(&folder)?.encoder.write(&part)?;
        }
        Ok(())
    }

    /// The rows of each folder.
    fn folders(&self, batch: &RecordBatch) -> BTreeMap<String, Vec<u32>> {
        let mut folders: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        let schema = batch.schema_ref();
        let (mut folder, mut text) = (String::new(), String::new());
        for row in 0..batch.num_rows() {
            folder.clear();
            for index in &self.by {
                text.clear();
                let value = cell::write(batch.column(*index), row, &mut text);
                let name = hive::folder(schema.field(*index).name(), value.map(|_| text.as_str()));
                if !folder.is_empty() {
                    folder.push('/');
                }
                folder.push_str(&name);
            }
            match folders.get_mut(&folder) {
                Some(rows) => rows.push(row as u32),
                None => {
                    folders.insert(folder.clone(), vec![row as u32]);
                }
            }
        }
        folders
    }

    /// The part that is open in a folder.
    fn part(&mut self, folder: &str) -> Result<&mut Part> {
        if !self.open.contains_key(folder) && self.open.len() >= OPEN_MAX {
            self.complete()?;
            self.next += 1;
        }
        match self.open.entry(folder.to_owned()) {
            std::collections::btree_map::Entry::Occupied(entry) => Ok(entry.into_mut()),
            std::collections::btree_map::Entry::Vacant(entry) => {
                let place = match folder {
                    "" => self.folder.clone(),
                    folder => self.folder.join(folder),
                };
                std::fs::create_dir_all(&place).map_err(failed(&place))?;
                let path = place.join(part_name(self.next, &self.style));
                let made = temporary(".part-", ".tmp", 0o666).tempfile_in(&place);
                let (file, temporary) = made.map_err(failed(&path))?.into_parts();
                let encoder = Encoder::new(file, &path, &self.style, &self.schema, true)?;
                Ok(entry.insert(Part { encoder, temporary, path }))
            }
        }
    }

    /// Completes the open files; they stay unseen.
    fn complete(&mut self) -> Result<()> {
        for (_, part) in std::mem::take(&mut self.open) {
            part.encoder.finish()?;
            self.complete.push((part.temporary, part.path));
        }
        Ok(())
    }

    /// Gives the files their names.
    fn commit(&mut self) -> Result<()> {
        self.complete()?;
        if self.complete.is_empty() {
            return Ok(());
        }
        let mut folders = BTreeSet::from([self.folder.clone()]);
        for (temporary, path) in std::mem::take(&mut self.complete) {
            temporary.persist(&path).map_err(|e| failed(&path)(e.error))?;
            self.files += 1;
            let above = path.ancestors().skip(1).take_while(|p| p.starts_with(&self.folder));
            folders.extend(above.map(Path::to_owned));
        }
        folders.iter().try_for_each(|folder| sync_folder(folder))?;
        self.next += 1;
        Ok(())
    }

    /// Commits, and writes a part without rows if there is none, so that the columns are known.
    pub(super) fn finish(&mut self) -> Result<()> {
        if self.by.is_empty() && self.next == 0 {
            self.part("")?;
        }
        self.commit()
    }
}

/// What a mark says.
fn numbers(mark: &str) -> Option<(u64, u64)> {
    let (next, files) = mark.split_once(' ')?;
    Some((next.parse().ok()?, files.parse().ok()?))
}

/// The number of a part, by its file's name.
fn number(name: &str) -> Option<u64> {
    let (digits, _) = name.strip_prefix("part-")?.split_once('.')?;
    digits.parse().ok()
}

/// Checks that a folder has nothing but what is written here, since it is to be replaced or cut
/// back.
pub(super) fn check_ours(folder: &Path) -> Result<()> {
    each(folder, &mut |path, name| match number(name).is_some() || name.starts_with(".part-") {
        true => Ok(()),
        false => Err(Error::Usage(format!(
            "{} is to be written as an output, but there is {} in it: name an empty or new folder",
            folder.display(),
            path.display()
        ))),
    })
}

/// Takes away the parts from a number on, and files that were left in the making.
fn cut_back(folder: &Path, next: u64) -> Result<()> {
    each(folder, &mut |path, name| match number(name).is_none_or(|n| n >= next) {
        true => std::fs::remove_file(path).map_err(failed(path)),
        false => Ok(()),
    })
}

/// Visits each file in a folder and its `column=value` folders; another folder is visited as if it
/// were a file.
fn each(folder: &Path, visit: &mut dyn FnMut(&Path, &str) -> Result<()>) -> Result<()> {
    let listing = |e| Error::io(format!("listing {}", folder.display()), e);
    for entry in std::fs::read_dir(folder).map_err(listing)? {
        let entry = entry.map_err(listing)?;
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        let is_folder = entry.file_type().map_err(listing)?.is_dir();
        match is_folder && name.contains('=') {
            true => each(&path, visit)?,
            false => visit(&path, if is_folder { "" } else { &name })?,
        }
    }
    Ok(())
}
