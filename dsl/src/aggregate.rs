//! Aggregates: commutative monoids over what they lift from each record.

mod all;
mod any;
mod approx;
mod approx_count_distinct;
mod approx_quantile;
mod bloom_filter;
mod collect_list;
mod collect_map;
mod collect_set;
mod condition;
mod correlation;
mod count;
mod count_distinct;
mod count_if;
mod count_min;
mod covariance;
mod decayed_sum;
mod encoding;
mod exact;
mod exact_sum;
mod extremum;
mod filtered;
mod first;
mod float_sum;
mod group_test;
mod heavy_hitters;
mod histogram;
mod idempotent;
mod invertible;
mod kept;
mod key_bag;
mod key_set;
mod kurtosis;
mod latest;
pub mod laws;
mod mapped;
mod max_with_ties;
mod mean;
mod measure;
mod min_by;
mod non_empty;
mod nothing;
mod per_key;
mod placed;
mod product;
mod skewness;
mod sum;
mod top_k;
mod top_k_by;
mod tuple;
mod variance;

pub use all::{All, all};
pub use any::{Any, any};
pub use approx::{Approx, ApproxBuilder, ApproxColumn};
pub use approx_count_distinct::{ApproxCountDistinct, HyperLogLog, approx_count_distinct};
pub use approx_quantile::{
    ApproxQuantile, ApproxQuantiles, Sketch, approx_quantile, approx_quantiles,
};
pub use bloom_filter::{BloomFilter, BloomFilterOf, bloom_filter};
pub use collect_list::{CollectList, collect_list};
pub use collect_map::{CollectMap, collect_map};
pub use collect_set::{CollectSet, collect_set};
pub use condition::Condition;
pub use correlation::{Corr, corr};
pub use count::{Count, count};
pub use count_distinct::{CountDistinct, count_distinct};
pub use count_if::{CountIf, count_if};
pub use count_min::{CountMin, CountMinOf, count_min};
pub use covariance::{CovarPop, CovarSamp, covar_pop, covar_samp};
pub use decayed_sum::{Decay, DecayedCount, DecayedSum, decayed_count, decayed_sum};
pub use exact_sum::{ExactSum, Moments, Term};
pub use extremum::{Extremum, Max, Min, Ordered, max, min};
#[doc(hidden)]
pub use filtered::holds;
pub use filtered::{Filtered, filtered};
pub use first::{First, Last, first, last};
pub use float_sum::FloatSum;
pub use group_test::GroupTest;
pub use heavy_hitters::{HeavyHitters, Hitters, heavy_hitters};
pub use histogram::{Histogram, histogram};
pub use idempotent::Idempotent;
pub use invertible::Invertible;
pub use kept::{Kept, Values, kept};
pub use key_bag::KeyBag;
pub use key_set::KeySet;
pub use kurtosis::{Kurtosis, kurtosis};
pub use latest::{Latest, latest};
pub use mapped::Mapped;
pub use max_with_ties::{MaxWithTies, MinWithTies, max_with_ties, min_with_ties};
pub use mean::{Mean, MeanOf, mean};
pub use measure::{Dyadic, Measure, Measured};
pub use min_by::{MaxBy, MinBy, max_by, min_by};
pub use non_empty::{NonEmpty, non_empty};
pub use nothing::{Nothing, nothing};
pub use per_key::{ByKey, PerKey, per_key};
pub use placed::Placed;
pub use product::{Factor, Product, ProductOf, product};
pub use skewness::{Skewness, skewness};
pub use sum::{Sum, Summable, sum};
pub use top_k::{Best, BottomK, TopK, bottom_k, top_k};
pub use top_k_by::{BestBy, BottomKBy, TopKBy, bottom_k_by, top_k_by};
pub use variance::{
    Squares, StddevPop, StddevSamp, VarPop, VarSamp, stddev_pop, stddev_samp, var_pop, var_samp,
};

use crate::data::{Data, Produce};
use crate::place::Place;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::marker::PhantomData;

