//! Catching up with a long history: as a stream, as hybrid, and as hybrid from an archive.

use crate::bids::{left_out, send, time_of};
use crate::check::{self, Windows};
use crate::cluster::{self, PARTITIONS, PATIENCE, now_micros};
use crate::job::{self, Bid};
use crate::process::Running;
use crate::report::{Measured, median, thousands};
use crate::watch::Watch;
use crate::{Result, bids};
use clap::Args;
use ouzel::Mode;
use ouzel::connector::Connect;
use ouzel::connectors::Chain;
use ouzel::prelude::*;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

#[derive(Args)]
pub struct Options {
    /// How often each way runs.
    #[arg(long, default_value_t = 2)]
    rounds: usize,
    /// How many bids there are.
    #[arg(long, default_value_t = 20_000_000)]
    records: u64,
    /// How much of the history the archive has, of 1.
    #[arg(long, default_value_t = 0.9)]
    archived: f64,
}

/// A way to catch up: its name, and how it is called in the table.
const WAYS: [(&str, &str); 3] = [
    ("stream", "stream"),
    ("hybrid", "hybrid"),
    ("archive", "hybrid, Parquet up to a time, then the topic"),
];

/// One that takes longer has got stuck.
const STUCK: Duration = Duration::from_secs(1800);

/// What a process has measured.
#[derive(Clone, Deserialize, Serialize)]
pub struct CaughtUp {
    measured: Measured,
    /// From the commit that covers the history to the first record after it, which is produced as soon
    /// as that commit was made.
    read_ms: f64,
    /// To the commit that covers that record.
    commit_ms: f64,
}

/// What is older than a time, as it is.
#[job]
fn archive(bids: Stream<Bid>, until: Timestamp) -> Stream<Bid> {
    bids.filter(|b| b.date_time < until)
}

