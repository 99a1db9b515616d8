//! Conditions, counts of what differs, lists and the best of a group, each computed by its twin over
//! the group's records in a list.

use ouzel::prelude::any;
use ouzel::prelude::*;
use ouzel_testkit::{check, strategy};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// A key that enums can be part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Record)]
enum Kind {
    Bid,
    Ask,
}

#[derive(Clone, Debug, PartialEq, PartialOrd, Record)]
struct Offer {
    #[record(event_time)]
    at: Timestamp,
    who: String,
    item: Option<String>,
    kind: Kind,
    price: Option<f64>,
    n: i64,
    open: bool,
    sure: Option<bool>,
}

fn offer() -> impl Strategy<Value = Offer> {
    let group = prop::sample::select(vec!["", "a", "日本"]).prop_map(str::to_owned);
    let kind = prop::sample::select(vec![Kind::Bid, Kind::Ask]);
    // Few prices, so that there are ties.
    let price = prop_oneof![
        3 => prop::sample::select(&[0.0, -0.0, 1.5, f64::NAN, -f64::NAN, f64::INFINITY][..]),
        1 => strategy::float(),
    ];
    let texts = (group, prop::option::of(strategy::text()), kind);
    let flags = (prop::bool::ANY, prop::option::of(prop::bool::ANY));
    (strategy::time(), texts, prop::option::of(price), strategy::int(), flags).prop_map(
        |(at, (who, item, kind), price, n, (open, sure))| Offer {
            at,
            who,
            item,
            kind,
            price,
            n,
            open,
            sure,
        },
    )
}

#[derive(Debug, Record)]
struct Conditions {
    open: u64,
    sure: u64,
    any_sure: bool,
    all_sure: bool,
    all_open: bool,
    one: bool,
}

#[derive(Debug, Record)]
struct Collected {
    items: u64,
    prices: u64,
    pairs: u64,
    set: Vec<String>,
    kinds: Vec<Kind>,
    price_set: Vec<f64>,
    list: Vec<i64>,
    pair_list: Vec<(Timestamp, Option<String>)>,
}

#[derive(Debug, Record)]
struct Extremes {
    dearest: Vec<Offer>,
    cheapest: Vec<(String, i64)>,
    top: Vec<i64>,
    bottom: Vec<String>,
    top_pairs: Vec<(i64, String)>,
    greatest: (i64, String),
}

#[job]
fn collections(
    offers: Stream<Offer>,
    k: usize,
) -> (
    Table<String, Conditions>,
    Table<String, Collected>,
    Table<String, Extremes>,
    Table<Windowed<String>, (u64, Vec<i64>)>,
) {
    let groups = offers.key_by(|o| o.who);
    let conditions = groups.aggregate(Conditions {
        open: count_if(|o| o.open),
        sure: count_if(|o| o.sure),
        any_sure: any(|o| o.sure),
        all_sure: all(|o| o.sure),
        all_open: all(|o| o.open),
        one: any(|o| o.n == 1),
    });
    let collected = groups.aggregate(Collected {
        items: count_distinct(|o| o.item),
        prices: count_distinct(|o| o.price.unwrap_or(7.0)),
        pairs: count_distinct(|o| (o.item, o.kind)),
        set: collect_set(|o| o.item),
        kinds: collect_set(|o| o.kind),
        price_set: collect_set(|o| o.price),
        list: collect_list(|o| o.n),
        pair_list: collect_list(|o| (o.at, o.item)),
    });
    let extremes = groups.aggregate(Extremes {
        dearest: max_with_ties(|o| o.price, |o| o),
        cheapest: min_with_ties(|o| o.price, |o| (o.who, o.n)),
        top: top_k(k, |o| o.n),
        bottom: bottom_k(k, |o| o.item),
        top_pairs: top_k(2, |o| (o.n, o.who)),
        greatest: max(|o| (o.n, o.who)),
    });
    let windows = offers
        .key_by(|o| o.who)
        .window(tumbling(hours(1)))
        .aggregate((count_distinct(|o| o.item), top_k(k, |o| o.n)));
    (conditions, collected, extremes, windows)
}

/// A number as a key has it.
fn canonical(x: f64) -> f64 {
    if x.is_nan() { f64::NAN } else { x + 0.0 }
}

fn distinct<T: Ord>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut values = sorted(values);
    values.dedup();
    values
}

fn sorted<T: Ord>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut values: Vec<_> = values.collect();
    values.sort();
    values
}

