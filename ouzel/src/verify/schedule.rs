//! Schedules: ways to run one job over one input that must all leave the same.

use super::random::Random;
use crate::session::Mode;
use ouzel_engine::{CommitPoint, StreamConfig};
use ouzel_hooks::text::plural;
use std::fmt;

/// One way to run a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Whether it is the reference, for which nothing else here matters.
    pub reference: bool,
    /// Batch or stream.
    pub mode: Mode,
    /// How many threads run stages.
    pub workers: usize,
    /// How many rows a chunk has at the most.
    pub chunk_rows: usize,
    /// How the input is cut into splits; each restart cuts it in another way.
    pub cut: u64,
    /// Whether keyed state is given so little memory that it goes to disk.
    pub spills: bool,
    /// Whether all code is run twice on each chunk, on two threads, and compared.
    pub twice: bool,
    /// Merges accumulators in an order and a tree drawn by this seed.
    pub tree: Option<u64>,
    /// Reads partitions in an order drawn by this seed, not by event time.
    pub shuffle: Option<u64>,
    /// Ends an epoch after so many splits; if not given, all of the input is one.
    pub splits_per_epoch: Option<usize>,
    /// How the run is ended on the way.
    pub crash: Crash,
}

/// How a stream is ended on the way, and started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// Not at all.
    Never,
    /// Killed once, after so many splits.
    Once(usize),
    /// Each process is killed after so many splits, until the input is at its end.
    Always(usize),
    /// Each process is killed within its nth commit, until the input is at its end.
    InCommit(CommitPoint, u64),
    /// It ends cleanly after each commit.
    StopAtEachCommit,
}

/// What can be taken out of a schedule, to find out what matters. Small chunks stay, since they
/// let small inputs show what large ones do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// That the run is ended on the way.
    Crash,
    /// That accumulators are merged in a random tree.
    Tree,
    /// That state goes to disk.
    Spills,
    /// That there are several workers.
    Workers,
    /// That partitions are read in a random order.
    Shuffle,
    /// That there are several epochs.
    Epochs,
}

impl Part {
    /// All of them. A run that is ended on the way needs its epochs, so that the crash comes first.
    pub const ALL: [Part; 6] =
        [Part::Crash, Part::Tree, Part::Spills, Part::Workers, Part::Shuffle, Part::Epochs];
}

/// Into how many epochs an input is cut at the most: commits and restarts take time.
const EPOCHS: usize = 32;

impl Schedule {
    /// The one that all others are compared with.
    pub fn reference() -> Schedule {
        Schedule { reference: true, ..Schedule::plain() }
    }

    /// Batch, as plain as can be.
    pub fn plain() -> Schedule {
        Schedule {
            reference: false,
            mode: Mode::Batch,
            workers: 1,
            chunk_rows: 1024,
            cut: 0,
            spills: false,
            twice: false,
            tree: None,
            shuffle: None,
            splits_per_epoch: None,
            crash: Crash::Never,
        }
    }

