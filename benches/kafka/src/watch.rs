//! A run that is timed from inside: when it was handed its first records, and what each commit covers.

use ouzel::RunConfig;
use ouzel::connector::{Connect, Listing, Request, Source, Topics};
use ouzel::hooks::{Event, Observer};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

/// Stops a run, and its clock.
pub struct Watch {
    /// The run is stopped when it has read so many records.
    records: u64,
    read: AtomicU64,
    pub stop: Arc<AtomicBool>,
    /// Nothing is handed to the run before.
    pub go: AtomicBool,
    /// When the first records came, before they were decoded.
    pub first: OnceLock<Instant>,
    moments: Mutex<Vec<Moment>>,
}

/// Something that happened, with how many records had been read by then.
#[derive(Clone, Copy)]
struct Moment {
    what: What,
    read: u64,
    at: Instant,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    /// The first chunk since a commit.
    Chunk,
    Commit,
}

impl Watch {
    /// Of a run that is to read so many records.
    pub fn of(records: u64) -> Arc<Watch> {
        Arc::new(Watch {
            records,
            read: AtomicU64::new(0),
            stop: Arc::default(),
            go: AtomicBool::new(true),
            first: OnceLock::new(),
            moments: Mutex::default(),
        })
    }

    /// An input whose first records start the clock.
    pub fn input(self: &Arc<Watch>, input: Arc<dyn Connect>) -> Arc<dyn Connect> {
        Arc::new(Timed { input, watch: self.clone() })
    }

    /// Watches a run where things happen, so that the clock is right, and may stop it.
    pub fn over(self: &Arc<Watch>, config: &mut RunConfig) {
        config.stop = self.stop.clone();
        config.observers = std::mem::take(&mut config.observers).with(self.clone());
    }

    /// When so many records were covered by a commit.
    pub fn covered(&self, records: u64) -> Option<Instant> {
        let moments = self.moments();
        let is = |m: &&Moment| m.what == What::Commit && m.read >= records;
        moments.iter().find(is).map(|m| m.at)
    }

    /// When a chunk came after that.
    pub fn went_on(&self, records: u64) -> Option<Instant> {
        let moments = self.moments();
        let is = |m: &&Moment| m.what == What::Chunk && m.read > records;
        moments.iter().find(is).map(|m| m.at)
    }

    /// When the last commit was.
    pub fn last(&self) -> Option<Instant> {
        self.moments().iter().rev().find(|m| m.what == What::Commit).map(|m| m.at)
    }

    fn moments(&self) -> MutexGuard<'_, Vec<Moment>> {
        self.moments.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Watch {
    fn on(&self, event: &Event<'_>) {
        let at = Instant::now();
        match event {
            Event::Chunk { rows } if *rows > 0 => {
                let read = self.read.fetch_add(*rows, Ordering::Relaxed) + rows;
                self.stop.fetch_or(read == self.records, Ordering::Relaxed);
                let mut moments = self.moments();
                if moments.last().is_none_or(|last| last.what == What::Commit) {
                    moments.push(Moment { what: What::Chunk, read, at });
                }
            }
            // Nothing is in flight by then.
            Event::Commit { .. } => {
                let read = self.read.load(Ordering::Relaxed);
                self.moments().push(Moment { what: What::Commit, read, at });
            }
            _ => {}
        }
    }
}

/// An input, closed or open, that is timed.
struct Timed<T> {
    input: T,
    watch: Arc<Watch>,
}

impl Connect for Timed<Arc<dyn Connect>> {
    fn open(&self, request: &Request) -> ouzel::Result<Box<dyn Source>> {
        let input = self.input.open(request)?;
        Ok(Box::new(Timed { input, watch: self.watch.clone() }))
    }

    fn log(&self) -> Option<String> {
        self.input.log()
    }

    fn topics(&self) -> ouzel::Result<Option<Topics>> {
        self.input.topics()
    }

    fn describe(&self) -> String {
        self.input.describe()
    }
}

impl Source for Timed<Box<dyn Source>> {
    fn bounded(&self) -> bool {
        self.input.bounded()
    }

    fn partitions(&self) -> Arc<Vec<String>> {
        self.input.partitions()
    }

    fn splits(&self, from: &[u64]) -> ouzel::Result<Listing> {
        if !self.watch.go.load(Ordering::Relaxed) {
            return Ok(Listing::default());
        }
        let listing = self.input.splits(from)?;
        if !listing.splits.is_empty() {
            self.watch.first.get_or_init(Instant::now);
        }
        Ok(listing)
    }

    fn seen(&self, partition: u32) -> i64 {
        self.input.seen(partition)
    }

    fn follow(&self) {
        self.input.follow();
    }

    fn own(&self, partitions: &[u32]) -> ouzel::Result<()> {
        self.input.own(partitions)
    }

    fn first(&self, partition: u32) -> u64 {
        self.input.first(partition)
    }

    fn landmark(&self, partition: u32, offset: u64) -> ouzel::Result<String> {
        self.input.landmark(partition, offset)
    }

    fn bytes(&self) -> Option<u64> {
        self.input.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_cover_what_was_read_before() {
        let watch = Watch::of(30);
        let chunk = |rows| watch.on(&Event::Chunk { rows });
        let commit = |epoch| watch.on(&Event::Commit { epoch, bytes: 0 });
        chunk(20);
        commit(1);
        assert!(watch.covered(20).is_some() && watch.covered(21).is_none());
        assert!(watch.went_on(20).is_none() && !watch.stop.load(Ordering::Relaxed));
        chunk(0);
        assert!(watch.went_on(20).is_none());
        chunk(10);
        assert!(watch.went_on(20).is_some() && watch.stop.load(Ordering::Relaxed));
        assert!(watch.covered(30).is_none());
        commit(2);
        assert!(watch.covered(30) == watch.last() && watch.last().is_some());
    }
}
