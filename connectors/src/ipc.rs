//! Arrow IPC files, also known as Feather: a piece is some record batches.

use crate::opened::{Opened, Piece};
use crate::parquet::guarded;
use arrow::array::{Array, ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field as ArrowField, Schema};
use arrow::error::ArrowError;
use arrow::ipc::reader::FileReader;
use ouzel_dsl::connector::{Chunk, Offsets, Pruned, Request};
use ouzel_dsl::{Error, Result};
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;

/// An Arrow IPC file.
pub(crate) struct ArrowFile(Arc<Inner>);

struct Inner {
    path: PathBuf,
    /// The file as messages name it.
    shown: String,
    request: Arc<Request>,
    /// The columns that the job reads, by index in the file.
    columns: Vec<usize>,
    batches: Vec<Batch>,
    bytes: u64,
}

/// A record batch of the file.
#[derive(Clone, Copy)]
struct Batch {
    /// Its first row.
    start: u64,
    end: u64,
    bytes: u64,
}

impl ArrowFile {
    /// Opens a file and checks its columns.
    pub(crate) fn open(path: PathBuf, shown: String, request: Arc<Request>) -> Result<ArrowFile> {
        let io = |e| Error::io(format!("opening {shown}"), e);
        let mut file = File::open(&path).map_err(io)?;
        let bytes = file.metadata().map_err(io)?.len();
        let (schema, batches) = guarded(&shown, || {
            let batches = batches(&mut file, bytes).map_err(|e| damaged(&shown, e))?;
            file.seek(SeekFrom::Start(0)).map_err(io)?;
            let reader = FileReader::try_new(BufReader::new(&file), None);
            Ok((reader.map_err(|e| damaged(&shown, e))?.schema(), batches))
        })?;
        let found: Vec<_> = schema
            .fields()
            .iter()
            .map(|f| (f.name().clone(), Some(f.data_type().clone())))
            .collect();
        crate::check::columns(&shown, &request.input, &request.fields, &found)?;
        let read = request.read.iter().filter_map(|i| request.fields.get(*i));
        let columns = read
            .filter_map(|field| schema.fields().iter().position(|f| *f.name() == field.name))
            .collect();
        Ok(ArrowFile(Arc::new(Inner { path, shown, request, columns, batches, bytes })))
    }
}

/// The record batches of a file, by its footer and their headers.
fn batches(file: &mut File, len: u64) -> Result<Vec<Batch>, ArrowError> {
    let mut end = [0; 10];
    if len < 20 {
        return Err(ArrowError::ParseError("it is too short".to_owned()));
    }
    let mut magic = [0; 6];
    file.read_exact(&mut magic)?;
    if &magic != b"ARROW1" {
        return Err(ArrowError::ParseError(
            "it does not begin with ARROW1 (an Arrow stream is another format)".to_owned(),
        ));
    }
    file.seek(SeekFrom::End(-10))?;
    file.read_exact(&mut end)?;
    let footer_len = arrow::ipc::reader::read_footer_length(end)?;
    if footer_len as u64 > len - 10 {
        return Err(ArrowError::ParseError("its footer is longer than itself".to_owned()));
    }
    let mut footer = vec![0; footer_len];
    file.seek(SeekFrom::End(-10 - footer_len as i64))?;
    file.read_exact(&mut footer)?;
    let invalid = |e| ArrowError::ParseError(format!("{e}"));
    let footer = arrow::ipc::root_as_footer(&footer).map_err(invalid)?;
    // The reader would make room for whatever they say.
    footer.dictionaries().into_iter().flatten().try_for_each(|b| extent(b, len).map(|_| ()))?;
    let mut found = Vec::new();
    let mut start = 0;
    for block in footer.recordBatches().into_iter().flatten() {
        let (at, header) = extent(block, len)?;
        file.seek(SeekFrom::Start(at))?;
        let mut bytes = Vec::new();
        Read::by_ref(file).take(header).read_to_end(&mut bytes)?;
        // A length of four bytes comes first, after a mark of continuation in newer files.
        let skipped = if bytes.starts_with(&[0xff; 4]) { 8 } else { 4 };
        let message = bytes.get(skipped..).unwrap_or_default();
        let message = arrow::ipc::root_as_message(message).map_err(invalid)?;
        let rows = message.header_as_record_batch().map(|b| b.length());
        let rows = rows.and_then(|rows| u64::try_from(rows).ok());
        let rows =
            rows.ok_or_else(|| ArrowError::ParseError("a record batch has no length".to_owned()))?;
        let bytes = block.bodyLength().max(0) as u64;
        found.push(Batch { start, end: start + rows, bytes });
        start += rows;
    }
    Ok(found)
}

