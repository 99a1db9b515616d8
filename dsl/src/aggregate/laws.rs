//! The laws of aggregates, checked over values.
//!
//! The types of a job cannot say that an aggregate of one's own keeps its laws. This looks for values
//! that break them: a property test draws values, and [`check`] cuts, orders and merges them in many
//! ways.
//!
//! ```
//! use ouzel_dsl::{Aggregate, Arg, laws, max, mean};
//!
//! laws::check(&mean(Arg::<f64>::new()), &[0.1, -1e300, 7.0, 1e300])?;
//! assert_eq!(laws::result(&max(Arg::<i64>::new()), &[3, 9, 4])?, 9);
//!
//! /// The mean of means: not what it seems to be.
//! #[derive(Clone)]
//! struct Middle;
//!
//! impl Aggregate for Middle {
//!     type In = f64;
//!     type Acc = Option<f64>;
//!     type Out = Option<f64>;
//!     fn zero(&self) -> Option<f64> { None }
//!     fn add(&self, acc: &mut Option<f64>, value: f64) { self.merge(acc, Some(value)) }
//!     fn merge(&self, acc: &mut Option<f64>, other: Option<f64>) {
//!         *acc = acc.zip(other).map(|(a, b)| (a + b) / 2.0).or(*acc).or(other);
//!     }
//!     fn finish(&self, acc: &Option<f64>) -> Result<Option<f64>, String> { Ok(*acc) }
//! }
//!
//! let broken = laws::check(&Middle, &[1.0, 2.0, 3.0]).unwrap_err();
//! assert!(broken.contains("adding is not merging"), "{broken}");
//! # Ok::<(), String>(())
//! ```

use super::{Aggregate, Idempotent, Invertible};
use crate::Timestamp;
use crate::data::{Builder, Data};
use crate::place::{Path, Place};
use arrow::array::{Array, ArrayRef};
use std::ops::Range;

/// The result of an aggregate over values, which stand in canonical order as they do in the list.
pub fn result<A: Aggregate>(aggregate: &A, values: &[A::In]) -> Result<A::Out, String> {
    let mut acc = aggregate.zero();
    for (offset, value) in values.iter().enumerate() {
        aggregate.add_at(&mut acc, value.view(), place(0, offset));
    }
    aggregate.finish(&acc)
}

/// The result over values at event times; those of one time stand in canonical order as they do in
/// the list.
pub fn result_at<A: Aggregate>(
    aggregate: &A,
    values: &[(Timestamp, A::In)],
) -> Result<A::Out, String> {
    let mut acc = aggregate.zero();
    for (offset, (time, value)) in values.iter().enumerate() {
        aggregate.add_at(&mut acc, value.view(), place(time.micros(), offset));
    }
    aggregate.finish(&acc)
}

/// Checks the laws of [`Aggregate`] over values, cut in three at many places; says which law is
/// broken, where, and what was given instead.
///
/// Results are compared to the bit. Where one is an error the others must be too. Each value has an
/// event time and an address of its own, some of them the same time, in another order than the
/// list's.
pub fn check<A: Aggregate>(aggregate: &A, values: &[A::In]) -> Result<(), String> {
    let laws = Laws { aggregate, values };
    for (first, second) in cuts(values.len()) {
        let place = || format!("{} values cut at {first} and {second}", values.len());
        let a = || laws.added(0..first);
        let b = || laws.added(first..second);
        let c = || laws.added(second..values.len());
        let zero = || aggregate.zero();
        let ab = || laws.merged(a(), b());
        let abc = || laws.merged(ab(), c());

        let all = laws.added(0..values.len());
        laws.same("adding is not merging what was added to zero", &all, &abc(), place)?;
        laws.same("zero is not neutral", &a(), &laws.merged(a(), zero()), place)?;
        laws.same("zero is not neutral", &a(), &laws.merged(zero(), a()), place)?;
        let right = laws.merged(a(), laws.merged(b(), c()));
        laws.same("merging is not associative", &abc(), &right, place)?;
        laws.same("merging is not commutative", &ab(), &laws.merged(b(), a()), place)?;
        let turned = laws.merged(c(), laws.merged(b(), a()));
        laws.same("merging is not commutative", &abc(), &turned, place)?;
        let added_on = laws.add(ab(), second..values.len());
        laws.same("adding is not merging what was added to zero", &added_on, &abc(), place)?;
        let read = laws.merged(laws.read_back(a())?, laws.read_back(laws.merged(b(), c()))?);
        laws.same("an accumulator is not the same when read back", &abc(), &read, place)?;
    }
    Ok(())
}

