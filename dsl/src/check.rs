//! How `#[job]` lets rustc check a job before it looks at what the job was compiled to.
//!
//! The job is emitted twice: as it is written, in a constant, and as a plan, whose types all come
//! from a [`Checked`] type of that constant. Where rustc rejects the first, the constant has no
//! value and these types are none, so that of the second it says nothing: each mistake is reported
//! once, on the user's own code.

use crate::{Arg, Params, Record, Result, Span, Stream, Tie, Timestamp};
use std::fmt::Display;
use std::marker::PhantomData;
use std::ops::{Bound, RangeBounds};
use std::str::FromStr;

/// `T`, if the job is accepted.
pub type Checked<T, const ACCEPTED: bool> = <Passed<ACCEPTED> as Gate>::Of<T>;

/// Whether rustc accepted a job.
pub struct Passed<const ACCEPTED: bool>;

/// What has types only for jobs that are accepted.
pub trait Gate {
    /// The type itself.
    type Of<T>;
}

impl Gate for Passed<true> {
    type Of<T> = T;
}

/// Makes what a plan's tokens are typed by.
#[derive(Clone, Copy)]
pub struct Types;

impl Types {
    /// A type to be inferred.
    pub fn tie<R>(self) -> Tie<R> {
        Tie::new()
    }

    /// The place of an aggregate's closure.
    pub fn arg<P>(self) -> Arg<P> {
        Arg::new()
    }

    /// A job's input.
    pub fn input<R: Record>(self) -> Stream<R> {
        Stream::new()
    }

    /// A parameter's value.
    pub fn parameter<P: Parameter>(self, params: &Params, name: &str) -> Result<P> {
        params.get(name)
    }

    /// A stage's own copy of a value of the body.
    pub fn share<T: Clone>(self, value: &T) -> T {
        value.clone()
    }

    /// An operator of the twin, which is never called.
    pub fn twin<T>(self, _operator: impl FnOnce() -> T) -> Twin<T> {
        Twin(PhantomData)
    }

    /// Windows or an aggregate.
    pub fn value<V>(self, value: V) -> V {
        value
    }

    /// A range of event times, in microseconds, with both of its ends.
    pub fn valid_time(self, range: impl RangeBounds<Timestamp>) -> (i64, i64) {
        let from = match range.start_bound() {
            Bound::Included(from) => from.micros(),
            Bound::Excluded(from) => from.micros().saturating_add(1),
            Bound::Unbounded => i64::MIN,
        };
        let upto = match range.end_bound() {
            Bound::Included(upto) => upto.micros(),
            Bound::Excluded(upto) => upto.micros().saturating_sub(1),
            Bound::Unbounded => i64::MAX,
        };
        (from, upto)
    }

    /// A lateness.
    pub fn span(self, span: Span) -> Span {
        span
    }
}

/// The type of a stream or table of the twin.
pub struct Twin<T>(PhantomData<fn() -> T>);

impl<T> Clone for Twin<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Twin<T> {}

impl<T> Twin<T> {
    /// The stream or table, for the operators of the twin.
    pub fn get(self) -> T {
        unreachable!("{NEVER}")
    }
}

/// An input of a job.
pub fn input<R: Record>() -> Stream<R::Itself> {
    unreachable!("{NEVER}")
}

/// What a parameter of a job can be.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of a job",
    label = "cannot be read from the command line",
    note = "a parameter that is no `Stream` is a flag, and its value is read by the `FromStr` of its type"
)]
pub trait Parameter: FromStr<Err: Display> {}

impl<T: FromStr<Err: Display>> Parameter for T {}

/// A parameter of a job.
pub fn parameter<P: Parameter>() -> P {
    unreachable!("{NEVER}")
}

/// Sees that stages can share a value that a job computes once.
// What is not `Send` is hardly ever `Sync`: with both, there would be two errors.
pub fn shared<T: Clone + Sync + 'static>(_: &T) {}

const NEVER: &str = "a job's body is checked, and never run";
