//! `nexmark generate`: the logs as files, the same each time.

mod command;
mod log;
mod source;

pub use source::events;

use crate::events::{Auction, Bid, Person, SideInput};
use command::Options;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use log::Log;
use nexmark::event::Event;
use ouzel::hooks::text::{count, duration};
use ouzel::prelude::ExitCode;
use ouzel::{Error, Result};
use std::time::Instant;

/// Reads the command line after `nexmark`, and writes the files.
///
/// Gives 0 where that went well, 1 where it failed, and 2 where the command line made no sense.
pub fn main() -> ExitCode {
    let options = match Options::read() {
        Ok(options) => options,
        Err(error) => {
            // There is no one left to tell if this fails.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
    };
    match write(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error @ Error::Usage(_)) => {
            eprintln!("error: {error}\nfor more, see `nexmark generate --help`");
            ExitCode::from(2)
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write(options: &Options) -> Result<()> {
    let Options { out, formats, .. } = options;
    let begin = Instant::now();
    std::fs::create_dir_all(out)
        .map_err(|e| Error::io(format!("making the folder {}", out.display()), e))?;
    let mut persons: Log<Person> = Log::begin(out, "person", formats)?;
    let mut auctions: Log<Auction> = Log::begin(out, "auction", formats)?;
    let mut bids: Log<Bid> = Log::begin(out, "bid", formats)?;
    let mut side_input: Log<SideInput> = Log::begin(out, "side_input", &["csv".to_owned()])?;

    let bar = bar(options);
    for (event, done) in events(options.rate, options.seed).zip(1..=options.events) {
        match event {
            Event::Person(person) => persons.push(person)?,
            Event::Auction(auction) => auctions.push(auction)?,
            Event::Bid(bid) => bids.push(bid)?,
        }
        if done.is_multiple_of(1024) {
            bar.set_position(done);
        }
    }
    for key in 0..10_000 {
        side_input.push(SideInput { key, value: key.to_string() })?;
    }

    let counts = [persons.rows, auctions.rows, bids.rows].map(count);
    persons.finish()?;
    auctions.finish()?;
    bids.finish()?;
    side_input.finish()?;
    bar.finish_and_clear();
    if !options.quiet {
        let [persons, auctions, bids] = counts;
        let (place, took) = (out.display(), duration(begin.elapsed().as_secs_f64()));
        eprintln!("{persons} persons, {auctions} auctions and {bids} bids in {place}, {took}");
    }
    Ok(())
}

/// A bar on standard error, if that is a terminal.
fn bar(options: &Options) -> ProgressBar {
    if options.quiet {
        return ProgressBar::hidden();
    }
    let target = ProgressDrawTarget::stderr_with_hz(10);
    let bar = ProgressBar::with_draw_target(Some(options.events), target);
    let template = "{percent:>3} % {bar:24}  {human_pos} events  {per_sec}  {eta} left";
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style.progress_chars("━╸ ")),
        Err(_) => bar,
    }
}
