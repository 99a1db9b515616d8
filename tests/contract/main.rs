//! The contract, tested across crates.

mod aggregates;
mod changed;
mod errors;
mod jobs;
mod keys;
mod killed;
mod one_record;
mod rules;
mod ui;
mod windows;
