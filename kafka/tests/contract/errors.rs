//! What goes wrong is said in words, and soon.

use ouzel::{Mode, Run};
use ouzel_kafka_broker::{Broker, skipped};
use ouzel_kafka_tests::jobs::{Event, copied};
use ouzel_kafka_tests::{Topic, message, start};
use std::path::Path;
use std::time::{Duration, Instant};

fn event(n: i64) -> ouzel_kafka_tests::Message {
    message(0, Event::new(n, "a", n).json())
}

fn run(uri: &str) -> Run {
    ouzel::run::<copied>().input("events", uri)
}

fn fails(run: Run) -> String {
    run.execute().unwrap_err().to_string()
}

#[test]
fn a_topic_that_there_is_not() {
    if skipped() {
        return;
    }
    let topic = Topic::absent("nowhere");
    for mode in [Mode::Batch, Mode::Stream] {
        let error = fails(run(&topic.uri("")).mode(mode));
        assert!(error.contains(&format!("there is no topic `{}`", topic.name)), "{error}");
        assert!(error.contains(Broker::shared().bootstrap()), "{error}");
    }
    // It is not made by asking for it.
    assert_eq!(topic.partitions(), 0);
}

#[test]
fn a_broker_that_there_is_not() {
    // Nobody listens there.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let began = Instant::now();
    for mode in [Mode::Batch, Mode::Stream] {
        let error = fails(run(&format!("kafka://{address}/x")).mode(mode));
        assert!(error.contains(&format!("is there a broker at {address}?")), "{error}");
    }
    let events = [Event::new(1, "a", 1)];
    let out = format!("kafka://{address}/out");
    for mode in [Mode::Batch, Mode::Stream] {
        let run = ouzel::run::<copied>().input_rows("events", events.clone());
        let error = fails(run.output("copied", &*out).mode(mode));
        assert!(error.contains(&format!("is there a broker at {address}?")), "{error}");
    }
    let took = began.elapsed();
    assert!(took < Duration::from_secs(20), "four runs took {took:?} to say so");
}

#[test]
fn uris_that_are_none() {
    for (uri, said) in [
        ("kafka://localhost:9092", "kafka://HOST:PORT/TOPIC"),
        ("kafka:///topic", "kafka://HOST:PORT/TOPIC"),
        ("kafka://localhost:9092/a/b", "kafka://HOST:PORT/TOPIC"),
        ("kafka://me:secret@localhost:9092/a", "takes no password"),
    ] {
        let error = fails(run(uri));
        assert!(error.contains(said), "{uri}: {error}");
        assert!(!error.contains("secret"), "{error}");
    }
}

/// Reads all there is, and stops.
fn read_to_the_end(topic: &Topic, state: &Path, out: &Topic, count: usize) {
    let make = run(&topic.uri("")).output("copied", &*out.uri("")).state(state);
    let running = start(make);
    running.until("all is read", || out.partitions() > 0 && out.values().len() == count);
    running.stop().unwrap();
}

#[test]
fn what_was_to_be_read_has_been_deleted() {
    if skipped() {
        return;
    }
    let (topic, out) = (Topic::new("deleted", 1), Topic::absent("deleted-out"));
    topic.send((0..10).map(event));
    let state = tempfile::tempdir().unwrap();
    read_to_the_end(&topic, state.path(), &out, 10);
    topic.send((10..20).map(event));
    topic.delete_before(0, 15);
    let again = run(&topic.uri("")).output("copied", &*out.uri("")).state(state.path());
    let error = start(again).fails();
    assert!(error.contains("is to be read from offset 10, and begins with 15"), "{error}");
    assert!(error.contains("retention"), "{error}");
    // What is behind it does no harm.
    let state = tempfile::tempdir().unwrap();
    let out = Topic::absent("deleted-out");
    read_to_the_end(&topic, state.path(), &out, 5);
    topic.delete_before(0, 18);
    topic.send([event(20)]);
    read_to_the_end(&topic, state.path(), &out, 6);
}

