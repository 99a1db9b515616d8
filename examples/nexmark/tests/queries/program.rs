//! The binary: the files that it writes, and queries run over them.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

fn nexmark(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nexmark"));
    command.args(arguments).current_dir(folder).output().unwrap()
}

/// Runs it, which must go well, and gives what it prints.
fn prints(folder: &Path, arguments: &[&str]) -> String {
    let output = nexmark(folder, arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

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
fn queries_run_over_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| prints(folder.path(), arguments);
    run(&["generate", "--events", "5000", "--out", ".", "--rate", "100"]);
    for query in
        ["q0", "q1", "q2", "q5", "q7", "q10", "q12", "q14", "q15", "q16", "q17", "q21", "q22"]
    {
        let mut outputs = Vec::new();
        for mode in ["batch", "stream"] {
            for bids in ["bid=bid.jsonl", "bid=bid.parquet"] {
                let out = format!("{query}=out.jsonl");
                run(&[query, "run", "--mode", mode, "--in", bids, "--out", &out]);
                let text = std::fs::read_to_string(folder.path().join("out.jsonl")).unwrap();
                std::fs::remove_file(folder.path().join("out.jsonl")).unwrap();
                let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
                lines.sort_unstable();
                outputs.push(lines);
            }
        }
        assert!(!outputs[0].is_empty(), "{query}");
        assert!(outputs.iter().all(|lines| *lines == outputs[0]), "{query}");
    }
    run(&["q10", "run", "--in", "bid.jsonl", "--out", "filed/?partition_by=dt,hm&format=jsonl"]);
    assert!(folder.path().join("filed/dt=1970-01-01").is_dir());
}

#[test]
fn outputs_have_the_columns_of_the_suite() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("bid.jsonl"),
        r#"{"auction":123,"bidder":2,"price":2000000,"channel":"Apple","url":"https://h/a/b/c","date_time":1,"extra":"ccc"}"#,
    )
    .unwrap();
    let counts = |total: &str| {
        format!(
            r#"{total}"total_bids":1,"rank1_bids":0,"rank2_bids":0,"rank3_bids":1,"total_bidders":1,"rank1_bidders":0,"rank2_bidders":0,"rank3_bidders":1,"total_auctions":1,"rank1_auctions":0,"rank2_auctions":0,"rank3_auctions":1}}"#
        )
    };
    let plain = r#"{"auction":123,"bidder":2,"price":2000000,"date_time":1,"extra":"ccc""#;
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
        ("q5", [-8000, -6000, -4000, -2000, 0].map(hot).join("\n")),
        ("q7", format!("{plain}}}")),
        ("q10", format!(r#"{plain},"dt":"1970-01-01","hm":"00:00"}}"#)),
        ("q12", r#"{"bidder":2,"bid_count":1,"starttime":0,"endtime":10000}"#.to_owned()),
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
        (
            "q21",
            r#"{"auction":123,"bidder":2,"price":2000000,"channel":"Apple","channel_id":"0"}"#.to_owned(),
        ),
        (
            "q22",
            r#"{"auction":123,"bidder":2,"price":2000000,"channel":"Apple","dir1":"a","dir2":"b","dir3":"c"}"#.to_owned(),
        ),
    ];
    for (query, expected) in rows {
        let text = prints(folder.path(), &[query, "run", "--in", "bid=bid.jsonl"]);
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
        (&["generate", "--events", "9", "--out", "a", "--format", "csv"], 2, "jsonl, parquet"),
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
