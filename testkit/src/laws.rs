use crate::strategy;
use ouzel::{Aggregate, Idempotent, Invertible, laws};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};
use std::fmt::Debug;

/// Panics unless an aggregate keeps its laws over lists of values that a strategy draws; names the
/// law, and the least list found that breaks it.
///
/// `#[derive(CheckLaws)]` makes a test of it. For more laws see [`check_invertible_laws`] and
/// [`check_idempotent_laws`].
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
    check(values, |values| laws::check(aggregate, values));
}

/// Panics unless an aggregate keeps the law of [`Invertible`] over lists of values that a strategy
/// draws, as [`check_laws`] does.
///
/// ```
/// use ouzel::prelude::*;
/// use ouzel_testkit::{check_invertible_laws, strategy};
///
/// check_invertible_laws(&sum(Arg::<f64>::new()), strategy::float());
/// ```
#[track_caller]
pub fn check_invertible_laws<A: Invertible>(aggregate: &A, values: impl Strategy<Value = A::In>)
where
    A::In: Debug,
{
    check(values, |values| laws::check_invertible(aggregate, values));
}

/// Panics unless an aggregate keeps the law of [`Idempotent`] over lists of values that a strategy
/// draws, as [`check_laws`] does.
///
/// ```
/// use ouzel::prelude::*;
/// use ouzel_testkit::{check_idempotent_laws, strategy};
///
/// check_idempotent_laws(&max(Arg::<f64>::new()), strategy::float());
/// ```
#[track_caller]
pub fn check_idempotent_laws<A: Idempotent>(aggregate: &A, values: impl Strategy<Value = A::In>)
where
    A::In: Debug,
{
    check(values, |values| laws::check_idempotent(aggregate, values));
}

#[track_caller]
fn check<T: Debug>(values: impl Strategy<Value = T>, law: impl Fn(&[T]) -> Result<(), String>) {
    let lists = prop::collection::vec(values, 0..16);
    let check = |values: Vec<T>| law(&values).map_err(TestCaseError::fail);
    if let Err(broken) = TestRunner::new(strategy::cases(128)).run(&lists, check) {
        panic!("{broken}");
    }
}
