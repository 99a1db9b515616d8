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
mod error;
mod frame;
#[doc(hidden)]
pub mod fuzz;
mod grouped;
mod job;
pub mod json;
pub mod key;
mod keyed;
pub mod keyed_node;
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
pub use error::{Error, Result};
pub use frame::{Frame, last_rows, last_span};
pub use grouped::Grouped;
pub use job::Job;
pub use key::Key;
pub use keyed::Keyed;
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
pub use ouzel_macros::{Record, job};
pub use params::{ParamInfo, Params};
pub use place::Place;
pub use plan::Plan;
pub use process::{Event, Process, Timers};
pub use record::Record;
pub use sides::{Meeting, RefersTo, SameKey, SameWindows};
pub use stream::{Stream, Tie, Tied, twin_of};
pub use table::{Final, FinalColumn, FinalRef, Row, RowColumns, RowView, Table, TableOf, TiedRow};
pub use time::{Date, Span, Timestamp, days, hours, micros, millis, minutes, seconds};
pub use window::{
    Assigned, Calendar, Hopping, Session, Tumbling, Unwindowed, Window, Windowed, WindowedView,
    Windows, calendar_days, calendar_months, calendar_quarters, calendar_weeks, calendar_years,
    hopping, session, tumbling,
};
