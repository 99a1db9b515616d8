//! The laws of aggregates of one's own: tests that are derived, and what they say.

use super::panics;
use ouzel::prelude::*;
use ouzel_testkit::{check_idempotent_laws, check_invertible_laws, check_laws, strategy};
use proptest::prelude::any;
use std::marker::PhantomData;

/// Which of 64 things there were, as bits.
#[derive(Clone, CheckLaws)]
#[laws(values = any::<u8>(), idempotent)]
struct Flags;

impl Aggregate for Flags {
    type In = u8;
    type Acc = u64;
    type Out = u64;

    fn zero(&self) -> u64 {
        0
    }

    fn add(&self, acc: &mut u64, value: u8) {
        *acc |= 1 << (value % 64);
    }

    fn merge(&self, acc: &mut u64, other: u64) {
        *acc |= other;
    }

    fn finish(&self, acc: &u64) -> Result<u64, String> {
        Ok(*acc)
    }
}

impl Idempotent for Flags {}

/// How many values are at least so long: one for each type, each with a least length.
#[derive(CheckLaws)]
#[laws(aggregate = LongerThan::<String>(1, PhantomData), values = strategy::text(), invertible)]
#[laws(aggregate = LongerThan::<Vec<i64>>(2, PhantomData), values = vec(strategy::int(), 0..4))]
struct LongerThan<T>(usize, PhantomData<fn() -> T>);

use proptest::collection::vec;

trait Long: Data {
    fn len(view: Self::View<'_>) -> usize;
}

impl Long for String {
    fn len(view: &str) -> usize {
        view.len()
    }
}

impl Long for Vec<i64> {
    fn len(view: ouzel::List<'_, i64>) -> usize {
        view.len()
    }
}

impl<T> Clone for LongerThan<T> {
    fn clone(&self) -> Self {
        LongerThan(self.0, PhantomData)
    }
}

impl<T: Long> Aggregate for LongerThan<T> {
    type In = T;
    type Acc = i64;
    type Out = i64;

    fn zero(&self) -> i64 {
        0
    }

    fn add(&self, acc: &mut i64, value: T::View<'_>) {
        *acc += i64::from(T::len(value) > self.0);
    }

    fn merge(&self, acc: &mut i64, other: i64) {
        *acc += other;
    }

    fn finish(&self, acc: &i64) -> Result<i64, String> {
        Ok(*acc)
    }
}

impl<T: Long> Invertible for LongerThan<T> {
    fn subtract(&self, acc: &mut i64, other: i64) {
        *acc -= other;
    }
}

/// The last value added, which promises what it does not keep.
#[derive(Clone)]
struct LastAdded;

impl Aggregate for LastAdded {
    type In = i64;
    type Acc = Option<i64>;
    type Out = Option<i64>;

    fn zero(&self) -> Option<i64> {
        None
    }

    fn add(&self, acc: &mut Option<i64>, value: i64) {
        *acc = Some(value);
    }

    fn merge(&self, acc: &mut Option<i64>, other: Option<i64>) {
        *acc = other.or(*acc);
    }

    fn finish(&self, acc: &Option<i64>) -> Result<Option<i64>, String> {
        Ok(*acc)
    }
}

impl Idempotent for LastAdded {}

impl Invertible for LastAdded {
    fn subtract(&self, _: &mut Option<i64>, _: Option<i64>) {}
}

#[test]
fn broken_laws_are_named_with_the_least_values() {
    let said = panics(|| check_laws(&LastAdded, any::<i64>()));
    assert!(said.contains("merging is not commutative: 2 values cut at"), "{said}");
    let said = panics(|| check_invertible_laws(&LastAdded, any::<i64>()));
    assert!(said.contains("subtracting does not undo merging: 1 values"), "{said}");
    let said = panics(|| check_idempotent_laws(&LastAdded, any::<i64>()));
    assert!(said.contains("what came twice is seen: 2 values"), "{said}");
}