    /// The schedules of a seed over an input of about so many splits, the reference first.
    pub fn all(seed: u64, splits: usize) -> Vec<Schedule> {
        let mut random = Random(seed);
        let step = splits.div_ceil(EPOCHS).max(1);
        let (once, again) = (random.upto(splits), random.upto(splits));
        let always = step * (1 + random.upto(3));
        // A process whose first commit does not count would never get further.
        let (before, after) = (1 + random.upto(2) as u64, random.upto(2) as u64);
        let mut draw = |mode, crash: Crash| {
            let epoch = Some(step * random.upto(3));
            let splits_per_epoch = match crash {
                _ if mode == Mode::Batch => None,
                Crash::Never => random.of(&[epoch, None]),
                // Fewer than are read before the crash: each process must get further.
                Crash::Always(_) => Some(step),
                _ => epoch,
            };
            Schedule {
                mode,
                workers: random.of(&[1, 2, 4]),
                chunk_rows: random.of(&[1, 3, 1024]),
                cut: random.draw(),
                spills: random.of(&[true, false, false]),
                shuffle: random.of(&[Some(seed), Some(!seed), None]),
                splits_per_epoch,
                crash,
                ..Schedule::plain()
            }
        };
        let (batch, stream) = (Mode::Batch, Mode::Stream);
        let tree = |nth: u64| Some(seed.wrapping_mul(2).wrapping_add(nth));
        vec![
            Schedule::reference(),
            // Before all else: of code that depends on more than its arguments the rest says little.
            Schedule { twice: true, ..Schedule::plain() },
            Schedule::plain(),
            Schedule { tree: tree(0), chunk_rows: 1, ..Schedule::plain() },
            Schedule { tree: tree(2), spills: false, ..draw(batch, Crash::Never) },
            Schedule { spills: true, workers: 4, ..draw(batch, Crash::Never) },
            Schedule { splits_per_epoch: None, ..draw(stream, Crash::Never) },
            Schedule { splits_per_epoch: Some(step), ..draw(stream, Crash::Never) },
            Schedule { spills: true, ..draw(stream, Crash::Never) },
            Schedule { tree: tree(1), ..draw(stream, Crash::Once(once)) },
            Schedule { spills: true, ..draw(stream, Crash::Once(again)) },
            draw(stream, Crash::Always(always)),
            draw(stream, Crash::StopAtEachCommit),
            draw(stream, Crash::InCommit(CommitPoint::BeforeManifest, before)),
            draw(stream, Crash::InCommit(CommitPoint::AfterManifest, after)),
            draw(stream, Crash::InCommit(CommitPoint::BeforeClose, 1)),
        ]
    }

    /// The same without a part of it.
    pub fn without(mut self, part: Part) -> Schedule {
        let plain = Schedule::plain();
        match part {
            Part::Crash => self.crash = plain.crash,
            Part::Tree => self.tree = plain.tree,
            Part::Spills => self.spills = plain.spills,
            Part::Workers => self.workers = plain.workers,
            Part::Shuffle => self.shuffle = plain.shuffle,
            // A process that never commits would never come to the end.
            Part::Epochs if self.crash != Crash::Never => {}
            Part::Epochs => self.splits_per_epoch = plain.splits_per_epoch,
        }
        self
    }

    /// What it tells a stream.
    pub fn stream(&self) -> StreamConfig {
        StreamConfig {
            shuffle: self.shuffle,
            splits_per_epoch: self.splits_per_epoch,
            // An hour: epochs end by count alone, so that a seed can be run again.
            epoch_ms: 3_600_000,
            ..StreamConfig::default()
        }
    }

