//! Queries that depend on the order of bids.

use crate::support::{bid, crowded, dealt, generated};
use ouzel_nexmark::events::Bid;
use ouzel_nexmark::q18::{Last, q18};
use ouzel_nexmark::q19::{BestBid, Ranked, q19};
use ouzel_testkit::check;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// The last bid of each pair of bidder and auction. Bids must be in the order of their partitions.
fn last_bids(bids: &[Bid]) -> BTreeMap<(i64, i64), Last> {
    let mut sorted: Vec<_> = bids.iter().collect();
    // Those of one time stay as they are.
    sorted.sort_by_key(|b| b.date_time);
    let rows = sorted.into_iter().cloned().map(|b| {
        let last = Last {
            price: b.price,
            channel: b.channel,
            url: b.url,
            date_time: b.date_time,
            extra: b.extra,
        };
        ((b.auction, b.bidder), last)
    });
    rows.collect()
}

/// The ten best bids of each auction, with their places. Bids must be in the order of their
/// partitions.
fn best_bids(bids: &[Bid]) -> Vec<(Ranked, BestBid)> {
    let mut auctions = BTreeMap::<i64, Vec<&Bid>>::new();
    for bid in bids {
        auctions.entry(bid.auction).or_default().push(bid);
    }
    let rows = auctions.into_iter().flat_map(|(auction, mut bids)| {
        bids.sort_by_key(|b| (Reverse(b.price), b.date_time));
        bids.into_iter().take(10).cloned().zip(1..).map(move |(b, rank_number)| {
            let best = BestBid {
                bidder: b.bidder,
                price: b.price,
                channel: b.channel,
                url: b.url,
                date_time: b.date_time,
                extra: b.extra,
            };
            (Ranked { auction, rank_number }, best)
        })
    });
    rows.collect()
}

/// Both, in three partitions and in one.
#[track_caller]
fn check_order(bids: &[Bid]) {
    for partitions in [dealt(bids), vec![bids.to_vec()]] {
        let in_order = partitions.concat();
        check(q18).input("bid", partitions.clone()).expect("q18", last_bids(&in_order));
        check(q19).input("bid", partitions).expect("q19", best_bids(&in_order));
    }
}

#[test]
fn bids_are_in_order() {
    let bids = generated();
    let (last, best) = (last_bids(&bids).len(), best_bids(&bids).len());
    assert!(last > 500 && last < bids.len(), "{last}");
    assert!(best > 500 && best < bids.len(), "{best}");
    check_order(&bids);
}

#[test]
fn bids_are_in_order_where_all_ties() {
    let bids = crowded().bids;
    // The line decides which bid is the last, and which is among the ten.
    let mut reversed = bids.clone();
    reversed.reverse();
    assert_ne!(last_bids(&bids), last_bids(&reversed));
    assert_ne!(best_bids(&bids), best_bids(&reversed));
    check_order(&bids);
}

#[test]
fn q18_takes_the_latest_time_then_the_last_line() {
    let bids = [
        bid(1, 1, 10, 900),
        bid(1, 1, 11, 900),
        bid(1, 1, 12, 899),
        // The bidder's last for another auction, and another's for this one.
        bid(2, 1, 13, 100),
        bid(1, 2, 14, 950),
        bid(2, 1, 9, 100),
        bid(2, 1, 15, 0),
        bid(3, 3, 16, 0),
    ];
    let rows = last_bids(&bids);
    let prices: Vec<_> = rows.values().map(|last| last.price).collect();
    assert_eq!(rows.keys().collect::<Vec<_>>(), [&(1, 1), &(1, 2), &(2, 1), &(3, 3)]);
    assert_eq!(prices, [11, 14, 9, 16]);
    check(q18).input("bid", bids).expect("q18", rows);
}

#[test]
fn q19_takes_the_greatest_price_then_the_earliest_time_then_the_first_line() {
    let mut bids = vec![
        bid(1, 1, 50, 900),
        bid(1, 2, 50, 100),
        bid(1, 4, 50, 100),
        bid(1, 3, 50, 100),
        bid(1, 5, 60, 999),
        bid(1, 6, i64::MAX, 0),
        bid(1, 7, i64::MIN, 0),
        bid(1, 8, -1, 0),
    ];
    // Another auction has ten and more of one price and time.
    bids.extend((0..12).map(|n| bid(2, n * 5 % 12, 7, 500)));
    let rows = best_bids(&bids);
    let bidders: Vec<_> = rows.iter().map(|(_, best)| best.bidder).collect();
    assert_eq!(bidders[..8], [6, 5, 2, 4, 3, 1, 8, 7]);
    assert_eq!(bidders[8..], [0, 5, 10, 3, 8, 1, 6, 11, 4, 9]);
    let places: Vec<_> = rows.iter().map(|(place, _)| place.rank_number).collect();
    assert_eq!(places, (1..=8).chain(1..=10).collect::<Vec<_>>());
    check(q19).input("bid", bids).expect("q19", rows);
}
