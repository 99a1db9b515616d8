//! Splits into named branches, against a plain twin.

use ouzel::prelude::*;
use ouzel::stage::OnError;
use ouzel_testkit::check;

#[derive(Clone, Debug, Record)]
struct Bid {
    #[record(event_time)]
    at: Timestamp,
    auction: u64,
    price: i64,
    channel: String,
}

fn bids(prices: &[i64]) -> Vec<Vec<Bid>> {
    let bid = |(i, price): (usize, &i64)| Bid {
        at: Timestamp::from_micros(i as i64),
        auction: i as u64 % 3,
        price: *price,
        channel: format!("channel {}", i % 2),
    };
    let all: Vec<_> = prices.iter().enumerate().map(bid).collect();
    all.chunks(3).map(<[Bid]>::to_vec).collect()
}

#[job]
fn by_size(
    bids: Stream<Bid>,
    limit: i64,
) -> (Stream<Bid>, Table<u64, (u64, i64)>, Stream<i64>, Stream<String>) {
    let (large, small, rest) =
        bids.filter(|b| b.price != 5).split((|b| b.price > limit, |b| b.price > 10));
    let of_small = small.key_by(|b| b.auction).aggregate((count(), sum(|b| b.price)));
    let tiny = rest.map(|b| b.price).named("tiny");
    let channels = small.map(|b| b.channel).merge(rest.map(|b| b.channel)).named("channel");
    (large, of_small, tiny, channels)
}

#[test]
fn each_record_goes_to_the_first_branch_whose_condition_holds() {
    let prices = [500, 11, 10, 5, 101, 100, -3, 12, 5, 11, 99, 0];
    let left = check(by_size).input("bids", bids(&prices)).param("limit", 100).agrees();
    let all: Vec<Bid> = bids(&prices).concat();
    let all: Vec<&Bid> = all.iter().filter(|b| b.price != 5).collect();
    let large: Vec<Bid> = all.iter().filter(|b| b.price > 100).map(|b| (*b).clone()).collect();
    let small = all.iter().filter(|b| b.price <= 100 && b.price > 10);
    let mut of_small = std::collections::BTreeMap::<u64, (u64, i64)>::new();
    for bid in small.clone() {
        let held = of_small.entry(bid.auction).or_default();
        *held = (held.0 + 1, held.1 + bid.price);
    }
    let rest = all.iter().filter(|b| b.price <= 10);
    left.expect("large", large)
        .expect("of_small", of_small)
        .expect("tiny", rest.clone().map(|b| b.price))
        .expect("channels", small.clone().chain(rest.clone()).map(|b| b.channel.clone()));
    assert_eq!(left.totals("large.split").records_out, 10);
    assert_eq!(left.totals("small").records_out, small.count() as u64);
    assert_eq!(left.totals("rest").records_out, rest.count() as u64);
}

fn positive(price: i64) -> bool {
    assert!(price >= 0, "{price} is negative");
    price > 10
}

#[job]
fn failing(bids: Stream<Bid>) -> (Stream<i64>, Stream<i64>) {
    let (first, _, _, rest) =
        bids.split((|b| b.price > 100, |b| b.price == 7, |b| positive(b.price)));
    let prices = first.map(|b| b.price).named("first_price");
    let rest_prices = rest.map(|b| b.price).named("rest_price");
    (prices, rest_prices)
}

#[test]
fn a_panic_in_a_condition_is_one_error_of_the_split() {
    let check = check(failing).input("bids", bids(&[101, -1, 7, 3, 20, -5, 8]));
    let error = check.clone().fails().to_string();
    assert!(error.contains("is negative"), "{error}");
    let left = check.on_error(OnError::DeadLetter).agrees();
    left.expect("prices", [101i64]).expect("rest_prices", [3i64, 8]);
    assert_eq!((left.totals("first.split").errors, left.errors()), (2, 2));
    assert!(left.dead_letters().iter().all(|l| l.operator == "first.split"));
}
