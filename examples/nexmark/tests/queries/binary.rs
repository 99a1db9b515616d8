//! The program, and the queries that it has.

use std::path::Path;
use std::process::{Command, Output};

/// All queries, with the logs that they read.
pub const QUERIES: [(&str, &[&str]); 23] = [
    ("q0", &["bid"]),
    ("q1", &["bid"]),
    ("q2", &["bid"]),
    ("q3", &["auction", "person"]),
    ("q4", &["auction", "bid"]),
    ("q5", &["bid"]),
    ("q6", &["auction", "bid"]),
    ("q7", &["bid"]),
    ("q8", &["person", "auction"]),
    ("q9", &["auction", "bid"]),
    ("q10", &["bid"]),
    ("q11", &["bid"]),
    ("q12", &["bid"]),
    ("q13", &["bid", "side_input"]),
    ("q14", &["bid"]),
    ("q15", &["bid"]),
    ("q16", &["bid"]),
    ("q17", &["bid"]),
    ("q18", &["bid"]),
    ("q19", &["bid"]),
    ("q20", &["bid", "auction"]),
    ("q21", &["bid"]),
    ("q22", &["bid"]),
];

/// The program, to be run in a folder.
pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nexmark"));
    command.args(arguments).current_dir(folder);
    command
}

pub fn nexmark(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

/// Runs it, which must go well, and gives what it prints.
#[track_caller]
pub fn prints(folder: &Path, arguments: &[&str]) -> String {
    let output = nexmark(folder, arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

/// The flags by which a query reads logs, whose files are named after them. The side input is CSV.
pub fn inputs(logs: &[&str], end: &str) -> Vec<String> {
    let flags = logs.iter().flat_map(|log| {
        let end = if *log == "side_input" { ".csv" } else { end };
        ["--in".to_owned(), format!("{log}={log}{end}")]
    });
    flags.collect()
}

/// The lines of a file, sorted.
pub fn sorted(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap();
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines.sort_unstable();
    lines
}