#[test]
fn a_topic_that_was_made_anew() {
    if skipped() {
        return;
    }
    // Shorter than it was read, and longer.
    for (count, told) in [(3, "was made anew"), (20, "was of the topic with the id")] {
        let (topic, out) = (Topic::new("anew", 1), Topic::absent("anew-out"));
        topic.send((0..10).map(event));
        let state = tempfile::tempdir().unwrap();
        read_to_the_end(&topic, state.path(), &out, 10);
        topic.delete();
        topic.make(1, &[]);
        topic.send((0..count).map(event));
        let again = run(&topic.uri("")).output("copied", &*out.uri("")).state(state.path());
        let error = start(again).fails();
        assert!(error.contains(told), "{error}");
        assert_eq!(out.values().len(), 10);
    }
}

#[test]
fn a_topic_that_is_made_anew_while_it_is_read() {
    if skipped() {
        return;
    }
    let (topic, out) = (Topic::new("renewed", 1), Topic::absent("renewed-out"));
    topic.send((0..10).map(event));
    let running = start(run(&topic.uri("")).output("copied", &*out.uri("")));
    running.until("all is read", || out.partitions() > 0 && out.values().len() == 10);
    topic.delete();
    topic.make(1, &[]);
    let error = running.fails();
    assert!(error.contains("was made anew") || error.contains("was deleted"), "{error}");
}

#[test]
fn a_topic_that_is_deleted_while_it_is_read() {
    if skipped() {
        return;
    }
    let (topic, out) = (Topic::new("going", 1), Topic::absent("going-out"));
    topic.send((0..10).map(event));
    let running = start(run(&topic.uri("")).output("copied", &*out.uri("")));
    running.until("all is read", || out.partitions() > 0 && out.values().len() == 10);
    topic.delete();
    let error = running.fails();
    assert!(error.contains(&topic.name) && error.contains("the topic was deleted"), "{error}");
}

#[test]
fn settings_are_refused_by_name_and_never_shown() {
    if skipped() {
        return;
    }
    let topic = Topic::new("settings", 1);
    topic.send([event(1)]);
    let dir = tempfile::tempdir().unwrap();
    let file = |text: &str| {
        let path = dir.path().join(format!("{}.properties", ouzel_kafka_tests::unique("config")));
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    // One that is good, with a secret that is of no use here.
    let good = file("# ours\nfetch.wait.max.ms = 50\nsasl.password=hunter2\n\n");
    let uri = topic.uri(&format!("?config={good}"));
    let outcome = run(&uri).mode(Mode::Batch).execute().unwrap();
    assert_eq!(outcome.lines("copied").len(), 1);
    assert!(!format!("{outcome:?}").contains("hunter2"));
    let input = ouzel_kafka::input(&uri).unwrap().unwrap();
    assert!(!input.describe().contains("hunter2"));
    let output = ouzel_kafka::output(&topic.uri(&format!("?config={good}"))).unwrap().unwrap();
    assert!(!output.describe().contains("hunter2"));
    // Some that are not.
    for (text, said) in [
        ("sasl.passwort=hunter2\n", "`sasl.passwort`"),
        ("security.protocol=hunter2\n", "`security.protocol`"),
        ("socket.timeout.ms=hunter2\n", "`socket.timeout.ms`"),
        ("a=b\nhunter2\n", "line 2 is not `name=value`"),
    ] {
        let config = file(text);
        let uri = topic.uri(&format!("?config={config}"));
        for error in [
            fails(run(&uri).mode(Mode::Batch)),
            fails(run(&topic.uri("")).output("copied", &*uri).mode(Mode::Batch)),
        ] {
            assert!(error.contains(said), "{text}: {error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
    let error = fails(run(&topic.uri("?config=/no/such/file")).mode(Mode::Batch));
    assert!(error.contains("/no/such/file"), "{error}");
}

#[test]
fn an_output_that_cannot_be_written_to() {
    if skipped() {
        return;
    }
    // Records may be no longer than so much.
    let topic = Topic::new("long", 1);
    topic.send([message(0, Event::new(1, "x".repeat(50_000), 1).json()), event(2)]);
    let out = Topic::with("short", 1, &[("max.message.bytes", "1000")]);
    for mode in [Mode::Batch, Mode::Stream] {
        let error = fails(run(&topic.uri("?end=now")).output("copied", &*out.uri("")).mode(mode));
        assert!(error.contains(&out.name), "{error}");
        assert!(error.contains("too large") || error.contains("Message size"), "{error}");
    }
    assert_eq!(out.read(), []);
}
