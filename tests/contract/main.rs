//! The contract, tested across crates.

mod jobs;
mod one_record;
