//! The contract, tested across crates.

mod jobs;
