use crate::strategy;
use ouzel::{Aggregate, laws};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};
use std::fmt::Debug;

/// Panics unless an aggregate keeps its laws over lists of values that a strategy draws; names the
/// law, and the least list found that breaks it.
///
/// For laws beyond those of all aggregates see [`laws::check_invertible`] and
/// [`laws::check_idempotent`].
///
/// ```
/// use ouzel::prelude::*;
/// use ouzel_testkit::{check_laws, strategy};
///
/// check_laws(&mean(Arg::<f64>::new()), strategy::float());
/// check_laws(&max(Arg::<(i64, String)>::new()), strategy::drawn());
/// ```
#[track_caller]
pub fn check_laws<A: Aggregate>(aggregate: &A, values: impl Strategy<Value = A::In>)
where
    A::In: Debug,
{
    let lists = prop::collection::vec(values, 0..16);
    let check = |values: Vec<A::In>| laws::check(aggregate, &values).map_err(TestCaseError::fail);
    if let Err(broken) = TestRunner::new(strategy::cases(128)).run(&lists, check) {
        panic!("{broken}");
    }
}
