//! What is written to topics.

use ouzel::stage::OnError;
use ouzel::{Mode, Run};
use ouzel_kafka_broker::{Broker, skipped};
use ouzel_kafka_tests::jobs::{Event, by_total, copied, totals};
use ouzel_kafka_tests::{Topic, message, sorted, start};
use std::process::Stdio;

fn event(n: i64, who: &str) -> ouzel_kafka_tests::Message {
    message(0, Event::new(n, who, n).json())
}

/// A topic with as many events of as many people.
fn people(many: i64, count: i64) -> Topic {
    let topic = Topic::new("people", 1);
    topic.send((0..count).map(|n| event(n, &format!("w{}", n % many))));
    topic
}

/// The hash by which clients on the JVM choose a partition.
fn murmur2(bytes: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    let mut hash = 0x9747_b28c ^ bytes.len() as u32;
    let mut chunks = bytes.chunks_exact(4);
    for chunk in &mut chunks {
        let k = u32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]).wrapping_mul(M);
        hash = hash.wrapping_mul(M) ^ (k ^ (k >> 24)).wrapping_mul(M);
    }
    let rest = chunks.remainder();
    if !rest.is_empty() {
        let last = rest.iter().rev().fold(0u32, |last, byte| last << 8 | u32::from(*byte));
        hash = (hash ^ last).wrapping_mul(M);
    }
    hash = (hash ^ (hash >> 13)).wrapping_mul(M);
    hash ^ (hash >> 15)
}

fn chosen(key: &str, partitions: u32) -> i32 {
    ((murmur2(key.as_bytes()) & 0x7fff_ffff) % partitions) as i32
}

