//! Every query, run by the program over files.

use crate::binary::{QUERIES, command, inputs, prints, sorted};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The lines that a query leaves, which go to a file and are sorted.
#[track_caller]
fn leaves(folder: &Path, query: &str, flags: &[String]) -> Vec<String> {
    let out = folder.join("out.jsonl");
    let mut command = command(folder, &[query, "run", "--out", &format!("{query}=out.jsonl")]);
    let output = command.args(flags).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    let lines = sorted(&out);
    std::fs::remove_file(&out).unwrap();
    lines
}

fn flags(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

#[test]
fn every_query_leaves_the_same_in_both_modes_of_every_format_with_any_workers() {
    let folder = tempfile::tempdir().unwrap();
    let generate = ["generate", "--events", "3000", "--rate", "100", "--out", "."];
    prints(folder.path(), &[&generate[..], &["--format", "jsonl,parquet,csv"]].concat());
    for (query, logs) in QUERIES {
        let run = |end: &str, how: &str| {
            leaves(folder.path(), query, &[inputs(logs, end), flags(how)].concat())
        };
        let first = run(".jsonl", "--mode batch --workers 1");
        assert!(!first.is_empty(), "{query}");
        for (end, how) in [
            (".parquet", "--mode batch --workers 2"),
            (".csv", "--mode batch --workers 4"),
            (".jsonl", "--mode stream --workers 2"),
            (".parquet", "--mode stream --workers 4"),
            (".csv", "--mode stream --workers 1"),
        ] {
            let lines = run(end, how);
            let differ = lines.iter().zip(&first).find(|(a, b)| a != b);
            assert_eq!((differ, lines.len()), (None, first.len()), "{query} {end} {how}");
        }
    }
}

#[test]
fn every_query_reads_folders_of_files() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let generate = ["generate", "--events", "3000", "--rate", "100", "--out", "."];
    prints(folder.path(), &[&generate[..], &["--format", "jsonl"]].concat());
    for log in ["person", "auction", "bid"] {
        let text = std::fs::read_to_string(at(&format!("{log}.jsonl"))).unwrap();
        let mut parts = [const { String::new() }; 3];
        for (i, line) in text.lines().enumerate() {
            // Writing to a string cannot fail.
            let _ = writeln!(parts[i % 3], "{line}");
        }
        std::fs::create_dir(at(log)).unwrap();
        for (i, part) in parts.iter().enumerate() {
            std::fs::write(at(log).join(format!("{i}.jsonl")), part).unwrap();
        }
    }
    for (query, logs) in QUERIES {
        let run = |end: &str, how: &str| {
            leaves(folder.path(), query, &[inputs(logs, end), flags(how)].concat())
        };
        let batch = run("", "--mode batch");
        assert_eq!(batch, run("", "--mode stream"), "{query}");
        // Where lines tell which bid comes first, it matters in which file they are.
        if !["q9", "q18", "q19"].contains(&query) {
            assert_eq!(batch, run(".jsonl", "--mode batch"), "{query}");
        }
    }
}

#[test]
fn bids_are_filed_in_folders() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| prints(folder.path(), arguments);
    run(&["generate", "--events", "7000", "--out", ".", "--rate", "100", "--format", "jsonl"]);
    let bids = leaves(folder.path(), "q0", &flags("--in bid=bid.jsonl"));
    for mode in ["batch", "stream"] {
        let out = format!("{mode}/?partition_by=dt,hm&format=jsonl");
        run(&["q10", "run", "--mode", mode, "--in", "bid.jsonl", "--out", &out]);
        let day = folder.path().join(mode).join("dt=1970-01-01");
        // The bids of 70 seconds. What the folders say is not in the files.
        let minutes = within(&day);
        assert_eq!(minutes.len(), 2);
        let files: Vec<_> = minutes.iter().flat_map(|minute| within(minute)).collect();
        let mut lines: Vec<_> = files.iter().flat_map(|file| sorted(file)).collect();
        lines.sort_unstable();
        assert_eq!(lines, bids);
    }
}

/// What is in a folder.
fn within(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}
