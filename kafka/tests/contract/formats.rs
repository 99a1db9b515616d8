//! Messages to records: formats, what a message has besides its value, and what is no record.

use ouzel::prelude::*;
use ouzel::stage::OnError;
use ouzel::{Mode, Outcome, Run};
use ouzel_kafka_broker::skipped;
use ouzel_kafka_tests::jobs::{Event, copied};
use ouzel_kafka_tests::{Topic, client, message, send_with, sorted, tombstone};
use std::sync::Arc;

fn events() -> Vec<Event> {
    (0..50).map(|n| Event::new(n, format!("w{}", n % 7), n * n - 40)).collect()
}

fn json(events: &[Event]) -> Vec<String> {
    sorted(events.iter().map(Event::json))
}

fn run(uri: &str) -> Run {
    ouzel::run::<copied>().input("events", uri).workers(2)
}

fn batch(uri: &str) -> Outcome {
    run(uri).mode(Mode::Batch).execute().unwrap()
}

fn spread(lines: impl IntoIterator<Item = String>) -> Vec<ouzel_kafka_tests::Message> {
    lines.into_iter().enumerate().map(|(n, line)| message(n as i32 % 3, line)).collect()
}

#[test]
fn json_csv_and_tsv_give_the_same() {
    if skipped() {
        return;
    }
    let events = events();
    let line = |between: &str| {
        let line =
            |e: &Event| format!("{}{between}{}{between}{}", e.at.micros() / 1_000, e.who, e.n);
        events.iter().map(line).collect::<Vec<_>>()
    };
    let forms = [
        ("", events.iter().map(Event::json).collect()),
        ("?format=json", events.iter().map(|e| e.json() + "\n").collect()),
        ("?format=csv", line(",")),
        ("?format=csv&delimiter=;&null=-", line(";")),
        ("?format=tsv", line("\t")),
    ];
    for (options, lines) in forms {
        let topic = Topic::new("forms", 3);
        topic.send(spread(lines));
        let outcome = batch(&topic.uri(options));
        assert_eq!(outcome.lines("copied"), json(&events), "{options}");
        let options =
            if options.is_empty() { "?end=now".into() } else { format!("{options}&end=now") };
        let streamed = run(&topic.uri(&options)).mode(Mode::Stream).execute().unwrap();
        assert_eq!(streamed.lines("copied"), json(&events), "{options}");
    }
}

#[test]
fn compressed_messages_are_read() {
    if skipped() {
        return;
    }
    let events = events();
    for codec in ["zstd", "lz4", "snappy", "gzip"] {
        let topic = Topic::new("compressed", 3);
        let producer = client(&[("compression.type", codec), ("linger.ms", "20")]);
        send_with(&producer, &topic.name, spread(events.iter().map(Event::json)));
        assert_eq!(batch(&topic.uri("")).lines("copied"), json(&events), "{codec}");
    }
}

#[derive(Clone, Record)]
struct Line {
    line: String,
}

#[job]
fn lines(lines: Stream<Line>) -> Stream<Line> {
    lines.filter(|l| !l.line.is_empty() || l.line.is_empty())
}

#[derive(Clone, Record)]
struct Blob {
    blob: Bytes,
}

#[job]
fn lengths(blobs: Stream<Blob>) -> Stream<u64> {
    blobs.map(|b| b.blob.len() as u64).named("length")
}

