//! What is read of topics: all of them, all of each, and nothing that was not committed.

use ouzel::{Mode, Run};
use ouzel_kafka_broker::skipped;
use ouzel_kafka_tests::jobs::{Event, by_total, copied, ordered, totals, windows};
use ouzel_kafka_tests::{
    Random, Topic, client, message, send_with, sorted, start, tombstone, unique, within,
};
use rdkafka::producer::{BaseProducer, Producer};
use std::time::Duration;

fn run(uri: &str) -> Run {
    ouzel::run::<copied>().input("events", uri).workers(2)
}

fn batch(uri: &str) -> Vec<String> {
    run(uri).mode(Mode::Batch).execute().unwrap().lines("copied")
}

fn json(events: impl IntoIterator<Item = i64>) -> Vec<String> {
    sorted(events.into_iter().map(|n| Event::new(n, "a", n).json()))
}

fn event(partition: i32, n: i64) -> ouzel_kafka_tests::Message {
    message(partition, Event::new(n, "a", n).json())
}

#[test]
fn an_empty_topic_gives_nothing() {
    if skipped() {
        return;
    }
    let topic = Topic::new("empty", 3);
    assert_eq!(batch(&topic.uri("")), [] as [String; 0]);
    let streamed = run(&topic.uri("?end=now")).mode(Mode::Stream).execute().unwrap();
    assert_eq!(streamed.lines("copied"), [] as [String; 0]);
    let run = ouzel::run::<totals>().input("events", &*topic.uri(""));
    assert!(run.verify(1).unwrap().agrees());
}

#[test]
fn records_larger_than_a_fetch_are_read() {
    if skipped() {
        return;
    }
    let topic = Topic::with("large", 1, &[("max.message.bytes", "12000000")]);
    let large = |n: i64, bytes: usize| Event::new(n, "x".repeat(bytes), n).json();
    let messages: Vec<_> = [10, 9_000_000, 20, 5_000_000, 1_500_000, 30]
        .into_iter()
        .enumerate()
        .map(|(n, bytes)| large(n as i64, bytes))
        .collect();
    let producer: BaseProducer = client(&[("message.max.bytes", "12000000")]);
    send_with(&producer, &topic.name, messages.iter().map(|text| message(0, text.as_str())));
    let expected = sorted(messages);
    assert!(batch(&topic.uri("")) == expected);
    // And as they come.
    let out = Topic::with("large-out", 1, &[("max.message.bytes", "12000000")]);
    let running = start(run(&topic.uri("")).output("copied", &*out.uri("")));
    running.until("all are written", || out.values().len() == expected.len());
    running.stop().unwrap();
    assert!(out.values() == expected);
}

/// Many events, some of them out of order, in partitions of different lengths.
fn many(partitions: i32, each: i64) -> Topic {
    let topic = Topic::new("many", partitions);
    let mut random = Random(7);
    let mut messages = Vec::new();
    for n in 0..each {
        for partition in 0..partitions {
            if random.below(4) < 3 || partition == 0 {
                let second = n * 3 + random.below(60) - 30;
                let who = format!("w{}", random.below(9));
                messages.push(message(partition, Event::new(second, who, random.below(50)).json()));
            }
        }
    }
    topic.send(messages);
    topic
}

#[test]
fn batch_and_stream_agree_over_partitions_and_ranges_of_them() {
    if skipped() {
        return;
    }
    // Ranges of about 40 records.
    let topic = many(2, 120);
    let of = |run: Run| run.workers(3).config(|config| config.split_bytes = 6_400);
    let (now, open) = (topic.uri("?end=now"), topic.uri(""));
    let verification = of(ouzel::run::<windows>().input("events", &*open)).verify(3).unwrap();
    assert!(verification.agrees(), "{verification}");
    // Ranges change nothing, in neither mode.
    for make in
        [ouzel::run::<totals>, ouzel::run::<by_total>, ouzel::run::<ordered>, ouzel::run::<windows>]
    {
        let whole = make().input("events", &*open).mode(Mode::Batch).execute().unwrap();
        assert!(!whole.outputs.is_empty());
        for mode in [Mode::Batch, Mode::Stream] {
            let ranges = of(make().input("events", &*now)).mode(mode).execute().unwrap();
            for output in whole.outputs.keys() {
                assert_eq!(whole.lines(output), ranges.lines(output), "{mode}: {output}");
            }
        }
    }
}

#[test]
fn what_was_not_committed_is_not_read() {
    if skipped() {
        return;
    }
    let topic = Topic::new("transactions", 2);
    let id = unique("t");
    let producer: BaseProducer = client(&[("transactional.id", &id), ("linger.ms", "1")]);
    producer.init_transactions(Duration::from_secs(30)).unwrap();
    let send = |numbers: std::ops::Range<i64>| {
        producer.begin_transaction().unwrap();
        let messages = numbers.map(|n| event(n as i32 % 2, n));
        send_with(&producer, &topic.name, messages);
    };
    send(0..10);
    producer.commit_transaction(Duration::from_secs(30)).unwrap();
    send(10..20);
    producer.abort_transaction(Duration::from_secs(30)).unwrap();
    send(20..30);
    producer.commit_transaction(Duration::from_secs(30)).unwrap();
    send(30..40);
    producer.abort_transaction(Duration::from_secs(30)).unwrap();
    // The partitions end with markers, and begin and end with gaps.
    assert_eq!(batch(&topic.uri("")), json((0..10).chain(20..30)));
    assert_eq!(batch(&topic.uri("?isolation=read_uncommitted")), json(0..40));
    let ranges = run(&topic.uri("")).config(|config| config.split_bytes = 300);
    let ranges = ranges.mode(Mode::Batch).execute().unwrap().lines("copied");
    assert_eq!(ranges, json((0..10).chain(20..30)));

    // One that is open holds back what stands behind it.
    let out = Topic::new("transactions-out", 1);
    let running = start(run(&topic.uri("")).output("copied", &*out.uri("")));
    running.until("the stream is there", || out.values().len() == 20);
    send(40..44);
    topic.send([event(0, 50), event(1, 51)]);
    assert_eq!(batch(&topic.uri("")), json((0..10).chain(20..30)));
    let uncommitted = batch(&topic.uri("?isolation=read_uncommitted"));
    assert_eq!(uncommitted, json((0..44).chain(50..52)));
    assert_eq!(out.values().len(), 20);
    producer.commit_transaction(Duration::from_secs(30)).unwrap();
    let expected = json((0..10).chain(20..30).chain(40..44).chain(50..52));
    assert_eq!(batch(&topic.uri("")), expected);
    running.until("the stream goes on", || out.values() == expected);
    running.stop().unwrap();
}

