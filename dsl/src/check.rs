//! How `#[job]` lets rustc check a job before it looks at what the job was compiled to.
//!
//! The job is emitted twice: as it is written, in a constant, and as a plan, whose types all come
//! from a [`Checked`] type of that constant. Where rustc rejects the first, the constant has no
//! value and these types are none, so that of the second it says nothing: each mistake is reported
//! once, on the user's own code.

use crate::{Arg, Params, Record, Result, Span, Stream, Tie};
use std::fmt::Display;
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
    pub fn parameter<P>(self, params: &Params, name: &str) -> Result<P>
    where
        P: FromStr<Err: Display>,
    {
        params.get(name)
    }

    /// A lateness.
    pub fn span(self, span: Span) -> Span {
        span
    }
}

/// What an input's `T` in `Stream<T>` must be.
pub trait Input {
    /// `Stream<T>`. As a projection it has no type where there is no record, and no methods that
    /// rustc could miss.
    type Stream;
}

impl<R: Record> Input for R {
    type Stream = Stream<R>;
}

/// An input of a job.
pub fn input<R: Input>() -> R::Stream {
    unreachable!("{NEVER}")
}

/// What a job's parameter can be: it is a flag of the command line, and its stages share it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a parameter of a job",
    label = "cannot be read from a flag of the command line",
    note = "a parameter that is no `Stream` is read by its type's `FromStr`, whose error must be `Display`; stages share it, so that it is `Clone`, `Send` and `Sync`"
)]
pub trait Parameter: Clone + Send + Sync + 'static {}

impl<T: FromStr<Err: Display> + Clone + Send + Sync + 'static> Parameter for T {}

/// A parameter of a job.
pub fn parameter<P: Parameter>() -> P {
    unreachable!("{NEVER}")
}

/// Sees that stages can share a value that a job computes once.
pub fn shared<T: Clone + Send + Sync + 'static>(_: &T) {}

const NEVER: &str = "a job's body is checked, and never run";
