//! Topics as a source: which partitions there are, where each begins and ends, and what can be read
//! of it.

use crate::client::{Cluster, PATIENCE, Reading, committed};
use crate::decode::Shape;
use crate::input::{Place, TopicInput, Topics};
use crate::live::Live;
use crate::native::topic_ids;
use crate::range::{RECORD_BYTES, RangeSplit, Readers};
use crate::topics;
use ouzel_dsl::connector::{Listing, Request, Source, Split};
use ouzel_dsl::{Error, Result};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How often it is looked for new partitions.
const DISCOVER_EVERY: Duration = Duration::from_secs(5);

/// Topics as a source.
pub struct TopicSource {
    input: TopicInput,
    shape: Arc<Shape>,
    /// A bounded partition is read in as many ranges as keep all cores busy, but in none of fewer
    /// records.
    range_min: u64,
    /// Where it ends, if it does.
    end: Option<Place>,
    /// Asks for what is not told by reading.
    asks: BaseConsumer<Reading>,
    readers: Arc<Readers>,
    known: Mutex<Known>,
}

struct Known {
    partitions: Vec<Partition>,
    names: Arc<Vec<String>>,
    discovered: Instant,
    /// A topic that was not there any more when it was last looked for.
    missing: Option<Arc<str>>,
    /// Those that are of this process, where others have the rest.
    owned: Option<Vec<u32>>,
    /// Where what there was ends, by partition, while that is all that is given.
    history: Option<Vec<u64>>,
    /// Reads on and on, where there is no end.
    live: Live,
}

/// A partition of a topic.
#[derive(Clone, Debug)]
pub struct Partition {
    pub topic: Arc<str>,
    pub number: i32,
    /// The topic's id, which one that is made anew does not have.
    id: Arc<str>,
    /// Where it begins for who has not read it.
    first: u64,
    /// Where it ends, if it does.
    end: Option<u64>,
}

impl Partition {
    /// A partition of which only the place is known.
    pub fn at(topic: &Arc<str>, number: i32) -> Partition {
        Partition { topic: topic.clone(), number, id: "".into(), first: 0, end: None }
    }
}