#[test]
fn offsets_that_compaction_has_removed_are_passed() {
    if skipped() {
        return;
    }
    let settings = [
        ("cleanup.policy", "compact"),
        ("segment.ms", "1000"),
        ("min.cleanable.dirty.ratio", "0.001"),
        ("min.compaction.lag.ms", "0"),
        ("delete.retention.ms", "0"),
    ];
    let topic = Topic::with("compacted", 1, &settings);
    let now = 1_700_000_000_000;
    for round in 0..40 {
        let keyed = |n: i64| event(0, round * 5 + n).key(format!("k{n}")).at(now + round * 10_000);
        topic.send((0..5).map(keyed));
    }
    within("the log is compacted", || topic.read().len() < 100);
    let left = topic.read();
    assert!(left.last().unwrap().offset > left.len() as i64 + 50, "there are gaps");
    // Compaction may go on: what is there at the end is there in any case.
    let last = json(195..200);
    for split_bytes in [1_000, 16 << 20] {
        let read = run(&topic.uri("")).config(|config| config.split_bytes = split_bytes);
        let read = read.mode(Mode::Batch).execute().unwrap().lines("copied");
        assert!(last.iter().all(|line| read.contains(line)), "{read:?}");
        assert!(read.len() <= left.len(), "{}", read.len());
    }
}

#[test]
fn topics_that_match_a_pattern_are_read_those_that_come_too() {
    if skipped() {
        return;
    }
    let name = unique("pattern");
    let topic = |suffix: &str| Topic::named(format!("{name}-{suffix}"));
    let (a, b, c, out) = (topic("a"), topic("b"), topic("c"), Topic::absent("pattern-out"));
    a.make(1, &[]);
    b.make(2, &[]);
    a.send([event(0, 1)]);
    b.send([event(0, 2), event(1, 3)]);
    let pattern = Topic::named(format!("{name}-*"));
    assert_eq!(batch(&pattern.uri("")), json(1..4));
    let state = tempfile::tempdir().unwrap();
    let make = || run(&pattern.uri("")).output("copied", &*out.uri("")).state(state.path());
    let running = start(make());
    running.until("what is there is read", || out.values() == json(1..4));
    c.make(1, &[]);
    c.send([event(0, 4)]);
    a.grow(2);
    a.send([event(1, 5), event(0, 6)]);
    running.until("what has come is read", || out.values() == json(1..7));
    running.stop().unwrap();
    // Started again, the partitions are the same ones, whatever has come since.
    let d = topic("aa");
    d.make(1, &[]);
    d.send([event(0, 7)]);
    c.send([event(0, 8)]);
    let running = start(make());
    running.until("what has come is read", || out.values() == json(1..9));
    running.stop().unwrap();
    assert_eq!(batch(&pattern.uri("")), json(1..9));
    // A pattern that nothing matches yet.
    let later = Topic::named(format!("{name}x-*"));
    let out = Topic::absent("pattern-out");
    let running = start(run(&later.uri("")).output("copied", &*out.uri("")));
    let first = Topic::named(format!("{name}x-1"));
    first.make(1, &[]);
    first.send([event(0, 1)]);
    running.until("the first one is read", || out.partitions() == 1 && out.values() == json(1..2));
    running.stop().unwrap();
}

#[test]
fn a_partition_that_comes_late_is_refused_where_there_is_a_lateness() {
    if skipped() {
        return;
    }
    let topic = Topic::new("late-partition", 1);
    topic.send([event(0, 1)]);
    let table = Topic::absent("late-partition-out");
    let run = ouzel::run::<windows>().input("events", &*topic.uri(""));
    let running = start(run.output("table", &*table.uri("")));
    running.until("it reads", || table.partitions() > 0 && !table.read().is_empty());
    topic.grow(2);
    let error = running.fails();
    assert!(error.contains("`events` has a new partition"), "{error}");
    assert!(error.contains(&format!("{}/1", topic.name)), "{error}");
    assert!(error.contains("join_late"), "{error}");
}

#[test]
fn a_tombstone_of_a_stream_is_passed_over_when_it_is_to_be_skipped() {
    if skipped() {
        return;
    }
    let topic = Topic::new("tombstones", 1);
    topic.send([event(0, 1), tombstone(0, "k"), event(0, 2)]);
    let out = Topic::absent("tombstones-out");
    let skips = run(&topic.uri("")).on_error(ouzel::stage::OnError::Skip);
    let running = start(skips.output("copied", &*out.uri("")));
    running.until("both are read", || out.partitions() > 0 && out.values() == json(1..3));
    running.stop().unwrap();
}
