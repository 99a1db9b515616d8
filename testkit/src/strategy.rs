//! What property tests draw: values with the edges among them, partitions with disorder.

use crate::choices::Again;
use ouzel::{Data, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::Config;

/// So many cases, and no files beside the sources: a found fault gets a test of its own.
pub fn cases(cases: u32) -> Config {
    Config { cases, failure_persistence: None, max_shrink_iters: 500, ..Config::default() }
}

/// Any value of a type, drawn as [`Check::any`](crate::Check::any) does.
pub fn drawn<T: Data + std::fmt::Debug>() -> impl Strategy<Value = T> {
    let choices = prop::collection::vec(any::<u64>(), 0..64);
    choices.prop_map(|choices| T::draw(&mut Again(choices.iter())))
}

/// Up to four partitions, empty ones among them.
pub fn partitions<T: std::fmt::Debug>(
    record: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = Vec<Vec<T>>> {
    prop::collection::vec(prop::collection::vec(record, 0..24), 1..4)
}

/// Event times of a few hours around 1970, mostly whole minutes, so that there are ties, and
/// many at the very edges of hours. Disorder comes by itself.
pub fn time() -> impl Strategy<Value = Timestamp> {
    const MINUTE: i64 = 60_000_000;
    let minutes = (-90i64..240).prop_map(|m| m * MINUTE);
    let edges = (-1i64..5, -1i64..=1).prop_map(|(hour, off)| hour * 60 * MINUTE + off);
    prop_oneof![4 => minutes, 1 => edges].prop_map(Timestamp::from_micros)
}

/// Short texts, few enough to meet again: empty, with blanks, not ASCII.
pub fn text() -> impl Strategy<Value = String> {
    const KNOWN: &[&str] =
        &["", "a", "ab", "b", "a b", "é", "日本", "e\u{301}", "\u{0}", "\"\\\n", "🐦"];
    prop_oneof![6 => prop::sample::select(KNOWN).prop_map(str::to_owned), 1 => "\\PC{0,4}"]
}

/// Integers, mostly small, with the greatest and least among them.
pub fn int() -> impl Strategy<Value = i64> {
    prop_oneof![
        6 => -5i64..5,
        1 => prop::sample::select(&[i64::MIN, i64::MAX, i64::MIN + 1, -1 << 53][..]),
        1 => any::<i64>(),
    ]
}

/// Floats: small ones, both zeros, NaN, infinities, and the very large and small. Sums of them
/// stay finite if they are.
pub fn float() -> impl Strategy<Value = f64> {
    const EDGES: &[f64] = &[
        0.0,
        -0.0,
        f64::NAN,
        -f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::MIN_POSITIVE,
        5e-324,
        1e300,
        -1e300,
        0.1,
        1e16,
    ];
    prop_oneof![
        4 => (-40i32..40).prop_map(|n| f64::from(n) / 8.0),
        2 => prop::sample::select(EDGES),
        1 => -1e18f64..1e18,
    ]
}
