//! Tests a job against its contract: whatever the schedule, batch and stream leave the same.
//!
//! [`check`] takes a job and its input, runs it in batch and as a stream under many schedules, with
//! crashes, restarts and spills among them, and panics where they differ. What is left may then be
//! compared with a plain twin: a few lines of ordinary Rust over a sorted list.
//!
//! ```
//! use ouzel::prelude::*;
//!
//! #[derive(Record)]
//! struct Flight {
//!     carrier: String,
//! }
//!
//! /// Departures of each carrier.
//! #[job]
//! fn departures(flights: Stream<Flight>) -> Table<String, u64> {
//!     flights.key_by(|f| f.carrier).aggregate(count())
//! }
//!
//! let flight = |carrier: &str| Flight { carrier: carrier.to_owned() };
//! ouzel_testkit::check(departures)
//!     .input("flights", [flight("UA"), flight("9E"), flight("UA")])
//!     .expect("departures", [("UA", 2u64), ("9E", 1)]);
//! ```
#![warn(missing_docs)]

mod check;
mod choices;
mod driver;
mod generate;
mod kept;
mod laws;
mod left;
mod letters;
mod partitions;
pub mod plain;
mod plan;
mod property;
mod reduce;
mod replay;
mod report;
mod rows;
mod seed;
mod shrink;
pub mod strategy;
mod tolerance;
mod trial;

pub use check::{Check, check};
pub use driver::{Driver, Watermark};
pub use laws::check_laws;
pub use left::Left;
pub use letters::Letter;
pub use partitions::{One, Partitions, Several};
pub use plan::{PlanText, plan};
pub use property::{Case, Property, drawn};
pub use replay::replay;
pub use rows::{batch, columns};
