//! Epochs that end within a file, and going on only where the input is what it was.

use ouzel::connectors::{MemoryOutput, input, output};
use ouzel::hooks::{Event as Told, Observer};
use ouzel::prelude::*;
use ouzel::{Mode, Run};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Clone, Debug, Record)]
struct Event {
    #[record(event_time)]
    at: Timestamp,
    who: i64,
}

/// What is final and what came late, of minutes.
#[job]
fn minutely(events: Stream<Event>) -> (Stream<Final<i64, u64>>, Stream<Event>) {
    let windows = events.key_by(|e| e.who).window(tumbling(minutes(1))).lateness(seconds(90));
    (windows.aggregate(count()).finals().named("finals"), windows.late().named("late"))
}

/// Events of some hours, a little out of order, and now and then one that is late.
fn events(count: i64) -> Vec<Event> {
    let time = |i: i64| i * 300 + (i * 7_919) % 61_000 - if i % 97 == 0 { 240_000 } else { 0 };
    let event = |i| Event { at: Timestamp::from_micros(time(i) * 1_000), who: i * 31 % 4_001 };
    (0..count).map(event).collect()
}

fn write(path: &Path, events: Vec<Event>) {
    let batch = ouzel_testkit::batch(events);
    let mut content = output(path.to_str().unwrap()).unwrap().replace(batch.schema_ref()).unwrap();
    content.write(&batch).unwrap();
    content.finish().unwrap();
}

#[derive(Default)]
struct Commits(AtomicUsize);

