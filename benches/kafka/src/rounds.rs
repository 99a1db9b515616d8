//! All peers in turn, several rounds.

use crate::java::Java;
use crate::process::Running;
use crate::report::{Measured, median, thousands};
use crate::{Result, bids, check, cluster};
use clap::Args;
use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

#[derive(Args)]
pub struct Options {
    /// How often each peer runs.
    #[arg(long, default_value_t = 4)]
    rounds: usize,
    /// How many bids there are.
    #[arg(long, default_value_t = 5_000_000)]
    records: u64,
    /// The topic of the bids; made if it is not there, and kept. If not given, it is one of its own,
    /// and deleted.
    #[arg(long)]
    input: Option<String>,
    /// Only these peers, with commas between them.
    #[arg(long, value_delimiter = ',')]
    peers: Vec<String>,
}

/// A peer: its name, and how it is called in the table.
const PEERS: [(&str, &str); 6] = [
    ("bytes", "rdkafka, bytes only, 2 threads"),
    ("hand", "the job by hand on rdkafka, 2 threads"),
    ("ouzel", "Ouzel"),
    ("flink", "Flink 2.0"),
    ("streams", "Kafka Streams 4.1"),
    ("streams-repartitioned", "Kafka Streams 4.1, repartitioned"),
];

/// A peer that takes longer has got stuck.
const PATIENCE: Duration = Duration::from_secs(180);

/// Runs them, and prints a table.
pub fn run(broker: &str, options: &Options) -> Result {
    let chosen = |name: &str| options.peers.is_empty() || options.peers.iter().any(|p| p == name);
    if let Some(other) = options.peers.iter().find(|p| !PEERS.iter().any(|(name, _)| name == p)) {
        let names: Vec<_> = PEERS.iter().map(|(name, _)| *name).collect();
        return Err(format!("there is no peer `{other}`, but {}", names.join(", ")).into());
    }
    let chosen: Vec<_> = PEERS.into_iter().filter(|(name, _)| chosen(name)).collect();
    let uses = |prefix: &str| chosen.iter().any(|(name, _)| name.starts_with(prefix));
    let flink = uses("flink").then(|| Java::build("Flink")).transpose()?;
    let streams = uses("streams").then(|| Java::build("Streams")).transpose()?;
    let made = cluster::now_micros();
    let input = bids::input(broker, options.input.as_deref(), options.records)?;
    let expected = check::expected(broker, &input)?;
    let kept: u64 = expected.values().map(|(count, _)| count).sum();
    let mut all: BTreeMap<&str, Vec<Measured>> = BTreeMap::new();
    for round in 0..options.rounds {
        for (name, _) in &chosen {
            let output = format!("bench-out-{name}-{made}-{round}");
            cluster::create(broker, &output)?;
            let kept = kept.to_string();
            let java = match name.split_once('-').map_or(*name, |(first, _)| first) {
                "flink" => flink.as_ref().map(|j| j.command(broker, &[&input, &output])),
                "streams" => streams.as_ref().map(|j| {
                    let shape = if *name == "streams" { "keyed" } else { "repartitioned" };
                    j.command(broker, &[&input, &output, "eos", shape, "1000", &kept])
                }),
                _ => None,
            };
            let command = match java {
                Some(java) => java,
                None => {
                    let mut own = Command::new(std::env::current_exe()?);
                    own.args(["--broker", broker, "peer", name, &input, &output]);
                    own
                }
            };
            let measured: Measured = Running::start(command, name)?.end(PATIENCE)?;
            let same = match *name {
                "bytes" => "no output".to_owned(),
                _ => check::compare(&expected, &check::windows_of(broker, &output)?)
                    .map_err(|e| format!("{name}: {e}"))?,
            };
            eprintln!(
                "round {}: {name}: {:.2} s, {:.0} records/s, {:.1} s of CPU, {} MB ({same})",
                round + 1,
                measured.seconds,
                measured.rate(),
                measured.cpu,
                measured.rss_mb
            );
            all.entry(name).or_default().push(measured);
            cluster::delete(broker, &output)?;
        }
    }
    if options.input.is_none() {
        cluster::delete(broker, &input)?;
    }
    table(&chosen, &all);
    Ok(())
}

fn table(chosen: &[(&str, &str)], all: &BTreeMap<&str, Vec<Measured>>) {
    let of = |name: &str, value: fn(&Measured) -> f64| {
        median(all.get(name).map(|m| m.iter().map(value).collect()).unwrap_or_default())
    };
    let hand = of("hand", Measured::rate);
    println!("| | records/s | to the job by hand | seconds | slowest, fastest | CPU s | peak MB |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for (name, called) in chosen {
        let runs = all.get(name).map_or(&[][..], Vec::as_slice);
        let seconds = || runs.iter().map(|m| m.seconds);
        println!(
            "| {called} | {} | {:.2} | {:.2} | {:.2}, {:.2} | {:.1} | {:.0} |",
            thousands(of(name, Measured::rate)),
            of(name, Measured::rate) / hand,
            of(name, |m| m.seconds),
            seconds().fold(0.0, f64::max),
            seconds().fold(f64::INFINITY, f64::min),
            of(name, |m| m.cpu),
            of(name, |m| m.rss_mb as f64)
        );
    }
}