impl TopicSource {
    /// Finds the topics, and where their partitions begin and end.
    pub fn open(input: TopicInput, request: &Request) -> Result<TopicSource> {
        input.cluster.reach()?;
        let shape = Arc::new(Shape::new(&input.form, request)?);
        let end = input.end.clone().or(request.until_now.then_some(Place::Latest));
        let isolation = if input.uncommitted { "read_uncommitted" } else { "read_committed" };
        let asks = consumer(&input.cluster, isolation)?;
        let readers = Arc::new(Readers::new(input.cluster.clone(), isolation));
        let live = Live::new(input.cluster.clone(), isolation);
        let known = Known {
            partitions: Vec::new(),
            names: Arc::default(),
            discovered: Instant::now(),
            missing: None,
            owned: None,
            history: None,
            live,
        };
        let range_min = (request.split_bytes / RECORD_BYTES).max(1);
        let known = Mutex::new(known);
        let source = TopicSource { input, shape, range_min, end, asks, readers, known };
        source.discover(&mut source.lock(), PATIENCE)?;
        if request.history && source.end.is_none() {
            let mut known = source.lock();
            known.history = Some(source.offsets(&known.partitions, &Place::Latest, PATIENCE)?);
        }
        if source.lock().partitions.is_empty() {
            let Topics::One(topic) = &source.input.topics else { return Ok(source) };
            return Err(Error::Usage(format!(
                "{}: there is no topic `{topic}` at {}",
                source.input.uri.text, source.input.cluster.brokers
            )));
        }
        Ok(source)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds partitions that were not there before.
    fn discover(&self, known: &mut Known, patience: Duration) -> Result<()> {
        known.discovered = Instant::now();
        let one = match &self.input.topics {
            Topics::One(topic) => Some(topic.as_str()),
            Topics::Matching(_) => None,
        };
        let cluster = &self.input.cluster;
        let found = topics::partitions(cluster, self.asks.client(), one, patience)?;
        let later = !known.partitions.is_empty();
        // A broker that has just started may not know of it yet.
        let before = known.missing.take();
        known.missing =
            known.partitions.iter().map(|p| &p.topic).find(|t| !found.contains_key(&***t)).cloned();
        if known.missing.is_some() && known.missing == before {
            let topic = known.missing.as_deref().unwrap_or_default();
            return Err(Error::State(format!(
                "`{topic}` is no longer there at {}: the topic was deleted",
                cluster.brokers
            )));
        }
        let found: Vec<_> =
            found.into_iter().filter(|(topic, _)| self.input.topics.matches(topic)).collect();
        let names: Vec<&str> = found.iter().map(|(topic, _)| topic.as_str()).collect();
        let ids = match names.is_empty() {
            true => BTreeMap::new(),
            false => topic_ids(self.asks.client(), &names, patience)
                .map_err(|e| cluster.failed("asking for topics", &KafkaError::AdminOp(e)))?,
        };
        let mut new = Vec::new();
        for (topic, count) in found {
            let id: Arc<str> = ids.get(&topic).map_or("", String::as_str).into();
            let topic: Arc<str> = topic.into();
            if known.partitions.iter().any(|p| p.topic == topic && p.id != id) {
                return Err(Error::State(format!(
                    "`{topic}` at {} was made anew: what follows is of another topic\n  begin anew with another `--state`",
                    cluster.brokers
                )));
            }
            for number in 0..count {
                let is = |p: &Partition| p.topic == topic && p.number == number;
                if !known.partitions.iter().any(is) {
                    let (topic, id) = (topic.clone(), id.clone());
                    new.push(Partition { topic, number, id, first: 0, end: None });
                }
            }
        }
        if new.is_empty() {
            return Ok(());
        }
        // What comes later is new from its first record on.
        let start = if later { &Place::Earliest } else { &self.input.start };
        let firsts = self.offsets(&new, start, patience)?;
        let ends = self.end.as_ref().map(|end| self.ends(&new, end, patience)).transpose()?;
        for (index, partition) in new.iter_mut().enumerate() {
            partition.first = firsts[index];
            partition.end = ends.as_ref().map(|ends| ends[index].max(firsts[index]));
        }
        let names = Arc::make_mut(&mut known.names);
        names.extend(new.iter().map(|p| format!("{}/{}", p.topic, p.number)));
        known.partitions.append(&mut new);
        Ok(())
    }

    /// The offsets of the place where partitions end: those for which none is given end where they do
    /// now.
    fn ends(&self, of: &[Partition], place: &Place, patience: Duration) -> Result<Vec<u64>> {
        let Place::Offsets(given) = place else { return self.offsets(of, place, patience) };
        let last = self.offsets(of, &Place::Latest, patience)?;
        let end = |(p, last): (&Partition, u64)| match given
            .iter()
            .find(|(number, _)| *number == p.number)
        {
            Some((_, end)) if *end > last => Err(Error::Usage(format!(
                "{}: `{}/{}` is to be read up to offset {end}, and ends at {last}",
                self.input.uri.text, p.topic, p.number
            ))),
            Some((_, end)) => Ok(*end),
            None => Ok(last),
        };
        of.iter().zip(last).map(end).collect()
    }

    /// The offsets of a place.
    fn offsets(&self, of: &[Partition], place: &Place, patience: Duration) -> Result<Vec<u64>> {
        let cluster = &self.input.cluster;
        let failed = |e| cluster.failed("asking for offsets", &e);
        let bounds = of
            .iter()
            .map(|p| self.asks.fetch_watermarks(&p.topic, p.number, patience))
            .collect::<Result<Vec<_>, _>>()
            .map_err(failed)?;
        let of_raw = |offset: i64| u64::try_from(offset).unwrap_or(0);
        let given = match place {
            Place::Earliest => None,
            Place::Latest => return Ok(bounds.iter().map(|(_, high)| of_raw(*high)).collect()),
            Place::Offsets(offsets) => {
                let number = |p: &Partition| {
                    let given = offsets.iter().find(|(number, _)| *number == p.number);
                    Ok(given.map(|(_, offset)| *offset))
                };
                Some(of.iter().map(number).collect::<Result<Vec<_>>>()?)
            }
            Place::At(time) => {
                let asked = list(of, |_| Offset::Offset(*time))?;
                let found = self.asks.offsets_for_times(asked, patience).map_err(failed)?;
                let offset = |(p, bounds): (&Partition, &(i64, i64))| {
                    let found = found.find_partition(&p.topic, p.number);
                    match found.map(|found| found.offset()) {
                        Some(Offset::Offset(offset)) => Some(of_raw(offset)),
                        _ => Some(of_raw(bounds.1)),
                    }
                };
                Some(of.iter().zip(&bounds).map(offset).collect())
            }
            Place::Committed(group) => {
                let consumer: BaseConsumer<Reading> =
                    cluster.client(Reading, &[], &[("group.id", group)])?;
                let asked = list(of, |_| Offset::Invalid)?;
                let found = committed(&consumer, &asked, patience).map_err(failed)?;
                let offset =
                    |p: &Partition| match found.find_partition(&p.topic, p.number)?.offset() {
                        Offset::Offset(offset) => Some(of_raw(offset)),
                        _ => None,
                    };
                Some(of.iter().map(offset).collect())
            }
        };
        let earliest = bounds.iter().map(|(low, _)| of_raw(*low));
        Ok(match given {
            None => earliest.collect(),
            Some(given) => {
                let given: Vec<Option<u64>> = given;
                earliest.zip(given).map(|(low, given)| given.unwrap_or(low).max(low)).collect()
            }
        })
    }

    /// Ranges of all that is left, round the partitions, in order of offset in each.
    fn ranges(
        &self,
        known: &Known,
        from: &[u64],
        end: impl Fn(usize) -> Option<u64>,
    ) -> Result<Vec<Box<dyn Split>>> {
        let position =
            |(index, p): (usize, &Partition)| from.get(index).copied().unwrap_or(p.first);
        let positions: Vec<u64> = known.partitions.iter().enumerate().map(position).collect();
        let ends = || (0..known.partitions.len()).map(|index| end(index).unwrap_or(0));
        self.check_kept(known, &positions)?;
        let left: u64 = positions.iter().zip(ends()).map(|(at, end)| end.saturating_sub(*at)).sum();
        let cores = std::thread::available_parallelism().map_or(1, usize::from) as u64;
        let range = (left / (4 * cores)).max(self.range_min);
        let mut splits: Vec<(u64, Box<dyn Split>)> = Vec::new();
        for (index, partition) in known.partitions.iter().enumerate() {
            let (mut at, end) = (positions[index], end(index).unwrap_or(0));
            let mut nth = 0;
            while at < end {
                // A short rest goes with the last range.
                let to = if end - at < range + range / 2 { end } else { at + range };
                splits.push((
                    nth,
                    Box::new(RangeSplit {
                        readers: self.readers.clone(),
                        shape: self.shape.clone(),
                        topic: partition.topic.clone(),
                        number: partition.number,
                        partition: index as u32,
                        at,
                        end: to,
                    }),
                ));
                (at, nth) = (to, nth + 1);
            }
        }
        splits.sort_by_key(|(nth, _)| *nth);
        Ok(splits.into_iter().map(|(_, split)| split).collect())
    }

    /// Refuses positions whose records the log has lost, or never had.
    fn check_kept(&self, known: &Known, positions: &[u64]) -> Result<()> {
        for (partition, position) in known.partitions.iter().zip(positions) {
            let (topic, number) = (&partition.topic, partition.number);
            let (low, high) = self
                .asks
                .fetch_watermarks(topic, number, PATIENCE)
                .map_err(|e| self.input.cluster.failed("asking for offsets", &e))?;
            check_kept(topic, number, *position, (low, high))?;
        }
        Ok(())
    }
}

/// Refuses a position whose records the log has lost, or never had.
pub fn check_kept(topic: &str, number: i32, at: u64, (low, high): (i64, i64)) -> Result<()> {
    let (low, high) = (u64::try_from(low).unwrap_or(0), u64::try_from(high).unwrap_or(0));
    if at < low {
        return Err(Error::State(format!(
            "`{topic}/{number}` is to be read from offset {at}, and begins with {low} now: what was before has been deleted (the topic's `retention.ms` or `retention.bytes`)\n  what is left is another input: begin anew with another `--state`, and with `?start=earliest`"
        )));
    }
    if at > high {
        return Err(Error::State(format!(
            "`{topic}/{number}` is to be read from offset {at}, and ends at {high}: the topic was made anew since\n  begin anew with another `--state`"
        )));
    }
    Ok(())
}

/// A consumer that is in no group.
pub fn consumer<T: rdkafka::config::FromClientConfigAndContext<Reading>>(
    cluster: &Cluster,
    isolation: &str,
) -> Result<T> {
    fetching(cluster, isolation, "2048")
}

/// The same, that fetches so many kilobytes of a partition before it is asked for them.
pub fn fetching<T: rdkafka::config::FromClientConfigAndContext<Reading>>(
    cluster: &Cluster,
    isolation: &str,
    ahead: &str,
) -> Result<T> {
    let ours = [
        ("queued.max.messages.kbytes", ahead),
        // With less, a client that has enough in its queues spins; they last longer than this.
        ("fetch.queue.backoff.ms", "20"),
        // With more, its buffers are of fresh memory each time.
        ("fetch.message.max.bytes", "1048576"),
        ("fetch.wait.max.ms", "100"),
        ("check.crcs", "true"),
    ];
    let must = [
        // Without one there is no `assign`; nothing is ever committed to it.
        ("group.id", "ouzel"),
        ("enable.auto.commit", "false"),
        ("enable.auto.offset.store", "false"),
        ("enable.partition.eof", "true"),
        ("auto.offset.reset", "error"),
        ("isolation.level", isolation),
        ("allow.auto.create.topics", "false"),
    ];
    cluster.client(Reading, &ours, &must)
}

/// Partitions with an offset for each.
pub fn list(of: &[Partition], offset: impl Fn(&Partition) -> Offset) -> Result<TopicPartitionList> {
    let mut list = TopicPartitionList::new();
    for partition in of {
        list.add_partition_offset(&partition.topic, partition.number, offset(partition))
            .map_err(|e| Error::Failed(format!("an offset that is none: {e}")))?;
    }
    Ok(list)
}

impl Source for TopicSource {
    fn bounded(&self) -> bool {
        self.end.is_some()
    }

