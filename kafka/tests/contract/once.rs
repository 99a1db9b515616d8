//! Exactly once, by a process alone.

use ouzel::stage::OnError;
use ouzel::{CommitPoint, Guarantee, Mode, Run};
use ouzel_kafka_broker::{Broker, skipped};
use ouzel_kafka_tests::jobs::{Event, by_total, copied, totals};
use ouzel_kafka_tests::{Topic, message, start};
use std::path::Path;

fn events(count: i64) -> Topic {
    let topic = Topic::new("once", 2);
    send(&topic, 0, count);
    topic
}

fn send(topic: &Topic, from: i64, to: i64) {
    let event =
        |n: i64| message(n as i32 % 2, Event::new(n, format!("w{}", n % 13), n % 97).json());
    topic.send((from..to).map(event));
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn a_crash_at_any_place_of_a_commit_leaves_what_batch_leaves() {
    if skipped() {
        return;
    }
    use CommitPoint as P;
    let topic = events(600);
    let run = || ouzel::run::<totals>().input("events", &*topic.uri("?end=0:300,1:300")).workers(2);
    let batch = run().mode(Mode::Batch).execute().unwrap();
    for point in
        [P::BeforeManifest, P::BeforeSession, P::AfterSession, P::AfterManifest, P::BeforeClose]
    {
        let (table, stream) = (Topic::absent("crash-totals"), Topic::absent("crash-odd"));
        let state = tempfile::tempdir().unwrap();
        let run = || {
            let run = run().output("totals", &*table.uri("")).output("odd", &*stream.uri(""));
            let run = run.mode(Mode::Stream).state(state.path());
            run.config(|config| config.split_bytes = 8_000).stream(|stream| {
                stream.splits_per_epoch = Some(2);
            })
        };
        // Each process crashes in its second commit, or a later one.
        let mut crashes = 0;
        loop {
            let crashing = run().stream(|stream| stream.crash_in_commit = Some((2, point)));
            match crashing.execute() {
                Err(error) if error.to_string().contains("crashed") => crashes += 1,
                Err(error) => panic!("{point:?}: {error}"),
                Ok(_) => break,
            }
            if crashes > 3 {
                run().execute().unwrap();
                break;
            }
        }
        assert!(crashes > 0, "{point:?}");
        let again = run().execute().unwrap();
        assert!(again.summary.already_finished, "{point:?}");
        assert_eq!(stream.values(), batch.lines("odd"), "{point:?}");
        assert_eq!(table.rows(), batch.lines("totals"), "{point:?}");
    }
}

/// A stream that is stopped when it has written all that its input holds.
fn catch_up(make: impl Fn() -> Run, topic: &Topic, out: &Topic) {
    let running = start(make());
    let expected = ouzel::run::<copied>().input("events", &*topic.uri("")).mode(Mode::Batch);
    let expected = expected.execute().unwrap().lines("copied");
    running.until("the stream has caught up", || out.partitions() > 0 && out.values() == expected);
    running.stop().unwrap();
}

#[test]
fn a_state_folder_that_is_older_than_the_last_commit_is_refused() {
    if skipped() {
        return;
    }
    let (topic, out) = (events(20), Topic::absent("older"));
    let dir = tempfile::tempdir().unwrap();
    let (state, older) = (dir.path().join("state"), dir.path().join("older"));
    let make = || {
        let run = ouzel::run::<copied>().input("events", &*topic.uri(""));
        run.output("copied", &*out.uri("")).state(&state)
    };
    catch_up(make, &topic, &out);
    copy(&state, &older);
    send(&topic, 20, 40);
    catch_up(make, &topic, &out);
    std::fs::remove_dir_all(&state).unwrap();
    copy(&older, &state);
    let error = start(make()).fails();
    assert!(error.contains("it is a copy, or an older one"), "{error}");
    assert_eq!(out.values().len(), 40);
}

#[test]
fn a_run_goes_on_with_another_guarantee() {
    if skipped() {
        return;
    }
    use Guarantee::{AtLeastOnce, ExactlyOnce};
    let (topic, out) = (events(20), Topic::absent("moved"));
    let state = tempfile::tempdir().unwrap();
    for (round, guarantee) in (1..).zip([ExactlyOnce, AtLeastOnce, ExactlyOnce, ExactlyOnce]) {
        let make = || {
            let run = ouzel::run::<copied>().input("events", &*topic.uri(""));
            let run = run.output("copied", &*out.uri("")).state(state.path());
            run.stream(|stream| stream.guarantee = Some(guarantee))
        };
        // Stopped in an orderly way, it writes nothing twice.
        catch_up(make, &topic, &out);
        send(&topic, 20 * round, 20 * (round + 1));
    }
}

#[test]
fn a_second_process_fences_the_first() {
    if skipped() {
        return;
    }
    let (topic, out) = (events(20), Topic::absent("fenced"));
    let dir = tempfile::tempdir().unwrap();
    let (one, two) = (dir.path().join("one"), dir.path().join("two"));
    let make = |state: &Path| {
        let run = ouzel::run::<copied>().input("events", &*topic.uri(""));
        run.output("copied", &*out.uri("")).state(state)
    };
    let first = start(make(&one));
    first.until("the first has written", || out.partitions() > 0 && out.values().len() == 20);
    let has = |name: &str| one.join(name).exists();
    first.until("its manifest is in place", || has("manifest.json") && !has("manifest.next.json"));
    copy(&one, &two);
    let second = start(make(&two));
    second.begins();
    let fenced = std::cell::Cell::new(20);
    second.until("the first is fenced", || {
        send(&topic, fenced.get(), fenced.get() + 2);
        fenced.set(fenced.get() + 2);
        first.is_over()
    });
    let error = first.fails();
    assert!(error.contains("another process has taken over the run"), "{error}");
    let batch = ouzel::run::<copied>().input("events", &*topic.uri("")).mode(Mode::Batch);
    let expected = batch.execute().unwrap().lines("copied");
    second.until("the second has written all, once", || out.values() == expected);
    second.stop().unwrap();
    assert_eq!(out.values(), expected);
}

#[test]
fn one_folder_is_of_one_process() {
    if skipped() {
        return;
    }
    let (topic, out) = (events(4), Topic::absent("locked"));
    let state = tempfile::tempdir().unwrap();
    let make = || {
        let run = ouzel::run::<copied>().input("events", &*topic.uri(""));
        run.output("copied", &*out.uri("")).state(state.path())
    };
    let first = start(make());
    first.until("the first has written", || out.partitions() > 0 && out.values().len() == 4);
    let error = start(make()).fails();
    assert!(error.contains("in use by another process"), "{error}");
    first.stop().unwrap();
}

#[test]
fn what_cannot_be_once_is_refused() {
    if skipped() {
        return;
    }
    let topic = events(4);
    let run = || ouzel::run::<totals>().input("events", &*topic.uri("?end=now"));
    // Two clusters.
    let elsewhere = Broker::shared().bootstrap().replace("127.0.0.1", "localhost");
    let (table, stream) = (Topic::absent("here"), Topic::absent("there"));
    let there = format!("kafka://{elsewhere}/{}", stream.name);
    for mode in [Mode::Batch, Mode::Stream] {
        let run = run().output("totals", &*table.uri("")).output("odd", &*there).mode(mode);
        let error = run.execute().unwrap_err().to_string();
        assert!(error.contains("are of different clusters"), "{error}");
    }
    // Nothing is kept.
    let run = run().output("odd", &*stream.uri("")).mode(Mode::Stream);
    let run = run.stream(|stream| stream.guarantee = Some(Guarantee::ExactlyOnce));
    let error = run.execute().unwrap_err().to_string();
    assert!(error.contains("exactly-once needs the state of the run to be kept"), "{error}");
    assert_eq!(stream.partitions(), 0);
}

#[test]
fn at_least_once_loses_nothing() {
    if skipped() {
        return;
    }
    let topic = events(200);
    let run = || ouzel::run::<totals>().input("events", &*topic.uri("?end=0:100,1:100"));
    let batch = run().mode(Mode::Batch).execute().unwrap();
    // Without state, and with it and crashes.
    let (table, stream) = (Topic::absent("least-totals"), Topic::absent("least-odd"));
    let out = |run: Run| run.output("totals", &*table.uri("")).output("odd", &*stream.uri(""));
    out(run()).mode(Mode::Stream).execute().unwrap();
    assert_eq!(table.rows(), batch.lines("totals"));
    assert_eq!(stream.values(), batch.lines("odd"));

    let (table, stream) = (Topic::absent("least-totals"), Topic::absent("least-odd"));
    let state = tempfile::tempdir().unwrap();
    let run = || {
        let run = run().output("totals", &*table.uri("")).output("odd", &*stream.uri(""));
        let run = run.config(|config| config.split_bytes = 3_000).mode(Mode::Stream);
        run.state(state.path()).stream(|stream| {
            stream.guarantee = Some(Guarantee::AtLeastOnce);
            stream.splits_per_epoch = Some(1);
        })
    };
    for point in [CommitPoint::BeforeManifest, CommitPoint::AfterManifest] {
        let crashing = run().stream(|stream| stream.crash_in_commit = Some((2, point)));
        assert!(crashing.execute().unwrap_err().to_string().contains("crashed"));
    }
    run().execute().unwrap();
    assert_eq!(table.rows(), batch.lines("totals"));
    let mut written = stream.values();
    written.dedup();
    let mut expected = batch.lines("odd");
    expected.dedup();
    assert_eq!(written, expected);
    assert!(stream.values().len() >= batch.lines("odd").len());
}

#[test]
fn a_stream_that_fails_leaves_what_was_committed_and_goes_on_from_there() {
    if skipped() {
        return;
    }
    let (topic, out) = (Topic::new("fails", 1), Topic::absent("fails-out"));
    let state = tempfile::tempdir().unwrap();
    let make = || {
        let run = ouzel::run::<by_total>().input("events", &*topic.uri(""));
        run.output("by_total", &*out.uri("")).state(state.path())
    };
    topic.send((0..50).map(|n| message(0, Event::new(n, format!("w{n}"), n % 5).json())));
    topic.send([message(0, "none")]);
    let error = start(make()).fails();
    assert!(error.contains("offset 50"), "{error}");
    let running = start(make().on_error(OnError::Skip));
    let batch = ouzel::run::<by_total>().input("events", &*topic.uri("")).mode(Mode::Batch);
    let expected = batch.on_error(OnError::Skip).execute().unwrap().lines("by_total");
    running.until("it goes on", || out.partitions() > 0 && out.rows() == expected);
    running.stop().unwrap();
}
