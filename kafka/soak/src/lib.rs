//! Soaks jobs over Kafka: processes that read and write topics, while they are killed and paused, the
//! broker is, and partitions move; and then sees that every record has counted once.
//!
//! ```text
//! cargo run -p ouzel-kafka-soak -- --faults 100 --seed 7 --mode group
//! ```
//!
//! A soak has rounds. Each has topics of its own, a feeder that writes numbered events, and job
//! processes, which a supervisor starts again when they end. Faults come at random moments, by the
//! seed. At the end of a round all are left alone, a last record closes all windows, and when the
//! outputs have come to rest they are compared with what batch makes of the same topic.

mod check;
mod fault;
mod feed;
mod job;
mod process;
mod random;
mod round;
mod topic;

pub use fault::Kind;
pub use job::main as job_main;
pub use round::{Job, Mode, Outcome, Report, Told, soak};

/// What can go wrong with the soak itself.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;
