//! A real process that is killed, ended and started again leaves what batch leaves.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const OUTPUTS: [&str; 4] = ["totals", "finals", "late", "odd"];

/// Much longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// Numbers from a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// A folder with events, and room for what the job writes.
struct Place(tempfile::TempDir);

impl Place {
    /// Each file is a partition and, being small, one split.
    fn with_events(files: u64, rows: u64) -> Place {
        let place = Place(tempfile::tempdir().unwrap());
        std::fs::create_dir(place.path("events")).unwrap();
        let mut random = Random(files ^ rows);
        for file in 0..files {
            let text = HEADER.to_owned() + &lines(&mut random, file * 1000, rows + file);
            std::fs::write(place.path(&format!("events/{file:03}.csv")), text).unwrap();
        }
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, job: &str, input: &str, flags: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_contract-jobs"));
        let input = format!("events={}", self.path(input).display());
        command.args([job, "run", "--in", &input, "--progress", "never", "--workers", "2"]);
        command.args(flags).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    /// The command that runs `watched` into a folder.
    fn watched(&self, into: &str, flags: &[&str]) -> Command {
        std::fs::create_dir_all(self.path(into)).unwrap();
        let mut command = self.command("watched", "events", flags);
        for output in OUTPUTS {
            let file = self.path(&format!("{into}/{output}.jsonl"));
            command.args(["--out", &format!("{output}={}", file.display())]);
        }
        let report = self.path(&format!("{into}/report.json"));
        command.arg("--report").arg(report);
        command
    }

    fn streamed(&self, into: &str) -> Command {
        let state = self.path(&format!("{into}-state"));
        let state = state.to_str().unwrap();
        self.watched(into, &["--mode", "stream", "--epoch", "20ms", "--state", state])
    }

    /// The number of the last commit.
    fn epoch(&self, into: &str) -> u64 {
        number(&self.path(&format!("{into}-state/manifest.json")), "epoch").unwrap_or(0)
    }

    fn assert_same(&self, one: &str, other: &str) {
        for output in OUTPUTS {
            let lines = |of: &str| {
                let text = std::fs::read_to_string(self.path(&format!("{of}/{output}.jsonl")));
                let text = text.unwrap();
                let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
                lines.sort_unstable();
                lines
            };
            let (one, other) = (lines(one), lines(other));
            assert!(!one.is_empty(), "{output} is empty");
            let differ = one.iter().zip(&other).find(|(a, b)| a != b);
            assert_eq!((differ, one.len()), (None, other.len()), "{output}");
        }
        // The totals of operators; times and modes differ.
        let totals = |of: &str| {
            let text = std::fs::read_to_string(self.path(&format!("{of}/report.json"))).unwrap();
            let (_, rest) = text.split_once("\"operators\": [").unwrap();
            let lines = rest.split_once(']').unwrap().0.lines();
            lines.filter(|line| !line.contains("\"time\": ")).collect::<Vec<_>>().join("\n")
        };
        assert_eq!(totals(one), totals(other));
    }
}

const HEADER: &str = "at,who,n,x\n";

/// Events in a rough order of time, some of them late.
fn lines(random: &mut Random, mut at: u64, rows: u64) -> String {
    let mut text = String::new();
    for _ in 0..rows {
        at += random.below(60);
        let behind = if random.below(50) == 0 { random.below(40_000) } else { random.below(500) };
        let (who, n) = (random.below(20), random.below(2000) as i64 - 1000);
        let x = random.below(1 << 30) as f64 / 7.0;
        let _ = writeln!(text, "{},w{who},{n},{x}", at.saturating_sub(behind));
    }
    text
}

/// A number in a manifest.
fn number(manifest: &Path, field: &str) -> Option<u64> {
    let text = std::fs::read_to_string(manifest).ok()?;
    let (_, rest) = text.split_once(&format!("\"{field}\": "))?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// Looks again and again until it is so, or the child has ended; false then.
fn until(child: &mut Child, mut so: impl FnMut() -> bool) -> bool {
    let began = Instant::now();
    loop {
        if so() {
            return true;
        }
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        assert!(began.elapsed() < PATIENCE, "nothing happened");
        std::thread::yield_now();
    }
}

fn signal(child: &Child, name: &str) {
    let done = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
    assert!(done.unwrap().success());
}

fn succeed(child: Child) -> String {
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{text}");
    text
}

fn run(mut command: Command) {
    succeed(command.spawn().unwrap());
}

#[test]
fn killed_at_any_moment_and_started_again_until_it_is_done() {
    let place = Place::with_events(40, 12_000);
    run(place.watched("batch", &["--mode", "batch"]));
    let mut random = Random(7);
    let mut kills = 0;
    while kills < 8 {
        let mut child = place.streamed("stream").spawn().unwrap();
        let (from, epochs) = (place.epoch("stream"), random.below(2));
        // A moment later than the commit: somewhere in the work of the next epoch.
        let (mut looks, later) = (0, random.below(400));
        let alive = until(&mut child, || {
            looks += u64::from(place.epoch("stream") > from + epochs);
            looks > later
        });
        if !alive {
            succeed(child);
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
    }
    assert!(kills >= 3, "it was too fast to be killed more than {kills} times");
    run(place.streamed("stream"));
    place.assert_same("batch", "stream");
}

#[test]
fn sigterm_ends_it_cleanly_and_it_goes_on_from_there() {
    let place = Place::with_events(30, 2_000);
    run(place.watched("batch", &["--mode", "batch"]));
    let mut child = place.streamed("stream").spawn().unwrap();
    assert!(until(&mut child, || place.epoch("stream") >= 1));
    signal(&child, "TERM");
    let said = succeed(child);
    assert!(said.contains("stopping\n"), "{said}");
    let manifest = place.path("stream-state/manifest.json");
    assert!(std::fs::read_to_string(manifest).unwrap().contains("\"finished\": false"));
    run(place.streamed("stream"));
    place.assert_same("batch", "stream");
}

#[test]
fn a_growing_file_is_followed_until_it_is_interrupted() {
    let place = Place(tempfile::tempdir().unwrap());
    let (path, mut random) = (place.path("events.csv"), Random(3));
    let (state, table) = (place.path("state"), place.path("followed.jsonl"));
    let out = |file: &Path| format!("ever={}", file.display());
    let (state, out_followed) = (state.to_str().unwrap().to_owned(), out(&table));
    std::fs::write(&path, HEADER).unwrap();
    let mut whole = HEADER.to_owned();
    // A line without its end is not a record yet; the next part ends it.
    for round in 0..2 {
        let flags = ["--state", &state, "--epoch", "10ms", "--out", &out_followed];
        let mut child = place.command("ever", "events.csv?follow", &flags).spawn().unwrap();
        for part in 0..2 {
            let more = lines(&mut random, 0, 500);
            let cut = more.trim_end().rfind('\n').unwrap() + 4;
            let mut file = std::fs::File::options().append(true).open(&path).unwrap();
            file.write_all(&more.as_bytes()[..cut]).unwrap();
            let ended = whole.len() + more[..cut].rfind('\n').unwrap() + 1;
            whole += &more[..cut];
            let manifest = Path::new(&state).join("manifest.json");
            let read = || number(&manifest, "offset") == Some(ended as u64);
            assert!(until(&mut child, read), "round {round}, part {part}");
            file.write_all(&more.as_bytes()[cut..]).unwrap();
            whole += &more[cut..];
            let read = || number(&manifest, "offset") == Some(whole.len() as u64);
            assert!(until(&mut child, read), "round {round}, part {part}");
        }
        signal(&child, "INT");
        succeed(child);
        let batch = place.path("batch.jsonl");
        run(place.command("ever", "events.csv", &["--mode", "batch", "--out", &out(&batch)]));
        let sorted = |file: &Path| {
            let text = std::fs::read_to_string(file).unwrap();
            let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
            lines.sort_unstable();
            lines
        };
        assert_eq!(sorted(&table), sorted(&batch), "round {round}");
    }
}
