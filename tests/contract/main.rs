//! The contract, tested across crates.

mod aggregates;
mod changed;
mod code;
mod errors;
mod inputs;
mod jobs;
mod keys;
mod memory;
mod one_record;
mod pauses;
mod rules;
mod windows;
