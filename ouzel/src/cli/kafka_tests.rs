//! The commands of Kafka with a real broker.

use super::testing::command;
use crate::testing::job;
use ouzel_kafka_broker::{Broker, skipped};
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{Offset, TopicPartitionList};
use serde_json::Value;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);

/// Topics and a group of names that no other test has.
struct Place {
    flights: String,
    ends: String,
    group: String,
}

impl Place {
    fn new(name: &str) -> Place {
        let (brokers, id) = (Broker::shared().bootstrap(), std::process::id());
        let flights = format!("{name}-{id}-flights");
        let ends = format!(
            "--in kafka://{brokers}/{flights} --out kafka://{brokers}/{name}-{id}-delays?partitions=2 --min-delay 1"
        );
        Place { flights, ends, group: format!("{name}-{id}") }
    }

    fn say(&self, line: &str) -> (u8, String, String) {
        let line = line.replace("GROUP", &format!("--group {}", self.group));
        command(&[job()], &format!("delays {line} {}", self.ends))
    }

    fn done(&self, line: &str) -> String {
        let (code, out, err) = self.say(line);
        assert_eq!((code, err.as_str()), (0, ""), "{line}: {out}");
        out
    }

    fn json(&self, line: &str) -> Value {
        serde_json::from_str(&self.done(&format!("{line} --format json"))).unwrap()
    }
}

fn client() -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", Broker::shared().bootstrap());
    config
}

fn make(topic: &str, partitions: i32) {
    let admin: AdminClient<DefaultClientContext> = client().create().unwrap();
    let topic = NewTopic::new(topic, partitions, TopicReplication::Fixed(1));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let made = runtime.block_on(admin.create_topics([&topic], &AdminOptions::new())).unwrap();
    assert!(made.into_iter().all(|one| one.is_ok()));
}

fn write(topic: &str, partition: i32, records: u32) {
    let producer: BaseProducer = client().create().unwrap();
    for _ in 0..records {
        let record = BaseRecord::<[u8], str>::to(topic).partition(partition).payload("{}");
        producer.send(record).map_err(|(error, _)| error).unwrap();
    }
    producer.flush(PATIENCE).unwrap();
}

#[test]
fn topics_are_shown_made_and_deleted() {
    if skipped() {
        return;
    }
    let place = Place::new("topics");
    let Place { flights, group, .. } = &place;
    let out = place.done("topics GROUP");
    assert!(out.contains("missing; it is made by who writes to it"), "{out}");
    assert!(out.contains("would be made with as many partitions as the first input has"), "{out}");
    let (code, out, err) = place.say("topics GROUP --create");
    assert_eq!((code, out.as_str()), (2, ""), "{err}");
    assert!(err.contains(flights.as_str()) && err.contains("nothing was made"), "{err}");

    make(flights, 3);
    let out = place.done("topics GROUP");
    assert!(out.contains("missing; would be made with 3 partitions"), "{out}");
    let out = place.done("topics GROUP --create");
    let expected = format!(
        "made `{group}-delays`: output `delays`\n\
         made `{group}-delays.3-letters`: letters to the shards of `delays.3`\n\
         made `{group}-delays.3-state`: snapshots of the shards of `delays.3`\n"
    );
    assert_eq!(out, expected);
    assert_eq!(place.done("topics GROUP --create"), "all of them are there\n");
    let all = place.json("topics GROUP");
    let of = |name: &str| -> Vec<Value> {
        all.as_array().unwrap().iter().map(|one| one[name].clone()).collect()
    };
    assert_eq!(of("what"), ["input", "output", "letters", "snapshots"]);
    assert_eq!(of("partitions"), [3, 2, 3, 3]);
    assert_eq!(of("fits"), [Value::Null, true.into(), true.into(), true.into()]);

    let (code, _, err) = place.say("topics GROUP --shards 4");
    assert!(code == 2 && err.contains("4 shards, and") && err.contains("3 partitions"), "{err}");
    let pattern = place.ends.replace(flights, "topics-*-flights");
    let (code, _, err) = command(&[job()], &format!("delays topics {pattern} --group {group}"));
    assert!(code == 2 && err.contains("is a pattern"), "{err}");
    let (code, out, _) = command(&[job()], &format!("delays topics {pattern}"));
    assert!(code == 0 && out.contains(flights.as_str()), "{out}");
    let (code, _, err) = place.say("topics --delete");
    assert!(code == 2 && err.contains("inputs are never deleted"), "{err}");
    let out = place.done("topics GROUP --delete");
    assert!(out.contains("-letters`\n") && !out.contains("-delays`\n"), "{out}");
    let out = place.done("topics --delete --outputs");
    assert_eq!(out, format!("deleted the topic `{group}-delays`\n"));
    let left = place.json("topics GROUP");
    assert_eq!(left[0]["partitions"], 3);
    assert!(left.as_array().unwrap().iter().skip(1).all(|one| one["partitions"].is_null()));
}

