//! A connector of our own: what another reads, no faster than it happened, times a factor.

use ouzel::Result;
use ouzel::connector::{Chunk, Connect, Demand, Listing, Request, Source, Split};
use ouzel::arrow::array::{AsArray, RecordBatch};
use ouzel::arrow::datatypes::TimestampMicrosecondType;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// An input that is read at a pace.
pub struct Paced {
    of: Arc<dyn Connect>,
    clock: Arc<Clock>,
}

/// Tells when a record is due.
struct Clock {
    speed: f64,
    /// The first event time in microseconds, and when it was.
    began: OnceLock<(i64, Instant)>,
}

impl Clock {
    /// Waits until an event time is due.
    fn wait(&self, micros: i64) {
        let (first, began) = self.began.get_or_init(|| (micros, Instant::now()));
        let after = Duration::from_micros(micros.saturating_sub(*first).max(0).unsigned_abs());
        let due = *began + after.div_f64(self.speed);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
}

impl Paced {
    /// What `of` reads, `speed` times as fast as it happened.
    pub fn new(of: Arc<dyn Connect>, speed: f64) -> Paced {
        let speed = speed.max(f64::MIN_POSITIVE);
        Paced { of, clock: Arc::new(Clock { speed, began: OnceLock::new() }) }
    }
}

impl Connect for Paced {
    fn open(&self, request: &Request) -> Result<Box<dyn Source>> {
        // The first column that is read is the event time.
        Ok(Box::new(PacedSource { of: self.of.open(request)?, clock: self.clock.clone() }))
    }

    fn describe(&self) -> String {
        self.of.describe()
    }
}

struct PacedSource {
    of: Box<dyn Source>,
    clock: Arc<Clock>,
}

impl Source for PacedSource {
    fn bounded(&self) -> bool {
        self.of.bounded()
    }

    fn partitions(&self) -> Arc<Vec<String>> {
        self.of.partitions()
    }

    fn splits(&self, from: &[u64]) -> Result<Listing> {
        let listing = self.of.splits(from)?;
        let paced = |of| Box::new(PacedSplit { of, clock: self.clock.clone() }) as Box<dyn Split>;
        Ok(Listing { splits: listing.splits.into_iter().map(paced).collect(), ..listing })
    }
}

struct PacedSplit {
    of: Box<dyn Split>,
    clock: Arc<Clock>,
}

impl Split for PacedSplit {
    fn partition(&self) -> u32 {
        self.of.partition()
    }

    fn start(&self) -> u64 {
        self.of.start()
    }

    fn end(&self) -> u64 {
        self.of.end()
    }

    fn bytes(&self) -> u64 {
        self.of.bytes()
    }

    fn read(
        self: Box<Self>,
        emit: &mut dyn FnMut(Chunk) -> Result<Demand>,
    ) -> Result<Option<Box<dyn Split>>> {
        let clock = self.clock;
        let rest = self.of.read(&mut |chunk| {
            if let Some(micros) = first_time(&chunk.batch) {
                clock.wait(micros);
            }
            emit(chunk)
        })?;
        Ok(rest.map(|of| Box::new(PacedSplit { of, clock }) as Box<dyn Split>))
    }
}

/// The event time of the first row.
fn first_time(batch: &RecordBatch) -> Option<i64> {
    let times = batch.column_by_name("scheduled")?;
    times.as_primitive_opt::<TimestampMicrosecondType>()?.values().first().copied()
}
