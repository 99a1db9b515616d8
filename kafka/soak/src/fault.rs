//! What can be done to a soak.

use crate::random::Random;
use crate::round::{Job, Mode};

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A job process is killed.
    Kill,
    /// A job process is killed while it waits for what it writes, which the broker, paused, has not
    /// taken yet and then does.
    KillWriting,
    /// A job process is told to end.
    Terminate,
    /// A job process is paused for less than the group gives it up.
    Pause,
    /// A job process is paused until its partitions have moved.
    Zombie,
    /// The broker is killed, and started again at once.
    BrokerKill,
    /// The broker is paused for some seconds.
    BrokerPause,
    /// The broker is gone for up to a minute.
    BrokerLong,
    /// Processes join, and leave at once.
    Storm,
    /// Records that cannot be decoded, or worked with.
    Poison,
    /// Nothing is fed for longer than transactions may last, while a job process is killed.
    Quiet,
    /// The input gets another partition.
    Grow,
    /// The disk of the state folder is full for a while.
    DiskFull,
}

/// No topic of the soak gets more partitions than that.
pub const PARTITIONS_MAX: u32 = 6;

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 13] = [
        Kind::Kill,
        Kind::KillWriting,
        Kind::Terminate,
        Kind::Pause,
        Kind::Zombie,
        Kind::BrokerKill,
        Kind::BrokerPause,
        Kind::BrokerLong,
        Kind::Storm,
        Kind::Poison,
        Kind::Quiet,
        Kind::Grow,
        Kind::DiskFull,
    ];

    /// The next one.
    pub fn choose(mode: Mode, job: Job, quick: bool, partitions: u32, random: &mut Random) -> Kind {
        let group = u64::from(mode == Mode::Group);
        let alone = 1 - group;
        let long = u64::from(!quick);
        let grow = u64::from(job == Job::Growing && partitions < PARTITIONS_MAX);
        random.weighted(&[
            (Kind::Kill, 30),
            (Kind::KillWriting, 10),
            (Kind::Terminate, 10),
            (Kind::Pause, 15),
            (Kind::Zombie, 1 + 6 * group * long + group),
            (Kind::BrokerKill, 2 + 5 * long),
            (Kind::BrokerPause, 3 + 5 * long),
            (Kind::BrokerLong, long),
            (Kind::Storm, 4 * group * (1 + long)),
            (Kind::Poison, 4),
            (Kind::Quiet, long),
            (Kind::Grow, 3 * grow),
            (Kind::DiskFull, 4 * alone),
        ])
    }
}
