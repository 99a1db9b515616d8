//! Parquet files: a piece is some row groups, or a range of rows of a large one.

mod prune;

use crate::opened::{Opened, Piece};
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Schema, SchemaRef};
use ouzel_dsl::connector::{Chunk, Offsets, Pruned, Request};
use ouzel_dsl::schema::Type;
use ouzel_dsl::{Error, Result};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection,
    RowSelector,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, RowGroupMetaData};
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

/// A piece of small row groups gets no more rows than this, however few bytes they take.
const PIECE_ROWS_MAX: u64 = 1 << 20;

/// A row group is cut into no more pieces than this: each has to pass over the rows before it.
const CUTS_MAX: u64 = 16;

/// A Parquet file.
pub(crate) struct ParquetFile(Arc<Inner>);

struct Inner {
    path: PathBuf,
    /// The file as messages name it.
    shown: String,
    metadata: Arc<ParquetMetaData>,
    /// The columns as they are read, with text as plain text.
    schema: SchemaRef,
    request: Arc<Request>,
    /// The columns that the job reads, by index in the file.
    roots: Vec<usize>,
    /// Which of them may be read as dictionaries, and their leaves.
    texts: Vec<(usize, usize)>,
    /// The row at which each row group begins, and the end.
    starts: Vec<u64>,
    bytes: u64,
}

impl ParquetFile {
    /// Opens a file and checks its columns.
    pub(crate) fn open(path: PathBuf, shown: String, request: Arc<Request>) -> Result<ParquetFile> {
        let io = |e| Error::io(format!("opening {shown}"), e);
        let file = File::open(&path).map_err(io)?;
        let bytes = file.metadata().map_err(io)?.len();
        let load = |options| {
            guarded(&shown, || {
                ArrowReaderMetadata::load(&file, options).map_err(|e| damaged(&shown, e))
            })
        };
        let mut loaded = load(ArrowReaderOptions::new())?;
        let cut = |g: &RowGroupMetaData| pieces_of(g.compressed_size(), g.num_rows(), &request) > 1;
        if loaded.metadata().row_groups().iter().any(cut) {
            // A range of rows finds its pages by the index of their offsets.
            let offsets =
                ArrowReaderOptions::new().with_offset_index_policy(PageIndexPolicy::Optional);
            loaded = load(offsets)?;
        }
        let schema = Arc::new(plain(loaded.schema()));
        let found: Vec<_> = schema
            .fields()
            .iter()
            .map(|f| (f.name().clone(), Some(f.data_type().clone())))
            .collect();
        crate::check::columns(&shown, &request.input, &request.fields, &found)?;
        let metadata = loaded.metadata().clone();
        let parquet = metadata.file_metadata().schema_descr_ptr();
        let leaf =
            |root| (0..parquet.num_columns()).find(|l| parquet.get_column_root_idx(*l) == root);
        let (mut roots, mut texts) = (Vec::new(), Vec::new());
        for field in request.read.iter().filter_map(|i| request.fields.get(*i)) {
            let Some(root) = schema.fields().iter().position(|f| *f.name() == field.name) else {
                continue;
            };
            roots.push(root);
            let text = matches!(field.ty, Type::Str | Type::Enum(_));
            if let (true, Some(leaf)) = (text, leaf(root)) {
                texts.push((root, leaf));
            }
        }
        let mut starts = vec![0];
        for group in metadata.row_groups() {
            let rows = u64::try_from(group.num_rows()).unwrap_or(0);
            starts.push(starts.last().copied().unwrap_or(0) + rows);
        }
        Ok(ParquetFile(Arc::new(Inner {
            path,
            shown,
            metadata,
            schema,
            request,
            roots,
            texts,
            starts,
            bytes,
        })))
    }
}

/// How many pieces a row group is cut into.
fn pieces_of(bytes: i64, rows: i64, request: &Request) -> u64 {
    let (bytes, rows) = (bytes.max(0) as u64, rows.max(0) as u64);
    let by_bytes = bytes / request.split_bytes.max(1);
    by_bytes.min(rows / request.chunk_rows.max(1) as u64).clamp(1, CUTS_MAX)
}

/// Rows `from..to` of a row group.
#[derive(Clone, Copy)]
struct Range {
    group: usize,
    from: u64,
    to: u64,
}