/// An aggregate: how records are lifted into accumulators, how these merge, and what they give.
///
/// # Laws
///
/// Work is spread over threads, chunks and machines, and resumed after crashes; the answer is the
/// same each time because, for all accumulators `a`, `b`, `c` and values `v`, `w`:
///
/// - `zero` is neutral: merging it into `a`, or `a` into it, gives `a`;
/// - merging is associative: `(a + b) + c` gives what `a + (b + c)` gives;
/// - merging is commutative: `a + b` gives what `b + a` gives;
/// - adding is merging: adding `v` to `a` gives what merging `a` with (`zero` plus `v`) gives;
/// - an accumulator that is written with serde and read back is the same.
///
/// "Gives" means that [`finish`](Aggregate::finish) gives the same, to the bit. `verify` and
/// the test harness cut the work in many ways, merge in as many orders, and compare;
/// [`laws::check`] does so for an aggregate alone, and `#[derive(CheckLaws)]` makes tests that draw
/// values for it. Some aggregates keep more laws: [`Invertible`] and [`Idempotent`]. A panic in any of
/// these functions fails the job, whatever its error policy.
///
/// # Example
///
/// ```
/// use ouzel_dsl::{Aggregate, Arg, laws};
///
/// /// Which of 64 things there were, as bits.
/// #[derive(Clone)]
/// struct Flags;
///
/// fn flags(_: Arg<u8>) -> Flags {
///     Flags
/// }
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
/// laws::check(&flags(Arg::new()), &[3, 0, 3, 63])?;
/// # Ok::<(), String>(())
/// ```
///
/// In a job, `aggregate(flags(|f| f.code))`: the closure stands where the function takes an
/// [`Arg`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an aggregate",
    label = "expected an aggregate, a tuple of aggregates or a record of them",
    note = "such as `count()`, `(count(), mean(|r| r.delay))` or `Stats {{ n: count() }}`"
)]
pub trait Aggregate: Clone + Send + Sync + 'static {
    /// What is lifted from each record.
    type In: Data;
    /// The accumulator.
    type Acc: Clone + Send + Sync + Serialize + DeserializeOwned + 'static;
    /// The result.
    type Out: Data;

    /// The accumulator of no records.
    fn zero(&self) -> Self::Acc;

    /// Adds what was lifted from one record.
    fn add(&self, acc: &mut Self::Acc, value: <Self::In as Data>::View<'_>);

    /// Whether [`add_at`](Aggregate::add_at) looks at where records stand. Records must then have
    /// an event time.
    const ORDERED: bool = false;

    /// Adds what was lifted from one record, which stands at a place in canonical order: for
    /// aggregates that choose by it.
    #[inline(always)]
    fn add_at(&self, acc: &mut Self::Acc, value: <Self::In as Data>::View<'_>, _place: Place<'_>) {
        self.add(acc, value);
    }

    /// Adds another accumulator.
    fn merge(&self, acc: &mut Self::Acc, other: Self::Acc);

    /// The result; an error if it does not fit its type, which fails the job.
    fn finish(&self, acc: &Self::Acc) -> Result<Self::Out, String>;

    /// About how many bytes an accumulator holds on the heap, beside its own size: text, lists,
    /// sets. They count against the memory that the run was given, beyond which state goes to disk.
    ///
    /// It is asked for before and after each change, and so must not take long: a length times the
    /// size of an item is good enough.
    #[inline(always)]
    fn heap_bytes(&self, _acc: &Self::Acc) -> usize {
        0
    }

    /// What is wrong with the aggregate's own values, such as a quantile beyond 1, if anything is:
    /// the job then ends before its first record.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    /// Sends the result through a function.
    ///
    /// In a job, `count_distinct(|b| b.bidder).map_result(|n| n as i64)`. The function takes the
    /// result, not a record; a tuple of aggregates has a result, too:
    /// `(sum(|b| b.price), count()).map_result(|(sum, n)| sum / n as i64)`. It runs when a result is
    /// read, and a panic in it fails the job. The column keeps its name; one that is made of several
    /// is named by `named`, or by the record that the function makes.
    ///
    /// ```
    /// use ouzel_dsl::{Aggregate, Arg, count_distinct, laws};
    ///
    /// let signed = count_distinct(Arg::<i64>::new()).map_result(|n| n as i64);
    /// assert_eq!(laws::result(&signed, &[3, 8, 3])?, 2i64);
    /// # Ok::<(), String>(())
    /// ```
    // Where the function's result cannot travel, rustc says so of the aggregate as a whole.
    fn map_result<O, F>(self, f: F) -> Mapped<Self, F>
    where
        F: Fn(Self::Out) -> O + Clone + Send + Sync + 'static,
    {
        Mapped(self, f)
    }

    /// Whether adding this value adds anything: what [`non_empty`] counts.
    #[doc(hidden)]
    #[inline(always)]
    fn takes(&self, _value: <Self::In as Data>::View<'_>) -> bool {
        true
    }
}

/// The place of a closure in an aggregate's arguments: a value of type `P`, lifted from each
/// record.
///
/// An aggregate of your own takes an `Arg` where its users write a closure, and learns from it
/// the type that the closure returns.
pub struct Arg<P>(PhantomData<fn() -> P>);

impl<P> Arg<P> {
    /// A place for a closure that returns `P`.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Arg<P> {
        Arg(PhantomData)
    }

    #[doc(hidden)]
    #[inline(always)]
    pub fn is(self, value: P) -> P {
        value
    }
}

impl<P> Clone for Arg<P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P> Copy for Arg<P> {}

/// The type that travels for a closure's result.
pub type DataOf<P> = <P as Produce>::Data;
