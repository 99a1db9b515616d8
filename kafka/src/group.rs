//! A process among those that share partitions: a member of a consumer group.
//!
//! The member itself reads nothing. What is of this process is read by consumers of no group, so that
//! the group decides who has what, and transactions fence off who has it no more: positions are sent
//! with the generation in which the member was known when it was last served.

use crate::block_on::block_on;
use crate::client::{Cluster, PATIENCE, Reading, committed};
use crate::live::{is_final, problem};
use crate::native::{Message, Queue, member_id};
use crate::source::{Partition, check_kept, consumer};
use ouzel_dsl::log::{Group, GroupOf, Lane, Letter, Position, Shift};
use ouzel_dsl::{Error, Result};
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::{ClientContext, DefaultClientContext};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, ConsumerGroupMetadata};
use rdkafka::error::KafkaError;
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{Offset, TopicPartitionList};
use std::any::Any;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// Letters are taken so many at a time.
const TAKEN: usize = 10_000;

/// Committed records only: what others have begun may yet be undone.
const ISOLATION: &str = "read_committed";

/// A member of a group.
pub struct Member {
    cluster: Cluster,
    consumer: BaseConsumer<Shifts>,
    /// As whom the group knew it when it was last served.
    known_as: String,
    /// Follows lanes of letters.
    mail: Arc<BaseConsumer<Reading>>,
    followed: BTreeMap<(String, u32), Followed>,
    /// Lets go of letters.
    admin: OnceLock<AdminClient<DefaultClientContext>>,
}

/// A lane that is followed.
struct Followed {
    queue: Queue,
    /// What has come of it and was not asked for yet.
    rest: VecDeque<Letter>,
}

/// Gathers what the group takes and gives.
#[derive(Default)]
struct Shifts(Mutex<Shift>);

impl ClientContext for Shifts {
    fn log(&self, _: RDKafkaLogLevel, _: &str, _: &str) {}
    fn error(&self, _: KafkaError, _: &str) {}
}

impl ConsumerContext for Shifts {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        error: RDKafkaRespErr,
        lanes: &mut TopicPartitionList,
    ) {
        let named = lanes.elements();
        let named = named.iter().map(|e| (e.topic().to_owned(), e.partition().unsigned_abs()));
        let named: Vec<_> = named.collect();
        let mut shift = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // What cannot be done here shows when positions are committed.
        match error {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => {
                // Nothing is to be read by the member itself.
                let _ = lanes.set_all_offsets(Offset::End);
                let _ = consumer.incremental_assign(lanes);
                let _ = consumer.pause(lanes);
                shift.gained.extend(named);
            }
            _ => {
                let _ = consumer.incremental_unassign(lanes);
                shift.gained.retain(|lane| !named.contains(lane));
                shift.lost.extend(named);
            }
        }
    }
}

impl Member {
    /// Joins a group.
    pub fn join(cluster: &Cluster, of: &GroupOf<'_>) -> Result<Member> {
        let ours = [("session.timeout.ms", "10000"), ("heartbeat.interval.ms", "1000")];
        let mut must = vec![
            ("group.id", of.name),
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            ("partition.assignment.strategy", "cooperative-sticky"),
            ("isolation.level", ISOLATION),
            ("allow.auto.create.topics", "false"),
            ("topic.metadata.refresh.interval.ms", "5000"),
        ];
        if let Some(instance) = of.instance {
            must.push(("group.instance.id", instance));
        }
        let member: BaseConsumer<Shifts> = cluster.client(Shifts::default(), &ours, &must)?;
        let topics: Vec<&str> = of.topics.iter().map(String::as_str).collect();
        let subscribed = member.subscribe(&topics);
        subscribed.map_err(|e| cluster.failed(&format!("joining the group `{}`", of.name), &e))?;
        Ok(Member {
            cluster: cluster.clone(),
            consumer: member,
            known_as: String::new(),
            mail: Arc::new(consumer(cluster, ISOLATION)?),
            followed: BTreeMap::new(),
            admin: OnceLock::new(),
        })
    }

    /// With what positions are sent; none if the group has given up this process since it was last
    /// served, or taken it up anew.
    pub fn metadata(&self) -> Option<ConsumerGroupMetadata> {
        let known = || !self.known_as.is_empty() && member_id(&self.consumer) == self.known_as;
        if !known() || self.consumer.assignment_lost() {
            return None;
        }
        let metadata = self.consumer.group_metadata()?;
        known().then_some(metadata)
    }

    /// Commits positions without a transaction.
    pub fn commit(&self, positions: &TopicPartitionList) -> std::result::Result<(), KafkaError> {
        self.consumer.commit(positions, rdkafka::consumer::CommitMode::Sync)
    }

