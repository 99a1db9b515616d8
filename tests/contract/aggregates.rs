//! Aggregates, each computed by its twin over the group's records in a list.

use ouzel::prelude::*;
use ouzel_testkit::plain::exact_sum;
use ouzel_testkit::{check, strategy};
use proptest::prelude::any;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug, Record)]
struct Trade {
    #[record(event_time)]
    at: Timestamp,
    who: String,
    n: i64,
    small: i32,
    big: u64,
    x: f64,
    y: f32,
    maybe: Option<f64>,
    perhaps: Option<i64>,
    price: Decimal<2>,
}

fn trade() -> impl Strategy<Value = Trade> {
    let group = prop::sample::select(vec!["", "a", "日本"]).prop_map(str::to_owned);
    let ints = (strategy::int(), any::<i32>(), any::<u32>(), prop::option::of(-9i64..9));
    let floats = (strategy::float(), strategy::float(), prop::option::of(strategy::float()));
    let cents =
        prop_oneof![4 => -999i128..999, 1 => Just(10i128.pow(37)), 1 => Just(-(10i128.pow(37)))];
    (strategy::time(), group, ints, floats, cents).prop_map(
        |(at, who, (n, small, big, perhaps), (x, y, maybe), cents)| Trade {
            at,
            who,
            n,
            small,
            big: big.into(),
            x,
            y: y as f32,
            maybe,
            perhaps,
            price: Decimal::from_units(cents),
        },
    )
}

#[derive(Debug, Record)]
struct Sums {
    small: i64,
    big: u64,
    x: f64,
    y: f64,
    maybe: f64,
    perhaps: i64,
    price: Decimal<2>,
}

#[derive(Debug, Record)]
struct Means {
    n: f64,
    x: f64,
    maybe: Option<f64>,
    perhaps: Option<f64>,
    price: f64,
}

/// The greatest difference between two values of one record, and what was drawn of all.
#[derive(Clone)]
struct Spread;

fn spread(_: Arg<i64>, _: Arg<i32>) -> Spread {
    Spread
}

impl Aggregate for Spread {
    type In = (i64, i32);
    type Acc = (i128, BTreeSet<i32>);
    type Out = (String, u64);

    fn zero(&self) -> Self::Acc {
        Default::default()
    }

    fn add(&self, acc: &mut Self::Acc, (n, small): (i64, i32)) {
        acc.0 = acc.0.max((i128::from(n) - i128::from(small)).abs());
        acc.1.insert(small % 3);
    }

    fn merge(&self, acc: &mut Self::Acc, other: Self::Acc) {
        acc.0 = acc.0.max(other.0);
        acc.1.extend(other.1);
    }

    fn finish(&self, acc: &Self::Acc) -> Result<Self::Out, String> {
        Ok((acc.0.to_string(), acc.1.len() as u64))
    }
}

type Ends = (i64, i64, f64, f64, Option<f64>, Option<f64>, String, Timestamp, Decimal<2>, f32);

/// A record of aggregates, tuples of them, one alone, one of the user's own.
#[job]
fn aggregated(
    trades: Stream<Trade>,
) -> (
    Table<String, Sums>,
    Table<String, Means>,
    Table<String, Ends>,
    Table<String, u64>,
    Table<String, (u64, (String, u64))>,
) {
    let groups = trades.key_by(|t| t.who);
    let sums = groups.aggregate(Sums {
        small: sum(|t| t.small),
        big: sum(|t| t.big),
        x: sum(|t| t.x),
        y: sum(|t| t.y),
        maybe: sum(|t| t.maybe),
        perhaps: sum(|t| t.perhaps),
        price: sum(|t| t.price),
    });
    let means = groups.aggregate(Means {
        n: mean(|t| t.n),
        x: mean(|t| t.x),
        maybe: mean(|t| t.maybe),
        perhaps: mean(|t| t.perhaps),
        price: mean(|t| t.price),
    });
    let ends = groups.aggregate((
        min(|t| t.n),
        max(|t| t.n),
        min(|t| t.x),
        max(|t| t.x),
        min(|t| t.maybe),
        max(|t| t.maybe),
        max(|t| format!("{:?}", t.perhaps)).named("max_text"),
        max(|t| t.at),
        min(|t| t.price),
        min(|t| t.y),
    ));
    let counts = groups.aggregate(count());
    let own = groups.aggregate((count(), spread(|t| t.n, |t| t.small).named("spread")));
    (sums, means, ends, counts, own)
}

/// The order of `min` and `max`: -0.0 before 0.0, NaN last.
fn by_value(a: &f64, b: &f64) -> std::cmp::Ordering {
    a.is_nan().cmp(&b.is_nan()).then(if a.is_nan() { a.total_cmp(a) } else { a.total_cmp(b) })
}

fn one_nan(x: f64) -> f64 {
    if x.is_nan() { f64::NAN } else { x }
}

