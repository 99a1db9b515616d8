//! Each query next to a plain twin: ordinary Rust over lists of records.

mod joins;
mod order;
mod program;
mod reports;
mod single;
mod support;
mod windows;
mod winners;
