//! Rule 17: kept state is refused where the job has changed, and belongs to one process at a time.

use ouzel::connectors::MemoryOutput;
use ouzel::prelude::*;
use ouzel::{Mode, Outcome, Result, Run};
use std::path::Path;
use std::sync::Arc;

#[derive(Clone, Debug, Record)]
struct Event {
    who: String,
    n: i64,
}

/// A job, and what became of it, under one name.
mod first {
    use super::*;

    #[job]
    pub fn totals(events: Stream<Event>, least: i64) -> Table<String, i64> {
        events.filter(|e| e.n >= least).key_by(|e| e.who).aggregate(sum(|e| e.n))
    }
}

mod same {
    use super::*;

    /// Other lines and words, the same code.
    #[job]
    pub fn totals(events: Stream<Event>, least: i64) -> Table<String, i64> {
        // Comments and layout are not part of a job.
        events.filter(|e| e.n >= least).key_by(|e| e.who).aggregate(sum(|e| e.n))
    }
}

mod other_filter {
    use super::*;

    #[job]
    pub fn totals(events: Stream<Event>, least: i64) -> Table<String, i64> {
        events.filter(|e| e.n > least).key_by(|e| e.who).aggregate(sum(|e| e.n))
    }
}

mod other_state {
    use super::*;

    #[job]
    pub fn totals(events: Stream<Event>, least: i64) -> Table<String, f64> {
        events.filter(|e| e.n >= least).key_by(|e| e.who).aggregate(mean(|e| e.n))
    }
}

mod one_more {
    use super::*;

    #[job]
    pub fn totals(events: Stream<Event>, least: i64) -> Table<String, i64> {
        let some = events.filter(|e| e.n >= least).named("totals.filter");
        some.inspect(|_| ())
            .named("look")
            .key_by(|e| e.who)
            .named("totals.key_by")
            .aggregate(sum(|e| e.n))
            .named("totals.aggregate")
    }
}

#[job]
fn other_name(events: Stream<Event>, least: i64) -> Table<String, i64> {
    events.filter(|e| e.n >= least).key_by(|e| e.who).aggregate(sum(|e| e.n))
}

fn run<J: Job>(state: &Path, least: i64) -> Run {
    let events = (0..9).map(|n| Event { who: format!("w{}", n % 2), n });
    let batches: Vec<_> = events.map(|e| ouzel_testkit::batch([e])).collect();
    ouzel::run::<J>().mode(Mode::Stream).input("events", batches).param("least", least).state(state)
}

/// A folder that a crash of the first job left, with two of nine records in it.
fn begun() -> tempfile::TempDir {
    let state = tempfile::tempdir().unwrap();
    let crash = run::<first::totals>(state.path(), 1).stream(|stream| {
        stream.splits_per_epoch = Some(1);
        stream.crash_after_splits = Some(3);
    });
    crash.execute().unwrap_err();
    state
}

fn refusal(done: Result<Outcome>) -> String {
    let error = done.unwrap_err();
    assert!(matches!(error, ouzel::Error::State(_)), "{error:?}");
    error.to_string()
}

#[test]
fn the_same_code_goes_on() {
    let left = run::<same::totals>(begun().path(), 1).execute().unwrap();
    let batch = run::<first::totals>(Path::new("unused"), 1).mode(Mode::Batch).execute().unwrap();
    assert_eq!(left.lines("totals"), batch.lines("totals"));
    assert_eq!(left.summary.operators[1].records_out, 8);
}

#[test]
fn a_changed_closure_is_refused_by_the_operators_name_until_it_is_accepted() {
    let state = begun();
    let said = refusal(run::<other_filter::totals>(state.path(), 1).execute());
    assert!(said.contains("`totals.filter` (tests/contract/changed.rs:"), "{said}");
    assert!(said.contains("changed") && said.contains("--accept"), "{said}");
    assert!(!said.contains("totals.key_by"), "{said}");
    let accepted = run::<other_filter::totals>(state.path(), 1)
        .stream(|stream| stream.accept = vec!["totals.filter".to_owned()]);
    let summary = accepted.execute().unwrap().summary;
    assert_eq!(summary.incomparable, ["totals"], "rule 17: batch cannot give the same");
    assert!(summary.warnings()[0].contains("more than one version"), "{:?}", summary.warnings());
}

