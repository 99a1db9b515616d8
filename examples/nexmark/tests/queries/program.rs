//! The program: its files, the columns of its queries, and what it says.

use crate::binary::{QUERIES, inputs, nexmark, prints};
use std::collections::BTreeMap;
use std::path::Path;

/// The files in a folder, by name.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let named =
        entries.map(|e| (e.file_name().into_string().unwrap(), std::fs::read(e.path()).unwrap()));
    named.collect()
}

#[test]
fn the_same_options_give_the_same_files() {
    let folder = tempfile::tempdir().unwrap();
    let generate = |out: &str, more: &[&str]| {
        let arguments = [&["generate", "--events", "10001", "--out", out], more].concat();
        assert_eq!(prints(folder.path(), &arguments), "");
        files(&folder.path().join(out))
    };
    let all = generate("a/b", &[]);
    let names = [
        "auction.jsonl",
        "auction.parquet",
        "bid.jsonl",
        "bid.parquet",
        "person.jsonl",
        "person.parquet",
        "side_input.csv",
    ];
    assert_eq!(all.keys().collect::<Vec<_>>(), names.each_ref());
    assert_eq!(all, generate("again", &["--progress", "never", "--seed", "0"]));
    assert_eq!(all, generate("again", &["--format", "parquet,jsonl"]));

    let all_formats = generate("csv", &["--format", "csv,jsonl"]);
    let header = "auction,bidder,price,channel,url,date_time,extra\n";
    assert!(all_formats["bid.csv"].starts_with(header.as_bytes()));
    assert_eq!(all_formats["bid.jsonl"], all["bid.jsonl"]);

    let text = generate("text", &["--format", "jsonl"]);
    assert_eq!(text.len(), 4);
    assert!(text.iter().all(|(name, bytes)| all[name] == *bytes));
    assert_ne!(text["bid.jsonl"], generate("text", &["--seed", "1"])["bid.jsonl"]);
    assert_ne!(text["bid.jsonl"], generate("text", &["--rate", "100"])["bid.jsonl"]);

    let lines = |name: &str| all[name].iter().filter(|byte| **byte == b'\n').count();
    let counts = ["person.jsonl", "auction.jsonl", "bid.jsonl", "side_input.csv"].map(lines);
    assert_eq!(counts.iter().sum::<usize>(), 10_001 + 10_001);
    assert_eq!(counts[..2], [201, 600]);
    let side_input = String::from_utf8_lossy(&all["side_input.csv"]);
    assert!(
        side_input.starts_with("key,value\n0,0\n1,1\n") && side_input.ends_with("\n9999,9999\n")
    );
    let person = String::from_utf8_lossy(&all["person.jsonl"]);
    assert!(person.starts_with(r#"{"id":1000,"name":"vicky noris","email_address":"#), "{person}");
}

#[test]
fn times_go_back_by_less_than_a_second() {
    for rate in ["100", "12345"] {
        let folder = tempfile::tempdir().unwrap();
        let flags = ["--events", "5000", "--out", ".", "--format", "jsonl", "--rate", rate];
        prints(folder.path(), &[&["generate"], &flags[..]].concat());
        for name in ["person", "auction", "bid"] {
            let text =
                std::fs::read_to_string(folder.path().join(format!("{name}.jsonl"))).unwrap();
            let times: Vec<i64> = text
                .lines()
                .map(|line| {
                    let (_, rest) = line.split_once(r#""date_time":"#).unwrap();
                    rest.split(',').next().unwrap().parse().unwrap()
                })
                .collect();
            let mut greatest = 0;
            let back = times.iter().map(|time| {
                greatest = greatest.max(*time);
                greatest - time
            });
            let back = back.max().unwrap();
            assert!(back < 1_000, "{name}: {back}");
            assert!(name != "bid" || rate != "100" || back > 100, "{back}");
        }
    }
}

#[test]
fn outputs_have_the_columns_of_the_suite() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "person.jsonl",
        r#"{"id":7,"name":"n","email_address":"e","credit_card":"1","city":"c","state":"or","date_time":5,"extra":"p"}"#,
    );
    write(
        "auction.jsonl",
        r#"{"id":123,"item_name":"i","description":"d","initial_bid":3,"reserve":4,"date_time":0,"expires":9,"seller":7,"category":10,"extra":"a"}"#,
    );
    write(
        "bid.jsonl",
        r#"{"auction":123,"bidder":2,"price":2000000,"channel":"Apple","url":"https://h/a/b/c","date_time":1,"extra":"ccc"}"#,
    );
    write("side_input.csv", "key,value\n123,abc\n");
    let counts = |total: &str| {
        format!(
            r#"{total}"total_bids":1,"rank1_bids":0,"rank2_bids":0,"rank3_bids":1,"total_bidders":1,"rank1_bidders":0,"rank2_bidders":0,"rank3_bidders":1,"total_auctions":1,"rank1_auctions":0,"rank2_auctions":0,"rank3_auctions":1}}"#
        )
    };
    let plain = r#"{"auction":123,"bidder":2,"price":2000000,"date_time":1,"extra":"ccc""#;
    let bid = r#"{"auction":123,"bidder":2,"price":2000000,"channel":"Apple","url":"https://h/a/b/c","date_time":1,"extra":"ccc""#;
    let hot = |start| {
        format!(
            r#"{{"window_start":{start},"window_end":{},"auction":123,"num":1}}"#,
            start + 10_000
        )
    };
    let rows = [
        ("q0", format!("{plain}}}")),
        ("q1", plain.replace("2000000", "1816000.0") + "}"),
        ("q2", r#"{"auction":123,"price":2000000}"#.to_owned()),
        ("q3", r#"{"name":"n","city":"c","state":"or","id":123}"#.to_owned()),
        ("q4", r#"{"category":10,"avg_price":2000000.0}"#.to_owned()),
        ("q5", [-8000, -6000, -4000, -2000, 0].map(hot).join("\n")),
        ("q6", r#"{"seller":7,"avg_price":2000000.0}"#.to_owned()),
        ("q7", format!("{plain}}}")),
        ("q8", r#"{"id":7,"name":"n","starttime":0}"#.to_owned()),
        (
            "q9",
            r#"{"id":123,"item_name":"i","description":"d","initial_bid":3,"reserve":4,"date_time":0,"expires":9,"seller":7,"category":10,"extra":"a","auction":123,"bidder":2,"price":2000000,"bid_date_time":1,"bid_extra":"ccc"}"#.to_owned(),
        ),
        ("q10", format!(r#"{plain},"dt":"1970-01-01","hm":"00:00"}}"#)),
        ("q11", r#"{"bidder":2,"bid_count":1,"starttime":1,"endtime":10001}"#.to_owned()),
        ("q12", r#"{"bidder":2,"bid_count":1,"starttime":0,"endtime":10000}"#.to_owned()),
        (
            "q13",
            r#"{"auction":123,"bidder":2,"price":2000000,"date_time":1,"value":"abc"}"#.to_owned(),
        ),
        (
            "q14",
            r#"{"auction":123,"bidder":2,"price":1816000.0,"bid_time_type":"nightTime","date_time":1,"extra":"ccc","c_counts":3}"#.to_owned(),
        ),
        ("q15", counts(r#"{"day":"1970-01-01","#)),
        ("q16", counts(r#"{"channel":"Apple","day":"1970-01-01","minute":"00:00","#)),
        (
            "q17",
            r#"{"auction":123,"day":"1970-01-01","total_bids":1,"rank1_bids":0,"rank2_bids":0,"rank3_bids":1,"min_price":2000000,"max_price":2000000,"avg_price":2000000.0,"sum_price":2000000}"#.to_owned(),
        ),
        ("q18", format!("{bid}}}")),
        ("q19", bid.replace(r#","bidder""#, r#","rank_number":1,"bidder""#) + "}"),
        (
            "q20",
            r#"{"auction":123,"bidder":2,"price":2000000,"channel":"Apple","url":"https://h/a/b/c","bid_date_time":1,"bid_extra":"ccc","item_name":"i","description":"d","initial_bid":3,"reserve":4,"auction_date_time":0,"expires":9,"seller":7,"category":10,"auction_extra":"a"}"#.to_owned(),
        ),
        (
            "q21",
            r#"{"auction":123,"bidder":2,"price":2000000,"channel":"Apple","channel_id":"0"}"#.to_owned(),
        ),
        (
            "q22",
            r#"{"auction":123,"bidder":2,"price":2000000,"channel":"Apple","dir1":"a","dir2":"b","dir3":"c"}"#.to_owned(),
        ),
    ];
    assert_eq!(rows.each_ref().map(|row| row.0), QUERIES.map(|query| query.0));
    for ((query, expected), (_, logs)) in rows.iter().zip(QUERIES) {
        let inputs = inputs(logs, ".jsonl");
        let arguments: Vec<_> =
            [*query, "run"].into_iter().chain(inputs.iter().map(String::as_str)).collect();
        let text = prints(folder.path(), &arguments);
        let mut lines: Vec<_> = text.lines().collect();
        let mut expected: Vec<_> = expected.lines().collect();
        lines.sort_unstable();
        expected.sort_unstable();
        assert_eq!(lines, expected, "{query}");
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let wrong: &[(&[&str], i32, &str)] = &[
        (&["generate"], 2, "--events"),
        (&["generate", "--events", "0", "--out", "a"], 2, "--events"),
        (&["generate", "--events", "9", "--out", "a", "--format", "xml"], 2, "jsonl, parquet, csv"),
        (&["generate", "--events", "9", "--out", "a", "--rate", "99"], 2, "--rate"),
        (&["generate", "--events", "9", "--out", "file"], 1, "file"),
        (&["q99"], 2, "q99"),
    ];
    for (arguments, status, word) in wrong {
        let output = nexmark(folder.path(), arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(*status), "{arguments:?}: {error}");
        assert!(error.contains(word), "{arguments:?}: {error}");
    }
    assert_eq!(files(folder.path()).len(), 1);
}

#[test]
fn help_tells_of_the_queries_and_of_the_data() {
    let folder = tempfile::tempdir().unwrap();
    let help = prints(folder.path(), &["--help"]);
    assert!(help.contains("q22") && help.contains("nexmark generate"), "{help}");
    let help = prints(folder.path(), &["generate", "--help"]);
    assert!(help.contains("nexmark q5 run --in bid=data/bid.jsonl"), "{help}");
}