impl Opened for ParquetFile {
    fn pieces(&self, from: u64, _complete: bool) -> Result<Vec<Piece>> {
        let file = &self.0;
        let total = file.starts.last().copied().unwrap_or(0);
        if from > total {
            return Err(Error::State(format!(
                "{} has {total} rows, but row {from} was reached in it before: it is another file",
                file.shown
            )));
        }
        let mut pieces = Vec::new();
        let (mut start, mut ranges, mut bytes) = (from, Vec::new(), 0);
        let mut close = |ranges: &mut Vec<Range>, bytes: &mut u64, end: u64| {
            if !ranges.is_empty() {
                let ranges = std::mem::take(ranges);
                pieces.push(self.piece(start, end, std::mem::take(bytes), ranges));
                start = end;
            }
        };
        for (group, metadata) in file.metadata.row_groups().iter().enumerate() {
            let (Some(first), Some(end)) = (file.starts.get(group), file.starts.get(group + 1))
            else {
                continue;
            };
            if *end <= from {
                continue;
            }
            let left_out = *first >= from && file.pruned(metadata).is_some();
            let size = if left_out { 0 } else { file.read_bytes(metadata) };
            let cuts = pieces_of(size as i64, metadata.num_rows(), &file.request);
            let rows = end - first;
            for cut in 0..cuts {
                let low = (first + rows * cut / cuts).max(from);
                let high = first + rows * (cut + 1) / cuts;
                if high <= low {
                    continue;
                }
                ranges.push(Range { group, from: low - first, to: high - first });
                bytes += size / cuts;
                let piece_rows: u64 = ranges.iter().map(|r| r.to - r.from).sum();
                if cuts > 1 || bytes >= file.request.split_bytes || piece_rows >= PIECE_ROWS_MAX {
                    close(&mut ranges, &mut bytes, high);
                }
            }
        }
        close(&mut ranges, &mut bytes, total);
        Ok(pieces)
    }

    fn end(&self) -> Result<u64> {
        Ok(self.0.starts.last().copied().unwrap_or(0))
    }

    fn landmark(&self, _offset: u64) -> Result<String> {
        // Such a file is written once: its end has the places of everything in it.
        crate::opened::landmark(&self.0.path, &self.0.shown, self.0.bytes)
    }

    fn bytes(&self) -> u64 {
        self.0.bytes
    }
}

impl ParquetFile {
    fn piece(&self, start: u64, end: u64, bytes: u64, ranges: Vec<Range>) -> Piece {
        let file = self.0.clone();
        let read = Box::new(move |emit: &mut crate::opened::Emit<'_>| {
            ranges.iter().try_for_each(|range| file.read(*range, emit))?;
            Ok(None)
        });
        Piece { start, end, bytes, read }
    }
}

impl Inner {
    /// How many bytes of a row group the job reads.
    fn read_bytes(&self, group: &RowGroupMetaData) -> u64 {
        let parquet = self.metadata.file_metadata().schema_descr();
        let read =
            |(leaf, _): &(usize, _)| self.roots.contains(&parquet.get_column_root_idx(*leaf));
        let columns = group.columns().iter().enumerate().filter(read);
        columns.map(|(_, c)| c.compressed_size().max(0) as u64).sum()
    }

    /// What is left out with a row group, if no row of it can be of interest.
    fn pruned(&self, group: &RowGroupMetaData) -> Option<Pruned> {
        prune::outcome(&self.request, &self.schema, &self.metadata, group)
    }

    fn read(&self, range: Range, emit: &mut crate::opened::Emit<'_>) -> Result<()> {
        let Some(group) = self.metadata.row_groups().get(range.group) else { return Ok(()) };
        let first = self.starts.get(range.group).copied().unwrap_or(0);
        let mut offset = first + range.from;
        let whole = range.from == 0 && range.to == group.num_rows().max(0) as u64;
        if whole && let Some(pruned) = self.pruned(group) {
            emit(Chunk {
                batch: RecordBatch::new_empty(self.projected()),
                partition: 0,
                offsets: Offsets::From(offset),
                rejects: Vec::new(),
                pruned,
            })?;
            return Ok(());
        }
        let mut reader = guarded(&self.shown, || self.reader(range, group, whole))?;
        let end = first + range.to;
        loop {
            let batch = match guarded(&self.shown, || Ok(reader.next()))? {
                Some(batch) => batch.map_err(|e| damaged(&self.shown, e.into()))?,
                None => break,
            };
            let rows = batch.num_rows() as u64;
            let offsets = Offsets::From(offset);
            offset += rows;
            let pruned = Pruned::default();
            emit(Chunk { batch, partition: 0, offsets, rejects: Vec::new(), pruned })?;
        }
        match offset == end {
            true => Ok(()),
            false => Err(Error::Format(format!(
                "{}: row group {} ends at row {offset}, but should end at {end}: the file is \
                 damaged; write it again",
                self.shown, range.group
            ))),
        }
    }

