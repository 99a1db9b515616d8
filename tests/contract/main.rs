//! The contract, tested across crates.

mod jobs;
mod keys;
mod one_record;
mod windows;
