//! Plays the flights of 2013 once more, into a topic of Kafka: as fast as they were, times a factor.
//!
//! ```text
//! cargo run --release -p replay -- --to kafka://127.0.0.1:9092/flights --speed 100000 --partitions 4
//! ```
//!
//! It is a job that leaves each flight as it is, from a connector that gives it when it is due, to a topic.
//! The flights of a carrier keep their order: the carrier is the record's key. A record's timestamp is
//! the time at which it is sent, so that no retention takes it for old; when the flight was due is
//! among its fields.

mod paced;

use clap::{Arg, ArgMatches, Command, value_parser};
use ouzel::prelude::*;
use ouzel::{Mode, Result};
use paced::Paced;
use std::sync::Arc;

#[derive(Record)]
struct Flight {
    #[record(event_time)]
    scheduled: Timestamp,
    carrier: String,
    origin: String,
    dest: String,
    dep_delay: Option<f64>,
}

/// All flights as they are.
#[job]
fn replay(flights: Stream<Flight>) -> Stream<Flight> {
    flights.map(|f| FlightRef {
        scheduled: f.scheduled,
        carrier: f.carrier,
        origin: f.origin,
        dest: f.dest,
        dep_delay: f.dep_delay,
    })
}

fn arguments() -> Command {
    let arg = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    Command::new("replay").about("Play the flights of 2013 once more, into a topic of Kafka").args(
        [
            arg("to", "URI", "The topic: kafka://HOST:PORT/TOPIC").required(true),
            arg("speed", "FACTOR", "How many times as fast as in 2013: 100000 takes five minutes")
                .default_value("100000")
                .value_parser(value_parser!(f64)),
            arg("partitions", "N", "How many partitions the topic is made with")
                .default_value("4")
                .value_parser(value_parser!(u16).range(1..)),
            arg("from", "FILE", "Where the flights are")
                .default_value("examples/data/flights.parquet"),
        ],
    )
}

fn play(given: &ArgMatches) -> Result<()> {
    let text = |name: &str| given.get_one::<String>(name).cloned().unwrap_or_default();
    let speed = given.get_one("speed").copied().unwrap_or(1.0);
    let partitions: u16 = given.get_one("partitions").copied().unwrap_or(1);
    let flights = Arc::new(Paced::new(ouzel::connectors::input(&text("from"))?, speed));
    let options = format!("key=carrier&partitions={partitions}");
    let mark = if text("to").contains('?') { '&' } else { '?' };
    let outcome = ouzel::run::<replay>()
        .mode(Mode::Stream)
        // Written often, so that it looks like a stream; by one thread, so that it is in order.
        .stream(|stream| stream.epoch_ms = 50)
        .workers(1)
        .input("flights", flights)
        .output("replay", format!("{}{mark}{options}", text("to")).as_str())
        .execute()?;
    eprint!("{}", outcome.summary);
    Ok(())
}

fn main() -> ExitCode {
    match play(&arguments().get_matches()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("replay: {error}");
            ExitCode::FAILURE
        }
    }
}
