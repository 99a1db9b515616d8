//! Products, variances and their like: against integers where these are exact, and against the
//! aggregate alone over a sorted group elsewhere, which `dsl/tests/statistics.rs` compares with
//! rational numbers.

use ouzel::laws;
use ouzel::prelude::*;
use ouzel_testkit::{check, strategy};
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Clone, Debug, Record)]
struct Sample {
    #[record(event_time)]
    at: Timestamp,
    who: String,
    n: i32,
    x: f64,
    maybe: Option<f64>,
    price: Decimal<2>,
    factor: Option<i64>,
}

fn sample() -> impl Strategy<Value = Sample> {
    let group = prop::sample::select(vec!["", "a", "日本"]).prop_map(str::to_owned);
    let cents = (-999i128..999).prop_map(Decimal::from_units);
    let factor = prop::option::of(prop_oneof![8 => -3i64..3, 1 => Just(1 << 20)]);
    let floats = (strategy::float(), prop::option::of(strategy::float()));
    (strategy::time(), group, -99i32..99, floats, cents, factor).prop_map(
        |(at, who, n, (x, maybe), price, factor)| Sample { at, who, n, x, maybe, price, factor },
    )
}

#[derive(Debug, Record)]
struct OfIntegers {
    population: Option<f64>,
    sample: Option<f64>,
    covariance: Option<f64>,
    prices: Option<f64>,
}

#[derive(Debug, PartialEq, Record)]
struct OfFloats {
    population: Option<f64>,
    deviation: Option<f64>,
    deviation_pop: Option<f64>,
    skewness: Option<f64>,
    kurtosis: Option<f64>,
    covariance: Option<f64>,
    correlation: Option<f64>,
}

#[job]
fn statistics(
    samples: Stream<Sample>,
) -> (Table<String, OfIntegers>, Table<String, OfFloats>, Table<Windowed<String>, (Option<f64>,)>) {
    let groups = samples.key_by(|s| s.who);
    let integers = groups.aggregate(OfIntegers {
        population: var_pop(|s| s.n),
        sample: var_samp(|s| s.n),
        covariance: covar_samp(|s| s.n, |s| s.price),
        prices: var_pop(|s| s.price),
    });
    let floats = groups.aggregate(OfFloats {
        population: var_pop(|s| s.x),
        deviation: stddev_samp(|s| s.maybe),
        deviation_pop: stddev_pop(|s| s.x),
        skewness: skewness(|s| s.maybe),
        kurtosis: kurtosis(|s| s.n),
        covariance: covar_pop(|s| s.x, |s| s.maybe),
        correlation: corr(|s| s.n, |s| s.maybe),
    });
    let windows = samples
        .key_by(|s| s.who)
        .window(hopping(hours(2), hours(1)))
        .aggregate((var_samp(|s| s.n),));
    (integers, floats, windows)
}

/// The group's records in an order that has nothing to do with that of their partitions.
fn groups<K: Ord>(
    input: &[Vec<Sample>],
    keys: impl Fn(&Sample) -> Vec<K>,
) -> BTreeMap<K, Vec<Sample>> {
    let mut all: Vec<_> = input.concat();
    all.sort_by_key(|s| (s.n, s.at, s.price));
    let mut groups = BTreeMap::<K, Vec<Sample>>::new();
    for sample in all {
        for key in keys(&sample) {
            groups.entry(key).or_default().push(sample.clone());
        }
    }
    groups
}

/// `n * sum(x * y) - sum(x) * sum(y)` over `n * (n - less)`: exact up to the division.
fn covariance(pairs: &[(i128, i128)], scale: i128, less: i128) -> Option<f64> {
    let n = pairs.len() as i128;
    let sum = |f: fn(&(i128, i128)) -> i128| pairs.iter().map(f).sum::<i128>();
    let above = n * sum(|(x, y)| x * y) - sum(|(x, _)| *x) * sum(|(_, y)| *y);
    (n > less).then(|| above as f64 / (n * (n - less) * scale) as f64)
}