#[test]
fn a_changed_parameter_is_refused_until_it_is_accepted() {
    let state = begun();
    let said = refusal(run::<first::totals>(state.path(), 5).execute());
    assert!(said.contains("the parameter `--least` was 1 and is 5"), "{said}");
    let accepted = run::<first::totals>(state.path(), 5)
        .stream(|stream| stream.accept = vec!["least".to_owned()]);
    accepted.execute().unwrap();
}

#[test]
fn a_new_operator_is_refused() {
    let said = refusal(run::<one_more::totals>(begun().path(), 1).execute());
    assert!(said.contains("`look` (tests/contract/changed.rs:"), "{said}");
    assert!(said.contains("is new"), "{said}");
}

#[test]
fn state_of_another_type_or_job_is_never_accepted() {
    let state = begun();
    let accept = |run: Run| {
        run.stream(|stream| stream.accept = vec!["totals.aggregate".to_owned()]).execute()
    };
    let said = refusal(accept(run::<other_state::totals>(state.path(), 1)));
    assert!(said.contains("does not fit `totals.aggregate`"), "{said}");
    let said = refusal(accept(run::<other_name>(state.path(), 1)));
    assert!(said.contains("belongs to the job `totals`, not `other_name`"), "{said}");
}

#[test]
fn a_finished_run_does_nothing_again_and_leaves_its_outputs_alone() {
    let state = begun();
    let table = Arc::new(MemoryOutput::new());
    let go = || run::<first::totals>(state.path(), 1).output("totals", table.clone()).execute();
    let first = go().unwrap().summary;
    let written = table.batches();
    let again = go().unwrap().summary;
    assert!(again.already_finished && !first.already_finished);
    assert_eq!((again.operators, table.batches()), (first.operators, written));
}

#[test]
fn a_second_process_on_the_same_state_is_refused() {
    let state = begun();
    let lock = std::fs::File::options().write(true).open(state.path().join("lock")).unwrap();
    lock.lock().unwrap();
    let said = refusal(run::<first::totals>(state.path(), 1).execute());
    assert!(said.contains("in use by another process"), "{said}");
    drop(lock);
    run::<first::totals>(state.path(), 1).execute().unwrap();
}

mod wired {
    use super::*;

    #[job]
    pub fn wired(events: Stream<Event>, least: i64) -> (Table<String, i64>, Stream<Event>) {
        let more = events.filter(|e| e.n >= least);
        let less = events.filter(|e| e.n < least);
        let sums = more.key_by(|e| e.who).aggregate(sum(|e| e.n));
        (sums, more)
    }
}

mod wired_otherwise {
    use super::*;

    #[job]
    pub fn wired(events: Stream<Event>, least: i64) -> (Table<String, i64>, Stream<Event>) {
        let more = events.filter(|e| e.n >= least);
        let less = events.filter(|e| e.n < least);
        let sums = less.key_by(|e| e.who).aggregate(sum(|e| e.n));
        (sums, more)
    }
}

#[test]
fn an_operator_that_takes_its_records_from_another_is_refused() {
    let state = tempfile::tempdir().unwrap();
    let crash = run::<wired::wired>(state.path(), 1).stream(|stream| {
        stream.splits_per_epoch = Some(1);
        stream.crash_after_splits = Some(3);
    });
    crash.execute().unwrap_err();
    let said = refusal(run::<wired_otherwise::wired>(state.path(), 1).execute());
    assert!(said.contains("`sums.key_by` (tests/contract/changed.rs:"), "{said}");
}

mod shows_more {
    use super::*;

    #[job]
    pub fn shown(events: Stream<Event>, least: i64) -> Stream<Event> {
        let more = events.filter(|e| e.n >= least);
        let less = events.filter(|e| e.n < least).inspect(|_| ());
        more
    }
}

mod shows_less {
    use super::*;

    #[job]
    pub fn shown(events: Stream<Event>, least: i64) -> Stream<Event> {
        let more = events.filter(|e| e.n >= least);
        let less = events.filter(|e| e.n < least).inspect(|_| ());
        less
    }
}

#[test]
fn an_output_that_shows_another_operator_is_refused() {
    let state = tempfile::tempdir().unwrap();
    let crash = run::<shows_more::shown>(state.path(), 1).stream(|stream| {
        stream.splits_per_epoch = Some(1);
        stream.crash_after_splits = Some(3);
    });
    crash.execute().unwrap_err();
    refusal(run::<shows_less::shown>(state.path(), 1).execute());
}
