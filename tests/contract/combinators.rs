//! Aggregates within aggregates, each computed by its twin over the group's records in a list.

use ouzel::prelude::*;
use ouzel_testkit::{check, strategy};
use proptest::prelude::any;
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Clone, Debug, Record)]
struct Bid {
    #[record(event_time)]
    at: Timestamp,
    who: String,
    channel: Option<String>,
    n: i64,
    price: Option<f64>,
    open: Option<bool>,
}

fn bid() -> impl Strategy<Value = Bid> {
    let group = prop::sample::select(vec!["", "a", "日本"]).prop_map(str::to_owned);
    let channel = prop::option::of(prop::sample::select(vec!["", "web", "\0"]));
    let price = prop::option::of((-9i32..9).prop_map(f64::from));
    let values = (-2i64..3, price, prop::option::of(any::<bool>()));
    (strategy::time(), group, channel, values).prop_map(|(at, who, channel, (n, price, open))| {
        Bid { at, who, channel: channel.map(str::to_owned), n, price, open }
    })
}

#[derive(Clone, Debug, Record)]
struct Span2 {
    least: i64,
    sum: i64,
}

#[derive(Debug, Record)]
struct Some2 {
    open: u64,
    /// What stands within `filtered` may rely on its condition.
    quotients: i64,
    greatest: Option<i64>,
    greatest_within: Option<i64>,
    span: Option<Span2>,
    both: (u64, Option<f64>),
}

type Counts = Vec<(String, u64)>;
type Sums = Vec<(i64, (Option<Span2>, Counts))>;

#[job]
fn combined(
    bids: Stream<Bid>,
    unit: String,
    least: i64,
) -> (
    Table<String, Some2>,
    Table<String, (Counts, Sums, u64)>,
    Table<Windowed<String>, (u64, i64)>,
    Table<String, (String,)>,
) {
    let groups = bids.key_by(|b| b.who);
    let some = groups.aggregate(Some2 {
        open: filtered(|b| b.open, count()),
        quotients: filtered(|b| b.n != 0, sum(|b| 100 / b.n)),
        greatest: non_empty(filtered(|b| b.n > least, max(|b| b.n))),
        greatest_within: filtered(|b| b.n > least, non_empty(max(|b| b.n))),
        span: non_empty(filtered(
            |b| b.open == Some(true),
            Span2 { least: min(|b| b.n), sum: sum(|b| b.n) },
        )),
        both: (filtered(|b| b.price > Some(0.0), count()), mean(|b| b.price)),
    });
    let keys = groups.aggregate((
        per_key(|b| b.channel, count()),
        per_key(
            |b| b.n,
            (
                non_empty(filtered(|b| b.open, Span2 { least: min(|b| b.n), sum: sum(|b| b.n) })),
                per_key(|b| b.channel, filtered(|b| b.open, count())),
            ),
        )
        .named("sums"),
        filtered(|b| b.open, count_distinct(|b| b.channel)),
    ));
    let windows = bids
        .key_by(|b| b.who)
        .window(hopping(hours(2), hours(1)))
        .aggregate(filtered(|b| b.n > least, (count(), sum(|b| b.n))));
    let told = groups.aggregate(
        (count(), sum(|b| b.n).map_result(|n| n.unsigned_abs())).map_result(|(n, sum)| {
            let told = format!("{n} of {sum} {unit}, from {least}");
            (told,)
        }),
    );
    (some, keys, windows, told)
}

fn counts<'a>(bids: impl IntoIterator<Item = &'a Bid>, keep: fn(&Bid) -> bool) -> Counts {
    let mut counts = BTreeMap::new();
    for bid in bids {
        if let Some(channel) = &bid.channel {
            *counts.entry(channel.clone()).or_default() += u64::from(keep(bid));
        }
    }
    counts.into_iter().collect()
}

fn span<'a>(bids: impl IntoIterator<Item = &'a Bid>) -> Option<Span2> {
    let n: Vec<_> = bids.into_iter().filter(|b| b.open == Some(true)).map(|b| b.n).collect();
    Some(Span2 { least: *n.iter().min()?, sum: n.iter().sum() })
}

