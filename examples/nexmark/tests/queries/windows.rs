//! Queries over windows of event time.

use crate::support::{at, bid, crowded, generated, left, millis};
use ouzel_nexmark::events::{Bid, PlainBid};
use ouzel_nexmark::q5::{HotItem, q5};
use ouzel_nexmark::q7::q7;
use ouzel_nexmark::q11::q11;
use ouzel_nexmark::q12::{Busy, q12};
use std::collections::{BTreeMap, BTreeSet};

const SECOND: i64 = 1_000;

/// The windows of q5, each asked for its bids.
fn hot_items(bids: &[Bid]) -> Vec<HotItem> {
    let last = bids.iter().map(millis).max().unwrap_or(0);
    let starts = (-4..).map(|n| n * 2 * SECOND).take_while(|start| *start <= last);
    let rows = starts.flat_map(|start| {
        let mut counts = BTreeMap::<i64, i64>::new();
        for bid in bids {
            if start <= millis(bid) && millis(bid) < start + 10 * SECOND {
                *counts.entry(bid.auction).or_default() += 1;
            }
        }
        let greatest = counts.values().copied().max().unwrap_or(0);
        let hot: Vec<_> = counts.into_iter().filter(|(_, num)| *num == greatest).collect();
        hot.into_iter().map(move |(auction, num)| HotItem {
            window_start: at(start),
            window_end: at(start + 10 * SECOND),
            auction,
            num,
        })
    });
    rows.collect()
}

#[test]
fn q5_finds_hot_items() {
    let bids = generated();
    let rows = hot_items(&bids);
    assert!(rows.len() >= 17, "{}", rows.len());
    left(q5, &bids).expect("q5", rows);
}

#[test]
fn q5_gives_all_that_share_the_greatest_number_and_windows_before_0() {
    let bids = [
        // Before second 2 there are two of each, and windows that begin before 0.
        bid(1, 1, 5, 0),
        bid(2, 1, 5, 1),
        bid(2, 2, 5, 1_999),
        bid(1, 3, 5, 1_000),
        // On a window's border, and back by nearly a second.
        bid(3, 1, 5, 10_000),
        bid(3, 1, 5, 9_001),
        bid(3, 1, 5, 10_000),
        // Nothing for a long time.
        bid(4, 1, 5, 100_000),
    ];
    let row = |start: i64, auction, num| HotItem {
        window_start: at(start * SECOND),
        window_end: at((start + 10) * SECOND),
        auction,
        num,
    };
    let mut rows = Vec::new();
    for start in [-8, -6, -4, -2, 0] {
        rows.extend([row(start, 1, 2), row(start, 2, 2)]);
    }
    rows.extend([2, 4, 6, 8].map(|start| row(start, 3, 3)));
    rows.push(row(10, 3, 2));
    rows.extend([92, 94, 96, 98, 100].map(|start| row(start, 4, 1)));
    left(q5, &bids).expect("q5", rows.clone());
    assert_eq!(hot_items(&bids), rows);
}

fn plain(bid: &Bid) -> PlainBid {
    PlainBid {
        auction: bid.auction,
        bidder: bid.bidder,
        price: bid.price,
        date_time: bid.date_time,
        extra: bid.extra.clone(),
    }
}

/// The bids in whose window there is none with a greater price.
fn highest(bids: &[Bid]) -> Vec<PlainBid> {
    let window = |bid: &Bid| millis(bid) / (10 * SECOND);
    let beaten = |bid: &Bid| bids.iter().any(|b| window(b) == window(bid) && b.price > bid.price);
    bids.iter().filter(|bid| !beaten(bid)).map(plain).collect()
}

#[test]
fn q7_finds_the_highest_bids() {
    let mut bids = generated();
    // So coarse that many share the greatest.
    bids.iter_mut().for_each(|bid| bid.price = bid.price.min(8_000_000));
    let rows = highest(&bids);
    assert!(rows.len() > 10, "{}", rows.len());
    left(q7, &bids).expect("q7", rows);
    left(q7, &generated()).expect("q7", highest(&generated()));
}

