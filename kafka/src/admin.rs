//! Looks after topics and groups: what there is, how far it has come, and taking it away.

use crate::block_on::block_on;
use crate::client::{Cluster, PATIENCE, Reading, committed};
use crate::range::Readers;
use crate::source::consumer;
use crate::topics::partitions;
use ouzel_dsl::log::{Found, Lane, Members, OneOf, Progress};
use ouzel_dsl::{Error, Result};
use rdkafka::admin::{AdminClient, AdminOptions, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::types::RDKafkaErrorCode;
use rdkafka::{Offset, TopicPartitionList};
use std::time::{Duration, Instant};

/// Offsets are not records: transactions have ends that take offsets too. Up to so many, what is to
/// be read yet is counted by reading it.
const COUNTED: u64 = 10_000;

const ISOLATION: &str = "read_committed";

fn admin(cluster: &Cluster) -> Result<AdminClient<DefaultClientContext>> {
    cluster.client(DefaultClientContext, &[], &[])
}

fn options() -> AdminOptions {
    AdminOptions::new().operation_timeout(Some(PATIENCE))
}

/// What there is of a topic.
pub fn look(cluster: &Cluster, topic: &str) -> Result<Option<Found>> {
    let admin = admin(cluster)?;
    let found = partitions(cluster, admin.inner(), Some(topic), PATIENCE)?;
    let Some(lanes) = found.get(topic) else { return Ok(None) };
    // Not everyone may ask for it, and nothing depends on it.
    let described =
        block_on(admin.describe_configs([&ResourceSpecifier::Topic(topic)], &options()));
    let policy = described.ok().and_then(|mut all| {
        let resource = all.pop()?.ok()?;
        resource.get("cleanup.policy")?.value.clone()
    });
    let compacted = policy.map(|policy| policy.split(',').any(|word| word.trim() == "compact"));
    Ok(Some(Found { lanes: lanes.unsigned_abs(), compacted }))
}

/// Removes topics; those that were there.
pub fn remove(cluster: &Cluster, topics: &[String]) -> Result<Vec<String>> {
    let admin = admin(cluster)?;
    let names: Vec<&str> = topics.iter().map(String::as_str).collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let done = block_on(admin.delete_topics(&names, &options()))
        .map_err(|e| cluster.failed("deleting topics", &e))?;
    let mut removed = Vec::new();
    for result in done {
        match result {
            Ok(topic) => removed.push(topic),
            Err((_, RDKafkaErrorCode::UnknownTopicOrPartition)) => {}
            Err((topic, error)) => {
                let brokers = &cluster.brokers;
                return Err(Error::Failed(format!("deleting `{topic}` at {brokers}: {error}")));
            }
        }
    }
    // Brokers learn of it one after the other, and who makes one of that name anew is to find none.
    let until = Instant::now() + PATIENCE;
    for topic in &removed {
        while partitions(cluster, admin.inner(), Some(topic), PATIENCE)?.contains_key(topic) {
            if Instant::now() > until {
                return Err(Error::Failed(format!("`{topic}` was deleted, and is still there")));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    Ok(removed)
}

/// Who is in a group.
pub fn members(cluster: &Cluster, group: &str) -> Result<Members> {
    let asks: BaseConsumer<Reading> = consumer(cluster, ISOLATION)?;
    let list = asks
        .client()
        .fetch_group_list(Some(group), PATIENCE)
        .map_err(|e| cluster.failed(&format!("asking for the group `{group}`"), &e))?;
    let Some(found) = list.groups().iter().find(|found| found.name() == group) else {
        return Ok(Members::default());
    };
    let one = |member: &rdkafka::groups::GroupMemberInfo| OneOf {
        id: member.id().to_owned(),
        instance: instance(member.id(), member.client_id()).map(str::to_owned),
        host: member.client_host().trim_start_matches('/').to_owned(),
        lanes: member.assignment().and_then(assignment).unwrap_or_default(),
    };
    let mut members: Vec<OneOf> = found.members().iter().map(one).collect();
    members.iter_mut().for_each(|member| member.lanes.sort_unstable());
    members.sort_by(|a, b| a.name().cmp(b.name()));
    let state = match found.state() {
        "Dead" => None,
        state => Some(state.to_owned()),
    };
    Ok(Members { state, members })
}

/// The name that a member keeps through restarts, by what a broker calls it: `NAME-UUID`, or
/// `CLIENT-UUID` where it has none.
fn instance<'a>(id: &'a str, client: &str) -> Option<&'a str> {
    const UUID: usize = 36;
    let cut = id.len().checked_sub(UUID + 1).filter(|cut| id.is_char_boundary(*cut))?;
    let (name, rest) = id.split_at(cut);
    (rest.starts_with('-') && !name.is_empty() && name != client).then_some(name)
}

/// The partitions that a member has, by the protocol that consumers speak among each other: a version,
/// topics with the numbers of their partitions, and what is of no matter here.
fn assignment(bytes: &[u8]) -> Option<Vec<(String, u32)>> {
    let mut bytes = Bytes(bytes);
    let _version = bytes.i16()?;
    let mut lanes = Vec::new();
    for _ in 0..bytes.i32()? {
        let length = usize::try_from(bytes.i16()?).ok()?;
        let topic = std::str::from_utf8(bytes.take(length)?).ok()?;
        for _ in 0..bytes.i32()? {
            lanes.push((topic.to_owned(), u32::try_from(bytes.i32()?).ok()?));
        }
    }
    Some(lanes)
}

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn i16(&mut self) -> Option<i16> {
        Some(i16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    fn i32(&mut self) -> Option<i32> {
        Some(i32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }
}

/// How far a group has come in lanes.
pub fn progress(cluster: &Cluster, group: &str, lanes: &[Lane<'_>]) -> Result<Vec<Progress>> {
    let number = |lane: &Lane<'_>| i32::try_from(lane.number).unwrap_or(i32::MAX);
    let mut asked = TopicPartitionList::new();
    for lane in lanes {
        asked.add_partition(lane.topic, number(lane));
    }
    let of_group: BaseConsumer<Reading> = cluster.client(Reading, &[], &[("group.id", group)])?;
    let found = committed(&of_group, &asked, PATIENCE).map_err(|error| {
        cluster.failed(&format!("asking how far the group `{group}` has come"), &error)
    })?;
    let done: BaseConsumer<Reading> = consumer(cluster, ISOLATION)?;
    let all: BaseConsumer<Reading> = consumer(cluster, "read_uncommitted")?;
    let readers = Readers::new(cluster.clone(), ISOLATION);
    let one = |lane: &Lane<'_>| {
        let (topic, number) = (lane.topic, number(lane));
        let what = || format!("asking where `{topic}/{number}` ends");
        let bounds = |of: &BaseConsumer<Reading>| {
            of.fetch_watermarks(topic, number, PATIENCE).map_err(|e| cluster.failed(&what(), &e))
        };
        let unsigned = |offset: i64| u64::try_from(offset).unwrap_or(0);
        // First what is committed: it can only have become more by then.
        let (first, stable) = bounds(&done)?;
        let (_, end) = bounds(&all)?;
        let (first, stable, end) = (unsigned(first), unsigned(stable), unsigned(end));
        let at = match found.find_partition(topic, number).map(|entry| entry.offset()) {
            Some(Offset::Offset(offset)) => Some(unsigned(offset)),
            _ => None,
        };
        let from = at.unwrap_or(first).max(first);
        let mut lag = end.saturating_sub(from);
        // Where a transaction is under way, there is more to come.
        if lag > 0 && lag <= COUNTED && stable >= end {
            lag = 0;
            readers.each(&topic.into(), number, from..end, |_| {
                lag += 1;
                Ok(())
            })?;
        }
        Ok(Progress { committed: at, end, lag })
    };
    lanes.iter().map(one).collect()
}

/// Forgets how far a group in which no one is has come; whether there was anything.
pub fn disband(cluster: &Cluster, group: &str) -> Result<bool> {
    let what = format!("deleting the offsets of the group `{group}`");
    let done = block_on(admin(cluster)?.delete_groups(&[group], &options()))
        .map_err(|e| cluster.failed(&what, &e))?;
    match done.into_iter().next() {
        Some(Err((_, RDKafkaErrorCode::GroupIdNotFound))) | None => Ok(false),
        Some(Err((_, error))) => {
            Err(Error::Failed(format!("{what} at {}: {error}", cluster.brokers)))
        }
        Some(Ok(_)) => Ok(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assignments_are_read() {
        let mut bytes = vec![0, 1, 0, 0, 0, 2];
        bytes.extend(b"\0\x02ab\0\0\0\x02\0\0\0\x01\0\0\0\x03");
        bytes.extend(b"\0\x01c\0\0\0\x01\0\0\0\0");
        bytes.extend(b"\xff\xff\xff\xff");
        let lanes = [("ab", 1), ("ab", 3), ("c", 0)].map(|(t, n)| (t.to_owned(), n));
        assert_eq!(assignment(&bytes).unwrap(), lanes);
        // One that is cut off anywhere before its end is none, and does no harm.
        for end in 0..bytes.len() - 4 {
            assert_eq!(assignment(&bytes[..end]), None, "{end}");
        }
        assert_eq!(assignment(b"\0\0\0\0\0\0").unwrap(), []);
        assert_eq!(assignment(b"\0\0\0\0\0\x01\xff\xff"), None);
    }

    #[test]
    fn names_are_told_from_ids() {
        let uuid = "0b53ffbf-92ef-4b1e-8a4b-6d3f6b6c1c11";
        let of = |name: &str| instance(&format!("{name}-{uuid}"), "ouzel").map(str::to_owned);
        assert_eq!(of("blue-1").as_deref(), Some("blue-1"));
        assert_eq!(of("ouzel"), None);
        assert_eq!(instance(uuid, "ouzel"), None);
        assert_eq!(instance("", "ouzel"), None);
    }
}
