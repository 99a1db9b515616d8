//! From producing a record to seeing what a filter made of it.

use crate::Result;
use crate::bids::{Maker, send};
use crate::cluster::{self, now_micros};
use crate::java::Java;
use crate::report::median;
use clap::Args;
use rdkafka::Offset;
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

#[derive(Args)]
pub struct Options {
    /// How often each peer runs.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Records a second.
    #[arg(long, default_value_t = 20_000)]
    rate: u64,
    /// How long, of which the first third does not count.
    #[arg(long, default_value_t = 15)]
    seconds: u64,
    /// From one commit to the next, exactly once.
    #[arg(long, default_value_t = 100)]
    epoch_ms: u64,
    /// From one commit to the next, at least once, where rows are seen before it.
    #[arg(long, default_value_t = 5000)]
    long_epoch_ms: u64,
    /// Only these peers, with commas between them.
    #[arg(long, value_delimiter = ',')]
    peers: Vec<String>,
}

const PEERS: [(&str, &str); 5] = [
    ("none", "rdkafka alone: the record itself is seen"),
    ("ouzel-alo", "Ouzel, at least once"),
    ("ouzel", "Ouzel, exactly once"),
    ("streams-alo", "Kafka Streams 4.1, at least once"),
    ("streams", "Kafka Streams 4.1, exactly once"),
];

/// The job is up and running after so long.
const STARTS: Duration = Duration::from_secs(5);

/// Runs them, and prints a table.
pub fn run(broker: &str, options: &Options) -> Result {
    let chosen = |name: &str| options.peers.is_empty() || options.peers.iter().any(|p| p == name);
    let chosen: Vec<_> = PEERS.into_iter().filter(|(name, _)| chosen(name)).collect();
    let uses_java = chosen.iter().any(|(name, _)| name.starts_with("streams"));
    let streams = uses_java.then(|| Java::build("Streams")).transpose()?;
    let mut all: BTreeMap<&str, Vec<[f64; 3]>> = BTreeMap::new();
    for round in 0..options.rounds {
        for (name, _) in &chosen {
            let made = now_micros();
            let input = format!("bench-latency-in-{made}");
            let output = format!("bench-latency-out-{made}");
            cluster::create(broker, &input)?;
            cluster::create(broker, &output)?;
            let epoch = options.epoch_ms.to_string();
            let command = match *name {
                "none" => None,
                "streams" | "streams-alo" => streams.as_ref().map(|streams| {
                    let guarantee = if *name == "streams" { "eos" } else { "alo" };
                    streams.command(broker, &[&input, &output, guarantee, "pass", &epoch])
                }),
                _ => {
                    let mut own = Command::new(std::env::current_exe()?);
                    own.args(["--broker", broker, "pass", &input, &output]);
                    let long = options.long_epoch_ms.to_string();
                    match *name {
                        "ouzel" => own.args(["--epoch-ms", &epoch]),
                        _ => own.args(["--at-least-once", "--epoch-ms", &long]),
                    };
                    Some(own)
                }
            };
            let job = command.map(Job::start).transpose()?;
            let seen = if job.is_some() { &output } else { &input };
            let [p50, p99, max] = measure(broker, options, &input, seen)?;
            drop(job);
            eprintln!("round {}: {name}: p50 {p50:.1} ms, p99 {p99:.1}, max {max:.1}", round + 1);
            all.entry(name).or_default().push([p50, p99, max]);
            cluster::delete(broker, &input)?;
            cluster::delete(broker, &output)?;
        }
    }
    println!("| | p50 ms | p99 ms | max ms |");
    println!("| --- | --- | --- | --- |");
    for (name, called) in &chosen {
        let of = |index: usize| {
            let runs = all.get(name).map_or(&[][..], Vec::as_slice);
            median(runs.iter().map(|run| run[index]).collect())
        };
        println!("| {called} | {:.1} | {:.1} | {:.1} |", of(0), of(1), of(2));
    }
    Ok(())
}

/// A job in a process of its own, which ends with its standard input.
struct Job(Child);

impl Job {
    fn start(mut command: Command) -> Result<Job> {
        let job = Job(command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?);
        thread::sleep(STARTS);
        Ok(job)
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // Nothing is to be done about it.
        let _ = self.0.wait();
    }
}

/// Produces to `input`, and takes the time at which records are seen in `seen`.
fn measure(broker: &str, options: &Options, input: &str, seen: &str) -> Result<[f64; 3]> {
    let done = Arc::new(AtomicBool::new(false));
    let begun = Instant::now();
    let reader = thread::spawn({
        let (broker, seen, done) = (broker.to_owned(), seen.to_owned(), done.clone());
        let warm = Duration::from_secs(options.seconds / 3 + 1);
        move || read(&broker, &seen, begun + warm, &done)
    });
    let produced = produce(broker, options, input);
    done.store(true, Ordering::Relaxed);
    let latencies = reader.join().map_err(|_| "a thread panicked")?;
    produced?;
    let mut latencies = latencies?;
    latencies.sort_unstable();
    let at = |share: f64| {
        let index = (latencies.len() as f64 * share) as usize;
        let micros = latencies.get(index.min(latencies.len().saturating_sub(1)));
        micros.map(|micros| *micros as f64 / 1_000.0).ok_or("nothing was seen")
    };
    Ok([at(0.5)?, at(0.99)?, at(1.0)?])
}

fn produce(broker: &str, options: &Options, input: &str) -> Result {
    let producer: BaseProducer = cluster::config(broker)
        // At so many records a second one request for each would be more than a broker takes.
        .set("linger.ms", "5")
        .set("partitioner", "murmur2_random")
        .set("acks", "all")
        .create()?;
    thread::sleep(Duration::from_secs(1));
    let (mut maker, began) = (Maker::new(), Instant::now());
    for n in 0..options.rate * options.seconds {
        let due = began + Duration::from_nanos(n * 1_000_000_000 / options.rate);
        while Instant::now() < due {
            producer.poll(Duration::ZERO);
            thread::sleep((due - Instant::now()).min(Duration::from_micros(500)));
        }
        let now = now_micros();
        maker.at(now);
        let record = BaseRecord::to(input).key(&maker.auction).payload(&maker.text);
        send(&producer, record.timestamp(i64::try_from(now / 1_000)?))?;
    }
    producer.flush(cluster::PATIENCE)?;
    thread::sleep(Duration::from_secs(1));
    Ok(())
}

/// How old records are when they are seen, in microseconds.
fn read(broker: &str, topic: &str, from: Instant, done: &AtomicBool) -> Result<Vec<u64>> {
    let of: Vec<_> = (0..cluster::PARTITIONS).map(|p| (p, Offset::Beginning)).collect();
    let consumer = cluster::consumer(broker, "bench-latency", topic, &of)?;
    let mut latencies = Vec::new();
    while !done.load(Ordering::Relaxed) {
        match consumer.poll(Duration::from_millis(100)) {
            Some(Ok(message)) if Instant::now() >= from => {
                let text = std::str::from_utf8(message.payload().unwrap_or_default())?;
                let made = made_at(text).ok_or_else(|| format!("not a record of ours: {text}"))?;
                latencies.push(now_micros().saturating_sub(made));
            }
            Some(Ok(_)) | None | Some(Err(KafkaError::PartitionEOF(_))) => {}
            Some(Err(error)) => return Err(error.into()),
        }
    }
    Ok(latencies)
}

/// When a record was made: its last number.
fn made_at(text: &str) -> Option<u64> {
    let (_, last) = text.rsplit_once(':')?;
    last.trim_end_matches('}').parse().ok()
}
