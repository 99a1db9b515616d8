//! Schedules: ways to run one job over one input that must all give the same.

use super::{Align, Grid};
use crate::session::Mode;
use ouzel_engine::StreamConfig;
use std::fmt;

/// One way to run a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    pub mode: Mode,
    pub workers: usize,
    pub chunk_rows: usize,
    /// Reads partitions in an order drawn by this seed, not by event time.
    pub shuffle: Option<u64>,
    pub splits_per_epoch: Option<usize>,
    /// Kills the run after so many splits; it is then started again.
    pub crash_after_splits: Option<usize>,
}

/// The columns of the table of schedules.
pub(super) const HEADER: [&str; 9] =
    ["mode", "workers", "chunk", "order", "epoch", "crash after", "rows", "time", "result"];

/// The empty table of schedules.
pub(super) fn grid() -> Grid {
    use Align::{Left, Right};
    Grid::new([Left, Right, Right, Left, Left, Left, Right, Right, Left])
}

impl Schedule {
    /// The cells of its row that are known before it is run.
    pub fn cells(&self) -> Vec<String> {
        let splits = |n: Option<usize>| n.map(|n| plural(n, "split")).unwrap_or_default();
        let order = match self.shuffle {
            Some(seed) => format!("shuffled by {seed}"),
            None => "by time".to_owned(),
        };
        vec![
            self.mode.to_string(),
            self.workers.to_string(),
            self.chunk_rows.to_string(),
            if self.mode == Mode::Stream { order } else { String::new() },
            splits(self.splits_per_epoch),
            splits(self.crash_after_splits),
        ]
    }

    /// What it tells a stream.
    pub fn stream(&self) -> StreamConfig {
        StreamConfig {
            shuffle: self.shuffle,
            splits_per_epoch: self.splits_per_epoch,
            crash_after_splits: self.crash_after_splits,
            ..StreamConfig::default()
        }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.mode, plural(self.workers, "worker"))?;
        write!(f, ", chunks of {}", plural(self.chunk_rows, "row"))?;
        if let Some(seed) = self.shuffle {
            write!(f, ", partitions shuffled by {seed}")?;
        }
        if let Some(splits) = self.splits_per_epoch {
            write!(f, ", epochs of {}", plural(splits, "split"))?;
        }
        if let Some(splits) = self.crash_after_splits {
            write!(f, ", a crash after {}", plural(splits, "split"))?;
        }
        Ok(())
    }
}

fn plural(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// The schedules of a seed over an input of so many splits; the first is what the others are
/// compared with.
pub(super) fn schedules(seed: u64, splits: usize) -> Vec<Schedule> {
    let batch = |workers, chunk_rows| Schedule {
        mode: Mode::Batch,
        workers,
        chunk_rows,
        shuffle: None,
        splits_per_epoch: None,
        crash_after_splits: None,
    };
    let stream =
        |workers, chunk_rows| Schedule { mode: Mode::Stream, ..batch(workers, chunk_rows) };
    let mut random = Random(seed);
    let mut next = |below: usize| 1 + random.next() as usize % below.max(1);
    let some = splits.div_ceil(4);
    let (epochs, crash_epochs, crash) = (next(some), next(some), next(splits));
    let shuffled = |n: u64| Some(seed.wrapping_add(n));
    vec![
        batch(1, 1024),
        batch(4, 7),
        stream(1, 1024),
        Schedule { shuffle: shuffled(0), splits_per_epoch: Some(1), ..stream(2, 7) },
        Schedule { shuffle: shuffled(1), splits_per_epoch: Some(epochs), ..stream(4, 1024) },
        Schedule { shuffle: shuffled(2), ..stream(4, 1) },
        Schedule {
            shuffle: shuffled(3),
            splits_per_epoch: Some(crash_epochs),
            crash_after_splits: Some(crash),
            ..stream(2, 1024)
        },
    ]
}

/// SplitMix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_schedules_and_crashes_within_the_input() {
        for seed in 0..200 {
            for splits in [0, 1, 5, 1000] {
                let all = schedules(seed, splits);
                assert_eq!(all, schedules(seed, splits));
                let crash = all.iter().find_map(|s| s.crash_after_splits).unwrap();
                assert!((1..=splits.max(1)).contains(&crash), "{crash} of {splits}");
                assert!(all.iter().all(|s| s.splits_per_epoch != Some(0)));
            }
        }
        assert_ne!(schedules(1, 100), schedules(2, 100));
    }

    #[test]
    fn schedules_cover_workers_and_chunks() {
        let all = schedules(1, 10);
        for workers in [1, 2, 4] {
            assert!(all.iter().any(|s| s.mode == Mode::Stream && s.workers == workers));
        }
        for rows in [1, 7, 1024] {
            assert!(all.iter().any(|s| s.mode == Mode::Stream && s.chunk_rows == rows));
        }
    }
}
