//! Ouzel beside its peers on a real Kafka broker; `benches/README.md` says how to run it.
//!
//! The workload: bids as JSON, of which those of at least 100 are counted and added up by auction and
//! 10 s of event time, exactly once, into a topic.

mod bids;
mod cgroup;
mod check;
mod clicks;
mod cluster;
mod hand;
mod hybrid;
mod instances;
mod java;
mod job;
mod latency;
mod process;
mod raw;
mod report;
mod restart;
mod rounds;
mod watch;

use clap::{Parser, Subcommand};
use serde::Serialize;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What everything here may end with.
pub type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Ouzel beside its peers on a real Kafka broker.
#[derive(Parser)]
struct Arguments {
    /// The broker's address; if neither this nor KAFKA_BROKERS is given, one is started.
    #[arg(long, global = true)]
    broker: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// All peers in turn, several rounds, each in a process of its own; prints a table.
    Throughput(rounds::Options),
    /// From producing a record to seeing what a filter made of it, by all peers in turn.
    Latency(latency::Options),
    /// The workload of `throughput` by groups of processes that each have a share of the CPU.
    Instances(instances::Options),
    /// Much state, a stop and a start: how long until the next row.
    Restart(restart::Options),
    /// Catching up with a history as a stream, as hybrid, and from an archive.
    Hybrid(hybrid::Options),
    /// Writes bids to a topic.
    Produce { topic: String, records: u64 },
    /// One peer, as `throughput` runs it: `bytes`, `hand` or `ouzel`.
    Peer {
        name: String,
        input: String,
        output: String,
        #[arg(long, default_value_t = 1_000)]
        epoch_ms: u64,
    },
    /// The job of `latency`, until its standard input ends.
    Pass {
        input: String,
        output: String,
        #[arg(long)]
        at_least_once: bool,
        #[arg(long, default_value_t = 100)]
        epoch_ms: u64,
    },
    /// An instance, as `instances` runs it: begins with a line of its standard input, and stops at the
    /// end of that.
    Member { input: String, output: String, group: String },
    /// The job of `restart`.
    Count(restart::Count),
    /// The job of `hybrid`.
    CatchUp(hybrid::CatchUp),
    /// Compares what is committed in an output with what its input gives.
    Check { input: String, output: String },
    /// Deletes topics.
    Delete { topics: Vec<String> },
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result {
    let broker = arguments.broker.unwrap_or_else(|| {
        // It ends with this process.
        ouzel_kafka_broker::Broker::shared().bootstrap().to_owned()
    });
    let broker = broker.as_str();
    match arguments.command {
        Command::Throughput(options) => rounds::run(broker, &options),
        Command::Latency(options) => latency::run(broker, &options),
        Command::Instances(options) => instances::run(broker, &options),
        Command::Restart(options) => restart::run(broker, &options),
        Command::Hybrid(options) => hybrid::run(broker, &options),
        Command::Member { input, output, group } => {
            print(&instances::member(broker, &input, &output, &group)?)
        }
        Command::Count(options) => print(&restart::count_clicks(broker, &options)?),
        Command::CatchUp(options) => print(&hybrid::catch_up(broker, &options)?),
        Command::Produce { topic, records } => bids::produce(broker, &topic, records),
        Command::Peer { name, input, output, epoch_ms } => {
            let result = match name.as_str() {
                "bytes" => raw::run(broker, &input)?,
                "hand" => hand::run(broker, &input, &output)?,
                "ouzel" => job::run(broker, &input, &output, epoch_ms)?,
                other => return Err(format!("there is no peer `{other}`").into()),
            };
            print(&result)
        }
        Command::Pass { input, output, at_least_once, epoch_ms } => {
            job::pass(broker, &input, &output, at_least_once, epoch_ms)
        }
        Command::Check { input, output } => {
            let found = check::windows_of(broker, &output)?;
            println!("{}", check::compare(&check::expected(broker, &input)?, &found)?);
            Ok(())
        }
        Command::Delete { topics } => topics.iter().try_for_each(|t| cluster::delete(broker, t)),
    }
}

/// Prints what a process has measured, for the one that started it.
fn print(measured: &impl Serialize) -> Result {
    println!("{}", serde_json::to_string(measured)?);
    Ok(())
}
