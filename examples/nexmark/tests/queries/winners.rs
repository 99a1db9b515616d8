//! Prices and bids that auctions went for.

use crate::support::{Logs, at, auction, bid, crowded, dealt, logs};
use ouzel_nexmark::events::{Auction, Bid};
use ouzel_nexmark::q4::q4;
use ouzel_nexmark::q6::q6;
use ouzel_nexmark::q9::{Won, q9};
use ouzel_testkit::{Check, check};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The bids that count for an auction, in order of the log.
fn bids_in_time<'a>(auction: &'a Auction, bids: &'a [Bid]) -> impl Iterator<Item = &'a Bid> {
    let lasts = auction.date_time..=auction.expires;
    bids.iter().filter(move |b| b.auction == auction.id && lasts.contains(&b.date_time))
}

/// The auctions that have a final price, with it.
fn final_prices(logs: &Logs) -> Vec<(&Auction, i64)> {
    let prices = logs.auctions.iter().map(|auction| {
        let prices = bids_in_time(auction, &logs.bids).map(|bid| bid.price);
        Some((auction, prices.max()?))
    });
    prices.flatten().collect()
}

fn mean(prices: &[i64]) -> f64 {
    prices.iter().sum::<i64>() as f64 / prices.len() as f64
}

fn category_prices(logs: &Logs) -> BTreeMap<i64, f64> {
    let mut categories = BTreeMap::<i64, Vec<i64>>::new();
    for (auction, price) in final_prices(logs) {
        categories.entry(auction.category).or_default().push(price);
    }
    categories.into_iter().map(|(category, prices)| (category, mean(&prices))).collect()
}

fn seller_prices(logs: &Logs) -> BTreeMap<i64, f64> {
    let mut sellers = BTreeMap::<i64, Vec<(&Auction, i64)>>::new();
    for (auction, price) in final_prices(logs) {
        sellers.entry(auction.seller).or_default().push((auction, price));
    }
    let means = sellers.into_iter().map(|(seller, mut auctions)| {
        auctions.sort_by_key(|(auction, _)| (auction.expires, auction.id));
        let last = auctions.split_off(auctions.len().saturating_sub(10));
        (seller, mean(&last.into_iter().map(|(_, price)| price).collect::<Vec<_>>()))
    });
    means.collect()
}

/// Bids must be in the order of their partitions.
fn winning_bids(auctions: &[Auction], bids: &[Bid]) -> Vec<(i64, Won)> {
    let rows = auctions.iter().filter_map(|a| {
        // Of those that tie it is the first.
        let b = bids_in_time(a, bids).min_by_key(|b| (Reverse(b.price), b.date_time))?;
        let won = Won {
            item_name: a.item_name.clone(),
            description: a.description.clone(),
            initial_bid: a.initial_bid,
            reserve: a.reserve,
            date_time: a.date_time,
            expires: a.expires,
            seller: a.seller,
            category: a.category,
            extra: a.extra.clone(),
            auction: b.auction,
            bidder: b.bidder,
            price: b.price,
            bid_date_time: b.date_time,
            bid_extra: b.extra.clone(),
        };
        Some((a.id, won))
    });
    rows.collect()
}

/// All three; q9, which looks at the order of bids, with these in three partitions and in one.
#[track_caller]
fn check_winners(logs: &Logs) {
    let auctions = dealt(&logs.auctions);
    let input = |check: Check, bids: Vec<Vec<Bid>>| {
        check.input("auction", auctions.clone()).input("bid", bids)
    };
    input(check(q4), dealt(&logs.bids)).expect("q4", category_prices(logs));
    input(check(q6), dealt(&logs.bids)).expect("q6", seller_prices(logs));
    for bids in [dealt(&logs.bids), vec![logs.bids.clone()]] {
        let won = winning_bids(&logs.auctions, &bids.concat());
        assert!(!won.is_empty());
        input(check(q9), bids).expect("q9", won);
    }
}

#[test]
fn auctions_have_their_winners() {
    let logs = logs();
    assert_eq!(category_prices(&logs).len(), 5);
    check_winners(&logs);
}

#[test]
fn auctions_have_their_winners_where_all_ties() {
    let logs = crowded();
    let prices = final_prices(&logs).len();
    assert!(prices > 20 && prices < logs.auctions.len(), "{prices}");
    check_winners(&logs);
}

#[test]
fn auctions_may_come_after_all_of_their_bids() {
    let mut logs = crowded();
    logs.auctions.reverse();
    logs.bids.sort_by_key(|bid| bid.auction % 7);
    check_winners(&logs);
}

/// For each auction that has one, the bidder of the winning bid.
#[track_caller]
fn winners(auctions: &[Auction], bids: &[Bid]) -> Vec<(i64, i64)> {
    let logs = Logs { auctions: auctions.to_vec(), bids: bids.to_vec(), ..Logs::default() };
    check_winners(&logs);
    winning_bids(auctions, bids).iter().map(|(id, won)| (*id, won.bidder)).collect()
}

