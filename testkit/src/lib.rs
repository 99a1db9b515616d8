//! Tests jobs: whatever the schedule, batch and stream must leave the same, and what is expected.
//!
//! [`check`] takes a job, by its name, and its input. It runs the job in batch and as a stream under
//! many schedules, with different numbers of workers, sizes of chunks and epochs, partitions in any
//! order, crashes, also in the midst of commits, restarts and spills. It panics where they leave
//! something else, to the bit: rows, dead letters or totals.
//!
//! ```
//! use ouzel::prelude::*;
//! use ouzel_testkit::check;
//!
//! #[derive(Clone, Record)]
//! struct Flight {
//!     #[record(event_time)]
//!     scheduled: Timestamp,
//!     carrier: String,
//!     dep_delay: Option<f64>,
//! }
//!
//! /// Departures and mean delay of each carrier.
//! #[job]
//! fn delays(flights: Stream<Flight>) -> Table<String, (u64, Option<f64>)> {
//!     let departed = flights.filter(|f| f.dep_delay.is_some());
//!     departed.key_by(|f| f.carrier).aggregate((count(), mean(|f| f.dep_delay)))
//! }
//!
//! let flight = |carrier: &str, dep_delay| Flight {
//!     scheduled: Timestamp::from_micros(0),
//!     carrier: carrier.to_owned(),
//!     dep_delay,
//! };
//! let flights = [flight("UA", Some(2.0)), flight("9E", None), flight("UA", Some(4.0))];
//! check(delays).input("flights", flights).expect("delays", [("UA", (2u64, Some(3.0)))]);
//! ```
//!
//! An input is a list of records, or a list of lists: a partition each. A table's rows are pairs of
//! key and value; [`Check::expect_within`] lets floats be a little off; [`Check::agrees`] expects
//! nothing but that all schedules leave the same.
//!
//! # Records that are drawn
//!
//! `#[derive(Record)]` makes records that can be drawn: few keys, event times that are close to each
//! other, tied or out of order, empty partitions, NaN, -0.0, `i64::MIN`. [`Check::any`] does so many
//! times, and [`Property::property`] compares what the job leaves of them with a *twin*, a few lines
//! of ordinary Rust.
//!
//! ```
//! # use ouzel::prelude::*;
//! # #[derive(Clone, Record)]
//! # struct Flight { carrier: String, dep_delay: Option<f64> }
//! # /// Departures and mean delay of each carrier.
//! # #[job]
//! # fn delays(flights: Stream<Flight>) -> Table<String, (u64, Option<f64>)> {
//! #     let departed = flights.filter(|f| f.dep_delay.is_some());
//! #     departed.key_by(|f| f.carrier).aggregate((count(), mean(|f| f.dep_delay)))
//! # }
//! use ouzel_testkit::{check, plain};
//! use std::collections::BTreeMap;
//!
//! check(delays).any::<Flight>("flights").property(|case| {
//!     let mut groups = BTreeMap::<String, Vec<f64>>::new();
//!     for flight in case.records::<Flight>("flights") {
//!         if let Some(delay) = flight.dep_delay {
//!             groups.entry(flight.carrier).or_default().push(delay);
//!         }
//!     }
//!     let rows = groups.into_iter().map(|(carrier, delays)| {
//!         let n = delays.len();
//!         (carrier, (n as u64, Some(plain::exact_sum(delays) / n as f64)))
//!     });
//!     case.expect_within(1e-12, "delays", rows);
//! });
//! ```
//!
//! # When a test fails
//!
//! The message names the first operator, those upstream first, that counts otherwise or gives other
//! rows, and the smallest input found that shows it: records and partitions are taken out, and
//! drawn records made plainer, as long as the fault stays. It gives the seed, by which
//! `OUZEL_SEED=n cargo test` brings all of it back, and the folder in which the input is kept,
//! a file for each partition. [`replay`] runs the job over it in one mode, to be stepped through
//! with a debugger, and [`Check::kept`] checks it again.
//!
//! # Besides
//!
//! - [`Driver`] runs a stream step by step, to look at watermarks, rows and groups on the way.
//! - [`plan`] and [`assert_plan!`] compare what a job was compiled to with text or a file.
//! - [`check_laws`] looks for values by which an aggregate breaks a law.
//! - [`plain`] has what twins are made of, and [`strategy`] what `proptest` draws.
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
pub use laws::{check_idempotent_laws, check_invertible_laws, check_laws};
pub use left::Left;
pub use letters::Letter;
pub use partitions::{One, Partitions, Several};
pub use plan::{PlanText, plan};
pub use property::{Case, Property, drawn};
pub use replay::replay;
pub use rows::{batch, columns};

/// The guide's Rust, compiled and run with the other documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../../docs/testing.md")]
struct Guide;

/// Those of the operators' documentation.
#[cfg(doctest)]
#[doc = include_str!("../../docs/operators.md")]
struct Operators;
