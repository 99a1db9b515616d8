//! Each query next to a plain twin: ordinary Rust over lists of records.

mod binary;
mod joins;
mod killed;
mod order;
mod program;
mod reports;
mod runs;
mod single;
mod support;
mod windows;
mod winners;
