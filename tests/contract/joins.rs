//! Joins of streams: the twin compares every record of one side with every record of the other.

use ouzel::prelude::*;
use ouzel_testkit::plain::{is_late, windows, with_seen};
use ouzel_testkit::{check, strategy};
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Record)]
struct Order {
    #[record(event_time)]
    at: Timestamp,
    item: i64,
    text: String,
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Payment {
    #[record(event_time)]
    paid: Timestamp,
    order: i64,
    amount: Option<f64>,
}

fn order() -> impl Strategy<Value = Order> {
    (strategy::time(), 0i64..4, strategy::text()).prop_map(|(at, item, text)| Order {
        at,
        item,
        text,
    })
}

fn payment() -> impl Strategy<Value = Payment> {
    (strategy::time(), 0i64..4, prop::option::of(strategy::float()))
        .prop_map(|(paid, order, amount)| Payment { paid, order, amount })
}

type Input = (Vec<Vec<Order>>, Vec<Vec<Payment>>);

fn input() -> impl Strategy<Value = Input> {
    (strategy::partitions(order()), strategy::partitions(payment()))
}

fn pairs<'a>(
    orders: &'a [Order],
    payments: &'a [Payment],
    meet: impl Fn(&Order, &Payment) -> bool + Copy + 'a,
) -> impl Iterator<Item = (&'a Order, &'a Payment)> {
    orders.iter().flat_map(move |o| {
        payments.iter().filter(move |p| o.item == p.order && meet(o, p)).map(move |p| (o, p))
    })
}

/// The greater event time of a pair is that of the pair.
#[job]
fn unbounded(
    orders: Stream<Order>,
    payments: Stream<Payment>,
) -> (Stream<(Order, Payment)>, Table<Windowed<i64>, u64>) {
    let pairs = orders.key_by(|o| o.item).join(payments.key_by(|p| p.order));
    let hourly = pairs.key_by(|(o, _)| o.item).window(tumbling(hours(1))).aggregate(count());
    (pairs, hourly)
}

/// Within a range of time, with all that is left alone.
#[job]
#[allow(clippy::type_complexity)]
fn within(
    orders: Stream<Order>,
    payments: Stream<Payment>,
    from: i64,
    to: i64,
    wait: i64,
) -> (
    Stream<(Order, Payment)>,
    Stream<(Order, Option<Payment>)>,
    Stream<(Option<Order>, Option<Payment>)>,
    Stream<Order>,
    Stream<Order>,
    Stream<Payment>,
    Stream<Final<i64, u64>>,
) {
    let left = orders.key_by(|o| o.item).lateness(minutes(wait));
    let right = payments.key_by(|p| p.order).lateness(minutes(wait));
    let right = right.between(minutes(from), minutes(to));
    let right_late = right.late();
    let inner = left.join(right);
    let outer = left.left_join(right);
    let full = left.full_join(right);
    let semi = left.semi_join(right);
    let anti = left.anti_join(right);
    let lonely = anti.key_by(|o| o.item).window(tumbling(hours(1))).lateness(minutes(0));
    let lonely = lonely.aggregate(count()).finals();
    (inner, outer, full, semi, anti, right_late, lonely)
}

/// In windows: a pair for each window that holds both.
#[job]
fn windowed(
    orders: Stream<Order>,
    payments: Stream<Payment>,
    wait: i64,
) -> (Stream<(Order, Payment)>, Stream<(Order, Option<Payment>)>, Stream<Order>) {
    let left = orders.key_by(|o| o.item).window(hopping(hours(1), minutes(30)));
    let right = payments.key_by(|p| p.order).window(hopping(hours(1), minutes(30)));
    let inner = left.join(right);
    let left = left.lateness(minutes(wait));
    let right = right.lateness(minutes(wait));
    let outer = left.left_join(right);
    let semi = left.semi_join(right);
    (inner, outer, semi)
}

/// A stream with itself.
#[job]
fn itself(orders: Stream<Order>) -> Stream<(i64, i64)> {
    let keyed = orders.key_by(|o| o.item);
    keyed.join(keyed).map(|(a, b)| {
        let after = b.at.micros() - a.at.micros();
        (a.item, after)
    })
}