    fn taken(&self) -> Shift {
        let shifts = &self.consumer.context().0;
        std::mem::take(&mut shifts.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn failed(&self, what: &str, error: &KafkaError) -> Error {
        self.cluster.failed(what, error)
    }
}

impl Group for Member {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn serve(&mut self, within: Duration) -> Result<Shift> {
        let until = Instant::now() + within;
        let mut shift = Shift::default();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if let Some(Err(error)) = self.consumer.poll(left.min(Duration::from_millis(100)))
                && is_final(error.rdkafka_error_code())
            {
                return Err(self.failed("taking part in the group", &error));
            }
            let taken = self.taken();
            let moved = taken != Shift::default();
            for lane in taken.lost {
                shift.gained.retain(|gained| *gained != lane);
                shift.lost.push(lane);
            }
            shift.gained.extend(taken.gained);
            if !moved && (left.is_zero() || shift != Shift::default()) {
                break;
            }
        }
        self.known_as = member_id(&self.consumer);
        Ok(shift)
    }

    fn positions(&self, lanes: &[Lane<'_>], within: Duration) -> Result<Vec<Position>> {
        let mut asked = TopicPartitionList::new();
        for lane in lanes {
            asked.add_partition(lane.topic, i32::try_from(lane.number).unwrap_or(i32::MAX));
        }
        let found = committed(&self.consumer, &asked, within)
            .map_err(|error| self.failed("asking how far the group has come", &error))?;
        let position = |lane: &Lane<'_>| {
            let number = i32::try_from(lane.number).unwrap_or(i32::MAX);
            let entry = found.find_partition(lane.topic, number);
            let (offset, note) = match entry.as_ref().map(|entry| (entry.offset(), entry)) {
                Some((Offset::Offset(offset), entry)) => {
                    (u64::try_from(offset).ok(), entry.metadata().to_owned())
                }
                _ => (None, String::new()),
            };
            Position { topic: lane.topic.to_owned(), number: lane.number, offset, note }
        };
        Ok(lanes.iter().map(position).collect())
    }

    fn follow(&mut self, lanes: &[(Lane<'_>, Option<u64>)]) -> Result<()> {
        let mut assigned = TopicPartitionList::new();
        for (lane, from) in lanes {
            let number = i32::try_from(lane.number).unwrap_or(i32::MAX);
            let what = || format!("following `{}/{number}`", lane.topic);
            let failed = |e| self.cluster.failed(&what(), &e);
            let bounds =
                self.mail.fetch_watermarks(lane.topic, number, PATIENCE).map_err(failed)?;
            let first = u64::try_from(bounds.0).unwrap_or(0);
            let from = from.unwrap_or(first);
            check_kept(lane.topic, number, from, bounds)?;
            // Before it is assigned: what is fetched earlier comes with all else.
            let queue = Queue::of(&self.mail, lane.topic, number)
                .ok_or_else(|| Error::Failed(format!("{}: it cannot be read", what())))?;
            let offset = Offset::Offset(i64::try_from(from).unwrap_or(i64::MAX));
            assigned.add_partition_offset(lane.topic, number, offset).map_err(failed)?;
            let followed = Followed { queue, rest: VecDeque::new() };
            self.followed.insert((lane.topic.to_owned(), lane.number), followed);
        }
        let done = self.mail.incremental_assign(&assigned);
        done.map_err(|e| self.cluster.failed("following letters", &e))
    }

    fn leave(&mut self, lane: &Lane<'_>) {
        if self.followed.remove(&(lane.topic.to_owned(), lane.number)).is_some() {
            let mut list = TopicPartitionList::new();
            list.add_partition(lane.topic, i32::try_from(lane.number).unwrap_or(i32::MAX));
            // It is followed no more in any case.
            let _ = self.mail.incremental_unassign(&list);
        }
    }

    fn letters(
        &mut self,
        lane: &Lane<'_>,
        before: Option<u64>,
        within: Duration,
    ) -> Result<Vec<Letter>> {
        while self.mail.poll(Duration::ZERO).is_some() {}
        let Some(followed) = self.followed.get_mut(&(lane.topic.to_owned(), lane.number)) else {
            return Ok(Vec::new());
        };
        let rest = &mut followed.rest;
        if rest.is_empty() {
            let number = i32::try_from(lane.number).unwrap_or(i32::MAX);
            let partition = Partition::at(&lane.topic.into(), number);
            for message in followed.queue.take(TAKEN, within).iter() {
                match message.problem() {
                    None => rest.push_back(letter(message)),
                    Some(_) => problem(&self.cluster, &partition, message)?,
                }
            }
        }
        let given = rest.partition_point(|letter| before.is_none_or(|end| letter.offset < end));
        Ok(rest.drain(..given).collect())
    }

    fn forget(&self, lane: &Lane<'_>, before: u64) -> Result<()> {
        // Made when it is first needed: each client has threads and connections of its own.
        let admin = match self.admin.get() {
            Some(admin) => admin,
            None => {
                let admin = self.cluster.client(DefaultClientContext, &[], &[])?;
                self.admin.get_or_init(|| admin)
            }
        };
        let mut list = TopicPartitionList::new();
        let number = i32::try_from(lane.number).unwrap_or(i32::MAX);
        let offset = Offset::Offset(i64::try_from(before).unwrap_or(i64::MAX));
        let what = format!(
            "letting go of what stands before offset {before} of `{}/{number}`",
            lane.topic
        );
        let failed = |e| self.cluster.failed(&what, &e);
        list.add_partition_offset(lane.topic, number, offset).map_err(failed)?;
        let options = AdminOptions::new().operation_timeout(Some(PATIENCE));
        block_on(admin.delete_records(&list, &options)).map(drop).map_err(failed)
    }
}

fn letter(message: Message<'_>) -> Letter {
    Letter {
        offset: message.offset(),
        key: message.key().unwrap_or_default().to_vec(),
        bytes: message.payload().unwrap_or_default().to_vec(),
    }
}