#[test]
fn bids_count_from_the_start_to_the_end_of_their_auction() {
    let auctions = [
        auction(1, 1, 1_000, 2_000),
        auction(2, 1, 1_000, 2_000),
        auction(3, 1, 1_000, 2_000),
        auction(4, 1, 1_000, 1_000),
        auction(5, 1, 1_000, 999),
    ];
    let bids = [
        bid(1, 10, 70, 999),
        bid(1, 11, 50, 1_000),
        bid(1, 12, 60, 2_000),
        bid(1, 13, 80, 2_001),
        bid(2, 20, 50, 1_000),
        bid(2, 21, 60, 2_001),
        // None is in time.
        bid(3, 30, 50, 999),
        bid(3, 31, 50, 2_001),
        bid(4, 40, 50, 1_000),
        bid(5, 50, 50, 1_000),
        // The auction never comes.
        bid(6, 60, 50, 1_500),
    ];
    assert_eq!(winners(&auctions, &bids), [(1, 12), (2, 20), (4, 40)]);
}

#[test]
fn the_greatest_price_wins_then_the_earliest_time_then_the_first_line() {
    let auctions = [1, 2, 3, 4].map(|id| auction(id, id, 0, 9_000));
    let bids = [
        // The price, though it is negative, late and last.
        bid(1, 10, -7, 0),
        bid(1, 11, -6, 900),
        // The time, though the line comes later.
        bid(2, 20, 5, 900),
        bid(2, 21, 5, 100),
        bid(2, 22, 4, 0),
        // The line: neither the bidder, greater or less, nor the rest.
        bid(3, 31, 5, 100),
        bid(3, 32, 5, 100),
        bid(3, 30, 5, 100),
        // Prices that are as far apart as can be.
        bid(4, 40, i64::MIN, 0),
        bid(4, 41, i64::MAX, 0),
    ];
    let logs = Logs { auctions: auctions.to_vec(), bids: bids.to_vec(), ..Logs::default() };
    let rows = winning_bids(&auctions, &bids);
    let bidders: Vec<_> = rows.iter().map(|(_, won)| won.bidder).collect();
    assert_eq!(bidders, [11, 21, 31, 41]);
    check(q9).input("auction", dealt(&logs.auctions)).input("bid", logs.bids).expect("q9", rows);
}

#[test]
fn q4_counts_an_auction_once() {
    let in_category = |id, category| Auction { category, ..auction(id, 1, 0, 9_000) };
    let auctions = [in_category(1, 10), in_category(2, 10), in_category(3, 11), in_category(4, 12)];
    let bids = [
        bid(1, 1, 100, 0),
        bid(1, 2, 300, 0),
        bid(1, 3, 300, 10),
        bid(2, 1, 1, 0),
        bid(3, 1, 7, 9_000),
        bid(4, 1, 7, 9_001),
    ];
    let logs = Logs { auctions: auctions.to_vec(), bids: bids.to_vec(), ..Logs::default() };
    assert_eq!(category_prices(&logs), BTreeMap::from([(10, 150.5), (11, 7.0)]));
    check_winners(&logs);
}

#[test]
fn q6_takes_the_last_ten_auctions_with_a_price() {
    let mut logs = Logs::default();
    for n in 0..13 {
        // Three sellers: the last to expire are not the last to come, nor those with the last ids.
        logs.auctions.push(auction(100 - n, 1, 0, 20_000 + n * 10));
        // All at one time: the id says which are the last.
        logs.auctions.push(auction(200 + n * 7 % 13, 2, 0, 20_000));
        if n < 4 {
            logs.auctions.push(auction(300 + n, 3, 0, 20_000));
        }
    }
    // An auction without a price takes no place among the ten.
    logs.auctions.push(auction(400, 1, 0, 90_000));
    logs.auctions.push(auction(401, 2, 0, 90_000));
    for n in 0..13 {
        // The price rises with the id, by powers, so that each ten have a mean of their own.
        logs.bids.push(bid(88 + n, 9, 1 << n, 100 * n));
        logs.bids.push(bid(200 + n, 9, 1 << n, 100 * n));
        logs.bids.push(bid(300 + n, 9, 1 << n, 100 * n));
    }
    logs.bids.push(bid(400, 9, 1 << 20, 90_001));
    let rows = seller_prices(&logs);
    let mean = |first: i32, number: i32| {
        (2f64.powi(first + number) - 2f64.powi(first)) / f64::from(number)
    };
    assert_eq!(rows, BTreeMap::from([(1, mean(0, 10)), (2, mean(3, 10)), (3, mean(0, 4))]));
    check_winners(&logs);

    // What is said of the seller changes with each bid that is greater.
    logs.bids.extend((0..40).map(|n| bid(88 + n % 13, 9, 1 << n, 2_000)));
    assert!(seller_prices(&logs)[&1] > mean(0, 10));
    assert!(logs.bids.iter().all(|bid| bid.date_time < at(20_000) || bid.auction == 400));
    check_winners(&logs);
}
