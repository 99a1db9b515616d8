//! Inputs and outputs in memory: for tests, and for jobs that are called from Rust.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use ouzel_dsl::connector::{
    Append, Chunk, Connect, Demand, Listing, Offsets, Pruned, Replace, Request, Sink, Source, Split,
};
use ouzel_dsl::{Error, Result};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An input that holds these batches: a partition for each inner list, a split for each batch.
/// Offsets are row numbers.
pub fn memory_input(batches: Vec<Vec<RecordBatch>>) -> Arc<dyn Connect> {
    Arc::new(Memory(Arc::new(batches)))
}

struct Memory(Arc<Vec<Vec<RecordBatch>>>);

impl Connect for Memory {
    fn open(&self, request: &Request) -> Result<Box<dyn Source>> {
        for (partition, batches) in self.0.iter().enumerate() {
            for batch in batches {
                let schema = batch.schema_ref();
                let fields = schema.fields().iter();
                let found: Vec<_> =
                    fields.map(|f| (f.name().clone(), Some(f.data_type().clone()))).collect();
                let shown = format!("memory, partition {partition}");
                crate::check::columns(&shown, &request.input, &request.fields, &found)?;
            }
        }
        Ok(Box::new(MemorySource { batches: self.0.clone(), request: Arc::new(request.clone()) }))
    }

    fn describe(&self) -> String {
        "memory".to_owned()
    }
}

struct MemorySource {
    batches: Arc<Vec<Vec<RecordBatch>>>,
    request: Arc<Request>,
}

impl Source for MemorySource {
    fn bounded(&self) -> bool {
        true
    }

    fn partitions(&self) -> Arc<Vec<String>> {
        Arc::new((0..self.batches.len()).map(|i| i.to_string()).collect())
    }

    fn splits(&self, from: &[u64]) -> Result<Listing> {
        let mut listing = Listing { end: true, ..Listing::default() };
        for (partition, batches) in self.batches.iter().enumerate() {
            let from = from.get(partition).copied().unwrap_or(0);
            let mut first = 0;
            for batch in batches {
                let end = first + batch.num_rows() as u64;
                if from < end {
                    let skipped = from.saturating_sub(first);
                    let rest = batch.slice(skipped as usize, (end - first - skipped) as usize);
                    listing.splits.push(Box::new(MemorySplit {
                        batch: rest,
                        partition: partition as u32,
                        start: first + skipped,
                        request: self.request.clone(),
                    }));
                }
                first = end;
            }
            listing.ended.push(partition as u32);
        }
        Ok(listing)
    }

    fn bytes(&self) -> Option<u64> {
        let bytes = self.batches.iter().flatten().map(|b| b.get_array_memory_size() as u64);
        Some(bytes.sum())
    }
}

struct MemorySplit {
    batch: RecordBatch,
    partition: u32,
    start: u64,
    request: Arc<Request>,
}

impl Split for MemorySplit {
    fn partition(&self) -> u32 {
        self.partition
    }

    fn start(&self) -> u64 {
        self.start
    }

    fn end(&self) -> u64 {
        self.start + self.batch.num_rows() as u64
    }

    fn bytes(&self) -> u64 {
        self.batch.get_array_memory_size() as u64
    }

    fn read(
        self: Box<Self>,
        emit: &mut dyn FnMut(Chunk) -> Result<Demand>,
    ) -> Result<Option<Box<dyn Split>>> {
        let read = self.request.read.iter().filter_map(|i| self.request.fields.get(*i));
        let schema = self.batch.schema_ref();
        let indices: Vec<usize> = read.filter_map(|f| schema.index_of(&f.name).ok()).collect();
        let batch = self
            .batch
            .project(&indices)
            .map_err(|e| Error::Failed(format!("a batch in memory could not be read: {e}")))?;
        let mut at = 0;
        while at < batch.num_rows() {
            let len = self.request.chunk_rows.max(1).min(batch.num_rows() - at);
            emit(Chunk {
                batch: batch.slice(at, len),
                partition: self.partition,
                offsets: Offsets::From(self.start + at as u64),
                rejects: Vec::new(),
                pruned: Pruned::default(),
            })?;
            at += len;
        }
        Ok(None)
    }
}

/// An output that keeps batches. Clones share them, so that what a run wrote can be looked at, and
/// another run can go on where a crash left it.
#[derive(Clone, Debug, Default)]
pub struct MemoryOutput {
    committed: Arc<Mutex<Vec<RecordBatch>>>,
}

impl MemoryOutput {
    /// An empty output.
    pub fn new() -> MemoryOutput {
        MemoryOutput::default()
    }

    /// What is committed so far.
    pub fn batches(&self) -> Vec<RecordBatch> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<RecordBatch>> {
        self.committed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for MemoryOutput {
    fn replace(&self, _schema: &SchemaRef) -> Result<Box<dyn Replace>> {
        Ok(Box::new(MemoryContent { output: self.clone(), written: Vec::new() }))
    }

    fn append(&self, _schema: &SchemaRef, mark: Option<&str>) -> Result<Box<dyn Append>> {
        let mark = mark.unwrap_or("0");
        let kept: usize = mark
            .parse()
            .map_err(|_| Error::State(format!("{mark:?} is no mark of an output in memory")))?;
        let mut committed = self.lock();
        if committed.len() < kept {
            return Err(Error::State(format!(
                "the output in memory has {} batches, but {kept} were committed",
                committed.len()
            )));
        }
        committed.truncate(kept);
        drop(committed);
        Ok(Box::new(MemoryContent { output: self.clone(), written: Vec::new() }))
    }

    fn describe(&self) -> String {
        "memory".to_owned()
    }
}

struct MemoryContent {
    output: MemoryOutput,
    written: Vec<RecordBatch>,
}

impl Replace for MemoryContent {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.written.push(batch.clone());
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        *self.output.lock() = self.written;
        Ok(())
    }
}

impl Append for MemoryContent {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.written.push(batch.clone());
        Ok(())
    }

    fn commit(&mut self) -> Result<String> {
        let mut committed = self.output.lock();
        committed.append(&mut self.written);
        Ok(committed.len().to_string())
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.commit().map(|_| ())
    }
}
