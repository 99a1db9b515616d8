//! Queries by day.

use crate::support::{bid, generated_over_days, left, millis};
use ouzel_nexmark::events::Bid;
use ouzel_nexmark::{q15, q16, q17};
use std::collections::{BTreeMap, BTreeSet};

const DAY: i64 = 24 * 60 * 60 * 1_000;

/// Generated bids, and some with prices at the borders of ranks, at the ends of days.
fn bids() -> Vec<Bid> {
    let mut bids = generated_over_days();
    for price in [0, 9_999, 10_000, 999_999, 1_000_000] {
        for millis in [DAY - 1, DAY, 0] {
            bids.push(bid(5, 7, price, millis));
            bids.push(bid(6, 7, price, millis));
        }
    }
    bids
}

/// The day of a bid, of which there are few.
fn day(bid: &Bid) -> String {
    format!("1970-01-{:02}", millis(bid) / DAY + 1)
}

/// Bids by what a function says of them.
fn groups<K: Ord>(bids: &[Bid], key: impl Fn(&Bid) -> K) -> BTreeMap<K, Vec<&Bid>> {
    let mut groups = BTreeMap::<K, Vec<&Bid>>::new();
    for bid in bids {
        groups.entry(key(bid)).or_default().push(bid);
    }
    groups
}

/// In all, and by rank: bids, bidders, auctions.
fn numbers(group: &[&Bid]) -> [[i64; 4]; 3] {
    let prices = [i64::MIN..i64::MAX, i64::MIN..10_000, 10_000..1_000_000, 1_000_000..i64::MAX];
    let of = prices.map(|prices| {
        let ranked = || group.iter().filter(|bid| prices.contains(&bid.price));
        let bidders: BTreeSet<_> = ranked().map(|bid| bid.bidder).collect();
        let auctions: BTreeSet<_> = ranked().map(|bid| bid.auction).collect();
        [ranked().count(), bidders.len(), auctions.len()].map(|n| n as i64)
    });
    [0, 1, 2].map(|i| of.map(|numbers| numbers[i]))
}

#[test]
fn q15_reports_days() {
    let bids = bids();
    let rows: Vec<_> = groups(&bids, day)
        .into_iter()
        .map(|(day, group)| {
            let [bids, bidders, auctions] = numbers(&group);
            (
                day,
                q15::Report {
                    total_bids: bids[0],
                    rank1_bids: bids[1],
                    rank2_bids: bids[2],
                    rank3_bids: bids[3],
                    total_bidders: bidders[0],
                    rank1_bidders: bidders[1],
                    rank2_bidders: bidders[2],
                    rank3_bidders: bidders[3],
                    total_auctions: auctions[0],
                    rank1_auctions: auctions[1],
                    rank2_auctions: auctions[2],
                    rank3_auctions: auctions[3],
                },
            )
        })
        .collect();
    assert_eq!(rows.len(), 3);
    left(q15::q15, &bids).expect("q15", rows);
}

#[test]
fn q16_reports_channels() {
    let bids = bids();
    let rows = groups(&bids, |bid| (bid.channel.clone(), day(bid)));
    assert!(rows.len() > 100);
    let rows = rows.into_iter().map(|((channel, day), group)| {
        let [bids, bidders, auctions] = numbers(&group);
        let minute = group.iter().map(|bid| millis(bid) % DAY / 60_000).max().unwrap_or(0);
        (
            q16::ChannelDay { channel, day },
            q16::Report {
                minute: format!("{:02}:{:02}", minute / 60, minute % 60),
                total_bids: bids[0],
                rank1_bids: bids[1],
                rank2_bids: bids[2],
                rank3_bids: bids[3],
                total_bidders: bidders[0],
                rank1_bidders: bidders[1],
                rank2_bidders: bidders[2],
                rank3_bidders: bidders[3],
                total_auctions: auctions[0],
                rank1_auctions: auctions[1],
                rank2_auctions: auctions[2],
                rank3_auctions: auctions[3],
            },
        )
    });
    left(q16::q16, &bids).expect("q16", rows);
}

#[test]
fn q17_reports_auctions() {
    let bids = bids();
    let rows = groups(&bids, |bid| (bid.auction, day(bid))).into_iter();
    let rows = rows.map(|((auction, day), group)| {
        let [bids, _, _] = numbers(&group);
        let prices: Vec<_> = group.iter().map(|bid| bid.price).collect();
        let sum: i64 = prices.iter().sum();
        (
            q17::AuctionDay { auction, day },
            q17::Report {
                total_bids: bids[0],
                rank1_bids: bids[1],
                rank2_bids: bids[2],
                rank3_bids: bids[3],
                min_price: prices.iter().copied().min().unwrap_or(0),
                max_price: prices.iter().copied().max().unwrap_or(0),
                avg_price: sum as f64 / prices.len() as f64,
                sum_price: sum,
            },
        )
    });
    left(q17::q17, &bids).expect("q17", rows);
}
