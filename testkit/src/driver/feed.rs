//! An input that a test feeds as it goes.

use arrow::array::RecordBatch;
use ouzel::Result;
use ouzel::connectors::memory_input;
use ouzel::dsl::connector::{Connect, Listing, Request, Source};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What has been fed so far. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Feed(Arc<Mutex<Vec<Partition>>>);

#[derive(Clone, Default)]
struct Partition {
    fed: Vec<RecordBatch>,
    ended: bool,
}

impl Feed {
    /// Adds records to a partition, and whether it ends with them; says if it had ended before.
    pub fn add(&self, partition: usize, rows: Option<RecordBatch>, ends: bool) -> bool {
        let mut partitions = self.lock();
        if partitions.len() <= partition {
            partitions.resize(partition + 1, Partition::default());
        }
        let held = &mut partitions[partition];
        let had_ended = held.ended;
        held.fed.extend(rows.filter(|rows| rows.num_rows() > 0));
        held.ended |= ends;
        had_ended
    }

    /// Ends all partitions; an input that was fed nothing has one, which is empty.
    pub fn end(&self) {
        let mut partitions = self.lock();
        if partitions.is_empty() {
            partitions.push(Partition::default());
        }
        partitions.iter_mut().for_each(|partition| partition.ended = true);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Partition>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connect for Feed {
    fn open(&self, request: &Request) -> Result<Box<dyn Source>> {
        Ok(Box::new(Fed { feed: self.clone(), request: request.clone() }))
    }

    fn describe(&self) -> String {
        "what a test feeds".to_owned()
    }
}

struct Fed {
    feed: Feed,
    request: Request,
}

impl Source for Fed {
    fn bounded(&self) -> bool {
        false
    }

    fn partitions(&self) -> Arc<Vec<String>> {
        Arc::new((0..self.feed.lock().len()).map(|partition| partition.to_string()).collect())
    }

    /// As an input in memory gives it, but that it ends only where a test says so.
    fn splits(&self, from: &[u64]) -> Result<Listing> {
        let partitions = self.feed.lock().clone();
        let fed = partitions.iter().map(|partition| partition.fed.clone()).collect();
        let splits = memory_input(fed).open(&self.request)?.splits(from)?.splits;
        let ended = partitions.iter().enumerate().filter(|(_, partition)| partition.ended);
        let ended: Vec<_> = ended.map(|(index, _)| index as u32).collect();
        let end = !ended.is_empty() && ended.len() == partitions.len();
        Ok(Listing { splits, ended, end, fetched: false })
    }
}
