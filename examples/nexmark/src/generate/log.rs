//! A log on its way into files.

use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use ouzel::connectors::output;
use ouzel::data::Builder;
use ouzel::dsl::connector::Replace;
use ouzel::schema::Field;
use ouzel::{Error, Record, Result};
use std::path::Path;
use std::sync::Arc;

/// Records on their way into a file of each format, a chunk at a time.
pub struct Log<R: Record> {
    schema: Arc<Schema>,
    files: Vec<Box<dyn Replace>>,
    chunk: R::Builder,
    held: usize,
    /// How many records it has.
    pub rows: u64,
}

impl<R: Record> Log<R> {
    /// Files with a name and these formats in a folder, unseen until they are finished.
    pub fn begin(folder: &Path, name: &str, formats: &[String]) -> Result<Log<R>> {
        let fields: Vec<_> = R::fields().iter().map(Field::arrow).collect();
        let schema = Arc::new(Schema::new(fields));
        let file = |format: &String| {
            let path = folder.join(format!("{name}.{format}"));
            output(&path.to_string_lossy())?.replace(&schema)
        };
        let files = formats.iter().map(file).collect::<Result<_>>()?;
        Ok(Log { schema, files, chunk: R::Builder::default(), held: 0, rows: 0 })
    }

    /// Adds a record.
    pub fn push(&mut self, record: impl Into<R>) -> Result<()> {
        const CHUNK: usize = 8192;
        self.chunk.push(record.into().view());
        self.held += 1;
        self.rows += 1;
        if self.held < CHUNK { Ok(()) } else { self.write() }
    }

    fn write(&mut self) -> Result<()> {
        let mut columns = Vec::new();
        std::mem::take(&mut self.chunk).finish_row(&mut columns);
        self.held = 0;
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns)
            .map_err(|e| Error::Format(e.to_string()))?;
        self.files.iter_mut().try_for_each(|file| file.write(&batch))
    }

    /// Puts the files in their places.
    pub fn finish(mut self) -> Result<()> {
        self.write()?;
        self.files.into_iter().try_for_each(Replace::finish)
    }
}