#[test]
fn q7_gives_equal_bids_each_and_a_border_to_the_next_window() {
    let bids = [
        bid(1, 1, 70, 0),
        bid(1, 1, 80, 9_999),
        bid(1, 1, 90, 10_000),
        bid(1, 1, 80, 9_500),
        bid(1, 1, 80, 9_500),
        bid(2, 2, 80, 9_001),
        bid(1, 1, -5, 20_000),
    ];
    let rows = [1, 2, 3, 4, 5, 6].map(|i| plain(&bids[i]));
    left(q7, &bids).expect("q7", rows.clone());
    assert_eq!(highest(&bids), rows);
}

#[test]
fn q12_counts_bids_of_bidders() {
    let mut bids = generated();
    bids.extend([bid(1, 5, 9, 29_999), bid(2, 5, 9, 30_000), bid(2, 5, 9, 30_000)]);
    let mut counts = BTreeMap::<(i64, i64), i64>::new();
    for bid in &bids {
        *counts.entry((bid.bidder, millis(bid) / (10 * SECOND))).or_default() += 1;
    }
    assert_eq!((counts[&(5, 2)], counts[&(5, 3)]), (1, 2));
    let rows = counts.into_iter().map(|((bidder, window), bid_count)| Busy {
        bidder,
        bid_count,
        starttime: at(window * 10 * SECOND),
        endtime: at((window + 1) * 10 * SECOND),
    });
    left(q12, &bids).expect("q12", rows);
}

/// The bids of each bidder in order of time, cut where more than ten seconds are between two.
fn sessions(bids: &[Bid]) -> Vec<Busy> {
    let mut bidders = BTreeMap::<i64, Vec<i64>>::new();
    for bid in bids {
        bidders.entry(bid.bidder).or_default().push(millis(bid));
    }
    let rows = bidders.into_iter().flat_map(|(bidder, mut times)| {
        times.sort_unstable();
        let sessions = times.chunk_by(|a, b| b - a <= 10 * SECOND);
        let row = |times: &[i64]| Busy {
            bidder,
            bid_count: times.len() as i64,
            starttime: at(times[0]),
            endtime: at(times[times.len() - 1] + 10 * SECOND),
        };
        sessions.map(row).collect::<Vec<_>>()
    });
    rows.collect()
}

#[test]
fn q11_counts_bids_in_sessions() {
    let bids = generated();
    // Ten times as long, but no further out of order than a lateness allows for.
    let apart: Vec<_> =
        bids.iter().map(|b| Bid { date_time: at(millis(b) * 10), ..b.clone() }).collect();
    for bids in [bids, apart, crowded().bids] {
        left(q11, &bids).expect("q11", sessions(&bids));
    }
    let bidders: BTreeSet<_> = generated().iter().map(|b| b.bidder).collect();
    assert!(sessions(&generated()).len() >= bidders.len());
}

#[test]
fn q11_goes_on_after_ten_seconds_and_no_more() {
    let bids = [
        // Exactly ten seconds, twice.
        bid(1, 1, 5, 0),
        bid(1, 1, 5, 10_000),
        bid(2, 1, 5, 20_000),
        // One millisecond more; alone at both ends.
        bid(1, 2, 5, 20_000),
        bid(1, 2, 5, 30_001),
        // Two that are apart until a third comes, which is out of order.
        bid(1, 3, 5, 30_000),
        bid(1, 4, 5, 40_001),
        bid(1, 3, 5, 50_000),
        bid(1, 4, 5, 50_000),
        bid(1, 3, 5, 40_000),
        // Equal times.
        bid(1, 5, 5, 50_000),
        bid(1, 5, 5, 50_000),
    ];
    let row = |bidder, bid_count, start, end: i64| Busy {
        bidder,
        bid_count,
        starttime: at(start),
        endtime: at(end + 10_000),
    };
    let rows = vec![
        row(1, 3, 0, 20_000),
        row(2, 1, 20_000, 20_000),
        row(2, 1, 30_001, 30_001),
        row(3, 3, 30_000, 50_000),
        row(4, 2, 40_001, 50_000),
        row(5, 2, 50_000, 50_000),
    ];
    assert_eq!(sessions(&bids), rows);
    left(q11, &bids).expect("q11", rows);
}
