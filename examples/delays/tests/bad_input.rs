//! What the job's binary says and leaves when its input or output is bad.

use std::path::Path;
use std::process::{Command, Output};

const FLIGHTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/flights.parquet");

/// Runs the job in a folder, in both modes; they must end alike.
fn run(dir: &Path, arguments: &[&str]) -> Output {
    let run = |mode| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_delays"));
        command.args(["run", "--mode", mode, "--progress", "never"]).args(arguments);
        command.current_dir(dir).output().unwrap()
    };
    let (batch, stream) = (run("batch"), run("stream"));
    assert_eq!(batch.status.code(), stream.status.code(), "{batch:?} {stream:?}");
    assert_eq!(batch.stderr, stream.stderr);
    batch
}

/// Runs the job, which must fail with this status and words, and leave no output.
fn fails(dir: &Path, arguments: &[&str], status: i32, words: &[&str]) {
    let output = run(dir, arguments);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(status), "{error}");
    for word in words {
        assert!(error.contains(word), "`{word}` is not in: {error}");
    }
    let left: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("out"))
        .collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}

#[test]
fn truncated_parquet_is_named_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = std::fs::read(FLIGHTS).unwrap();
    std::fs::write(dir.path().join("cut.parquet"), &bytes[..bytes.len() / 2]).unwrap();
    fails(
        dir.path(),
        &["--in", "cut.parquet", "--out", "out.parquet"],
        1,
        &["cut.parquet", "not whole"],
    );
}

#[test]
fn damage_in_the_middle_of_parquet_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut bytes = std::fs::read(FLIGHTS).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4096].fill(0xA5);
    std::fs::write(dir.path().join("bad.parquet"), bytes).unwrap();
    let output = run(dir.path(), &["--in", "bad.parquet", "--out", "out.jsonl"]);
    // The damage may lie in a column that the job does not read; if not, it is told and nothing is left.
    if !output.status.success() {
        assert!(String::from_utf8_lossy(&output.stderr).contains("bad.parquet"));
        assert!(!dir.path().join("out.jsonl").exists());
    }
}

#[test]
fn missing_columns_are_told_before_the_first_record() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("in.csv"), "scheduled,carier,dep_delay\n").unwrap();
    let words = ["in.csv", "`carrier` is missing", "carier"];
    fails(dir.path(), &["--in", "in.csv", "--out", "out.csv"], 1, &words);
}

#[test]
fn folders_without_files_and_places_that_are_not_there() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("empty")).unwrap();
    fails(dir.path(), &["--in", "empty", "--out", "out.csv"], 2, &["empty", "no files"]);
    fails(dir.path(), &["--in", "nowhere.csv", "--out", "out.csv"], 2, &["nowhere.csv"]);
    let arguments = ["--in", FLIGHTS, "--out", "missing/out.csv"];
    fails(dir.path(), &arguments, 2, &["missing", "make it first"]);
}

#[test]
fn a_bad_record_fails_the_job_unless_its_policy_says_otherwise() {
    let dir = tempfile::tempdir().unwrap();
    let rows: &[u8] = b"scheduled,carrier,dep_delay\n\
        2013-01-01T05:15:00Z,UA,2\n\
        2013-01-01T05:15:00Z,UA\n\
        99999-01-01T05:15:00Z,AA,4\n\
        \xff\xfe,AA,4\n\
        2013-01-01T05:15:00Z,\xff,4\n\
        2013-01-01T05:20:00Z,UA,4\n";
    std::fs::write(dir.path().join("in.csv"), rows).unwrap();
    let words = ["src/main.rs:", "source", "in.csv, offset 54", "--on-error skip"];
    fails(dir.path(), &["--in", "in.csv", "--out", "out.jsonl"], 1, &words);

    for mode in ["batch", "stream"] {
        let output = Command::new(env!("CARGO_BIN_EXE_delays"))
            .args(["run", "--mode", mode, "--in", "in.csv", "--out", "out.jsonl"])
            .args(["--on-error", "dead-letter=letters.jsonl"])
            .current_dir(dir.path())
            .output()
            .unwrap();
        assert!(output.status.success());
        let rows = std::fs::read_to_string(dir.path().join("out.jsonl")).unwrap();
        assert!(rows.contains("\"count\":2") && rows.lines().count() == 1, "{rows}");
        let letters = std::fs::read_to_string(dir.path().join("letters.jsonl")).unwrap();
        assert_eq!(letters.lines().count(), 4, "{letters}");
    }
}
