//! Queries that are killed and started again leave what batch leaves.

use crate::binary::{QUERIES, command, inputs, prints, sorted};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// Much longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(120);

#[test]
fn killed_and_started_again() {
    let folder = tempfile::tempdir().unwrap();
    let generate = ["generate", "--events", "200000", "--rate", "1000", "--out", "."];
    prints(folder.path(), &[&generate[..], &["--format", "jsonl"]].concat());
    for (query, logs) in QUERIES.iter().filter(|(query, _)| KILLED.contains(query)) {
        let inputs = inputs(logs, ".jsonl");
        let run = |mode: &str| {
            let out = format!("{query}={query}-{mode}.jsonl");
            let mut command =
                command(folder.path(), &[query, "run", "--mode", mode, "--out", &out]);
            command.args(&inputs).stdout(Stdio::null()).stderr(Stdio::piped());
            if mode == "stream" {
                command.args(["--state", &format!("{query}-state"), "--epoch", "20ms"]);
            }
            command.spawn().unwrap()
        };
        succeed(run("batch"));
        let manifest = folder.path().join(format!("{query}-state/manifest.json"));
        let mut kills = 0;
        for _ in 0..3 {
            let (from, mut child) = (epoch(&manifest), run("stream"));
            if !until(&mut child, || epoch(&manifest) > from) {
                succeed(child);
                break;
            }
            child.kill().unwrap();
            child.wait().unwrap();
            kills += 1;
        }
        assert!(kills > 0, "{query} was too fast to be killed");
        succeed(run("stream"));
        let lines = |mode| sorted(&folder.path().join(format!("{query}-{mode}.jsonl")));
        let (batch, stream) = (lines("batch"), lines("stream"));
        assert!(!batch.is_empty(), "{query}");
        let differ = stream.iter().zip(&batch).find(|(a, b)| a != b);
        assert_eq!((differ, stream.len()), (None, batch.len()), "{query}");
    }
}

/// A table of a table, a join in windows, the best of a join, sessions, and a join with a list.
const KILLED: [&str; 5] = ["q4", "q8", "q9", "q11", "q13"];

/// The number of the last commit.
fn epoch(manifest: &Path) -> u64 {
    let text = std::fs::read_to_string(manifest).unwrap_or_default();
    let number = text
        .split_once("\"epoch\": ")
        .and_then(|(_, rest)| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok());
    number.unwrap_or(0)
}

/// Looks again and again until it is so, or the child has ended; false then.
fn until(child: &mut Child, so: impl Fn() -> bool) -> bool {
    let began = Instant::now();
    while !so() {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        assert!(began.elapsed() < PATIENCE, "nothing happened");
        std::thread::yield_now();
    }
    true
}

fn succeed(child: Child) {
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
