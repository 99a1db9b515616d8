//! What both executors run: operators' state and logic, once.

mod aggregation;
mod builder;
mod combiner;
mod config;
pub mod dead_letters;
mod gate;
mod groups;
mod guard;
mod memo;
mod output;
mod rows;
mod runs;
mod state;
mod wiring;
mod worker;

pub use aggregation::Aggregation;
pub use builder::{Builder, KeyedHandle, Needs, OperatorSpec, OutputHandle, open_finals};
pub use combiner::Combiner;
pub use config::{CommitPoint, RunConfig, StreamConfig};
pub use gate::{Gates, Ticket};
pub use output::Output;
pub use wiring::Wiring;
pub use worker::{Task, Worker};
