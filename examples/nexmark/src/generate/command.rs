//! The flags of `nexmark generate`.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Command, value_parser};
use std::path::PathBuf;

/// What is to be written.
pub struct Options {
    /// How many events.
    pub events: u64,
    /// The folder.
    pub out: PathBuf,
    /// As the ends of files' names.
    pub formats: Vec<String>,
    /// Events in a second of event time.
    pub rate: u32,
    pub seed: u16,
    /// Whether progress and the closing line are shown.
    pub quiet: bool,
}

impl Options {
    /// Reads the process's arguments after its name.
    pub fn read() -> Result<Options, clap::Error> {
        let matches = command().try_get_matches_from(std::env::args_os().skip(1))?;
        // clap lets nothing through without those that have no default.
        Ok(Options {
            events: value(&matches, "events"),
            out: value(&matches, "out"),
            formats: matches.get_many("format").into_iter().flatten().cloned().collect(),
            rate: value(&matches, "rate"),
            seed: value(&matches, "seed"),
            quiet: value::<String>(&matches, "progress") == "never",
        })
    }
}

fn value<T: Clone + Default + Send + Sync + 'static>(matches: &ArgMatches, flag: &str) -> T {
    matches.get_one(flag).cloned().unwrap_or_default()
}

fn command() -> Command {
    Command::new("generate")
        .bin_name("nexmark generate")
        .about("Write the logs of an auction house: the inputs of the queries")
        .long_about(
            "Write the logs of an auction house: the inputs of the queries. Of each 50 events, 1 is \
             a person, 3 are auctions and 46 are bids. Times begin at 0, and come in groups whose \
             events are out of order, so that times go back by less than a second.\n\n\
             The files person, auction and bid are written in each format, and side_input.csv, which \
             has the keys 0 to 9999. The same options give the same files. They are put in their \
             places when all is done.",
        )
        .args([
            Arg::new("events")
                .long("events")
                .value_name("N")
                .help("How many persons, auctions and bids there are together")
                .required(true)
                .value_parser(value_parser!(u64).range(1..)),
            Arg::new("out")
                .long("out")
                .value_name("DIR")
                .help("The folder to write into; made if it is not there")
                .required(true)
                .value_parser(value_parser!(PathBuf)),
            Arg::new("format")
                .long("format")
                .value_name("FORMAT,..")
                .help("The formats to write")
                .default_value("jsonl,parquet")
                .value_delimiter(',')
                .value_parser(PossibleValuesParser::new(["jsonl", "parquet", "csv"])),
            Arg::new("rate")
                .long("rate")
                .value_name("N")
                .help("Events in a second of their own time, 100 to 10000000")
                .default_value("10000")
                .value_parser(value_parser!(u32).range(100..=10_000_000)),
            Arg::new("seed")
                .long("seed")
                .value_name("N")
                .help("Choose the data by this number, 0 to 65535; ids differ from seed to seed")
                .default_value("0")
                .value_parser(value_parser!(u16)),
            Arg::new("progress")
                .long("progress")
                .value_name("WHEN")
                .help("Show progress on standard error: auto is on a terminal only")
                .default_value("auto")
                .value_parser(PossibleValuesParser::new(["auto", "never"])),
        ])
        .after_help(
            "Examples:\n  \
               nexmark generate --events 1000000 --out data\n      \
                 a million events, 100 seconds, as JSON lines and Parquet\n  \
               nexmark generate --events 1000000 --out data --format jsonl --rate 500\n      \
                 the same events over 2000 seconds, as JSON lines only\n  \
               nexmark q5 run --in bid=data/bid.jsonl\n      \
                 run a query over them",
        )
        .max_term_width(100)
}
