//! Where reading begins and ends.

use ouzel::{Mode, Run};
use ouzel_kafka_broker::skipped;
use ouzel_kafka_tests::jobs::{Event, copied};
use ouzel_kafka_tests::{Topic, client, message, start};
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::{Offset, TopicPartitionList};

fn run(uri: &str) -> Run {
    ouzel::run::<copied>().input("events", uri)
}

/// The numbers of events that a run gives.
fn numbers(lines: &[String]) -> Vec<i64> {
    let number = |line: &String| {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        row["n"].as_i64().unwrap()
    };
    let mut numbers: Vec<_> = lines.iter().map(number).collect();
    numbers.sort_unstable();
    numbers
}

fn batch(topic: &Topic, options: &str) -> Vec<i64> {
    let run = run(&topic.uri(options)).mode(Mode::Batch);
    numbers(&run.execute().unwrap().lines("copied"))
}

/// Numbers 0 to 9 in partition 0 and 100 to 109 in partition 1, each with its second as timestamp.
fn twenty() -> Topic {
    let topic = Topic::new("places", 2);
    let at = |second: i64| 1_700_000_000_000 + second * 1_000;
    let of = |partition: i32, first: i64| {
        (0..10).map(move |n| message(partition, Event::new(n, "a", first + n).json()).at(at(n)))
    };
    topic.send(of(0, 0).chain(of(1, 100)));
    topic
}

fn range(from: i64, to: i64) -> impl Iterator<Item = i64> + Clone {
    from..to
}

#[test]
fn a_run_begins_and_ends_where_it_is_told() {
    if skipped() {
        return;
    }
    let topic = twenty();
    let of = |a: (i64, i64), b: (i64, i64)| {
        range(a.0, a.1).chain(range(100 + b.0, 100 + b.1)).collect::<Vec<_>>()
    };
    let all = of((0, 10), (0, 10));
    assert_eq!(batch(&topic, ""), all);
    assert_eq!(batch(&topic, "?start=earliest"), all);
    assert_eq!(batch(&topic, "?start=latest"), [] as [i64; 0]);
    assert_eq!(batch(&topic, "?end=now"), all);
    // 1 700 000 000 is 22:13:20.
    assert_eq!(batch(&topic, "?start=2023-11-14T22:13:24Z"), of((4, 10), (4, 10)));
    assert_eq!(batch(&topic, "?end=2023-11-14T22:13:24Z"), of((0, 4), (0, 4)));
    assert_eq!(
        batch(&topic, "?start=2023-11-14T22:13:22Z&end=2023-11-14T22:13:24Z"),
        of((2, 4), (2, 4))
    );
    assert_eq!(batch(&topic, "?start=2030-01-01T00:00:00Z"), [] as [i64; 0]);
    assert_eq!(batch(&topic, "?end=2030-01-01T00:00:00Z"), all);
    assert_eq!(batch(&topic, "?start=0:3,1:8"), of((3, 10), (8, 10)));
    assert_eq!(batch(&topic, "?start=1:8"), of((0, 10), (8, 10)));
    assert_eq!(batch(&topic, "?end=0:3,1:8"), of((0, 3), (0, 8)));
    assert_eq!(batch(&topic, "?start=0:2,1:7&end=0:3,1:9"), of((2, 3), (7, 9)));
    assert_eq!(batch(&topic, "?start=0:5,1:5&end=0:3,1:3"), [] as [i64; 0]);
}

#[test]
fn a_run_begins_where_a_group_has_come() {
    if skipped() {
        return;
    }
    let topic = twenty();
    let group = ouzel_kafka_tests::unique("readers");
    let consumer: BaseConsumer = client(&[("group.id", &group)]);
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(&topic.name, 0, Offset::Offset(6)).unwrap();
    consumer.commit(&list, CommitMode::Sync).unwrap();
    let expected: Vec<_> = range(6, 10).chain(range(100, 110)).collect();
    assert_eq!(batch(&topic, &format!("?start=committed:{group}")), expected);
    // A group that there is not has come nowhere.
    let none = ouzel_kafka_tests::unique("none");
    assert_eq!(batch(&topic, &format!("?start=committed:{none}")).len(), 20);
}

#[test]
fn an_end_beyond_the_log_is_refused_and_where_none_is_given_it_is_now() {
    if skipped() {
        return;
    }
    let topic = twenty();
    let run = run(&topic.uri("?end=0:3,1:80")).mode(Mode::Batch);
    let error = run.execute().unwrap_err().to_string();
    assert!(error.contains("up to offset 80, and ends at 10"), "{error}");
    let expected: Vec<_> = range(0, 3).chain(range(100, 110)).collect();
    assert_eq!(batch(&topic, "?end=0:3"), expected);
}

#[test]
fn a_start_beyond_the_log_is_refused() {
    if skipped() {
        return;
    }
    let topic = twenty();
    let run = run(&topic.uri("?start=0:99")).mode(Mode::Batch);
    let error = run.execute().unwrap_err().to_string();
    assert!(error.contains("offset 99") && error.contains(&format!("{}/0", topic.name)), "{error}");
}

#[test]
fn a_stream_that_begins_at_the_latest_reads_what_comes() {
    if skipped() {
        return;
    }
    let (topic, out) = (twenty(), Topic::new("latest-out", 1));
    let state = tempfile::tempdir().unwrap();
    let make =
        || run(&topic.uri("?start=latest")).output("copied", &*out.uri("")).state(state.path());
    let running = start(make());
    // Until it has begun nothing can be told to be later.
    let mut n = 1_000;
    running.until("something is read", || {
        topic.send([message(0, Event::new(n, "b", n).json())]);
        n += 1;
        !out.read().is_empty()
    });
    running.stop().unwrap();
    // Started again, it goes on where it was and not at the latest.
    topic.send([message(1, Event::new(n, "b", n).json())]);
    let running = start(make());
    running.until("the last one is read", || numbers(&out.values()).contains(&n));
    running.stop().unwrap();
    let got = numbers(&out.values());
    let first = got[0];
    assert!(first >= 1_000, "{got:?}");
    assert_eq!(got, range(first, n + 1).collect::<Vec<_>>());
}

#[test]
fn places_that_are_none_are_refused() {
    if skipped() {
        return;
    }
    let topic = Topic::new("none", 1);
    for (options, said) in [
        ("?start=soon", "`earliest`"),
        ("?end=earliest", "`now`"),
        ("?end=committed:x", "`now`"),
        ("?isolation=none", "`read_committed`"),
        ("?strat=latest", "start"),
        ("?format=avro2", "json"),
        ("?format=json&delimiter=;", "CSV"),
    ] {
        let error = run(&topic.uri(options)).mode(Mode::Batch).execute().unwrap_err();
        assert!(matches!(error, ouzel::Error::Usage(_)), "{options}: {error:?}");
        assert!(error.to_string().contains(said), "{options}: {error}");
    }
}
