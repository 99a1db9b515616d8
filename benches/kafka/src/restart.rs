//! A job with much state that is stopped and started again: how long until it gives the next row.

use crate::clicks::{counts, produce};
use crate::cluster::{self, now_micros};
use crate::process::Running;
use crate::report::{Measured, thousands};
use crate::watch::Watch;
use crate::{Result, job};
use clap::Args;
use ouzel::Mode;
use ouzel::prelude::*;
use rdkafka::Offset;
use rdkafka::consumer::BaseConsumer;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

#[derive(Args)]
pub struct Options {
    /// How many keys there are, each in one record.
    #[arg(long, default_value_t = 10_000_000)]
    keys: u64,
    /// How many MiB of keyed state are kept in memory.
    #[arg(long, value_name = "MIB", default_value_t = 2048)]
    memory: usize,
    /// From one commit to the next.
    #[arg(long, default_value_t = 1_000)]
    epoch_ms: u64,
    /// The folder for the state, which is emptied again; if not given, one for temporary files.
    #[arg(long)]
    state: Option<PathBuf>,
}

/// So many records come after the restart.
const MORE: u64 = 8;

/// One that takes longer has got stuck.
const STUCK: Duration = Duration::from_secs(3600);

/// The first row after the restart is there by then, or never.
const APPEARS: Duration = Duration::from_secs(600);

#[derive(Record)]
struct Click {
    user: u64,
}

/// How many clicks there are of each user.
#[job]
fn clicks(clicks: Stream<Click>) -> Table<u64, u64> {
    clicks.key_by(|c| c.user).aggregate(count())
}

/// Runs it twice, and prints a table.
pub fn run(broker: &str, options: &Options) -> Result {
    let made = now_micros();
    let (input, output) = (format!("bench-clicks-{made}"), format!("bench-counts-{made}"));
    cluster::create(broker, &input)?;
    cluster::create(broker, &output)?;
    eprintln!("writing {} clicks to {input}", options.keys);
    produce(broker, &input, options.keys)?;
    let folder = match &options.state {
        Some(parent) => tempfile::tempdir_in(parent)?,
        None => tempfile::tempdir()?,
    };
    let state = folder.path().to_str().ok_or("the folder's name is no text")?;
    let (memory, epoch_ms) = (options.memory.to_string(), options.epoch_ms.to_string());
    let start = |records: u64| {
        let records = records.to_string();
        let counted = ["--records", &records, "--memory", &memory, "--epoch-ms", &epoch_ms];
        let arguments = ["count", &input, &output, "--state", state];
        let arguments = [&arguments[..], &counted[..]].concat();
        Running::own(broker, &arguments)
    };
    let first: Measured = start(options.keys)?.end(STUCK)?;
    let (state_mb, rate) = (bytes_in(folder.path())? >> 20, first.rate());
    eprintln!("{rate:.0} records/s, {state_mb} MB of state; starting again");
    produce(broker, &input, MORE)?;
    let reader = reader(broker, &output)?;
    let began = Instant::now();
    let again = start(MORE)?;
    let seen = first_row(&reader, began)?;
    let again: Measured = again.end(STUCK)?;
    let (keys, more) = (options.keys, MORE.min(options.keys));
    let found = counts(broker, &output, keys)?;
    if found != (keys - more, more) {
        let (ones, twos) = found;
        return Err(format!(
            "{ones} keys have 1 rather than {}, and {twos} have 2 rather than {more}",
            keys - more
        )
        .into());
    }
    [&input, &output].into_iter().try_for_each(|topic| cluster::delete(broker, topic))?;
    println!(
        "| keys | memory MiB | records/s | state MB | first row after s | to first record s | to commit s | peak MB | peak MB, again |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    println!(
        "| {} | {memory} | {} | {} | {:.2} | {:.2} | {:.2} | {} | {} |",
        thousands(keys as f64),
        thousands(rate),
        thousands(state_mb as f64),
        seen.as_secs_f64(),
        again.startup,
        again.startup + again.seconds,
        thousands(first.rss_mb as f64),
        thousands(again.rss_mb as f64),
    );
    Ok(())
}

#[derive(Args)]
pub struct Count {
    input: String,
    output: String,
    #[arg(long)]
    state: PathBuf,
    /// How many records it reads.
    #[arg(long)]
    records: u64,
    /// How many MiB of keyed state are kept in memory.
    #[arg(long)]
    memory: usize,
    #[arg(long)]
    epoch_ms: u64,
}

/// The job's process: reads so many records, commits and stops.
pub fn count_clicks(broker: &str, options: &Count) -> Result<Measured> {
    let began = Instant::now();
    let watch = Watch::of(options.records);
    ouzel::run::<clicks>()
        .mode(Mode::Stream)
        .workers(2)
        .input("clicks", watch.input(job::source(broker, &options.input)?))
        .output("clicks", job::sink(broker, &options.output)?)
        .state(&options.state)
        .stream(|stream| stream.epoch_ms = options.epoch_ms)
        .config(|config| {
            watch.over(config);
            config.memory_bytes = options.memory << 20;
        })
        .execute()?;
    job::measured(&watch, options.records, began)
}

/// Reads what comes after what is there.
fn reader(broker: &str, topic: &str) -> Result<BaseConsumer> {
    let ends = cluster::ends(broker, topic)?.ok_or("the output is gone")?;
    let of = ends.iter().enumerate().map(|(p, end)| (p as i32, Offset::Offset(*end)));
    cluster::consumer(broker, "bench-restart", topic, &of.collect::<Vec<_>>())
}

/// How long it took until a row came.
fn first_row(reader: &BaseConsumer, began: Instant) -> Result<Duration> {
    while began.elapsed() < APPEARS {
        if let Some(Ok(_)) = reader.poll(Duration::from_millis(10)) {
            return Ok(began.elapsed());
        }
    }
    Err("no row has come".into())
}

/// How much a folder holds.
fn bytes_in(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        bytes += if metadata.is_dir() { bytes_in(&entry.path())? } else { metadata.len() };
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_added_up() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("in")).unwrap();
        std::fs::write(folder.path().join("a"), "12").unwrap();
        std::fs::write(folder.path().join("in").join("b"), "345").unwrap();
        assert_eq!(bytes_in(folder.path()).unwrap(), 5);
    }
}
