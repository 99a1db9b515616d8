//! A connector of our own: the records of another, each when it is due.

use ouzel::arrow::array::{AsArray, RecordBatch};
use ouzel::arrow::compute::concat_batches;
use ouzel::arrow::datatypes::TimestampMicrosecondType;
use ouzel::connector::{Chunk, Connect, Demand, Listing, Offsets, Pruned, Request, Source, Split};
use ouzel::{Error, Result};
use std::sync::Arc;
use std::time::Instant;

/// An input that is read once, and given at a pace.
pub struct Paced {
    of: Arc<dyn Connect>,
    speed: f64,
}

impl Paced {
    /// The records of `of`, `speed` times as fast as they happened.
    pub fn new(of: Arc<dyn Connect>, speed: f64) -> Paced {
        Paced { of, speed }
    }
}

impl Connect for Paced {
    fn open(&self, request: &Request) -> Result<Box<dyn Source>> {
        let mut batches = Vec::new();
        for mut split in self.of.open(request)?.splits(&[])?.splits {
            let keep = &mut |chunk: Chunk| {
                batches.push(chunk.batch);
                Ok(Demand::More)
            };
            while let Some(rest) = split.read(keep)? {
                split = rest;
            }
        }
        let none = || Error::Failed(format!("{} has no records", self.of.describe()));
        let schema = batches.first().ok_or_else(none)?.schema();
        let rows = concat_batches(&schema, &batches).map_err(|e| Error::Format(e.to_string()))?;
        Ok(Box::new(PacedSource { rows, speed: self.speed, began: Instant::now() }))
    }

    fn describe(&self) -> String {
        self.of.describe()
    }
}

struct PacedSource {
    rows: RecordBatch,
    speed: f64,
    began: Instant,
}

impl PacedSource {
    /// How many rows are due.
    fn due(&self) -> usize {
        let times = self.rows.column_by_name("scheduled");
        let times = times.and_then(|times| times.as_primitive_opt::<TimestampMicrosecondType>());
        let Some(times) = times.map(|times| times.values()) else { return self.rows.num_rows() };
        let passed = self.began.elapsed().as_secs_f64() * self.speed * 1e6;
        let first = times.first().copied().unwrap_or(0);
        times.partition_point(|time| time.saturating_sub(first) as f64 <= passed)
    }
}

impl Source for PacedSource {
    /// It has an end, which no one waits for.
    fn bounded(&self) -> bool {
        false
    }

    fn partitions(&self) -> Arc<Vec<String>> {
        Arc::new(vec!["flights".to_owned()])
    }

    fn splits(&self, from: &[u64]) -> Result<Listing> {
        let (at, due) = (from.first().map_or(0, |at| *at as usize), self.due());
        let split =
            |at| Box::new(Rows { rows: self.rows.slice(at, due - at), at }) as Box<dyn Split>;
        let end = due == self.rows.num_rows();
        Ok(Listing {
            splits: (at < due).then(|| split(at)).into_iter().collect(),
            ended: if end { vec![0] } else { Vec::new() },
            end,
            fetched: false,
        })
    }
}

/// Rows that are due, from an offset on.
struct Rows {
    rows: RecordBatch,
    at: usize,
}

impl Split for Rows {
    fn partition(&self) -> u32 {
        0
    }

    fn start(&self) -> u64 {
        self.at as u64
    }

    fn end(&self) -> u64 {
        (self.at + self.rows.num_rows()) as u64
    }

    fn bytes(&self) -> u64 {
        self.rows.get_array_memory_size() as u64
    }

    fn read(
        self: Box<Self>,
        emit: &mut dyn FnMut(Chunk) -> Result<Demand>,
    ) -> Result<Option<Box<dyn Split>>> {
        emit(Chunk {
            partition: 0,
            offsets: Offsets::From(self.start()),
            batch: self.rows,
            rejects: Vec::new(),
            pruned: Pruned::default(),
        })?;
        Ok(None)
    }
}