/// What only values tell of the sides.
#[job]
fn lengths(
    orders: Stream<Order>,
    payments: Stream<Payment>,
    size: i64,
    from: i64,
) -> (Stream<(Order, Payment)>, Stream<(Order, Payment)>) {
    let left = orders.key_by(|o| o.item);
    let right = payments.key_by(|p| p.order);
    let hourly = left.window(tumbling(hours(1))).join(right.window(tumbling(minutes(size))));
    let near = left.join(right.between(minutes(from), minutes(10)));
    (hourly, near)
}

fn flat<T: Clone>(partitions: &[Vec<T>]) -> Vec<T> {
    partitions.iter().flatten().cloned().collect()
}

/// The records that are not late, and those that are.
fn in_time<T>(
    partitions: Vec<Vec<T>>,
    wait: i64,
    time: impl Fn(&T) -> Timestamp + Copy,
) -> (Vec<T>, Vec<T>) {
    let all = partitions.into_iter().flat_map(|p| with_seen(p, time));
    let (live, late): (Vec<_>, Vec<_>) =
        all.partition(|(r, seen)| time(r).micros() + wait * 60_000_000 >= seen.micros());
    (live.into_iter().map(|(r, _)| r).collect(), late.into_iter().map(|(r, _)| r).collect())
}

