//! Queries on one bid at a time.

use crate::support::{at, bid, generated, generated_over_days, left};
use ouzel_nexmark::events::{Bid, PlainBid};
use ouzel_nexmark::q0::q0;
use ouzel_nexmark::q1::{Converted, q1};
use ouzel_nexmark::q2::{Offer, q2};
use ouzel_nexmark::q10::{Filed, q10};
use ouzel_nexmark::q14::{Calculated, q14};
use ouzel_nexmark::q21::{Channelled, q21};
use ouzel_nexmark::q22::{Directories, q22};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

#[test]
fn q0_passes_bids_through() {
    let bids = generated();
    let rows = bids.iter().cloned().map(|b| PlainBid {
        auction: b.auction,
        bidder: b.bidder,
        price: b.price,
        date_time: b.date_time,
        extra: b.extra,
    });
    left(q0, &bids).expect("q0", rows);
}

#[test]
fn q1_converts_prices() {
    let bids = generated();
    let rows = bids.iter().cloned().map(|b| Converted {
        auction: b.auction,
        bidder: b.bidder,
        price: b.price as f64 * 0.908,
        date_time: b.date_time,
        extra: b.extra,
    });
    left(q1, &bids).expect("q1", rows);
}

#[test]
fn q2_selects_auctions() {
    let mut bids = generated();
    bids.extend([0, 122, 123, 124, 246].map(|auction| bid(auction, 1, 5, 25_000)));
    let chosen: Vec<_> = bids.iter().filter(|b| (b.auction / 123) * 123 == b.auction).collect();
    assert!(chosen.len() > 3);
    let rows = chosen.iter().map(|b| Offer { auction: b.auction, price: b.price });
    left(q2, &bids).expect("q2", rows);
}

#[test]
fn q10_files_bids_by_day_and_minute() {
    let times = [
        (0, "1970-01-01", "00:00"),
        (MINUTE - 1, "1970-01-01", "00:00"),
        (MINUTE, "1970-01-01", "00:01"),
        (24 * HOUR - 1, "1970-01-01", "23:59"),
        (24 * HOUR, "1970-01-02", "00:00"),
        (59 * 24 * HOUR + 10 * HOUR + 9 * MINUTE, "1970-03-01", "10:09"),
    ];
    let bids = times.map(|(millis, _, _)| bid(1, 2, 3, millis));
    let rows = times.map(|(millis, dt, hm)| Filed {
        auction: 1,
        bidder: 2,
        price: 3,
        date_time: at(millis),
        extra: "cc2".to_owned(),
        dt: dt.to_owned(),
        hm: hm.to_owned(),
    });
    left(q10, &bids).expect("q10", rows);
    assert_eq!(left(q10, &generated_over_days()).lines("q10").len(), generated().len());
}

/// What q14 gives of a bid.
fn calculated(b: &Bid) -> Option<Calculated> {
    let price = b.price as f64 * 0.908;
    let hour = b.date_time.micros() / 1_000 / HOUR % 24;
    (1_000_000.0 < price && price < 50_000_000.0).then(|| Calculated {
        auction: b.auction,
        bidder: b.bidder,
        price,
        bid_time_type: match hour {
            7 | 19 => "otherTime",
            _ if hour > 7 && hour < 19 => "dayTime",
            _ => "nightTime",
        }
        .to_owned(),
        date_time: b.date_time,
        extra: b.extra.clone(),
        c_counts: b.extra.matches('c').count() as i64,
    })
}

#[test]
fn q14_calculates() {
    let mut bids = generated_over_days();
    // The prices that are next to the borders, two of them within.
    let borders = [1_101_321, 1_101_322, 55_066_079, 55_066_080];
    bids.extend(borders.map(|price| bid(1, 2, price, 0)));
    for hour in 0..24 {
        bids.push(bid(1, 2, 2_000_000, hour * HOUR));
        bids.push(bid(1, 2, 2_000_000, (hour + 1) * HOUR - 1));
    }
    let rows: Vec<_> = bids.iter().filter_map(calculated).collect();
    assert!(rows.len() > 100 && rows.len() < bids.len());
    let left = left(q14, &bids);
    left.expect("q14", rows);
    let lines = left.lines("q14");
    let shown = |price: &str| lines.iter().filter(|line| line.contains(price)).count();
    assert_eq!([shown("1000000.3"), shown("49999999.")], [1, 1]);
}

#[test]
fn q21_finds_channel_ids() {
    let ids = [
        ("apple", "", Some("0")),
        ("GOOGLE", "https://x/?a=1&channel_id=9", Some("1")),
        ("faceBook", "", Some("2")),
        ("Baidu", "", Some("3")),
        ("apples", "", None),
        ("other", "https://x/?query=1&channel_id=77", Some("77")),
        ("other", "https://x/?query=1&channel_id=77&b=2", Some("77")),
        ("other", "https://x/?query=1&channel_id=7&channel_id=8", Some("7")),
        ("other", "channel_id=5&b=2", Some("5")),
        ("other", "https://x/?query=1&channel_id=", Some("")),
        ("other", "https://x/?channel_id=5", None),
        ("other", "https://x/?query=1&my_channel_id=5", None),
        ("", "", None),
    ];
    let bids = ids.map(|(channel, url, _)| Bid {
        channel: channel.to_owned(),
        url: url.to_owned(),
        ..bid(1, 2, 3, 0)
    });
    let row = |(channel, _, id): (&str, &str, Option<&str>)| {
        Some(Channelled {
            auction: 1,
            bidder: 2,
            price: 3,
            channel: channel.to_owned(),
            channel_id: id?.to_owned(),
        })
    };
    left(q21, &bids).expect("q21", ids.into_iter().filter_map(row));

    let bids = generated();
    let rows: Vec<_> = bids
        .iter()
        .cloned()
        .filter_map(|b| {
            let channel_id = match b.channel.as_str() {
                "Apple" => "0",
                "Google" => "1",
                "Facebook" => "2",
                "Baidu" => "3",
                _ => &b.url[b.url.find("&channel_id=")? + "&channel_id=".len()..],
            };
            Some(Channelled {
                auction: b.auction,
                bidder: b.bidder,
                price: b.price,
                channel_id: channel_id.to_owned(),
                channel: b.channel,
            })
        })
        .collect();
    assert!(rows.len() > 2_000 && rows.len() < bids.len());
    left(q21, &bids).expect("q21", rows);
}

#[test]
fn q22_splits_urls() {
    let directories = |b: Bid| {
        let parts: Vec<_> = b.url.split('/').map(str::to_owned).collect();
        Directories {
            auction: b.auction,
            bidder: b.bidder,
            price: b.price,
            channel: b.channel,
            dir1: parts.get(3).cloned(),
            dir2: parts.get(4).cloned(),
            dir3: parts.get(5).cloned(),
        }
    };
    let mut bids = generated();
    bids.extend(
        ["", "https://host", "https://host/a//c/d", "https://host/a/"]
            .map(|url| Bid { url: url.to_owned(), ..bid(1, 2, 3, 0) }),
    );
    let left = left(q22, &bids);
    left.expect("q22", bids.into_iter().map(directories));
    let lines = left.lines("q22");
    let ends = [
        r#""dir1":null,"dir2":null,"dir3":null}"#,
        r#""dir1":"a","dir2":"","dir3":"c"}"#,
        r#""dir1":"a","dir2":"","dir3":null}"#,
    ];
    let ends = ends.map(|end| lines.iter().filter(|line| line.ends_with(end)).count());
    assert_eq!(ends, [2, 1, 1]);
}
