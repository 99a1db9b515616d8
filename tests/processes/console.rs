//! What a process says and how it ends: signals in batch mode, standard output, `verify`.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::{Duration, Instant};

/// Two partitions; the first meets a 7.
fn events() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let header = "at,who,n,x\n";
    let rows = "0,a,1,0.5\n1,b,7,0.25\n11000,a,3,1\n";
    std::fs::write(dir.path().join("0.csv"), format!("{header}{rows}")).unwrap();
    std::fs::write(dir.path().join("1.csv"), format!("{header}12000,\"c\",4,2\n")).unwrap();
    dir
}

fn command(job: &str, verb: &str, dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_contract-jobs"));
    command.args([job, verb, "--in", &format!("events={}/*.csv", dir.display())]);
    command
}

/// A batch run that waits in the midst of a record; with what it will say.
fn waiting(dir: &Path) -> (Child, BufReader<ChildStderr>) {
    let out = format!("waiting={}", dir.join("out.jsonl").display());
    let mut child = command("waiting", "run", dir)
        .args(["--mode", "batch", "--workers", "1", "--out", &out])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut err = BufReader::new(child.stderr.take().unwrap());
    says(&mut err, "here");
    (child, err)
}

fn says(err: &mut BufReader<ChildStderr>, expected: &str) {
    let mut line = String::new();
    err.read_line(&mut line).unwrap();
    assert_eq!(line.trim_end(), expected);
}

const STOPPING: &str = "stopping; Ctrl-C once more, after a second, to end at once";

fn signal(child: &Child, name: &str) {
    let done = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
    assert!(done.unwrap().success());
}

/// Lets a run that was told to stop go on, and ends with it.
fn ends_with(code: i32, dir: &Path, mut child: Child, mut err: BufReader<ChildStderr>) {
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    let mut rest = String::new();
    err.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "stopped before the end of input; nothing was written\n");
    assert_eq!(child.wait().unwrap().code(), Some(code));
    let left: Vec<_> = std::fs::read_dir(dir).unwrap().map(|f| f.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn ctrl_c_ends_a_batch_run_which_then_leaves_nothing() {
    let dir = events();
    let (child, mut err) = waiting(dir.path());
    signal(&child, "INT");
    says(&mut err, STOPPING);
    ends_with(130, dir.path(), child, err);
}

#[test]
fn sigterm_ends_it_as_well_and_says_no_more_the_second_time() {
    let dir = events();
    let (child, mut err) = waiting(dir.path());
    signal(&child, "TERM");
    says(&mut err, "stopping");
    signal(&child, "TERM");
    ends_with(143, dir.path(), child, err);
}

#[test]
fn a_later_ctrl_c_ends_it_at_once() {
    let dir = events();
    let (mut child, mut err) = waiting(dir.path());
    let first = Instant::now();
    signal(&child, "INT");
    says(&mut err, STOPPING);
    // It still waits for a line.
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        signal(&child, "INT");
    };
    assert_eq!(status.code(), Some(130));
    assert!(first.elapsed() > Duration::from_secs(1));
    assert!(!dir.path().join("out.jsonl").exists());
}

/// What a run prints, in order of text.
fn printed(job: &str, dir: &Path, flags: &[&str]) -> Vec<String> {
    let output = command(job, "run", dir).args(flags).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines.sort_unstable();
    lines
}

#[test]
fn a_pipe_gets_json_lines_the_same_in_both_modes() {
    let dir = events();
    let table = [
        r#"{"who":"a","count":2,"sum_x":1.5}"#,
        r#"{"who":"b","count":1,"sum_x":0.25}"#,
        r#"{"who":"c","count":1,"sum_x":2.0}"#,
    ];
    for mode in ["batch", "stream"] {
        assert_eq!(printed("ever", dir.path(), &["--mode", mode]), table);
        // Each epoch changes the table, which is shown once all the same: at the end.
        let flags = ["--mode", mode, "--epoch", "1ms"];
        assert_eq!(printed("ever", dir.path(), &flags), table);
    }
    let all = printed("watched", dir.path(), &["--mode", "batch"]);
    assert_eq!(all, printed("watched", dir.path(), &["--mode", "stream"]));
    for output in ["totals", "finals", "odd"] {
        assert!(all.iter().any(|line| line.contains(output)), "{output} in {all:?}");
    }
}

#[test]
fn standard_output_takes_a_format() {
    let dir = events();
    for mode in ["batch", "stream"] {
        let rows = printed("ever", dir.path(), &["--mode", mode, "--out", "-?format=csv"]);
        assert_eq!(rows, ["a,2,1.5", "b,1,0.25", "c,1,2.0", "who,count,sum_x"], "{mode}");
    }
}

#[test]
fn updates_of_a_table_are_printed_as_they_happen_and_lead_to_the_same() {
    let dir = events();
    let flags = ["--mode", "stream", "--epoch", "1ms", "--out", "ever=-?changes"];
    let lines = printed("ever", dir.path(), &flags);
    assert!(
        lines.iter().any(|line| line.contains(r#""who":"a","count":2,"sum_x":1.5"#)),
        "{lines:?}"
    );
    assert!(lines.iter().all(|line| line.contains(r#""op":"#)), "{lines:?}");
}

#[test]
fn verify_answers_with_1_where_runs_differ_and_with_0_where_none_does() {
    let dir = events();
    let verify = |job: &str| {
        let output = command(job, "verify", dir.path()).args(["--seed", "5"]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, text) = verify("watched");
    assert_eq!(code, Some(0), "{text}");
    let last = "watched: all 16 runs left the same rows, dead letters and totals\n";
    assert!(text.ends_with(last), "{text}");
    let (code, text) = verify("impure");
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("runs differ; the first is batch with 1 worker"), "{text}");
    assert!(text.contains("tests/bin/jobs.rs:") && text.contains("    record: {"), "{text}");
    assert!(text.ends_with("to see it again: verify with --seed 5\n"), "{text}");
}

#[test]
fn an_input_is_not_written_over() {
    let dir = events();
    let input = dir.path().join("0.csv");
    let before = std::fs::read(&input).unwrap();
    let dead_letters = format!("dead-letter={}", input.display());
    let new = format!("ever={}", dir.path().join("2.csv").display());
    let path = input.to_str().unwrap();
    for flags in [["--on-error", &dead_letters], ["--report", path], ["--out", &new]] {
        let output = command("ever", "run", dir.path()).args(flags).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("and the input `events`"), "{said}");
        assert_eq!(std::fs::read(&input).unwrap(), before);
    }
    assert_eq!(std::fs::read_dir(&dir).unwrap().count(), 2);
}
