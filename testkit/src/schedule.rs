//! Schedules: ways to run one job over one input that must all leave the same.

use crate::random::Random;
use ouzel::Mode;
use std::fmt;

/// One way to run a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    pub mode: Mode,
    pub workers: usize,
    pub chunk_rows: usize,
    /// How the input is cut into splits.
    pub cut: u64,
    /// Whether keyed state is given next to no memory, so that all of it spills.
    pub spills: bool,
    /// Reads partitions in an order drawn by this seed, not by event time.
    pub shuffle: Option<u64>,
    pub splits_per_epoch: Option<usize>,
    pub crash: Crash,
}

/// How a stream is killed on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    Never,
    /// Once, after so many splits.
    Once(usize),
    /// In each process after so many splits, until the input is at its end.
    Always(usize),
    /// It ends cleanly after each commit, and is started again.
    StopAtEachCommit,
}

impl Schedule {
    /// The one that all others are compared with.
    pub fn plain() -> Schedule {
        Schedule {
            mode: Mode::Batch,
            workers: 1,
            chunk_rows: 1024,
            cut: 0,
            spills: false,
            shuffle: None,
            splits_per_epoch: None,
            crash: Crash::Never,
        }
    }

    /// The schedules of a seed over an input of about so many splits.
    pub fn all(seed: u64, splits: usize) -> Vec<Schedule> {
        let mut random = Random(seed);
        let mut draw = |mode, crash: Crash| {
            let splits_per_epoch = match crash {
                Crash::Never => random.of(&[Some(1), Some(2), None]),
                // Fewer than are read before the crash: each process must get further.
                Crash::Always(_) => Some(1),
                _ => random.of(&[Some(1), Some(2), Some(3)]),
            };
            Schedule {
                mode,
                workers: random.of(&[1, 2, 4]),
                chunk_rows: random.of(&[1, 3, 1024]),
                cut: random.next(),
                spills: random.of(&[true, false, false]),
                shuffle: random.of(&[Some(seed), Some(!seed), None]),
                splits_per_epoch,
                crash,
            }
        };
        let (once, always) = (1 + seed as usize % splits.max(1), 2 + seed as usize % 3);
        vec![
            Schedule::plain(),
            draw(Mode::Batch, Crash::Never),
            Schedule { spills: true, workers: 4, ..draw(Mode::Batch, Crash::Never) },
            Schedule { splits_per_epoch: None, ..draw(Mode::Stream, Crash::Never) },
            Schedule { splits_per_epoch: Some(1), ..draw(Mode::Stream, Crash::Never) },
            draw(Mode::Stream, Crash::Never),
            Schedule { spills: true, ..draw(Mode::Stream, Crash::Never) },
            draw(Mode::Stream, Crash::Once(once)),
            draw(Mode::Stream, Crash::Always(always)),
            draw(Mode::Stream, Crash::StopAtEachCommit),
        ]
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Schedule { mode, workers, chunk_rows, cut, .. } = self;
        write!(f, "{mode}, {workers} workers, chunks of {chunk_rows}, splits cut by {cut}")?;
        if self.spills {
            f.write_str(", spilling")?;
        }
        if *mode == Mode::Batch {
            return Ok(());
        }
        if let Some(seed) = self.shuffle {
            write!(f, ", partitions shuffled by {seed}")?;
        }
        if let Some(splits) = self.splits_per_epoch {
            write!(f, ", epochs of {splits} splits")?;
        }
        match self.crash {
            Crash::Never => Ok(()),
            Crash::Once(splits) => write!(f, ", a crash after {splits} splits"),
            Crash::Always(splits) => write!(f, ", a crash after every {splits} splits"),
            Crash::StopAtEachCommit => f.write_str(", stopped at each commit"),
        }
    }
}
