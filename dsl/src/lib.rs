//! What an Ouzel job is written with and compiled against.
//!
//! [`Record`] and [`Data`] say what travels; [`Stream`], [`Keyed`] and [`Table`] are the job
//! language; [`plan`], [`stage`] and [`connector`] are what the compiler, the executors and the
//! connectors share. Nothing here knows an executor or a file format.
#![warn(missing_docs)]

pub mod aggregate;
#[doc(hidden)]
pub mod check;
#[doc(hidden)]
pub mod columns;
pub mod connector;
pub mod data;
mod decimal;
mod early;
mod error;
mod failed;
mod frame;
#[doc(hidden)]
pub mod fuzz;
mod grouped;
mod job;
pub mod json;
pub mod key;
mod keyed;
pub mod keyed_node;
pub mod log;
mod params;
pub mod place;
pub mod plan;
mod process;
mod record;
pub mod schema;
mod sides;
pub mod stage;
mod stream;
mod table;
mod time;
mod window;

#[doc(hidden)]
pub use arrow;

pub use aggregate::{
    Aggregate, Approx, Arg, BloomFilter, CountMin, Idempotent, Invertible, all, any,
    approx_count_distinct, approx_quantile, approx_quantiles, bloom_filter, bottom_k, bottom_k_by,
    collect_list, collect_map, collect_set, corr, count, count_distinct, count_if, count_min,
    covar_pop, covar_samp, decayed_count, decayed_sum, filtered, first, heavy_hitters, histogram,
    kept, kurtosis, last, laws, max, max_by, max_with_ties, mean, min, min_by, min_with_ties,
    non_empty, per_key, product, skewness, stddev_pop, stddev_samp, sum, top_k, top_k_by, var_pop,
    var_samp,
};
pub use data::{Bytes, Data, List, Produce};
pub use decimal::{Decimal, decimal_units};
pub use early::Early;
pub use error::{Error, Result};
pub use failed::{Failed, FailedRef, failed};
pub use frame::{Frame, last_rows, last_span};
pub use grouped::Grouped;
pub use job::Job;
pub use key::Key;
pub use keyed::Keyed;
#[doc(hidden)]
pub use ouzel_macros::__flows;
/// Tests the laws of an aggregate of one's own, with the crate's other tests.
///
/// `#[laws(values = ..)]` says which values to check it with: a strategy of `proptest`, or of the test
/// kit. It makes a test that calls `check_laws` of the test kit, which is called by its name: the
/// crate needs `ouzel-testkit` among its `dev-dependencies`. In `#[laws(..)]` may stand:
///
/// - `values = ..`: the strategy, of what the aggregate takes;
/// - `invertible` and `idempotent`, for tests of the laws of [`Invertible`] and [`Idempotent`], which
///   the aggregate must implement;
/// - `aggregate = ..`: the aggregate itself, where it is no unit struct or has parameters. Several
///   `#[laws(..)]` check several.
///
/// ```
/// # use ouzel_dsl as ouzel;
/// use ouzel::{Aggregate, CheckLaws, Idempotent};
///
/// /// Which of 64 things there were, as bits.
/// #[derive(Clone, CheckLaws)]
/// #[laws(values = proptest::prelude::any::<u8>(), idempotent)]
/// struct Flags;
///
/// impl Aggregate for Flags {
///     type In = u8;
///     type Acc = u64;
///     type Out = u64;
///     fn zero(&self) -> u64 { 0 }
///     fn add(&self, acc: &mut u64, value: u8) { *acc |= 1 << (value % 64) }
///     fn merge(&self, acc: &mut u64, other: u64) { *acc |= other }
///     fn finish(&self, acc: &u64) -> Result<u64, String> { Ok(*acc) }
/// }
///
/// impl Idempotent for Flags {}
/// // Its tests are `flags_keeps_the_laws` and `flags_is_idempotent`.
/// ```
pub use ouzel_macros::CheckLaws;
/// Makes a function over streams and tables a flow: a part of each job that calls it.
///
/// ```ignore
/// /// Flights that took place, and were late by more than `limit` minutes.
/// #[flow]
/// fn late(flights: Stream<Flight>, limit: f64) -> Stream<Flight> {
///     flights.filter(|f| f.dep_delay > Some(limit))
/// }
///
/// #[job]
/// fn late_by_carrier(flights: Stream<Flight>) -> Table<String, u64> {
///     let late = late(flights, 15.0);
///     late.key_by(|f| f.carrier).aggregate(count())
/// }
/// ```
///
/// A flow takes streams, tables and keyed streams, one of them at least, and values; it returns a
/// stream, a table or a tuple of these, which its caller binds by `let (a, b) = ..`. It may have
/// generic parameters, and call other flows, but not itself. It is called with a stream or table of
/// the job, by its name or path, which leads to what `#[flow]` makes: a function, a type and a macro.
///
/// Its operators are fused into the job like the job's own, and its arguments are evaluated once in
/// each call. Ids begin with the variable that the call is bound to, here `late.filter`, or else with
/// the flow's name; sites are the lines of the flow. What it changes of its code or arguments, it
/// changes of the job's operators.
///
/// What is wrong in its body is told where it stands. What is wrong with its code only by what it is
/// given, or in what flows it calls give, is told by the job.
///
/// # Limits
///
/// The code of a flow becomes that of the job, as a macro's does:
///
/// - Functions, types, traits and other flows that its body names must be visible where the job is,
///   and be in scope there, be named by a path that begins with `crate`, which leads into the crate of
///   the flow, or be brought in by `use crate::..` in the body of the flow. That goes with closures
///   and values, but not with calls of other flows. Local variables never meet those of the job.
/// - No other items stand in its body, and no `$`; its plain statements have no `return` and no `?`.
/// - A generic parameter stands in a body for a type that rustc can infer, or that the call says, as
///   in `late::<Flight>(..)`; the record of an input is known without. Errors of types in a generic
///   flow may be told of its jobs once more.
/// - What it takes and returns is written as `Stream<..>`, `Table<..>`, `Keyed<..>`, and not by another
///   name.
/// - A macro of std cannot give it its name. Where a function that is called with a stream is no flow,
///   rustc says that there is no such macro: put `#[flow]` on it.
/// - A crate that calls the flows of another one depends on `ouzel` itself.
pub use ouzel_macros::flow;
pub use ouzel_macros::{Record, job};
pub use params::{ParamInfo, Params};
pub use place::Place;
pub use plan::Plan;
pub use process::{Event, Process, Timers};
pub use record::Record;
pub use sides::{Meeting, RefersTo, SameKey, SameWindows};
pub use stream::{Conditions, Stream, Tie, Tied, twin_of};
pub use table::{Final, FinalColumn, FinalRef, Row, RowColumns, RowView, Table, TableOf, TiedRow};
pub use time::{Date, Span, Timestamp, days, hours, micros, millis, minutes, seconds};
pub use window::{
    Assigned, Calendar, Hopping, Session, Tumbling, Unwindowed, Window, Windowed, WindowedView,
    Windows, calendar_days, calendar_months, calendar_quarters, calendar_weeks, calendar_years,
    hopping, session, tumbling,
};