/// Checks the law of [`Invertible`] over values, as [`check`] does those of [`Aggregate`].
pub fn check_invertible<A: Invertible>(aggregate: &A, values: &[A::In]) -> Result<(), String> {
    let laws = Laws { aggregate, values };
    for (first, second) in cuts(values.len()) {
        let place = || format!("{} values cut at {first} and {second}", values.len());
        let b = || laws.added(first..second);
        let rest = || laws.merged(laws.added(0..first), laws.added(second..values.len()));

        let mut after = laws.merged(rest(), b());
        aggregate.subtract(&mut after, b());
        laws.same("subtracting does not undo merging", &rest(), &after, place)?;
        let mut less = aggregate.zero();
        aggregate.subtract(&mut less, b());
        let before = laws.merged(less.clone(), laws.merged(rest(), b()));
        laws.same("merging does not undo subtracting", &rest(), &before, place)?;
        let added_on = laws.add(laws.read_back(less)?, 0..values.len());
        laws.same("adding does not undo subtracting", &rest(), &added_on, place)?;
    }
    Ok(())
}

/// Checks the law of [`Idempotent`] over values, as [`check`] does those of [`Aggregate`].
pub fn check_idempotent<A: Idempotent>(aggregate: &A, values: &[A::In]) -> Result<(), String> {
    let laws = Laws { aggregate, values };
    for (first, second) in cuts(values.len()) {
        let place = || format!("{} values, of which {first} to {second} came twice", values.len());
        let once = laws.added(0..values.len());
        let twice = laws.merged(once.clone(), laws.added(first..second));
        laws.same("what came twice is seen", &once, &twice, place)?;
    }
    Ok(())
}

/// A place in canonical order: an event time, and an offset in a log.
fn place(time: i64, offset: usize) -> Place<'static> {
    Place { time, log: &[], offset: Some(offset as u64), path: Path::new() }
}

/// Event times that ties, neighbours and long spans are among.
const TIMES: [i64; 5] = [1, 0, 3_600_000_000, 1, -1];

/// Pairs of places to cut so many values at: all of them, or about a hundred.
fn cuts(len: usize) -> impl Iterator<Item = (usize, usize)> {
    let step = (len / 12).max(1);
    let places = move |from: usize| (from..=len).step_by(step);
    places(0).flat_map(move |first| places(first).map(move |second| (first, second)))
}

struct Laws<'a, A: Aggregate> {
    aggregate: &'a A,
    values: &'a [A::In],
}

impl<A: Aggregate> Laws<'_, A> {
    /// The accumulator of some of the values.
    fn added(&self, values: Range<usize>) -> A::Acc {
        self.add(self.aggregate.zero(), values)
    }

    /// An accumulator to which some of the values were added.
    fn add(&self, mut acc: A::Acc, values: Range<usize>) -> A::Acc {
        for offset in values {
            let place = place(TIMES[offset % TIMES.len()], offset);
            self.aggregate.add_at(&mut acc, self.values[offset].view(), place);
        }
        acc
    }

    fn merged(&self, mut into: A::Acc, other: A::Acc) -> A::Acc {
        self.aggregate.merge(&mut into, other);
        into
    }

    fn read_back(&self, acc: A::Acc) -> Result<A::Acc, String> {
        let bytes = postcard::to_allocvec(&acc).map_err(|e| format!("cannot be written: {e}"))?;
        postcard::from_bytes(&bytes).map_err(|e| format!("cannot be read back: {e}"))
    }

    /// Whether two accumulators give the same, to the bit.
    fn same(
        &self,
        broken: &str,
        a: &A::Acc,
        b: &A::Acc,
        place: impl Fn() -> String,
    ) -> Result<(), String> {
        let finish = |acc| self.aggregate.finish(acc).map(column);
        let (a, b) = (finish(a), finish(b));
        let same = match (&a, &b) {
            (Ok(a), Ok(b)) => a.to_data() == b.to_data(),
            (a, b) => a.is_err() && b.is_err(),
        };
        if same {
            return Ok(());
        }
        Err(format!("{broken}: {}: {} is not {}", place(), shown(&a), shown(&b)))
    }
}

/// A value as a column of one row: in this form all data can be compared to the bit.
fn column<T: Data>(value: T) -> ArrayRef {
    let mut builder = T::Builder::default();
    builder.push(value.view());
    builder.finish()
}

fn shown(value: &Result<ArrayRef, String>) -> String {
    match value {
        Ok(column) => {
            let mut out = String::new();
            crate::json::write_value(column, 0, &mut out);
            out
        }
        Err(error) => format!("the error \"{error}\""),
    }
}