/// An aggregate over what a closure takes from a group's records.
fn alone<A: Aggregate>(aggregate: A, group: &[Sample], value: fn(&Sample) -> A::In) -> A::Out {
    laws::result(&aggregate, &group.iter().map(value).collect::<Vec<_>>()).unwrap()
}

proptest! {
    #![proptest_config(strategy::cases(24))]

    #[test]
    fn statistics_are_those_of_the_twin(input in strategy::partitions(sample()), seed: u64) {
        let left = check(statistics).input("samples", input.clone()).seed(seed).agrees();
        let by_who = groups(&input, |s| vec![s.who.clone()]);
        let pairs = |g: &[Sample], pair: fn(&Sample) -> (i128, i128)| -> Vec<(i128, i128)> {
            g.iter().map(pair).collect()
        };
        left.expect("integers", by_who.iter().map(|(who, g)| {
            let squares = pairs(g, |s| (s.n.into(), s.n.into()));
            (who.clone(), OfIntegers {
                population: covariance(&squares, 1, 0),
                sample: covariance(&squares, 1, 1),
                covariance: covariance(&pairs(g, |s| (s.n.into(), s.price.units())), 100, 1),
                prices: covariance(&pairs(g, |s| (s.price.units(), s.price.units())), 10_000, 0),
            })
        }));
        left.expect("floats", by_who.iter().map(|(who, g)| (who.clone(), OfFloats {
            population: alone(var_pop(Arg::<f64>::new()), g, |s| s.x),
            deviation: alone(stddev_samp(Arg::<Option<f64>>::new()), g, |s| s.maybe),
            deviation_pop: alone(stddev_pop(Arg::<f64>::new()), g, |s| s.x),
            skewness: alone(skewness(Arg::<Option<f64>>::new()), g, |s| s.maybe),
            kurtosis: alone(kurtosis(Arg::<i32>::new()), g, |s| s.n),
            covariance: alone(covar_pop(Arg::<f64>::new(), Arg::<Option<f64>>::new()), g, |s| {
                (s.x, s.maybe)
            }),
            correlation: alone(corr(Arg::<i32>::new(), Arg::<Option<f64>>::new()), g, |s| {
                (s.n, s.maybe)
            }),
        })));
        let windows = groups(&input, |s| {
            let windows = ouzel_testkit::plain::windows(s.at, hours(2), hours(1));
            windows.into_iter().map(|w| (s.who.clone(), w.start, w.end)).collect()
        });
        left.expect("windows", windows.iter().map(|((who, start, end), g)| {
            let window = Window { start: *start, end: *end };
            let squares = pairs(g, |s| (s.n.into(), s.n.into()));
            (Windowed { key: who.clone(), window }, (covariance(&squares, 1, 1),))
        }));
    }
}

#[job]
fn fallible_products(samples: Stream<Sample>) -> Table<String, (i64, u64)> {
    samples.key_by(|s| s.who).aggregate((product(|s| s.factor), count()))
}

proptest! {
    #![proptest_config(strategy::cases(32))]

    #[test]
    fn products_fail_in_both_modes_or_in_neither(
        input in strategy::partitions(sample()),
        seed: u64,
    ) {
        let twin: Option<Vec<_>> = groups(&input, |s| vec![s.who.clone()]).into_iter().map(|(who, g)| {
            let factors = || g.iter().filter_map(|s| s.factor);
            let fits = |product: i128, factor| product.checked_mul(i128::from(factor));
            let product = match factors().any(|factor| factor == 0) {
                true => Some(0),
                false => factors().try_fold(1, fits),
            };
            Some((who, (i64::try_from(product?).ok()?, g.len() as u64)))
        }).collect();
        match (twin, check(fallible_products).input("samples", input).seed(seed).outcome()) {
            (Some(twin), Ok(left)) => drop(left.expect("fallible_products", twin)),
            (None, Err(_)) => {}
            (twin, found) => prop_assert!(false, "{twin:?} but {found:?}"),
        }
    }
}