#[test]
fn raw_messages_are_text_or_bytes() {
    if skipped() {
        return;
    }
    let topic = Topic::new("raw", 1);
    topic.send([
        message(0, "a,b\nc"),
        message(0, ""),
        message(0, "{\"x\":"),
        message(0, b"\xff\xfe\xfd".to_vec()),
    ]);
    let uri = topic.uri("?format=raw");
    let run = ouzel::run::<lines>().input("lines", &*uri).mode(Mode::Batch);
    let error = run.execute().unwrap_err().to_string();
    assert!(error.contains("UTF-8") && error.contains(&format!("{}/0", topic.name)), "{error}");
    let run = ouzel::run::<lines>().input("lines", &*uri).on_error(OnError::Skip);
    let outcome = run.mode(Mode::Batch).execute().unwrap();
    let expected = [r#"{"line":""}"#, r#"{"line":"a,b\nc"}"#, r#"{"line":"{\"x\":"}"#];
    assert_eq!(outcome.lines("lines"), expected);
    let run = ouzel::run::<lengths>().input("blobs", &*uri).mode(Mode::Batch);
    let lengths = run.execute().unwrap().lines("lengths");
    assert_eq!(lengths.len(), 4, "{lengths:?}");
    // And raw out again.
    let out = Topic::absent("raw-out");
    let run = ouzel::run::<lines>().input("lines", &*uri).on_error(OnError::Skip);
    run.output("lines", &*out.uri("?format=raw")).mode(Mode::Batch).execute().unwrap();
    assert_eq!(out.values(), ["", "a,b\nc", "{\"x\":"]);
}

#[derive(Clone, Record)]
struct Whole {
    #[record(meta = "topic")]
    topic: String,
    #[record(meta = "partition")]
    partition: i32,
    #[record(meta = "offset")]
    offset: i64,
    #[record(event_time, meta = "timestamp")]
    made: Timestamp,
    #[record(meta = "key")]
    key: Option<String>,
    #[record(meta = "header:kind")]
    kind: Option<String>,
    n: i64,
}

#[job]
fn whole(events: Stream<Whole>) -> (Stream<Whole>, Table<Windowed<Option<String>>, i64>) {
    let all = events.filter(|e| e.n < 100);
    let sums = all.key_by(|e| e.kind).window(tumbling(seconds(10))).lateness(seconds(1));
    let sums = sums.aggregate(sum(|e| e.n));
    (all, sums)
}

#[derive(Clone, Record)]
struct Keyed {
    #[record(meta = "key")]
    key: String,
    n: i64,
}

#[job]
fn by_key(events: Stream<Keyed>) -> Table<String, i64> {
    events.key_by(|e| e.key).aggregate(sum(|e| e.n))
}

#[test]
fn a_record_has_what_its_message_has() {
    if skipped() {
        return;
    }
    let topic = Topic::new("whole", 2);
    let name = &topic.name;
    topic.send([
        message(0, r#"{"n":1}"#).key("a").header("kind", "x").header("kind", "y").at(1_000),
        message(1, r#"{"n":2}"#).at(2_500),
        message(1, r#"{"n":3}"#).key("").header("other", "z").at(12_000),
    ]);
    let uri = topic.uri("");
    let run = || ouzel::run::<whole>().input("events", &*uri);
    let row = |partition, offset, made: &str, key: &str, kind: &str, n| {
        format!(
            r#"{{"topic":"{name}","partition":{partition},"offset":{offset},"made":"{made}","key":{key},"kind":{kind},"n":{n}}}"#
        )
    };
    let expected = sorted([
        row(0, 0, "1970-01-01T00:00:01Z", r#""a""#, r#""y""#, 1),
        row(1, 0, "1970-01-01T00:00:02.5Z", "null", "null", 2),
        row(1, 1, "1970-01-01T00:00:12Z", r#""""#, "null", 3),
    ]);
    let outcome = run().mode(Mode::Batch).execute().unwrap();
    assert_eq!(outcome.lines("all"), expected);
    assert_eq!(outcome.lines("sums").len(), 3);
    let verification = run().verify(7).unwrap();
    assert!(verification.agrees(), "{verification}");
    // A key that has to be there.
    let error = ouzel::run::<by_key>().input("events", &*uri).mode(Mode::Batch).execute();
    let error = error.unwrap_err().to_string();
    assert!(error.contains("the message has nothing for `key`"), "{error}");
    assert!(error.contains(&format!("{name}/1")), "{error}");
    let run = ouzel::run::<by_key>().input("events", &*uri).on_error(OnError::Skip);
    let sums = run.mode(Mode::Batch).execute().unwrap().lines("by_key");
    assert_eq!(sums, [r#"{"key":"","sum_n":3}"#, r#"{"key":"a","sum_n":1}"#]);
}

/// Bad records at known places among good ones.
fn some_bad() -> (Topic, Vec<String>) {
    let topic = Topic::new("bad", 2);
    let good: Vec<Event> = (0..6).map(|n| Event::new(n, "a", n)).collect();
    let mut messages: Vec<_> = good.iter().map(|e| message(0, e.json())).collect();
    messages.push(message(1, good[0].json()));
    messages.push(message(1, r#"{"at":1,"who":"#).key("k"));
    messages.push(tombstone(1, "gone"));
    messages.push(message(1, ""));
    messages.push(message(1, good[1].json()));
    topic.send(messages);
    let good = good.iter().chain(&good[..2]).map(Event::json);
    (topic, sorted(good))
}

#[test]
fn what_is_no_record_follows_the_policy() {
    if skipped() {
        return;
    }
    let (topic, good) = some_bad();
    let place = format!("{}/1", topic.name);
    for mode in [Mode::Batch, Mode::Stream] {
        let uri = topic.uri("?end=now");
        let error = run(&uri).mode(mode).execute().unwrap_err().to_string();
        assert!(error.contains(&place) && error.contains("offset 1"), "{error}");

        let outcome = run(&uri).mode(mode).on_error(OnError::Skip).execute().unwrap();
        assert_eq!(outcome.lines("copied"), good);
        let errors: u64 = outcome.summary.operators.iter().map(|o| o.errors).sum();
        assert_eq!(errors, 3, "{mode}: {:?}", outcome.summary.operators);

        // Kept aside in a topic, together with what is good.
        let (letters, out) = (Topic::absent("letters"), Topic::absent("good"));
        let sink = ouzel_kafka::output(&letters.uri("")).unwrap().unwrap();
        let state = tempfile::tempdir().unwrap();
        let run = run(&uri).mode(mode).on_error(OnError::DeadLetter);
        let run = run.config(|config| config.dead_letters = Some(Arc::clone(&sink)));
        let run = run.output("copied", &*out.uri(""));
        let run = if mode == Mode::Stream { run.state(state.path()) } else { run };
        run.execute().unwrap();
        assert_eq!(out.values(), good);
        let letters: Vec<serde_json::Value> =
            letters.values().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        let of = |n: usize, name: &str| letters[n][name].clone();
        assert_eq!(letters.len(), 3, "{mode}: {letters:?}");
        for n in 0..3 {
            assert_eq!(of(n, "input"), "events");
            assert_eq!(of(n, "partition"), *place);
            assert_eq!(of(n, "offset"), n as u64 + 1);
        }
        assert_eq!(of(0, "record"), r#"{"at":1,"who":"#);
        assert_eq!(of(1, "record"), "gone");
        assert!(of(1, "error").as_str().unwrap().contains("tombstone"), "{letters:?}");
    }
}

#[test]
fn a_tombstone_fails_in_words() {
    if skipped() {
        return;
    }
    let topic = Topic::new("tombstone", 1);
    topic.send([tombstone(0, "k")]);
    let error = run(&topic.uri("")).mode(Mode::Batch).execute().unwrap_err().to_string();
    assert!(error.contains("tombstone, which removes a row"), "{error}");
    assert!(error.contains(&format!("{}/0", topic.name)) && error.contains("offset 0"), "{error}");
}