proptest! {
    #![proptest_config(strategy::cases(24))]

    #[test]
    fn aggregates_are_those_of_the_twin(input in strategy::partitions(trade()), seed: u64) {
        let left = check(aggregated).input("trades", input.clone()).seed(seed).agrees();
        let mut groups = BTreeMap::<String, Vec<Trade>>::new();
        for trade in input.into_iter().flatten() {
            groups.entry(trade.who.clone()).or_default().push(trade);
        }
        left.expect("sums", groups.iter().map(|(who, g)| (who.clone(), Sums {
            small: g.iter().map(|t| i64::from(t.small)).sum(),
            big: g.iter().map(|t| t.big).sum(),
            x: exact_sum(g.iter().map(|t| t.x)),
            y: exact_sum(g.iter().map(|t| f64::from(t.y))),
            maybe: exact_sum(g.iter().filter_map(|t| t.maybe)),
            perhaps: g.iter().filter_map(|t| t.perhaps).sum(),
            price: Decimal::from_units(g.iter().map(|t| t.price.units()).sum()),
        })));
        let mean = |values: Vec<f64>| {
            let n = values.len() as f64;
            (n > 0.0).then(|| one_nan(exact_sum(values) / n))
        };
        left.expect("means", groups.iter().map(|(who, g)| (who.clone(), Means {
            n: g.iter().map(|t| i128::from(t.n)).sum::<i128>() as f64 / g.len() as f64,
            x: mean(g.iter().map(|t| t.x).collect()).unwrap(),
            maybe: mean(g.iter().filter_map(|t| t.maybe).collect()),
            perhaps: mean(g.iter().filter_map(|t| t.perhaps).map(|n| n as f64).collect()),
            price: g.iter().map(|t| t.price.units()).sum::<i128>() as f64 / 100.0 / g.len() as f64,
        })));
        left.expect("ends", groups.iter().map(|(who, g)| {
            let maybe = || g.iter().filter_map(|t| t.maybe);
            (who.clone(), (
                g.iter().map(|t| t.n).min().unwrap(),
                g.iter().map(|t| t.n).max().unwrap(),
                g.iter().map(|t| one_nan(t.x)).min_by(by_value).unwrap(),
                g.iter().map(|t| one_nan(t.x)).max_by(by_value).unwrap(),
                maybe().map(one_nan).min_by(by_value),
                maybe().map(one_nan).max_by(by_value),
                g.iter().map(|t| format!("{:?}", t.perhaps)).max().unwrap(),
                g.iter().map(|t| t.at).max().unwrap(),
                g.iter().map(|t| t.price).min().unwrap(),
                g.iter().map(|t| one_nan(t.y.into())).min_by(by_value).unwrap() as f32,
            ))
        }));
        left.expect("counts", groups.iter().map(|(who, g)| (who.clone(), g.len() as u64)));
        left.expect("own", groups.iter().map(|(who, g)| {
            let apart = |t: &Trade| (i128::from(t.n) - i128::from(t.small)).abs();
            let greatest = g.iter().map(apart).max().unwrap().to_string();
            let kinds: BTreeSet<_> = g.iter().map(|t| t.small % 3).collect();
            (who.clone(), (g.len() as u64, (greatest, kinds.len() as u64)))
        }));
    }
}

#[job]
fn fallible_sums(trades: Stream<Trade>) -> Table<String, (i64, Decimal<2>)> {
    trades.key_by(|t| t.who).aggregate((sum(|t| t.n), sum(|t| t.price)))
}

proptest! {
    #![proptest_config(strategy::cases(32))]

    #[test]
    fn sums_fail_in_both_modes_or_in_neither(
        input in strategy::partitions(trade()),
        seed: u64,
        scale in prop::sample::select(vec![1i128, 9]),
    ) {
        let mut input = input;
        input.iter_mut().flatten().for_each(|t| {
            t.price = Decimal::from_units(t.price.units() * scale);
        });
        // In two parts, since all of it may not fit even 128 bits.
        const PART: i128 = 10i128.pow(20);
        let mut sums = BTreeMap::<String, (i128, i128, i128)>::new();
        for trade in input.iter().flatten() {
            let sums = sums.entry(trade.who.clone()).or_default();
            sums.0 += i128::from(trade.n);
            sums.1 += trade.price.units() / PART;
            sums.2 += trade.price.units() % PART;
        }
        let row = |(who, (n, high, low)): (String, (i128, i128, i128))| {
            let units = high.checked_mul(PART)?.checked_add(low)?;
            let fits = units.unsigned_abs() < 10u128.pow(38);
            Some((who, (i64::try_from(n).ok()?, fits.then(|| Decimal::<2>::from_units(units))?)))
        };
        let twin: Option<Vec<_>> = sums.into_iter().map(row).collect();
        match (twin, check(fallible_sums).input("trades", input).seed(seed).outcome()) {
            (Some(twin), Ok(left)) => drop(left.expect("fallible_sums", twin)),
            (None, Err(_)) => {}
            (twin, found) => prop_assert!(false, "{twin:?} but {found:?}"),
        }
    }
}