#[test]
fn a_group_is_shown_and_begins_anew_when_no_one_is_in_it() {
    if skipped() {
        return;
    }
    let place = Place::new("group");
    let (code, _, err) = place.say("group GROUP");
    assert!(code == 2 && err.contains("there is no topic"), "{err}");
    make(&place.flights, 2);
    write(&place.flights, 0, 5);
    write(&place.flights, 1, 1);
    place.done("topics GROUP --create");
    let none = place.json("group GROUP");
    assert_eq!((&none["state"], &none["lag"]), (&Value::Null, &6.into()));

    let member: BaseConsumer = client()
        .set("group.id", &place.group)
        .set("client.id", "someone")
        .set("enable.auto.commit", "false")
        .create()
        .unwrap();
    member.subscribe(&[&place.flights]).unwrap();
    let until = Instant::now() + PATIENCE;
    while member.assignment().unwrap().count() < 2 {
        assert!(Instant::now() < until, "the group is not formed");
        member.poll(Duration::from_millis(100));
    }
    let mut at = TopicPartitionList::new();
    at.add_partition_offset(&place.flights, 0, Offset::Offset(2)).unwrap();
    member.commit(&at, CommitMode::Sync).unwrap();

    let now = place.json("group GROUP");
    assert_eq!((&now["state"], &now["lag"]), (&"Stable".into(), &4.into()));
    let one = &now["members"][0];
    assert!(one["id"].as_str().unwrap().starts_with("someone-"), "{now}");
    assert_eq!((&one["instance"], &one["host"]), (&Value::Null, &"127.0.0.1".into()));
    // Two partitions, and the shards that go with them.
    assert_eq!(one["partitions"].as_array().unwrap().len(), 4);
    let part = |index: usize, name: &str| now["partitions"][index][name].clone();
    assert_eq!((part(0, "what"), part(0, "committed")), ("input".into(), 2.into()));
    assert_eq!((part(0, "end"), part(0, "lag")), (5.into(), 3.into()));
    assert_eq!((part(1, "committed"), part(1, "member")), (Value::Null, one["id"].clone()));
    assert_eq!((part(2, "what"), part(2, "of")), ("shard".into(), "delays.3".into()));
    assert!(place.done("group GROUP").contains(": Stable, 1 member, lag 4\n"));

    for verb in ["reset GROUP", "topics GROUP --delete"] {
        let (code, out, err) = place.say(verb);
        assert_eq!((code, out.as_str()), (1, ""), "{verb}");
        assert!(err.contains("has 1 member that run: `someone-"), "{err}");
    }
    drop(member);
    let until = Instant::now() + PATIENCE;
    let out = loop {
        match place.say("reset GROUP") {
            (0, out, _) => break out,
            (_, _, err) => assert!(Instant::now() < until, "{err}"),
        }
        std::thread::sleep(Duration::from_millis(200));
    };
    let group = &place.group;
    assert!(out.contains(&format!("deleted the topic `{group}-delays.3-letters`\n")), "{out}");
    assert!(out.contains(&format!("deleted the offsets of the group `{group}`\n")), "{out}");
    assert!(out.contains("outputs keep what they have"), "{out}");
    let after = place.json("group GROUP");
    assert_eq!((&after["lag"], &after["partitions"][0]["committed"]), (&6.into(), &Value::Null));
    assert_eq!(place.json("topics")[1]["partitions"], 2);
}
