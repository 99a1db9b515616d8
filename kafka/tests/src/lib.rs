//! Kafka's part of the contract, on a real broker: what its tests have in common.
//!
//! Topics are made, written and read here by `rdkafka` itself, not by the code that is tested.

pub mod jobs;

mod running;
mod topic;

pub use running::{Group, Running, start, within};
pub use topic::{Got, Message, Topic, block_on, client, message, send_with, tombstone, unique};

/// Lines in order of their text.
pub fn sorted(lines: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut lines: Vec<_> = lines.into_iter().collect();
    lines.sort_unstable();
    lines
}

/// Numbers from a seed.
pub struct Random(pub u64);

impl Random {
    /// A number from 0 on that is less than `most`.
    pub fn below(&mut self, most: i64) -> i64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % most.max(1) as u64) as i64
    }
}
