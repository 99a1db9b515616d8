//! Two inputs that follow each other in time: an archive up to a time, and what came after it.
//!
//! The cut is a test on each record's event time, on both sides, so that there is neither gap nor
//! overlap, however much of the log lies in the archive too.

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use ouzel_dsl::connector::{
    Chunk, Connect, Demand, Listing, Offsets, Request, Source, Split, Topics,
};
use ouzel_dsl::schema::Field;
use ouzel_dsl::{Error, Result, Timestamp};
use std::sync::Arc;

/// One input up to a time, then another one.
pub struct Chain {
    /// What is from before the time; it must end.
    pub before: Arc<dyn Connect>,
    /// The time.
    pub until: Timestamp,
    /// What is from the time on.
    pub after: Arc<dyn Connect>,
}

impl Connect for Chain {
    fn open(&self, request: &Request) -> Result<Box<dyn Source>> {
        let Some(time) = request.time else {
            return Err(Error::Usage(format!(
                "{}: the record of the input `{}` has no event time, by which it could be cut",
                self.describe(),
                request.input
            )));
        };
        let mut read = request.read.clone();
        if let Err(place) = read.binary_search(&time) {
            read.insert(place, time);
        }
        // What is left out unseen could be of either side.
        let asked = Request { read, prune: Vec::new(), ..request.clone() };
        let (before, after) = (self.before.open(&asked)?, self.after.open(&asked)?);
        if !before.bounded() {
            return Err(Error::Usage(format!(
                "{} has no end, and what comes after it would never be read",
                self.before.describe()
            )));
        }
        let field = request.fields.get(time).cloned();
        let field = field.ok_or_else(|| Error::Failed("no field of the event time".to_owned()))?;
        let cut = Cut { until: self.until.micros(), field };
        Ok(Box::new(Chained { before, after, cut: Arc::new(cut) }))
    }

    fn topics(&self) -> Result<Option<Topics>> {
        Ok(None)
    }

    fn describe(&self) -> String {
        let (before, after) = (self.before.describe(), self.after.describe());
        format!("{before} until {} then {after}", self.until)
    }
}

/// Where records are told apart.
struct Cut {
    /// In microseconds.
    until: i64,
    /// The event time.
    field: Field,
}

impl Cut {
    /// The rows of one side. Those whose time cannot be read are of both: they are errors.
    fn of(&self, chunk: Chunk, before: bool) -> Result<Chunk> {
        let failed = |what: String| Error::Failed(format!("cutting by event time: {what}"));
        let column = chunk.batch.column_by_name(&self.field.name);
        let column = column.ok_or_else(|| failed(format!("no column `{}`", self.field.name)))?;
        let (times, bad) = ouzel_dsl::data::times_of(column, &self.field);
        let is_kept =
            |(row, time): (usize, &i64)| (*time < self.until) == before || bad.contains(row);
        let kept: Vec<bool> = times.iter().enumerate().map(is_kept).collect();
        if kept.iter().all(|kept| *kept) {
            return Ok(chunk);
        }
        let offsets = kept.iter().enumerate().filter(|(_, kept)| **kept);
        let offsets = offsets.map(|(row, _)| chunk.offsets.get(row)).collect();
        let batch: RecordBatch = filter_record_batch(&chunk.batch, &BooleanArray::from(kept))
            .map_err(|e| failed(e.to_string()))?;
        Ok(Chunk { batch, offsets: Offsets::Each(offsets), ..chunk })
    }
}

/// Both, open: the partitions of the first, then those of the second.
struct Chained {
    before: Box<dyn Source>,
    after: Box<dyn Source>,
    cut: Arc<Cut>,
}

impl Chained {
    fn parts(&self) -> u32 {
        self.before.partitions().len() as u32
    }
}

impl Source for Chained {
    fn bounded(&self) -> bool {
        self.after.bounded()
    }

    fn partitions(&self) -> Arc<Vec<String>> {
        let (before, after) = (self.before.partitions(), self.after.partitions());
        Arc::new(before.iter().chain(after.iter()).cloned().collect())
    }

    fn first(&self, partition: u32) -> u64 {
        match partition.checked_sub(self.parts()) {
            None => self.before.first(partition),
            Some(partition) => self.after.first(partition),
        }
    }

    /// All that was before the time has been seen by what comes after it.
    fn seen(&self, partition: u32) -> i64 {
        match partition.checked_sub(self.parts()) {
            None => self.before.seen(partition),
            Some(partition) => self.after.seen(partition).max(self.cut.until),
        }
    }

    fn splits(&self, from: &[u64]) -> Result<Listing> {
        let parts = self.parts();
        let at = from.len().min(parts as usize);
        let (before, after) = from.split_at(at);
        let (before, after) = (self.before.splits(before)?, self.after.splits(after)?);
        let cut = |split, shift, before| -> Box<dyn Split> {
            Box::new(CutSplit { split, shift, before, cut: self.cut.clone() })
        };
        let splits = before.splits.into_iter().map(|split| cut(split, 0, true));
        let splits = splits.chain(after.splits.into_iter().map(|split| cut(split, parts, false)));
        let ended = (0..parts).chain(after.ended.into_iter().map(|partition| parts + partition));
        let (splits, ended) = (splits.collect(), ended.collect());
        Ok(Listing { splits, ended, end: after.end, fetched: after.fetched })
    }

    fn follow(&self) {
        self.after.follow();
    }

    fn landmark(&self, partition: u32, offset: u64) -> Result<String> {
        match partition.checked_sub(self.parts()) {
            None => self.before.landmark(partition, offset),
            Some(partition) => self.after.landmark(partition, offset),
        }
    }

    fn bytes(&self) -> Option<u64> {
        Some(self.before.bytes()? + self.after.bytes()?)
    }
}

/// A split of one side.
struct CutSplit {
    split: Box<dyn Split>,
    /// How many partitions come before those of its source.
    shift: u32,
    before: bool,
    cut: Arc<Cut>,
}

impl Split for CutSplit {
    fn partition(&self) -> u32 {
        self.shift + self.split.partition()
    }

    fn start(&self) -> u64 {
        self.split.start()
    }

    fn end(&self) -> u64 {
        self.split.end()
    }

    fn bytes(&self) -> u64 {
        self.split.bytes()
    }

    fn read(
        self: Box<Self>,
        emit: &mut dyn FnMut(Chunk) -> Result<Demand>,
    ) -> Result<Option<Box<dyn Split>>> {
        let CutSplit { split, shift, before, cut } = *self;
        let rest = split.read(&mut |chunk| {
            let partition = shift + chunk.partition;
            emit(Chunk { partition, ..cut.of(chunk, before)? })
        })?;
        Ok(rest.map(|split| Box::new(CutSplit { split, shift, before, cut }) as _))
    }
}