#[test]
fn the_hash_here_is_that_of_the_jvm() {
    // From Kafka's `UtilsTest`.
    assert_eq!(murmur2(b"21") as i32, -973_932_308);
    assert_eq!(murmur2(b"foobar") as i32, -790_332_482);
    assert_eq!(murmur2(b"a-little-bit-long-string") as i32, -985_981_536);
    assert_eq!(murmur2(b"a-little-bit-longer-string") as i32, -1_486_304_829);
    assert_eq!(murmur2(b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8") as i32, -58_897_971);
    assert_eq!(murmur2(b"abc") as i32, 479_470_107);
}

#[test]
fn a_table_is_a_row_for_each_key_and_a_stream_has_the_key_that_it_is_told() {
    if skipped() {
        return;
    }
    let topic = people(20, 300);
    let run = || ouzel::run::<totals>().input("events", &*topic.uri("?end=now"));
    let collected = run().mode(Mode::Batch).execute().unwrap();
    for mode in [Mode::Batch, Mode::Stream] {
        let (table, stream) = (Topic::absent("totals"), Topic::absent("odd"));
        let run = run().output("totals", &*table.uri("?partitions=3"));
        let run = run.output("odd", &*stream.uri("?key=who&partitions=5"));
        run.mode(mode).execute().unwrap();
        assert_eq!((table.partitions(), stream.partitions()), (3, 5));
        assert_eq!(table.setting("cleanup.policy").as_deref(), Some("compact"));
        assert_eq!(stream.setting("cleanup.policy").as_deref(), Some("delete"));
        assert_eq!(table.rows(), collected.lines("totals"));
        assert_eq!(stream.values(), collected.lines("odd"));
        for got in table.read() {
            let key = got.key.unwrap();
            assert!(key.starts_with(r#"{"who":"w"#) && key.ends_with(r#""}"#), "{key}");
            assert_eq!(got.partition, chosen(&key, 3), "{key}");
        }
        for got in stream.read() {
            let key = got.key.unwrap();
            assert!(got.value.unwrap().contains(&format!(r#""who":"{key}""#)), "{key}");
            assert_eq!(got.partition, chosen(&key, 5), "{key}");
        }
    }
}

#[test]
fn the_console_producer_chooses_the_same_partitions() {
    if skipped() {
        return;
    }
    let (topic, theirs) = (people(30, 60), Topic::new("theirs", 4));
    let Some(mut java) = Broker::shared().tools() else { return };
    let ours = Topic::absent("ours");
    let run = ouzel::run::<copied>().input("events", &*topic.uri(""));
    let run = run.output("copied", &*ours.uri("?key=who&partitions=4"));
    run.mode(Mode::Batch).execute().unwrap();
    java.args(["org.apache.kafka.tools.ConsoleProducer", "--topic", &theirs.name]);
    java.args(["--bootstrap-server", Broker::shared().bootstrap()]);
    java.args(["--property", "parse.key=true", "--property", "key.separator=|"]);
    let child = java.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let mut child = child.unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for got in ours.read() {
        use std::io::Write;
        writeln!(stdin, "{}|{}", got.key.unwrap(), got.value.unwrap()).unwrap();
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
    let places = |topic: &Topic| {
        let of = |got: ouzel_kafka_tests::Got| format!("{} {}", got.key.unwrap(), got.partition);
        sorted(topic.read().into_iter().map(of))
    };
    assert_eq!(places(&ours), places(&theirs));
}

#[test]
fn a_row_that_goes_is_a_tombstone() {
    if skipped() {
        return;
    }
    let (topic, out) = (Topic::new("rows", 1), Topic::absent("by-total"));
    let make = || ouzel::run::<by_total>().input("events", &*topic.uri(""));
    let state = tempfile::tempdir().unwrap();
    let running = start(make().output("by_total", &*out.uri("")).state(state.path()));
    let expected = || make().mode(Mode::Batch).execute().unwrap().lines("by_total");
    for (n, who) in [(1, "a"), (1, "b"), (2, "a"), (2, "b"), (4, "c"), (-4, "c")] {
        topic.send([event(n, who)]);
        let expected = expected();
        running.until("the table is up to date", || out.partitions() > 0 && out.rows() == expected);
    }
    running.stop().unwrap();
    let all = out.read();
    let of = |total: i64| {
        let key = format!(r#"{{"total":{total}}}"#);
        all.iter().filter(move |got| got.key.as_ref() == Some(&key)).collect::<Vec<_>>()
    };
    assert!(of(1).last().unwrap().value.is_none(), "{all:?}");
    assert!(of(4).last().unwrap().value.is_none(), "{all:?}");
    assert!(of(3).last().unwrap().value.is_some(), "{all:?}");
}

fn copy(from: &str, to: &Topic) -> Run {
    ouzel::run::<copied>().input("events", from).output("copied", &*to.uri("")).mode(Mode::Batch)
}

#[test]
fn batch_writes_all_at_once_or_nothing() {
    if skipped() {
        return;
    }
    let (topic, out) = (people(5, 30_000), Topic::new("at-once", 1));
    copy(&topic.uri(""), &out).execute().unwrap();
    let all = out.read();
    assert_eq!(all.len(), 30_000);
    // They are of one transaction: there is one marker, behind them all.
    assert_eq!(all.last().unwrap().offset, 29_999);
    copy(&topic.uri("?start=0:29000"), &out).execute().unwrap();
    assert_eq!(out.read()[30_000].offset, 30_001);
    // One that fails leaves nothing that is read.
    let before = out.read().len();
    topic.send([message(0, "none"), event(1, "x")]);
    copy(&topic.uri(""), &out).workers(1).execute().unwrap_err();
    assert_eq!(out.read().len(), before);
    // And nothing that stands in the way.
    copy(&topic.uri(""), &out).on_error(OnError::Skip).execute().unwrap();
    assert_eq!(out.read().len(), before + 30_001);
}

#[test]
fn options_of_an_output_that_are_wrong_are_refused() {
    if skipped() {
        return;
    }
    let topic = people(2, 4);
    let refused = |output: &str, options: &str, said: &str| {
        let out = Topic::absent("refused");
        let run = ouzel::run::<totals>().input("events", &*topic.uri("?end=now"));
        let error = run.output(output, &*out.uri(options)).execute().unwrap_err();
        assert!(matches!(error, ouzel::Error::Usage(_)), "{options}: {error:?}");
        assert!(error.to_string().contains(said), "{options}: {error}");
    };
    refused("totals", "?key=who", "of streams");
    refused("odd", "?key=whom", "did you mean `who`?");
    refused("odd", "?partitions=0", "a number from 1 on");
    refused("odd", "?partition=2", "partitions");
    refused("odd", "?start=latest", "start");
}