/// By the order of keys: that of each field after the other, floats with NaN last.
fn by_key(a: &Offer, b: &Offer) -> std::cmp::Ordering {
    let key = |o: &Offer| (o.at, o.who.clone(), o.item.clone(), o.kind);
    let price = |o: &Offer| o.price.map(|p| (p.is_nan(), p));
    let rest = |o: &Offer| (o.n, o.open, o.sure);
    let prices = price(a).partial_cmp(&price(b)).unwrap_or(std::cmp::Ordering::Equal);
    key(a).cmp(&key(b)).then(prices).then(rest(a).cmp(&rest(b)))
}

proptest! {
    #![proptest_config(strategy::cases(24))]

    #[test]
    fn collections_are_those_of_the_twin(
        input in strategy::partitions(offer()),
        seed: u64,
        k in 0usize..4,
    ) {
        let check = check(collections).input("offers", input.clone()).seed(seed);
        let left = check.param("k", k).agrees();
        let (mut groups, mut hours) = (BTreeMap::new(), BTreeMap::new());
        for offer in input.into_iter().flatten() {
            let hour = offer.at.micros().div_euclid(3_600_000_000);
            let in_hour: &mut Vec<Offer> = hours.entry((offer.who.clone(), hour)).or_default();
            in_hour.push(offer.clone());
            let group: &mut Vec<Offer> = groups.entry(offer.who.clone()).or_default();
            group.push(offer);
        }

        left.expect("conditions", groups.iter().map(|(who, g)| (who.clone(), Conditions {
            open: g.iter().filter(|o| o.open).count() as u64,
            sure: g.iter().filter(|o| o.sure == Some(true)).count() as u64,
            any_sure: g.iter().any(|o| o.sure == Some(true)),
            all_sure: g.iter().all(|o| o.sure != Some(false)),
            all_open: g.iter().all(|o| o.open),
            one: g.iter().any(|o| o.n == 1),
        })));

        left.expect("collected", groups.iter().map(|(who, g)| {
            let mut prices: Vec<_> = g.iter().filter_map(|o| o.price).map(canonical).collect();
            prices.sort_by(|a, b| a.total_cmp(b));
            prices.dedup_by_key(|p| p.to_bits());
            let sevens = g.iter().map(|o| canonical(o.price.unwrap_or(7.0)).to_bits());
            (who.clone(), Collected {
                items: distinct(g.iter().filter_map(|o| o.item.clone())).len() as u64,
                prices: distinct(sevens).len() as u64,
                pairs: distinct(g.iter().map(|o| (o.item.clone(), o.kind))).len() as u64,
                set: distinct(g.iter().filter_map(|o| o.item.clone())),
                kinds: distinct(g.iter().map(|o| o.kind)),
                price_set: prices,
                list: sorted(g.iter().map(|o| o.n)),
                pair_list: sorted(g.iter().map(|o| (o.at, o.item.clone()))),
            })
        }));

        left.expect("extremes", groups.iter().map(|(who, g)| {
            // As `max` has it: -0.0 is less than 0.0.
            let order = |p: f64| if p.is_nan() { f64::NAN } else { p };
            let priced = || g.iter().filter_map(|o| Some((order(o.price?), o)));
            let all_with = |best: Option<f64>| {
                let same = move |p: &f64| best.is_some_and(|best| p.to_bits() == best.to_bits());
                let mut all: Vec<_> = priced().filter(|(p, _)| same(p)).map(|(_, o)| o.clone()).collect();
                all.iter_mut().for_each(|o| o.price = o.price.map(canonical));
                all.sort_by(by_key);
                all
            };
            let most = priced().map(|(p, _)| p).max_by(f64::total_cmp);
            let least = priced().map(|(p, _)| p).min_by(f64::total_cmp);
            let pairs = || g.iter().map(|o| (o.n, o.who.clone()));
            (who.clone(), Extremes {
                dearest: all_with(most),
                cheapest: sorted(all_with(least).into_iter().map(|o| (o.who, o.n))),
                top: sorted(g.iter().map(|o| o.n)).into_iter().rev().take(k).collect(),
                bottom: sorted(g.iter().filter_map(|o| o.item.clone())).into_iter().take(k).collect(),
                top_pairs: sorted(pairs()).into_iter().rev().take(2).collect(),
                greatest: pairs().max().unwrap(),
            })
        }));

        left.expect("windows", hours.iter().map(|((who, hour), g)| {
            let micros = |hour: i64| Timestamp::from_micros(hour * 3_600_000_000);
            let window = Window { start: micros(*hour), end: micros(hour + 1) };
            let items = distinct(g.iter().filter_map(|o| o.item.clone())).len() as u64;
            let top = sorted(g.iter().map(|o| o.n)).into_iter().rev().take(k).collect::<Vec<_>>();
            (Windowed { key: who.clone(), window }, (items, top))
        }));
    }
}
