//! Joins of two logs.

use crate::support::{Logs, at, auction, bid, crowded, dealt, logs, millis, person};
use ouzel_nexmark::events::{Auction, Bid, Person, SideInput};
use ouzel_nexmark::q3::{LocalItem, q3};
use ouzel_nexmark::q8::{NewUser, q8};
use ouzel_nexmark::q13::{Told, q13};
use ouzel_nexmark::q20::{BidOfAuction, q20};
use ouzel_testkit::check;

/// Each auction of category 10 with each person who has its seller's id and lives nearby.
fn local_items(auctions: &[Auction], persons: &[Person]) -> Vec<LocalItem> {
    let mut rows = Vec::new();
    for a in auctions.iter().filter(|a| a.category == 10) {
        for p in persons.iter().filter(|p| p.id == a.seller) {
            if p.state == "or" || p.state == "id" || p.state == "ca" {
                rows.push(LocalItem {
                    name: p.name.clone(),
                    city: p.city.clone(),
                    state: p.state.clone(),
                    id: a.id,
                });
            }
        }
    }
    rows
}

#[track_caller]
fn check_local_items(logs: &Logs) -> Vec<LocalItem> {
    let rows = local_items(&logs.auctions, &logs.persons);
    check(q3)
        .input("auction", dealt(&logs.auctions))
        .input("person", dealt(&logs.persons))
        .expect("q3", rows.clone());
    rows
}

#[test]
fn q3_finds_local_items() {
    let mut logs = logs();
    logs.auctions.iter_mut().step_by(2).for_each(|a| a.category = 10);
    let rows = check_local_items(&logs).len();
    assert!(rows > 10 && rows < logs.auctions.len(), "{rows}");
    // Persons came before most of their auctions, and come after all of them here.
    logs.persons.reverse();
    logs.persons.iter_mut().for_each(|p| p.date_time = at(p.date_time.millis() + 60_000));
    assert_eq!(check_local_items(&logs).len(), rows);
}

#[test]
fn q3_wants_the_state_in_lower_case_the_category_and_the_seller() {
    let logs = Logs {
        persons: vec![
            person(1, "or", 5_000),
            person(2, "id", 0),
            person(3, "ca", 90_000_000),
            person(4, "OR", 0),
            person(5, "wa", 0),
            person(6, "orca", 0),
            person(7, "", 0),
            person(8, "ca", 0),
        ],
        auctions: vec![
            auction(11, 1, 0, 9),
            auction(12, 1, 0, 9),
            auction(2, 2, 0, 9),
            auction(13, 3, 0, 9),
            auction(14, 4, 0, 9),
            auction(15, 5, 0, 9),
            auction(16, 6, 0, 9),
            auction(17, 7, 0, 9),
            auction(18, 99, 0, 9),
            Auction { category: 11, ..auction(19, 1, 0, 9) },
        ],
        bids: Vec::new(),
    };
    let mut ids: Vec<_> = check_local_items(&logs).iter().map(|row| row.id).collect();
    ids.sort_unstable();
    assert_eq!(ids, [2, 11, 12, 13]);
}

/// Each person who has an auction in the ten seconds in which they came.
fn new_users(persons: &[Person], auctions: &[Auction]) -> Vec<NewUser> {
    let window = |time: ouzel::Timestamp| time.millis() / 10_000;
    let sells = |p: &Person| {
        auctions.iter().any(|a| a.seller == p.id && window(a.date_time) == window(p.date_time))
    };
    let new = persons.iter().filter(|p| sells(p));
    let row = |p: &Person| NewUser {
        id: p.id,
        name: p.name.clone(),
        starttime: at(window(p.date_time) * 10_000),
    };
    new.map(row).collect()
}

#[track_caller]
fn check_new_users(logs: &Logs) -> Vec<NewUser> {
    let rows = new_users(&logs.persons, &logs.auctions);
    check(q8)
        .input("person", dealt(&logs.persons))
        .input("auction", dealt(&logs.auctions))
        .expect("q8", rows.clone());
    rows
}

#[test]
fn q8_finds_new_users() {
    for logs in [logs(), crowded()] {
        let rows = check_new_users(&logs).len();
        assert!(rows > 3 && rows < logs.persons.len(), "{rows}");
    }
}

#[test]
fn q8_wants_both_in_one_window_and_gives_each_person_once() {
    let logs = Logs {
        persons: vec![
            person(1, "", 0),
            person(2, "", 9_999),
            person(3, "", 9_999),
            person(4, "", 10_000),
            person(5, "", 15_000),
            person(6, "", 19_999),
            person(7, "", 30_000),
        ],
        auctions: vec![
            // At either end of the window, out of order, and often.
            auction(11, 1, 9_999, 0),
            auction(12, 1, 9_998, 0),
            auction(13, 1, 9_998, 0),
            auction(14, 1, 10_001, 0),
            // In the window after, and in the one before.
            auction(15, 2, 10_000, 0),
            auction(16, 4, 9_999, 0),
            auction(17, 3, 9_100, 0),
            // Before the person, and in their window.
            auction(18, 5, 10_000, 0),
            auction(19, 6, 20_000, 0),
            auction(20, 99, 20_000, 0),
        ],
        bids: Vec::new(),
    };
    let rows = check_new_users(&logs);
    let rows: Vec<_> = rows.iter().map(|row| (row.id, row.starttime.millis())).collect();
    assert_eq!(rows, [(1, 0), (3, 0), (5, 10_000)]);
}

