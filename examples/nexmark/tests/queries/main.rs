//! Each query next to a plain twin: ordinary Rust over a list of bids.

mod program;
mod reports;
mod single;
mod support;
mod windows;