    /// What is done besides running it, in words.
    pub fn besides(&self) -> String {
        let splits = |n: usize| plural(n as u64, "split");
        let stream = self.mode == Mode::Stream;
        if self.reference {
            return "one record at a time".to_owned();
        }
        let words = [
            self.twice.then(|| "all code twice".to_owned()),
            self.tree.map(|_| "merged in a random tree".to_owned()),
            self.spills.then(|| "little memory".to_owned()),
            self.shuffle.filter(|_| stream).map(|_| "partitions shuffled".to_owned()),
            self.splits_per_epoch.map(|n| format!("commit every {}", splits(n))),
            match self.crash {
                Crash::Never => None,
                Crash::Once(n) => Some(format!("killed after {}", splits(n))),
                Crash::Always(n) => Some(format!("killed every {}", splits(n))),
                Crash::InCommit(point, nth) => Some(match point {
                    CommitPoint::BeforeManifest => format!("killed in commit {nth}, unfinished"),
                    CommitPoint::BeforeSession => format!("killed in commit {nth}, not sent"),
                    CommitPoint::AfterSession => format!("killed in commit {nth}, not noted"),
                    CommitPoint::AfterManifest => format!("killed in commit {nth}, just done"),
                    CommitPoint::BeforeClose => "killed before it was closed".to_owned(),
                }),
                Crash::StopAtEachCommit => Some("stopped at each commit".to_owned()),
            },
        ];
        words.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.reference {
            return f.write_str("the reference");
        }
        let Schedule { mode, workers, chunk_rows, .. } = self;
        let (workers, rows) =
            (plural(*workers as u64, "worker"), plural(*chunk_rows as u64, "row"));
        write!(f, "{mode} with {workers}, chunks of {rows}")?;
        match self.besides().as_str() {
            "" => Ok(()),
            besides => write!(f, ", {besides}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_schedules_and_crashes_within_the_input() {
        for seed in 0..200 {
            for splits in [0, 1, 5, 1000] {
                let all = Schedule::all(seed, splits);
                assert_eq!(all, Schedule::all(seed, splits));
                for schedule in all {
                    let epoch = schedule.splits_per_epoch.unwrap_or(1);
                    assert!(epoch >= 1);
                    match schedule.crash {
                        Crash::Once(n) => assert!((1..=splits.max(1)).contains(&n), "{n}"),
                        // A process that commits nothing would never come to the end.
                        Crash::Always(n) => assert!(n > epoch && splits / n <= EPOCHS),
                        Crash::InCommit(CommitPoint::BeforeManifest, nth) => assert!(nth > 1),
                        Crash::InCommit(..) | Crash::Never | Crash::StopAtEachCommit => {}
                    }
                }
            }
        }
        assert_ne!(Schedule::all(1, 100), Schedule::all(2, 100));
    }

    #[test]
    fn each_way_to_differ_is_among_them() {
        for seed in 0..20 {
            let all = Schedule::all(seed, 10);
            let has = |what: fn(&Schedule) -> bool| assert!(all.iter().any(what), "{seed}");
            assert_eq!((&all[0], &all[2]), (&Schedule::reference(), &Schedule::plain()));
            has(|s| s.twice);
            has(|s| s.mode == Mode::Batch && s.tree.is_some() && s.chunk_rows == 1);
            has(|s| s.mode == Mode::Stream && s.tree.is_some());
            has(|s| s.mode == Mode::Batch && s.spills && s.workers > 1);
            has(|s| s.spills && matches!(s.crash, Crash::Once(_)));
            has(|s| matches!(s.crash, Crash::Always(_)));
            has(|s| s.crash == Crash::StopAtEachCommit);
            has(|s| matches!(s.crash, Crash::InCommit(CommitPoint::BeforeManifest, _)));
            has(|s| matches!(s.crash, Crash::InCommit(CommitPoint::AfterManifest, _)));
            has(|s| matches!(s.crash, Crash::InCommit(CommitPoint::BeforeClose, _)));
        }
    }

    #[test]
    fn without_all_parts_mode_and_cut_are_left() {
        for schedule in Schedule::all(3, 10) {
            let plain = Part::ALL.iter().fold(schedule.clone(), |s, part| s.without(*part));
            let Schedule { reference, mode, cut, twice, chunk_rows, .. } = schedule;
            assert_eq!(
                plain,
                Schedule { reference, mode, cut, twice, chunk_rows, ..Schedule::plain() }
            );
        }
    }

    #[test]
    fn schedules_are_told_in_words() {
        let schedule = Schedule {
            mode: Mode::Stream,
            chunk_rows: 1,
            spills: true,
            shuffle: Some(1),
            splits_per_epoch: Some(2),
            crash: Crash::Once(1),
            ..Schedule::plain()
        };
        let words = "stream with 1 worker, chunks of 1 row, little memory, partitions shuffled, \
                     commit every 2 splits, killed after 1 split";
        assert_eq!(schedule.to_string(), words);
        assert_eq!(Schedule::plain().to_string(), "batch with 1 worker, chunks of 1,024 rows");
    }
}
