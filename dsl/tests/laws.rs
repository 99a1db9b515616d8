//! The laws of each aggregate, over random values.

use ouzel_dsl::aggregate::any as any_true;
use ouzel_dsl::aggregate::*;
use ouzel_dsl::{Arg, Decimal, Produce, micros};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::any;
use proptest::prelude::*;

/// Few enough to meet again, and the edges.
fn float() -> impl Strategy<Value = f64> {
    const EDGES: &[f64] = &[
        0.0,
        -0.0,
        f64::NAN,
        -f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        5e-324,
        1e300,
        f64::MAX,
    ];
    prop_oneof![
        4 => (-40i32..40).prop_map(|n| f64::from(n) / 8.0),
        1 => prop::sample::select(EDGES),
        1 => any::<f64>(),
    ]
}

fn int() -> impl Strategy<Value = i64> {
    prop_oneof![6 => -5i64..5, 1 => any::<i64>(), 1 => Just(i64::MIN)]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[ab\0]{0,2}", 1 => "\\PC{0,4}"]
}

/// Checks the laws of what a function makes of its place for a closure.
fn hold<P: Produce<Data = P>, A: Aggregate<In = P>>(
    aggregate: fn(Arg<P>) -> A,
    values: &[P],
) -> Result<(), TestCaseError> {
    laws::check(&aggregate(Arg::new()), values).map_err(TestCaseError::fail)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sums_and_extremes(
        floats in vec(option::of(float()), 0..12),
        ints in vec(int(), 0..12),
        cents in vec(any::<i64>(), 0..12),
    ) {
        let decimals: Vec<_> = cents.iter().map(|c| Decimal::<2>::from_units((*c).into())).collect();
        hold(sum, &floats)?;
        hold(mean, &floats)?;
        hold(min, &floats)?;
        hold(max, &floats)?;
        hold(sum, &ints)?;
        hold(mean, &ints)?;
        hold(sum, &decimals)?;
        hold(max, &decimals)?;
    }

    #[test]
    fn conditions(some in vec(option::of(any::<bool>()), 0..9), plain in vec(any::<bool>(), 0..9)) {
        hold(count_if, &some)?;
        hold(any_true, &some)?;
        hold(all, &some)?;
        hold(count_if, &plain)?;
        hold(any_true, &plain)?;
        hold(all, &plain)?;
    }

    #[test]
    fn collections(
        texts in vec(text(), 0..12),
        floats in vec(option::of(float()), 0..12),
        pairs in vec((option::of(int()), text()), 0..12),
    ) {
        hold(count_distinct, &texts)?;
        hold(collect_set, &texts)?;
        hold(collect_list, &texts)?;
        hold(count_distinct, &floats)?;
        hold(collect_set, &floats)?;
        hold(collect_list, &floats)?;
        hold(collect_set, &pairs)?;
        hold(collect_list, &pairs)?;
    }

    #[test]
    fn the_best(
        k in 0usize..5,
        floats in vec((option::of(float()), text()), 0..12),
        texts in vec(text(), 0..12),
    ) {
        let ties = max_with_ties(Arg::<Option<f64>>::new(), Arg::<String>::new());
        laws::check(&ties, &floats).map_err(TestCaseError::fail)?;
        let ties = min_with_ties(Arg::<Option<f64>>::new(), Arg::<String>::new());
        laws::check(&ties, &floats).map_err(TestCaseError::fail)?;
        laws::check(&top_k(k, Arg::<String>::new()), &texts).map_err(TestCaseError::fail)?;
        laws::check(&bottom_k(k, Arg::<String>::new()), &texts).map_err(TestCaseError::fail)?;
        let pairs: Vec<_> =
            floats.into_iter().map(|(float, text)| float.map(|float| (float, text))).collect();
        let top = top_k(k, Arg::<Option<(f64, String)>>::new());
        laws::check(&top, &pairs).map_err(TestCaseError::fail)?;
        let bottom = bottom_k(k, Arg::<Option<(f64, String)>>::new());
        laws::check(&bottom, &pairs).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn products(ints in vec(option::of(int()), 0..9), small in vec(-4i8..5, 0..9)) {
        hold(product, &ints)?;
        hold(product, &small)?;
    }

    #[test]
    fn statistics(
        floats in vec(option::of(float()), 0..9),
        finite in vec(prop_oneof![-9.0f64..9.0, -1e200f64..1e200, 1e9f64..1e9 + 1.0], 0..9),
        pairs in vec((any::<i64>(), option::of(-9.0f64..9.0)), 0..9),
        units in vec(any::<i128>().prop_map(|n| Decimal::<2>::from_units(n >> 2)), 0..9),
    ) {
        hold(var_pop, &floats)?;
        hold(var_samp, &finite)?;
        hold(stddev_pop, &units)?;
        hold(stddev_samp, &floats)?;
        hold(skewness, &finite)?;
        hold(kurtosis, &finite)?;
        hold(kurtosis, &units)?;
        type Pair = (Arg<i64>, Arg<Option<f64>>);
        let (x, y): Pair = (Arg::new(), Arg::new());
        laws::check(&covar_pop(x, y), &pairs).map_err(TestCaseError::fail)?;
        laws::check(&covar_samp(x, y), &pairs).map_err(TestCaseError::fail)?;
        laws::check(&corr(x, y), &pairs).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn sketches(
        floats in vec(option::of(float()), 0..12),
        ints in vec(any::<u16>(), 0..12),
        spread in 0usize..3,
    ) {
        let arg = Arg::<Option<f64>>::new;
        let hold = |held: Result<(), String>| held.map_err(TestCaseError::fail);
        hold(laws::check(&approx_quantile(0.7, arg()), &floats))?;
        hold(laws::check(&approx_quantiles([0.0, 0.99, 1.0], arg()), &floats))?;
        hold(laws::check(&histogram([0.0, -3.0, f64::NAN], arg()), &floats))?;
        hold(laws::check(&approx_count_distinct(arg()), &floats))?;
        // On both sides of where counting ends, and well beyond.
        let to = [300, 513, 2000][spread];
        let many: Vec<u16> = ints.iter().copied().chain(0..to).collect();
        hold(laws::check(&approx_count_distinct(Arg::<u16>::new()), &many))?;
    }

    #[test]
    fn combinators(
        keyed in vec((option::of(text()), int()), 0..12),
        some in vec(option::of(int()), 0..12),
        nested in vec((int(), option::of((text(), option::of(float())))), 0..12),
    ) {
        fn hold(held: Result<(), String>) -> Result<(), TestCaseError> {
            held.map_err(TestCaseError::fail)
        }
        let condition = Arg::<Option<bool>>::new;
        let (ints, texts) = (Arg::<i64>::new, Arg::<String>::new);
        hold(laws::check(&filtered(condition(), max(ints())), &some))?;
        hold(laws::check(&non_empty(filtered(condition(), max(ints()))), &some))?;
        hold(laws::check(&filtered(condition(), non_empty(max(ints()))), &some))?;
        let sums = per_key(Arg::<Option<String>>::new(), sum(ints()));
        hold(laws::check(&sums, &keyed))?;
        hold(laws::check(&sums.map_result(|sums| sums.len() as u64), &keyed))?;
        let within = (count_distinct(texts()), mean(Arg::<Option<f64>>::new()));
        let nest = per_key(ints(), non_empty(filtered(condition(), within)));
        hold(laws::check(&nest, &nested))?;
        let keys = per_key(ints(), filtered(condition(), per_key(texts(), sum(Arg::<Option<f64>>::new()))));
        hold(laws::check(&keys, &nested))?;
        hold(laws::check_invertible(&keys, &nested))?;
        hold(laws::check_invertible(&non_empty(filtered(condition(), sum(ints()))), &some))?;
        hold(laws::check_invertible(&sum(ints()).map_result(|n| (n,)), &[1, 2, 3]))?;
        let greatest = per_key(Arg::<Option<String>>::new(), non_empty(max(ints())));
        hold(laws::check_idempotent(&greatest, &keyed))?;
        hold(laws::check_idempotent(&non_empty(filtered(condition(), max(ints()))), &some))?;
    }

    #[test]
    fn what_order_decides(
        k in 0usize..5,
        values in vec(option::of(float()), 0..12),
        pairs in vec((option::of(int()), float()), 0..12),
        keyed in vec((option::of(text()), vec((float(), text()), 0..2)), 0..12),
    ) {
        fn hold(held: Result<(), String>) -> Result<(), TestCaseError> {
            held.map_err(TestCaseError::fail)
        }
        let (by, value) = (Arg::<Option<i64>>::new, Arg::<f64>::new);
        hold(laws::check(&first(Arg::<Option<f64>>::new()), &values))?;
        hold(laws::check(&last(Arg::<Option<f64>>::new()), &values))?;
        hold(laws::check(&min_by(by(), value()), &pairs))?;
        hold(laws::check(&max_by(by(), value()), &pairs))?;
        hold(laws::check(&top_k_by(k, by(), value()), &pairs))?;
        hold(laws::check(&bottom_k_by(k, by(), value()), &pairs))?;
        let map = collect_map(Arg::<Option<String>>::new(), Arg::<Vec<(f64, String)>>::new());
        hold(laws::check(&map, &keyed))?;
        hold(laws::check_idempotent(&map, &keyed))?;
        hold(laws::check_idempotent(&first(Arg::<Option<f64>>::new()), &values))?;
        hold(laws::check_idempotent(&max_by(by(), value()), &pairs))?;
        let both = (last(by()), min_by(value(), value()));
        let rows: Vec<_> = pairs.iter().map(|(a, b)| (*a, (*b, *b))).collect();
        hold(laws::check(&both, &rows))?;
        hold(laws::check(&non_empty(filtered(Arg::<bool>::new(), both)), &[None, Some((None, (0.5, 0.5)))]))?;
    }

    #[test]
    fn what_grows_old(
        floats in vec(option::of(float()), 0..12),
        cents in vec(any::<i64>(), 0..12),
        // From so short that most are forgotten to so long that all count; two blocks among them.
        half_life in prop::sample::select(vec![1i64, 999_983, 1_500_000, 3_600_000_000, i64::MAX]),
    ) {
        let half_life = micros(half_life);
        let decimals: Vec<_> = cents.iter().map(|c| Decimal::<2>::from_units((*c).into())).collect();
        let hold = |held: Result<(), String>| held.map_err(TestCaseError::fail);
        hold(laws::check(&decayed_sum(half_life, Arg::<Option<f64>>::new()), &floats))?;
        hold(laws::check(&decayed_sum(half_life, Arg::<Decimal<2>>::new()), &decimals))?;
        hold(laws::check(&decayed_count(half_life), &vec![(); cents.len()]))?;
    }

    #[test]
    fn what_is_invertible(
        floats in vec(option::of(float()), 0..9),
        cents in vec(any::<i64>(), 0..9),
        flags in vec(option::of(any::<bool>()), 0..9),
        pairs in vec((int(), option::of(-9.0f64..9.0)), 0..9),
    ) {
        fn hold<A: Invertible>(aggregate: A, values: &[A::In]) -> Result<(), TestCaseError> {
            laws::check_invertible(&aggregate, values).map_err(TestCaseError::fail)
        }
        let some = Arg::<Option<f64>>::new();
        let decimals: Vec<_> = cents.iter().map(|c| Decimal::<2>::from_units((*c).into())).collect();
        hold(count(), &vec![(); floats.len()])?;
        hold(count_if(Arg::<Option<bool>>::new()), &flags)?;
        hold(sum(some), &floats)?;
        hold(sum(Arg::<i64>::new()), &cents)?;
        hold(sum(Arg::<Decimal<2>>::new()), &decimals)?;
        hold(mean(some), &floats)?;
        hold(var_samp(some), &floats)?;
        hold(stddev_pop(Arg::<Decimal<2>>::new()), &decimals)?;
        hold(skewness(Arg::<i64>::new()), &cents)?;
        hold(kurtosis(some), &floats)?;
        hold(corr(Arg::<i64>::new(), some), &pairs)?;
        hold(covar_samp(Arg::<i64>::new(), some), &pairs)?;
        hold(histogram([0.0, 3.0], some), &floats)?;
        hold(approx_quantiles([0.5, 1.0], some), &floats)?;
        hold((sum(Arg::<i64>::new()), mean(some)), &pairs)?;
    }

    #[test]
    fn what_is_idempotent(
        floats in vec(option::of(float()), 0..9),
        flags in vec(option::of(any::<bool>()), 0..9),
        texts in vec(text(), 0..9),
        pairs in vec((int(), text()), 0..9),
    ) {
        fn hold<A: Idempotent>(aggregate: A, values: &[A::In]) -> Result<(), TestCaseError> {
            laws::check_idempotent(&aggregate, values).map_err(TestCaseError::fail)
        }
        hold(min(Arg::<Option<f64>>::new()), &floats)?;
        hold(max(Arg::<Option<f64>>::new()), &floats)?;
        hold(any_true(Arg::<Option<bool>>::new()), &flags)?;
        hold(all(Arg::<Option<bool>>::new()), &flags)?;
        hold(count_distinct(Arg::<Option<f64>>::new()), &floats)?;
        hold(collect_set(Arg::<String>::new()), &texts)?;
        hold(approx_count_distinct(Arg::<String>::new()), &texts)?;
        hold((max(Arg::<i64>::new()), collect_set(Arg::<String>::new())), &pairs)?;
    }
}

proptest! {
    // Sketches are large.
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sketches_of_keys(
        floats in vec(option::of(float()), 0..12),
        texts in vec(text(), 0..12),
        spread in 0usize..3,
    ) {
        let hold = |held: Result<(), String>| held.map_err(TestCaseError::fail);
        let (floating, text) = (Arg::<Option<f64>>::new, Arg::<String>::new);
        // Some of them are beyond where few values are held as they are.
        for (expected, rate) in [(1, 0.5), (20, 0.1)] {
            hold(laws::check(&bloom_filter(expected, rate, floating()), &floats))?;
            hold(laws::check_idempotent(&bloom_filter(expected, rate, text()), &texts))?;
        }
        for error in [0.1, 0.9] {
            hold(laws::check(&count_min(error, floating()), &floats))?;
            hold(laws::check(&count_min(error, text()), &texts))?;
            hold(laws::check_invertible(&count_min(error, text()), &texts))?;
        }
        hold(laws::check(&heavy_hitters(0.3, floating()), &floats))?;
        // On both sides of 64 different ones, and well beyond.
        let many = (0..[20, 66, 80][spread]).map(|n| if n % 3 == 0 { 7 } else { n }.to_string());
        let many: Vec<_> = many.chain(texts).collect();
        hold(laws::check(&heavy_hitters(1.0, text()), &many))?;
        hold(laws::check(&bloom_filter(2, 0.5, text()), &many))?;
        hold(laws::check(&count_min(0.1, text()), &many))?;
    }
}