impl Observer for Commits {
    fn on(&self, event: &Told<'_>) {
        if let Told::Commit { .. } = event {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Runs of the job over files, whose state and outputs outlive them.
struct Runs {
    dir: tempfile::TempDir,
    files: &'static str,
    finals: Arc<MemoryOutput>,
    late: Arc<MemoryOutput>,
    commits: Arc<Commits>,
}

impl Runs {
    fn new(files: &'static str) -> Runs {
        let dir = tempfile::tempdir().unwrap();
        Runs { dir, files, finals: Arc::default(), late: Arc::default(), commits: Arc::default() }
    }

    fn run(&self, mode: Mode) -> Run {
        let files = input(&format!("{}/{}", self.dir.path().display(), self.files)).unwrap();
        ouzel::run::<minutely>().mode(mode).workers(2).input("events", files)
    }

    /// As a stream with so little memory that epochs end soon.
    fn stream(&self) -> Run {
        self.run(Mode::Stream)
            .output("finals", self.finals.clone())
            .output("late", self.late.clone())
            .state(self.dir.path().join("state"))
            .observer(self.commits.clone())
            .config(|config| {
                config.memory_bytes = 1 << 20;
                config.chunk_rows = 1_000;
            })
    }

    /// What the stream left, and what batch leaves.
    fn both(&self) -> [Vec<String>; 4] {
        let lines = |output: &MemoryOutput| {
            let rows = |b: &arrow::array::RecordBatch| {
                (0..b.num_rows()).map(|row| ouzel::json::row(b, row)).collect::<Vec<_>>()
            };
            sorted(output.batches().iter().flat_map(rows).collect())
        };
        let batch = self.run(Mode::Batch).execute().unwrap();
        let [finals, late] = ["finals", "late"].map(|output| sorted(batch.lines(output)));
        [lines(&self.finals), finals, lines(&self.late), late]
    }
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

#[test]
fn a_compressed_file_is_read_in_several_epochs() {
    let runs = Runs::new("events.jsonl.gz");
    write(&runs.dir.path().join("events.jsonl.gz"), events(100_000));
    let crash = runs.stream().stream(|stream| stream.crash_after_splits = Some(3));
    crash.execute().unwrap_err();
    let before = runs.commits.0.load(Ordering::Relaxed);
    assert!(before >= 2, "{before} commits before the crash, each within the file");
    let summary = runs.stream().execute().unwrap().summary;
    let commits = runs.commits.0.load(Ordering::Relaxed);
    assert!(commits > before + 2, "{commits} commits in all");
    assert_eq!(summary.operators[0].records_out, 100_000);
    let [finals, finals_batch, late, late_batch] = runs.both();
    assert!(late.len() > 900, "{} are late", late.len());
    assert_eq!(finals, finals_batch);
    assert_eq!(late, late_batch);
}

#[test]
fn rule_6_a_sequence_goes_on_only_where_it_was() {
    let runs = Runs::new("*.jsonl?sequence");
    let mut all = events(30_000);
    let rest = all.split_off(10_000);
    write(&runs.dir.path().join("b.jsonl"), all);
    write(&runs.dir.path().join("c.jsonl"), rest);
    let crash = runs.stream().stream(|stream| {
        stream.splits_per_epoch = Some(1);
        stream.crash_after_splits = Some(2);
    });
    crash.execute().unwrap_err();
    let new = runs.dir.path().join("a.jsonl");
    write(&new, events(10));
    let said = runs.stream().execute().unwrap_err().to_string();
    assert!(said.contains("the input `events` changed before the place"), "{said}");
    assert!(said.contains("b.jsonl") || said.contains("c.jsonl"), "{said}");
    fs::remove_file(new).unwrap();
    runs.stream().execute().unwrap();
    let [finals, finals_batch, late, late_batch] = runs.both();
    assert_eq!(finals, finals_batch);
    assert_eq!(late, late_batch);
}

#[test]
fn rule_6_another_file_of_the_same_name_is_refused() {
    for file in ["events.jsonl", "events.jsonl.gz", "events.parquet"] {
        let runs = Runs::new(file);
        let path = runs.dir.path().join(file);
        write(&path, events(30_000));
        let crash = runs.stream().stream(|stream| {
            stream.splits_per_epoch = Some(1);
            stream.crash_after_splits = Some(2);
        });
        let crash = crash.config(|config| config.split_bytes = 10_000);
        crash.execute().unwrap_err();
        let mut others = events(30_000);
        others.iter_mut().for_each(|event| event.who += 1);
        let same = fs::read(&path).unwrap();
        write(&path, others);
        let said = runs.stream().execute().unwrap_err().to_string();
        assert!(said.contains("the input `events` changed before the place"), "{file}: {said}");
        fs::write(&path, same).unwrap();
        runs.stream().execute().unwrap();
        let [finals, finals_batch, late, late_batch] = runs.both();
        assert_eq!((finals, late), (finals_batch, late_batch), "{file}");
    }
}

#[test]
fn an_output_is_gone_on_with_only_at_its_place() {
    let runs = Runs::new("events.jsonl");
    let dir = runs.dir.path().display().to_string();
    write(&runs.dir.path().join("events.jsonl"), events(30_000));
    let run = |late: &str| {
        runs.stream().output("late", format!("{dir}/{late}").as_str()).stream(|stream| {
            stream.splits_per_epoch = Some(1);
        })
    };
    run("late.jsonl").stream(|stream| stream.crash_after_splits = Some(2)).execute().unwrap_err();
    for other in ["precious.jsonl", "late.jsonl?format=csv"] {
        fs::write(runs.dir.path().join("precious.jsonl"), "precious\n".repeat(100_000)).unwrap();
        let said = run(other).execute().unwrap_err().to_string();
        let names = said.contains("the output `late` was ") && said.contains(other);
        assert!(names && said.contains("late.jsonl when the state"), "{said}");
    }
    assert_eq!(fs::metadata(runs.dir.path().join("precious.jsonl")).unwrap().len(), 900_000);
    run("late.jsonl").execute().unwrap();
}

#[test]
fn outputs_that_were_not_ended_are_ended_by_the_next_run() {
    let runs = Runs::new("events.jsonl");
    write(&runs.dir.path().join("events.jsonl"), events(100));
    runs.stream().execute().unwrap();
    let manifest = runs.dir.path().join("state/manifest.json");
    let ended = fs::read_to_string(&manifest).unwrap();
    assert!(ended.contains("\"closed\": true"), "{ended}");
    fs::write(&manifest, ended.replace("\"closed\": true", "\"closed\": false")).unwrap();
    assert!(runs.stream().execute().unwrap().summary.already_finished);
    assert_eq!(fs::read_to_string(&manifest).unwrap(), ended);
}
