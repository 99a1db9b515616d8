//! Where records come from and go to.

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use ouzel_dsl::connector::{Append, Connect, Listing, Replace, Request, Sink, Source};
use ouzel_dsl::{Error, Result};
use std::sync::{Arc, Mutex, PoisonError};

pub fn input(uri: &str) -> Result<Arc<dyn Connect>> {
    match uri.contains("://") {
        true => Err(Error::Usage(format!("{uri}: no such connector"))),
        false => Ok(Arc::new(Memory(uri.to_owned()))),
    }
}

pub fn output(uri: &str) -> Result<Arc<dyn Sink>> {
    match uri.contains("://") {
        true => Err(Error::Usage(format!("{uri}: no such connector"))),
        false => Ok(Arc::new(MemoryOutput::new())),
    }
}

pub fn memory_input(_batches: Vec<Vec<RecordBatch>>) -> Arc<dyn Connect> {
    Arc::new(Memory("memory".to_owned()))
}

struct Memory(String);

impl Connect for Memory {
    fn open(&self, _: &Request) -> Result<Box<dyn Source>> {
        Ok(Box::new(Memory(self.0.clone())))
    }

    fn describe(&self) -> String {
        self.0.clone()
    }
}

impl Source for Memory {
    fn bounded(&self) -> bool {
        !self.0.contains("follow")
    }

    fn partitions(&self) -> Vec<String> {
        Vec::new()
    }

    fn splits(&self, _: &[u64]) -> Result<Listing> {
        Ok(Listing { end: true, ..Listing::default() })
    }
}

#[derive(Clone, Default)]
pub struct MemoryOutput(Arc<Mutex<Vec<RecordBatch>>>);

impl MemoryOutput {
    pub fn new() -> MemoryOutput {
        MemoryOutput::default()
    }

    pub fn batches(&self) -> Vec<RecordBatch> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Sink for MemoryOutput {
    fn replace(&self, _: &SchemaRef) -> Result<Box<dyn Replace>> {
        Ok(Box::new(self.clone()))
    }

    fn append(&self, _: &SchemaRef, _: Option<&str>) -> Result<Box<dyn Append>> {
        Ok(Box::new(self.clone()))
    }

    fn describe(&self) -> String {
        "memory".to_owned()
    }
}

impl Replace for MemoryOutput {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(batch.clone());
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

impl Append for MemoryOutput {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        Replace::write(self, batch)
    }

    fn commit(&mut self) -> Result<String> {
        Ok(String::new())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}