proptest! {
    #![proptest_config(strategy::cases(24))]

    #[test]
    fn combinators_are_those_of_the_twin(
        input in strategy::partitions(bid()),
        seed: u64,
        least in -2i64..3,
    ) {
        let check = check(combined).input("bids", input.clone()).seed(seed);
        let left = check.param("least", least).param("unit", "bids").agrees();
        let (mut groups, mut in_windows) = (BTreeMap::new(), BTreeMap::new());
        for bid in input.into_iter().flatten() {
            for w in ouzel_testkit::plain::windows(bid.at, hours(2), hours(1)) {
                let key = (bid.who.clone(), w.start, w.end);
                let (count, sum): &mut (u64, i64) = in_windows.entry(key).or_default();
                if bid.n > least {
                    (*count, *sum) = (*count + 1, *sum + bid.n);
                }
            }
            let group: &mut Vec<Bid> = groups.entry(bid.who.clone()).or_default();
            group.push(bid);
        }

        left.expect("some", groups.iter().map(|(who, g)| {
            let greatest = g.iter().map(|b| b.n).filter(|n| *n > least).max();
            let prices: Vec<_> = g.iter().filter_map(|b| b.price).collect();
            let mean = prices.iter().sum::<f64>() / prices.len() as f64;
            (who.clone(), Some2 {
                open: g.iter().filter(|b| b.open == Some(true)).count() as u64,
                quotients: g.iter().filter(|b| b.n != 0).map(|b| 100 / b.n).sum(),
                greatest,
                greatest_within: greatest,
                span: span(g),
                both: (
                    prices.iter().filter(|p| **p > 0.0).count() as u64,
                    (!prices.is_empty()).then_some(mean),
                ),
            })
        }));

        left.expect("keys", groups.iter().map(|(who, g)| {
            let mut by_n = BTreeMap::<i64, Vec<&Bid>>::new();
            g.iter().for_each(|b| by_n.entry(b.n).or_default().push(b));
            let sums = by_n.into_iter().map(|(n, g)| {
                let open = counts(g.iter().copied(), |b| b.open == Some(true));
                (n, (span(g), open))
            });
            let open = g.iter().filter(|b| b.open == Some(true));
            let channels: std::collections::BTreeSet<_> =
                open.filter_map(|b| b.channel.as_ref()).collect();
            (who.clone(), (counts(g, |_| true), sums.collect::<Sums>(), channels.len() as u64))
        }));

        left.expect("windows", in_windows.into_iter().map(|((key, start, end), row)| {
            (Windowed { key, window: Window { start, end } }, row)
        }));

        left.expect("told", groups.iter().map(|(who, g)| {
            let sum = g.iter().map(|b| b.n).sum::<i64>().unsigned_abs();
            (who.clone(), (format!("{} of {sum} bids, from {least}", g.len()),))
        }));
    }
}

#[job]
fn named(
    bids: Stream<Bid>,
) -> (
    Table<String, (u64, Vec<(i64, u64)>, Option<i64>, i64, u64)>,
    Table<String, (u64, i64)>,
    Table<String, Span2>,
) {
    let groups = bids.key_by(|b| b.who);
    let columns = groups.aggregate((
        filtered(|b| b.n > 0, count()),
        per_key(|b| b.n, filtered(|b| b.open, count_distinct(|b| b.channel))),
        filtered(|b| b.n > 0, non_empty(max(|b| b.n))),
        count_distinct(|b| b.channel).map_result(|n| n as i64),
        filtered(|b| b.n < 0, count()).named("below"),
    ));
    let both = groups.aggregate(filtered(|b| b.n > 0, (count(), sum(|b| b.n))));
    let record = groups
        .aggregate((min(|b| b.n), sum(|b| b.n)).map_result(|(least, sum)| Span2 { least, sum }));
    (columns, both, record)
}

#[test]
fn columns_are_named_after_what_stands_within() {
    let bid = Bid {
        at: Timestamp::from_micros(0),
        who: "a".to_owned(),
        channel: Some("web".to_owned()),
        n: 3,
        price: None,
        open: Some(true),
    };
    let left = check(named).input("bids", vec![vec![bid]]).agrees();
    let columns = r#"{"who":"a","filtered_count":1,"filtered_count_distinct_channel_per_n":[{"0":3,"1":1}],"filtered_max_n":3,"count_distinct_channel":1,"below":0}"#;
    assert_eq!(left.lines("columns"), [columns]);
    assert_eq!(left.lines("both"), [r#"{"who":"a","filtered_count":1,"filtered_sum_n":3}"#]);
    assert_eq!(left.lines("record"), [r#"{"who":"a","least":3,"sum":3}"#]);
}

#[job]
fn of_nothing(bids: Stream<Bid>) -> Table<String, i64> {
    bids.key_by(|b| b.who).aggregate(filtered(|b| b.n > 100, max(|b| b.n)))
}

#[test]
fn the_greatest_of_no_records_is_an_error_that_says_what_to_do() {
    let bid = Bid {
        at: Timestamp::from_micros(0),
        who: String::new(),
        channel: None,
        n: 0,
        price: None,
        open: None,
    };
    let error = check(of_nothing).input("bids", vec![vec![bid]]).fails().to_string();
    assert!(error.contains("`non_empty(..)` around it gives `None`"), "{error}");
}