    fn reader(
        &self,
        range: Range,
        group: &RowGroupMetaData,
        whole: bool,
    ) -> Result<parquet::arrow::arrow_reader::ParquetRecordBatchReader> {
        let failed = |e| damaged(&self.shown, e);
        let options = ArrowReaderOptions::new().with_schema(self.with_dictionaries(group));
        let metadata =
            ArrowReaderMetadata::try_new(self.metadata.clone(), options).map_err(failed)?;
        let file =
            File::open(&self.path).map_err(|e| Error::io(format!("opening {}", self.shown), e))?;
        let parquet = self.metadata.file_metadata().schema_descr();
        let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata)
            .with_row_groups(vec![range.group])
            .with_projection(ProjectionMask::roots(parquet, self.roots.iter().copied()))
            .with_batch_size(self.request.chunk_rows.max(1));
        if !whole {
            builder = builder.with_row_selection(RowSelection::from(vec![
                RowSelector::skip(range.from as usize),
                RowSelector::select((range.to - range.from) as usize),
            ]));
        }
        builder.build().map_err(failed)
    }

    /// The columns that the job reads.
    fn projected(&self) -> SchemaRef {
        let mut roots = self.roots.clone();
        roots.sort_unstable();
        let fields = roots.iter().filter_map(|r| self.schema.fields().get(*r).cloned());
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }

    /// The schema in which text that is a dictionary in this row group stays one: its values then
    /// stand at one address for the whole row group, and keyed state makes use of that.
    fn with_dictionaries(&self, group: &RowGroupMetaData) -> SchemaRef {
        let fields = self.schema.fields().iter().enumerate().map(|(root, field)| {
            let leaf = self.texts.iter().find(|(r, _)| *r == root).map(|(_, leaf)| *leaf);
            let column = leaf.and_then(|leaf| group.columns().get(leaf));
            match column.is_some_and(all_dictionary) {
                true => Arc::new(field.as_ref().clone().with_data_type(dictionary())),
                false => field.clone(),
            }
        });
        Arc::new(Schema::new(fields.collect::<Vec<_>>()))
    }
}

fn dictionary() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// Whether all values of a column chunk are in its dictionary, as far as the file says.
fn all_dictionary(column: &parquet::file::metadata::ColumnChunkMetaData) -> bool {
    use parquet::basic::{Encoding, PageType};
    let data = |page| matches!(page, PageType::DATA_PAGE | PageType::DATA_PAGE_V2);
    let coded = |e| matches!(e, Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY);
    if column.dictionary_page_offset().is_none() {
        return false;
    }
    match (column.page_encoding_stats(), column.page_encoding_stats_mask()) {
        (Some(pages), _) => pages.iter().all(|p| !data(p.page_type) || coded(p.encoding)),
        (None, Some(mask)) => mask.encodings().all(coded),
        (None, None) => true,
    }
}

/// The schema with every kind of text as plain text, which is what columns read best.
fn plain(schema: &Schema) -> Schema {
    let fields = schema.fields().iter().map(|field| {
        let text =
            |t: &DataType| matches!(t, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
        let plain = match field.data_type() {
            t if text(t) => DataType::Utf8,
            DataType::Dictionary(_, values) if text(values) => DataType::Utf8,
            other => other.clone(),
        };
        field.as_ref().clone().with_data_type(plain)
    });
    Schema::new(fields.collect::<Vec<_>>())
}

/// A file that cannot be read, though the system reads it.
fn damaged(shown: &str, error: ParquetError) -> Error {
    use std::error::Error as _;
    if let ParquetError::External(source) = &error
        && let Some(io) = source.downcast_ref::<std::io::Error>()
        && let Some(code) = io.raw_os_error()
    {
        return Error::io(format!("reading {shown}"), std::io::Error::from_raw_os_error(code));
    }
    let cause = error.source().map(|s| format!(": {s}")).unwrap_or_default();
    Error::Format(format!(
        "{shown} is not whole Parquet: {error}{cause}\n  it may have been cut off in copying or be \
         still in the making: copy or write it again"
    ))
}

/// Runs a reader, whose panics are the file's fault.
pub(crate) fn guarded<R>(shown: &str, read: impl FnOnce() -> Result<R>) -> Result<R> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(read)).unwrap_or_else(|_| {
        Err(Error::Format(format!(
            "{shown} is damaged: its reader gave up on it\n  copy or write it again"
        )))
    })
}