/// Where a block begins and how long its header is; all of it has to lie within the file.
fn extent(block: &arrow::ipc::Block, len: u64) -> Result<(u64, u64), ArrowError> {
    let parts = [block.offset(), block.metaDataLength().into(), block.bodyLength()];
    let parts = parts.map(|part| u64::try_from(part).ok());
    if let [Some(at), Some(header), Some(body)] = parts
        && at.checked_add(header).and_then(|end| end.checked_add(body)).is_some_and(|e| e <= len)
    {
        return Ok((at, header));
    }
    Err(ArrowError::ParseError("a part of it lies beyond its end".to_owned()))
}

impl Opened for ArrowFile {
    fn pieces(&self, from: u64, _complete: bool) -> Result<Vec<Piece>> {
        let total = self.end()?;
        if from > total {
            return Err(Error::State(format!(
                "{} has {total} rows, but row {from} was reached in it before: it is another file",
                self.0.shown
            )));
        }
        let mut pieces = Vec::new();
        let (mut start, mut indices, mut bytes) = (from, Vec::new(), 0);
        for (index, batch) in self.0.batches.iter().enumerate() {
            if batch.end <= from {
                continue;
            }
            indices.push(index);
            bytes += batch.bytes;
            if bytes >= self.0.request.split_bytes || batch.end == total {
                let indices = std::mem::take(&mut indices);
                pieces.push(self.piece(start, batch.end, std::mem::take(&mut bytes), indices));
                start = batch.end;
                if start == total {
                    break;
                }
            }
        }
        Ok(pieces)
    }

    fn end(&self) -> Result<u64> {
        Ok(self.0.batches.last().map_or(0, |b| b.end))
    }

    fn landmark(&self, _offset: u64) -> Result<String> {
        // Such a file is written once: its end has the places of everything in it.
        crate::opened::landmark(&self.0.path, &self.0.shown, self.0.bytes)
    }

    fn bytes(&self) -> u64 {
        self.0.bytes
    }
}

impl ArrowFile {
    fn piece(&self, start: u64, end: u64, bytes: u64, indices: Vec<usize>) -> Piece {
        let file = self.0.clone();
        let read = Box::new(move |emit: &mut crate::opened::Emit<'_>| {
            let mut reader = guarded(&file.shown, || file.reader())?;
            for index in indices {
                let Some(place) = file.batches.get(index) else { continue };
                let batch = guarded(&file.shown, || {
                    reader.set_index(index).map_err(|e| damaged(&file.shown, e))?;
                    reader.next().transpose().map_err(|e| damaged(&file.shown, e))
                })?;
                let rows = place.end - place.start;
                let batch = match batch {
                    Some(batch) if batch.num_rows() as u64 == rows => {
                        normal(batch).map_err(|e| damaged(&file.shown, e))?
                    }
                    _ => {
                        return Err(Error::Format(format!(
                            "{}: record batch {index} does not have its {rows} rows; write the file again",
                            file.shown
                        )));
                    }
                };
                let mut at = start.saturating_sub(place.start) as usize;
                while at < batch.num_rows() {
                    let len = file.request.chunk_rows.max(1).min(batch.num_rows() - at);
                    emit(Chunk {
                        batch: batch.slice(at, len),
                        partition: 0,
                        offsets: Offsets::From(place.start + at as u64),
                        rejects: Vec::new(),
                        pruned: Pruned::default(),
                    })?;
                    at += len;
                }
            }
            Ok(None)
        });
        Piece { start, end, bytes, read }
    }
}

impl Inner {
    fn reader(&self) -> Result<FileReader<BufReader<File>>> {
        let file =
            File::open(&self.path).map_err(|e| Error::io(format!("opening {}", self.shown), e))?;
        FileReader::try_new(BufReader::new(file), Some(self.columns.clone()))
            .map_err(|e| damaged(&self.shown, e))
    }
}

/// The batch with dictionaries in the one layout that columns read.
fn normal(batch: RecordBatch) -> Result<RecordBatch, ArrowError> {
    let wanted = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let foreign = |t: &DataType| matches!(t, DataType::Dictionary(..)) && *t != wanted;
    if !batch.schema_ref().fields().iter().any(|f| foreign(f.data_type())) {
        return Ok(batch);
    }
    let mut fields = Vec::new();
    let mut arrays: Vec<ArrayRef> = Vec::new();
    for (field, array) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        let array = match foreign(array.data_type()) {
            true => cast(array, &wanted)?,
            false => array.clone(),
        };
        let (name, nullable) = (field.name(), field.is_nullable());
        fields.push(ArrowField::new(name, array.data_type().clone(), nullable));
        arrays.push(array);
    }
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options)
}

/// A file that cannot be read, though the system reads it.
fn damaged(shown: &str, error: ArrowError) -> Error {
    match error {
        ArrowError::IoError(_, io) if io.raw_os_error().is_some() => {
            Error::io(format!("reading {shown}"), io)
        }
        error => Error::Format(format!(
            "{shown} is not a whole Arrow IPC file: {error}\n  it may have been cut off in copying \
             or be still in the making: copy or write it again"
        )),
    }
}
