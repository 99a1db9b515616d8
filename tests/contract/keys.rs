//! Keys of every kind, each grouped by its twin in a `BTreeMap`.

use ouzel::prelude::*;
use ouzel_testkit::{check, strategy};
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Record)]
enum Kind {
    Bid,
    #[record(rename = "ask!")]
    Ask,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Record)]
struct Place {
    city: String,
    floor: Option<i8>,
}

#[derive(Clone, Debug, Record)]
struct Item {
    name: String,
    number: i64,
    ratio: f64,
    small: f32,
    group: Option<String>,
    kind: Kind,
    place: Place,
    #[record(event_time)]
    at: Timestamp,
    price: Decimal<2>,
}

fn item() -> impl Strategy<Value = Item> {
    let place = (strategy::text(), prop::option::of(-1i8..2))
        .prop_map(|(city, floor)| Place { city, floor });
    let floats = (strategy::float(), strategy::float());
    let kind = prop_oneof![Just(Kind::Bid), Just(Kind::Ask)];
    let text = (strategy::text(), prop::option::of(strategy::text()));
    (text, strategy::int(), floats, kind, place, strategy::time(), -3i128..3).prop_map(
        |((name, group), number, (ratio, small), kind, place, at, cents)| Item {
            name,
            number,
            ratio,
            small: small as f32,
            group,
            kind,
            place,
            at,
            price: Decimal::from_units(cents),
        },
    )
}

/// One count for each kind of key.
#[job]
fn counts(
    items: Stream<Item>,
) -> (
    Table<String, u64>,
    Table<(String, i64), u64>,
    Table<Option<String>, u64>,
    Table<f64, u64>,
    Table<f32, u64>,
    Table<(), u64>,
    Table<Kind, u64>,
    Table<Place, u64>,
    Table<(Timestamp, Decimal<2>, bool), u64>,
) {
    let by_text = items.key_by(|i| i.name).aggregate(count());
    let by_pair = items.key_by(|i| (i.name, i.number)).aggregate(count());
    let by_option = items.key_by(|i| i.group).aggregate(count());
    let by_float = items.key_by(|i| i.ratio).aggregate(count());
    let by_small = items.key_by(|i| i.small).aggregate(count());
    let all = items.key_by(|_| ()).aggregate(count());
    let by_kind = items.key_by(|i| i.kind).named("kind").aggregate(count());
    let by_place = items.key_by(|i| i.place).aggregate(count());
    let by_three = items.key_by(|i| {
        let odd = i.number % 2 != 0;
        (i.at, i.price, odd)
    });
    let by_three = by_three.aggregate(count());
    (by_text, by_pair, by_option, by_float, by_small, all, by_kind, by_place, by_three)
}

fn counted<K: Ord>(keys: impl Iterator<Item = K>) -> BTreeMap<K, u64> {
    keys.fold(BTreeMap::new(), |mut groups, key| {
        *groups.entry(key).or_default() += 1;
        groups
    })
}

/// The bits of a float as a key: one zero, one NaN.
fn canonical(x: f64) -> u64 {
    if x.is_nan() { f64::NAN.to_bits() } else { (x + 0.0).to_bits() }
}

proptest! {
    #![proptest_config(strategy::cases(32))]

    #[test]
    fn groups_are_those_of_the_twin(input in strategy::partitions(item()), seed: u64) {
        let left = check(counts).input("items", input.clone()).seed(seed).agrees();
        let all = || input.iter().flatten().cloned();
        left.expect("by_text", counted(all().map(|i| i.name)));
        left.expect("by_pair", counted(all().map(|i| (i.name, i.number))));
        left.expect("by_option", counted(all().map(|i| i.group)));
        let floats = counted(all().map(|i| canonical(i.ratio)));
        left.expect("by_float", floats.into_iter().map(|(bits, n)| (f64::from_bits(bits), n)));
        let floats = counted(all().map(|i| canonical(i.small.into())));
        left.expect("by_small", floats.into_iter().map(|(bits, n)| (f64::from_bits(bits) as f32, n)));
        left.expect("all", counted(all().map(|_| ())));
        left.expect("by_kind", counted(all().map(|i| i.kind)));
        left.expect("by_place", counted(all().map(|i| i.place)));
        left.expect("by_three", counted(all().map(|i| (i.at, i.price, i.number % 2 != 0))));
    }
}

#[test]
fn rule_10_keys_have_one_encoding() {
    let item = |ratio| Item {
        name: String::new(),
        number: 0,
        ratio,
        small: 0.0,
        group: None,
        kind: Kind::Bid,
        place: Place { city: String::new(), floor: None },
        at: Timestamp::from_micros(0),
        price: Decimal::from_units(0),
    };
    let other_nan = f64::from_bits(f64::NAN.to_bits() ^ (1 << 63) ^ 1);
    for zeros in [[0.0, -0.0], [-0.0, 0.0]] {
        let ratios = [zeros[0], zeros[1], f64::NAN, other_nan];
        let input: Vec<_> = ratios.iter().map(|r| vec![item(*r)]).collect();
        let left = check(counts).input("items", input).agrees();
        left.expect("by_float", [(0.0, 2u64), (f64::NAN, 2)]);
    }
}

#[job]
fn many(items: Stream<Item>) -> (Table<(String, i64), u64>, Table<Windowed<i64>, u64>) {
    let pairs = items.key_by(|i| (i.name, i.number)).aggregate(count());
    let daily = items.key_by(|i| i.number % 50).named("rest").window(tumbling(days(1)));
    let daily = daily.aggregate(count());
    (pairs, daily)
}

#[test]
fn more_keys_than_memory_holds() {
    let item = |n: i64| Item {
        name: format!("name {}", n % 1000),
        number: n % 700,
        ratio: 0.0,
        small: 0.0,
        group: None,
        kind: Kind::Ask,
        place: Place { city: String::new(), floor: None },
        at: Timestamp::from_micros(days(n % 9).micros()),
        price: Decimal::from_units(0),
    };
    let partitions = [0..2000, 0..1, 1000..2500];
    let input: Vec<Vec<_>> = partitions.map(|part| part.map(item).collect()).to_vec();
    let all = || input.iter().flatten().cloned();
    for seed in 0..3 {
        let left = check(many).input("items", input.clone()).seed(seed).agrees();
        left.expect("pairs", counted(all().map(|i| (i.name, i.number))));
        let daily = counted(all().map(|i| (i.number % 50, i.at)));
        left.expect(
            "daily",
            daily.into_iter().map(|((key, start), n)| {
                let end = Timestamp::from_micros(start.micros() + days(1).micros());
                (Windowed { key, window: Window { start, end } }, n)
            }),
        );
    }
}