/// Each bid with each row of the list that has its auction's last four digits.
fn told(bids: &[Bid], list: &[SideInput]) -> Vec<Told> {
    let mut rows = Vec::new();
    for b in bids {
        for side in list.iter().filter(|side| side.key == b.auction % 10_000) {
            rows.push(Told {
                auction: b.auction,
                bidder: b.bidder,
                price: b.price,
                date_time: b.date_time,
                value: side.value.clone(),
            });
        }
    }
    rows
}

#[test]
fn q13_tells_what_the_side_input_says() {
    let side = |key: i64| SideInput { key, value: key.to_string() };
    let list: Vec<_> = (0..10).chain(1_000..1_150).chain([9_999]).map(side).collect();
    let mut bids = logs().bids;
    let all = bids.len();
    // Where a bid's auction is not its key; one that is not in this list, and bids that are equal.
    let more = [0, 10_000, 30_007, 9_999, 29_999, 10_010, 7, 7];
    bids.extend(more.map(|auction| bid(auction, 1, 2, 24_000)));
    let rows = told(&bids, &list);
    assert!(rows.len() > 1_000 && rows.len() < all, "{}", rows.len());
    let of_more = rows.iter().filter(|row| row.bidder == 1).map(|row| row.value.as_str());
    assert_eq!(of_more.collect::<Vec<_>>(), ["0", "0", "7", "9999", "9999", "7", "7"]);
    check(q13).input("bid", dealt(&bids)).input("side_input", list.clone()).expect("q13", rows);
    // A list in several files.
    check(q13)
        .input("bid", bids.clone())
        .input("side_input", dealt(&list))
        .expect("q13", told(&bids, &list));
}

/// Each bid with its auction, if that has category 10.
fn bids_of_auctions(bids: &[Bid], auctions: &[Auction]) -> Vec<BidOfAuction> {
    let mut rows = Vec::new();
    for b in bids {
        for a in auctions.iter().filter(|a| a.id == b.auction && a.category == 10) {
            rows.push(BidOfAuction {
                auction: b.auction,
                bidder: b.bidder,
                price: b.price,
                channel: b.channel.clone(),
                url: b.url.clone(),
                bid_date_time: b.date_time,
                bid_extra: b.extra.clone(),
                item_name: a.item_name.clone(),
                description: a.description.clone(),
                initial_bid: a.initial_bid,
                reserve: a.reserve,
                auction_date_time: a.date_time,
                expires: a.expires,
                seller: a.seller,
                category: a.category,
                auction_extra: a.extra.clone(),
            });
        }
    }
    rows
}

#[track_caller]
fn check_bids_of_auctions(logs: &Logs) -> Vec<BidOfAuction> {
    let rows = bids_of_auctions(&logs.bids, &logs.auctions);
    check(q20)
        .input("bid", dealt(&logs.bids))
        .input("auction", dealt(&logs.auctions))
        .expect("q20", rows.clone());
    rows
}

#[test]
fn q20_gives_bids_their_auctions() {
    for logs in [logs(), crowded()] {
        let rows = check_bids_of_auctions(&logs);
        assert!(rows.len() > 100 && rows.len() < logs.bids.len(), "{}", rows.len());
        let early = rows.iter().filter(|row| row.bid_date_time < row.auction_date_time).count();
        let late = rows.iter().filter(|row| row.bid_date_time > row.expires).count();
        assert!(early > 0 && late > 0, "{early} {late}");
    }
}

#[test]
fn q20_does_not_look_at_times() {
    let mut logs = Logs {
        persons: Vec::new(),
        auctions: vec![
            auction(1, 1, 5_000, 6_000),
            Auction { category: 1, ..auction(2, 1, 0, 90_000) },
            auction(3, 1, 5_000, 5_000),
        ],
        bids: vec![
            bid(1, 1, 5, 0),
            bid(1, 2, 5, 5_000),
            bid(1, 3, 5, 90_000_000),
            bid(2, 4, 5, 90_000_000),
            bid(4, 5, 5, 90_000_000),
        ],
    };
    logs.bids.push(logs.bids[0].clone());
    assert_eq!(logs.bids.iter().map(millis).min(), Some(0));
    let mut bidders: Vec<_> = check_bids_of_auctions(&logs).iter().map(|row| row.bidder).collect();
    bidders.sort_unstable();
    assert_eq!(bidders, [1, 1, 2, 3]);
}