/// Runs them, and prints a table.
pub fn run(broker: &str, options: &Options) -> Result {
    let input = bids::input(broker, None, options.records)?;
    let expected = check::expected(broker, &input)?;
    let folder = tempfile::tempdir()?;
    let files = folder.path().to_str().ok_or("the folder's name is no text")?;
    let archived = (options.records as f64 * options.archived.clamp(0.0, 1.0)) as u64;
    let until = jiff::Timestamp::from_millisecond(i64::try_from(time_of(archived))?)?.to_string();
    eprintln!("writing what is from before {until} to {files}");
    let ends = cluster::ends(broker, &input)?.ok_or("the input is gone")?;
    for partition in 0..ends.len() {
        // On one thread, by which the order is kept.
        ouzel::run::<archive>()
            .mode(Mode::Batch)
            .workers(1)
            .param("until", &until)
            .input(
                "bids",
                job::source(broker, &format!("{input}?start={}", only(partition, &ends)))?,
            )
            .output("archive", format!("{files}/{partition}.parquet").as_str())
            .execute()?;
    }
    let mut all = vec![Vec::new(); WAYS.len()];
    for round in 0..options.rounds {
        for (way, all) in WAYS.iter().zip(&mut all) {
            let found = measure(broker, &input, way.0, (files, &until), &expected)?;
            let Measured { seconds, .. } = found.measured;
            eprintln!("round {}: {}: {seconds:.2} s", round + 1, way.0);
            all.push(found);
        }
    }
    cluster::delete(broker, &input)?;
    println!(
        "| | records/s | seconds | to stream | CPU s | peak MB | commit to next record ms | to its commit ms |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    let of =
        |runs: &[CaughtUp], value: fn(&CaughtUp) -> f64| median(runs.iter().map(value).collect());
    let stream = of(&all[0], |found| found.measured.seconds);
    for ((_, called), runs) in WAYS.iter().zip(&all) {
        let seconds = of(runs, |found| found.measured.seconds);
        println!(
            "| {called} | {} | {seconds:.2} | {:.2} | {:.1} | {:.0} | {:.0} | {:.0} |",
            thousands(of(runs, |found| found.measured.rate())),
            seconds / stream,
            of(runs, |found| found.measured.cpu),
            of(runs, |found| found.measured.rss_mb as f64),
            of(runs, |found| found.read_ms),
            of(runs, |found| found.commit_ms),
        );
    }
    Ok(())
}

/// Where a run begins that reads one partition alone.
fn only(partition: usize, ends: &[i64]) -> String {
    let from = ends.iter().enumerate().map(|(other, end)| match other == partition {
        true => format!("{other}:0"),
        false => format!("{other}:{end}"),
    });
    from.collect::<Vec<_>>().join(",")
}

/// One way, in a process of its own.
fn measure(
    broker: &str,
    input: &str,
    way: &str,
    (files, until): (&str, &str),
    expected: &Windows,
) -> Result<CaughtUp> {
    let output = format!("bench-out-{way}-{}", now_micros());
    cluster::create(broker, &output)?;
    let mut arguments = vec!["catch-up", input, &output];
    match way {
        "archive" => arguments.extend(["--mode", "hybrid", "--archive", files, "--until", until]),
        mode => arguments.extend(["--mode", mode]),
    }
    let found = Running::own(broker, &arguments)?.end(STUCK)?;
    check::compare(expected, &check::windows_of(broker, &output)?)
        .map_err(|e| format!("{way}: {e}"))?;
    cluster::delete(broker, &output)?;
    Ok(found)
}

#[derive(Args)]
pub struct CatchUp {
    input: String,
    output: String,
    /// `stream` or `hybrid`.
    #[arg(long)]
    mode: Mode,
    /// A folder with what there is from before `until`.
    #[arg(long, requires = "until")]
    archive: Option<String>,
    #[arg(long)]
    until: Option<Timestamp>,
}

/// The job's process: catches up, reads one more record of each partition, and stops.
pub fn catch_up(broker: &str, options: &CatchUp) -> Result<CaughtUp> {
    let began = Instant::now();
    let topic = options.input.as_str();
    let records = cluster::records(broker, topic)?.ok_or("there is no such input")?;
    let more = PARTITIONS as u64;
    let watch = Watch::of(records + more);
    let input: Arc<dyn Connect> = match (&options.archive, options.until) {
        (Some(archive), Some(until)) => Arc::new(Chain {
            before: ouzel::connectors::input(archive)?,
            until,
            after: job::source(broker, &format!("{topic}?start={until}"))?,
        }),
        _ => job::source(broker, topic)?,
    };
    let producer = cluster::config(broker).set("linger.ms", "0").create()?;
    let ticks = thread::spawn({
        let (watch, topic) = (watch.clone(), topic.to_owned());
        move || tick(&producer, &topic, records, &watch)
    });
    let state = tempfile::tempdir()?;
    let run = job::described(input, job::sink(broker, &options.output)?, &watch);
    let ran = run.mode(options.mode).workers(2).state(state.path()).execute();
    // If it failed, there is nothing to wait for.
    watch.stop.store(true, Ordering::Relaxed);
    ticks.join().map_err(|_| "a thread panicked")??;
    ran?;
    let measured = job::measured(&watch, records, began)?;
    let since = |at: Option<Instant>| {
        let (from, to) = (watch.covered(records)?, at?);
        Some(to.duration_since(from).as_secs_f64() * 1_000.0)
    };
    let read_ms = since(watch.went_on(records)).ok_or("nothing came after the history")?;
    let commit_ms = since(watch.covered(records + more)).ok_or("that was not committed")?;
    Ok(CaughtUp { measured, read_ms, commit_ms })
}

/// Writes a record to each partition as soon as all others are covered by a commit.
fn tick(producer: &BaseProducer, topic: &str, records: u64, watch: &Watch) -> Result {
    while watch.covered(records).is_none() {
        if watch.stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(1));
    }
    let payload = left_out(records);
    let time = i64::try_from(time_of(records) + bids::DISORDER_MS)?;
    for partition in 0..PARTITIONS {
        let record = BaseRecord::to(topic).partition(partition).payload(&payload);
        send(producer, record.timestamp(time))?;
    }
    Ok(producer.flush(PATIENCE)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_partition_is_read_alone() {
        assert_eq!(only(1, &[7, 8, 9]), "0:7,1:0,2:9");
    }
}