    fn follow(&self) {
        self.lock().history = None;
    }

    fn own(&self, partitions: &[u32]) -> Result<()> {
        let mut known = self.lock();
        let Known { partitions: all, live, .. } = &mut *known;
        live.own(all, partitions)?;
        known.owned = Some(partitions.to_vec());
        self.discover(&mut known, PATIENCE)
    }

    fn partitions(&self) -> Arc<Vec<String>> {
        self.lock().names.clone()
    }

    fn landmark(&self, partition: u32, _: u64) -> Result<String> {
        let known = self.lock();
        let id = known.partitions.get(partition as usize).map_or("", |partition| &partition.id);
        Ok(format!("of the topic with the id {id}"))
    }

    fn first(&self, partition: u32) -> u64 {
        self.lock().partitions.get(partition as usize).map_or(0, |p| p.first)
    }

    fn splits(&self, from: &[u64]) -> Result<Listing> {
        let mut known = self.lock();
        if self.end.is_some() {
            let splits =
                self.ranges(&known, from, |index| known.partitions.get(index).and_then(|p| p.end))?;
            let ended = (0..known.partitions.len() as u32).collect();
            return Ok(Listing { splits, ended, end: true, fetched: false });
        }
        if known.discovered.elapsed() >= DISCOVER_EVERY {
            // A cluster that does not answer is waited for.
            match self.discover(&mut known, Duration::from_secs(1)) {
                Err(Error::Failed(_)) => {}
                done => done?,
            }
        }
        if let Some(ends) = known.history.clone() {
            let splits = self.ranges(&known, from, |index| ends.get(index).copied())?;
            return Ok(Listing { splits, ..Listing::default() });
        }
        let Known { partitions, live, owned, .. } = &mut *known;
        let is_owned =
            |index: &usize| owned.as_ref().is_none_or(|owned| owned.contains(&(*index as u32)));
        let of = (0..partitions.len()).filter(is_owned);
        let first = |index: usize| partitions.get(index).map_or(0, |p| p.first);
        let of = of.map(|index| (index, from.get(index).copied().unwrap_or_else(|| first(index))));
        live.splits(partitions, of, &self.shape)
    }
}