proptest! {
    #![proptest_config(strategy::cases(24))]

    #[test]
    fn every_pair_once((orders, payments) in input(), seed: u64) {
        let left = check(unbounded)
            .input("orders", orders.clone())
            .input("payments", payments.clone())
            .seed(seed)
            .agrees();
        let (orders, payments) = (flat(&orders), flat(&payments));
        let all: Vec<_> = pairs(&orders, &payments, |_, _| true).collect();
        left.expect("pairs", all.iter().map(|(o, p)| ((*o).clone(), (*p).clone())));
        let mut hourly = BTreeMap::new();
        for (o, p) in all {
            let window = windows(o.at.max(p.paid), hours(1), hours(1))[0];
            *hourly.entry((o.item, window)).or_insert(0u64) += 1;
        }
        left.expect("hourly", hourly.into_iter().map(|((key, window), n)| (Windowed { key, window }, n)));
    }

    #[test]
    fn pairs_within_a_range_of_time(
        (orders, payments) in input(),
        seed: u64,
        (from, to) in prop::sample::select(vec![(-10i64, 20i64), (0, 0), (5, 30), (-60, -1)]),
        wait in prop::sample::select(vec![0i64, 20, 300]),
    ) {
        let left = check(within)
            .input("orders", orders.clone())
            .input("payments", payments.clone())
            .param("from", from)
            .param("to", to)
            .param("wait", wait)
            .seed(seed)
            .agrees();
        let seen_orders: Vec<_> = orders.into_iter().flat_map(|p| with_seen(p, |o| o.at)).collect();
        let seen_orders: Vec<_> = seen_orders
            .into_iter()
            .filter(|(o, seen)| o.at.micros() + wait * 60_000_000 >= seen.micros())
            .collect();
        let orders: Vec<_> = seen_orders.iter().map(|(o, _)| o.clone()).collect();
        let (payments, late) = in_time(payments, wait, |p| p.paid);
        left.expect("right_late", late);
        let meet = |o: &Order, p: &Payment| {
            let after = p.paid.micros() - o.at.micros();
            from * 60_000_000 <= after && after <= to * 60_000_000
        };
        let all: Vec<_> =
            pairs(&orders, &payments, meet).map(|(o, p)| (o.clone(), p.clone())).collect();
        let met = |o: &Order| payments.iter().any(|p| o.item == p.order && meet(o, p));
        let alone: Vec<_> = orders.iter().filter(|o| !met(o)).cloned().collect();
        let unpaid = payments
            .iter()
            .filter(|p| !orders.iter().any(|o| o.item == p.order && meet(o, p)));
        left.expect("inner", all.clone());
        let outer = all.iter().cloned().map(|(o, p)| (o, Some(p)));
        left.expect("outer", outer.chain(alone.iter().cloned().map(|o| (o, None))));
        let full = all.iter().cloned().map(|(o, p)| (Some(o), Some(p)));
        let full = full.chain(alone.iter().cloned().map(|o| (Some(o), None)));
        left.expect("full", full.chain(unpaid.cloned().map(|p| (None, Some(p)))));
        left.expect("semi", orders.iter().filter(|o| met(o)).cloned());
        left.expect("anti", alone.clone());
        // What meets none has seen what it had, and may be late for a window.
        let mut lonely = BTreeMap::new();
        for (o, seen) in seen_orders.into_iter().filter(|(o, _)| !met(o)) {
            let window = windows(o.at, hours(1), hours(1))[0];
            if !is_late(window, minutes(0), seen) {
                *lonely.entry((o.item, window)).or_insert(0u64) += 1;
            }
        }
        let lonely = lonely.into_iter();
        left.expect("lonely", lonely.map(|((key, window), value)| Final { key, window, value }));
    }

    #[test]
    fn pairs_within_windows(
        (orders, payments) in input(),
        seed: u64,
        wait in prop::sample::select(vec![0i64, 20, 300]),
    ) {
        let left = check(windowed)
            .input("orders", orders.clone())
            .input("payments", payments.clone())
            .param("wait", wait)
            .seed(seed)
            .agrees();
        let of = |time: Timestamp| windows(time, hours(1), minutes(30));
        let (all_orders, all_payments) = (flat(&orders), flat(&payments));
        let mut inner = Vec::new();
        for (o, p) in pairs(&all_orders, &all_payments, |_, _| true) {
            let shared = of(o.at).into_iter().filter(|w| of(p.paid).contains(w)).count();
            inner.extend((0..shared).map(|_| (o.clone(), p.clone())));
        }
        left.expect("inner", inner);
        let live = |time: Timestamp, seen: Timestamp| {
            of(time).into_iter().filter(move |w| !is_late(*w, minutes(wait), seen))
        };
        let payments: Vec<_> = payments
            .into_iter()
            .flat_map(|p| with_seen(p, |p| p.paid))
            .flat_map(|(p, seen)| live(p.paid, seen).map(move |w| (p.clone(), w)))
            .collect();
        let (mut outer, mut semi) = (Vec::new(), Vec::new());
        for (o, seen) in orders.into_iter().flat_map(|p| with_seen(p, |o| o.at)) {
            for window in live(o.at, seen) {
                let met: Vec<_> =
                    payments.iter().filter(|(p, w)| p.order == o.item && *w == window).collect();
                semi.extend((!met.is_empty()).then(|| o.clone()));
                outer.extend(met.is_empty().then(|| (o.clone(), None)));
                outer.extend(met.into_iter().map(|(p, _)| (o.clone(), Some(p.clone()))));
            }
        }
        left.expect("outer", outer);
        left.expect("semi", semi);
    }

    #[test]
    fn a_stream_with_itself(orders in strategy::partitions(order()), seed: u64) {
        let left = check(itself).input("orders", orders.clone()).seed(seed).agrees();
        let all = flat(&orders);
        left.expect("itself", all.iter().flat_map(|a| {
            let same = all.iter().filter(|b| b.item == a.item);
            same.map(|b| (a.item, b.at.micros() - a.at.micros())).collect::<Vec<_>>()
        }));
    }
}

#[test]
fn sides_that_never_meet_are_refused() {
    let plan = |size: i64, from: i64| {
        let params = ouzel::Params::new().with("size", size).with("from", from);
        <lengths as Job>::plan(&params).map_or_else(|e| e.to_string(), |_| "a plan".to_owned())
    };
    assert_eq!(plan(60, 10), "a plan");
    let other = plan(30, 0);
    assert!(other.contains("different windows: windows of 1h and windows of 30min"), "{other}");
    assert!(other.contains("joins.rs:"), "{other}");
    let backwards = plan(60, 11);
    assert!(backwards.contains("ends before it begins"), "{backwards}");
}
