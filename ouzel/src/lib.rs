//! Ouzel compiles dataflow jobs, written once in Rust, to run as batch or as stream with equal
//! results.
//!
//! A job is a function over streams. `#[job]` compiles it; the binary it is in then runs it in
//! either mode, shows its plan and checks that the modes agree.
//!
//! ```no_run
//! use ouzel::prelude::*;
//!
//! #[derive(Record)]
//! struct Flight {
//!     #[record(event_time)]
//!     scheduled: Timestamp,
//!     carrier: String,
//!     dep_delay: Option<f64>,
//! }
//!
//! /// Departures and mean delay by carrier and hour.
//! #[job]
//! fn delays(flights: Stream<Flight>) -> Table<Windowed<String>, (u64, Option<f64>)> {
//!     flights
//!         .filter(|f| f.dep_delay.is_some())
//!         .key_by(|f| f.carrier)
//!         .window(tumbling(hours(1)))
//!         .aggregate((count(), mean(|f| f.dep_delay)))
//! }
//!
//! fn main() -> ExitCode {
//!     delays.main()
//! }
//! ```
//!
//! ```text
//! delays run --in flights=flights.parquet                  read to the end, show the table
//! delays run --in 'flights=flights/?follow' --out delays=delays.parquet --state state/
//! delays plan                                              what the job was compiled to
//! delays verify --in flights=flights.parquet               do batch and stream agree?
//! delays schema                                            what the input must look like
//! ```
//!
//! [`main!`] makes one binary of several jobs. [`run`] runs a job from Rust, without a command
//! line: in tests, or inside another program.
#![warn(missing_docs)]

mod cli;
mod job_main;
pub mod prelude;
mod run;
mod session;
mod show;
mod terminal;
#[cfg(test)]
mod testing;
mod uri;
mod verify;

pub use job_main::JobMain;
pub use ouzel_connectors as connectors;
pub use ouzel_dsl as dsl;
pub use ouzel_dsl::*;
pub use ouzel_engine::{
    Clock, CommitPoint, GroupConfig, Guarantee, Layout, Passed, RunConfig, StreamConfig,
};
pub use ouzel_hooks as hooks;
pub use run::{Input, Outcome, Output, Run, run};
pub use session::Mode;
pub use verify::Verification;

/// What code that the macros make reaches for, and the test kit; no part of the interface.
#[doc(hidden)]
pub mod private {
    pub use crate::job_main::{JobInfo, main};
    pub use crate::show::text::stable as stable_plan;
    pub use crate::verify::{
        Difference, Left, Part, Random, Schedule, Subject, difference_of_rows,
    };
    pub use ouzel_connectors as connectors;
    pub use ouzel_engine as engine;
    pub use ouzel_hooks as hooks;
    pub use ouzel_runtime_stream::Steps;
}

/// The README's Rust, compiled and run with the other documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// That of what is said of watching a run.
#[cfg(doctest)]
#[doc = include_str!("../../docs/monitoring.md")]
struct Monitoring;
