//! The workload of `throughput` by a group of one, two and four processes, each with the same share of
//! the CPU: whether more of them do more.

use crate::cgroup::Share;
use crate::check::{self, Windows};
use crate::cluster::{self, PARTITIONS, now_micros};
use crate::process::{Running, cpu_seconds, of_broker};
use crate::report::{median, thousands};
use crate::watch::Watch;
use crate::{Result, bids, job};
use clap::Args;
use ouzel::dsl::log::{Lane, Log, OneOf};
use ouzel::{GroupConfig, Mode};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

#[derive(Args)]
pub struct Options {
    /// How often each number of instances runs.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How many bids there are.
    #[arg(long, default_value_t = 10_000_000)]
    records: u64,
    /// The topic of the bids; made if it is not there, and kept. If not given, it is one of its own,
    /// and deleted.
    #[arg(long)]
    input: Option<String>,
    /// How much of one core each instance has.
    #[arg(long, default_value_t = 0.2)]
    quota: f64,
    /// How many instances, with commas between them: of 1, 2 and 4, so that all have as many of the 4
    /// partitions.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 2, 4])]
    counts: Vec<usize>,
}

/// A group forms within so long.
const FORMS: Duration = Duration::from_secs(60);

/// One that takes longer has got stuck.
const PATIENCE: Duration = Duration::from_secs(900);

/// A group at work.
#[derive(Clone, Copy)]
struct Measured {
    seconds: f64,
    /// Of CPU, of all instances.
    instances: f64,
    /// Of CPU; none where the broker is not here.
    broker: Option<f64>,
}

/// What an instance knows of itself: when it had its first records, and when it committed last.
#[derive(Serialize, Deserialize)]
pub struct Times {
    first_us: Option<u64>,
    last_us: Option<u64>,
}

/// Runs them, and prints a table.
pub fn run(broker: &str, options: &Options) -> Result {
    if let Some(count) = options.counts.iter().find(|count| ![1, 2, 4].contains(*count)) {
        return Err(format!("{count} instances do not share {PARTITIONS} partitions evenly").into());
    }
    // Before anything is written.
    drop(Share::of(&format!("ouzel-bench-{}", std::process::id()), options.quota)?);
    let input = bids::input(broker, options.input.as_deref(), options.records)?;
    let expected = check::expected(broker, &input)?;
    let mut all: BTreeMap<usize, Vec<Measured>> = BTreeMap::new();
    for round in 0..options.rounds {
        for count in &options.counts {
            let measured = measure(broker, &input, &expected, *count, options.quota)?;
            eprintln!(
                "round {}: {count}: {:.2} s, {:.0} records/s",
                round + 1,
                measured.seconds,
                options.records as f64 / measured.seconds
            );
            all.entry(*count).or_default().push(measured);
        }
    }
    if options.input.is_none() {
        cluster::delete(broker, &input)?;
    }
    table(options.records, &all);
    Ok(())
}

fn table(records: u64, all: &BTreeMap<usize, Vec<Measured>>) {
    let of = |count: usize, value: fn(&Measured) -> f64| {
        median(all.get(&count).map(|m| m.iter().map(value).collect()).unwrap_or_default())
    };
    println!("| instances | records/s | to one | seconds | CPU s, instances | CPU s, broker |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for count in all.keys() {
        let seconds = of(*count, |m| m.seconds);
        println!(
            "| {count} | {} | {:.2} | {seconds:.2} | {:.1} | {:.1} |",
            thousands(records as f64 / seconds),
            of(1, |m| m.seconds) / seconds,
            of(*count, |m| m.instances),
            of(*count, |m| m.broker.unwrap_or(f64::NAN)),
        );
    }
}

/// A group of so many processes, from nothing to a lag of 0.
fn measure(
    broker: &str,
    input: &str,
    expected: &Windows,
    count: usize,
    quota: f64,
) -> Result<Measured> {
    let group = format!("bench-group-{}-{count}", now_micros());
    let output = format!("{group}-out");
    cluster::create(broker, &output)?;
    let sink = job::sink(broker, &output)?;
    let log = sink.log().ok_or("a topic is not of a log")?;
    // Dropped after the processes that are in them.
    let mut shares = Vec::new();
    let mut members = Vec::new();
    for number in 0..count {
        let share = Share::of(&format!("{group}-{number}"), quota)?;
        let member = Running::own(broker, &["member", input, &output, &group])?;
        shares.push(share);
        shares[number].hold(member.id())?;
        members.push(member);
    }
    let formed = || Ok(is_formed(&log.members(&group)?.members, input, count));
    wait(&mut members, FORMS, "the group to form", formed)?;
    let cpu = |members: &[Running]| -> f64 {
        members.iter().map(|member| cpu_seconds(&member.id().to_string())).sum()
    };
    let of_broker = of_broker(broker).map(|id| id.to_string());
    let before = (cpu(&members), of_broker.as_deref().map(cpu_seconds));
    members.iter_mut().try_for_each(|member| member.tell("go"))?;
    let ends = cluster::ends(broker, input)?.ok_or("the input is gone")?;
    let is_read = || Ok(cluster::committed(broker, &group, input, ends.len())? == ends);
    wait(&mut members, PATIENCE, "all to be read", is_read)?;
    let letters = cluster::named(broker, |t| t.starts_with(&group) && t.ends_with("-letters"))?;
    wait(&mut members, PATIENCE, "a lag of 0", || Ok(lag(log, &group, &letters)? == 0))?;
    let instances = cpu(&members) - before.0;
    let broker_cpu = before.1.zip(of_broker.as_deref()).map(|(b, id)| cpu_seconds(id) - b);
    let times = members.into_iter().map(|member| member.end(PATIENCE));
    let times = times.collect::<Result<Vec<Times>>>()?;
    drop(shares);
    check::compare(expected, &check::windows_of(broker, &output)?)
        .map_err(|e| format!("{count} instances: {e}"))?;
    log.remove(&cluster::named(broker, |topic| topic.starts_with(&group))?)?;
    let first = times.iter().filter_map(|t| t.first_us).min().ok_or("nothing was read")?;
    let last = times.iter().filter_map(|t| t.last_us).max().ok_or("nothing was committed")?;
    let seconds = Duration::from_micros(last.saturating_sub(first)).as_secs_f64();
    Ok(Measured { seconds, instances, broker: broker_cpu })
}

/// Looks now and then whether something has come to pass, while all processes run.
fn wait(
    members: &mut [Running],
    within: Duration,
    what: &str,
    mut is: impl FnMut() -> Result<bool>,
) -> Result {
    let until = Instant::now() + within;
    while !is()? {
        members.iter_mut().try_for_each(Running::runs)?;
        if Instant::now() > until {
            return Err(format!("waiting for {what} took more than {within:?}").into());
        }
        thread::sleep(Duration::from_millis(200));
    }
    Ok(())
}

/// Whether so many have the same number of partitions each.
fn is_formed(members: &[OneOf], input: &str, count: usize) -> bool {
    let has = |one: &OneOf| one.lanes.iter().filter(|(topic, _)| topic == input).count();
    members.len() == count && members.iter().all(|one| has(one) * count == PARTITIONS as usize)
}

/// How many letters were not merged yet.
fn lag(log: &dyn Log, group: &str, letters: &[String]) -> Result<u64> {
    let mut lag = 0;
    for topic in letters {
        let lanes = log.look(topic)?.map_or(0, |found| found.lanes);
        let lanes: Vec<_> = (0..lanes).map(|number| Lane { topic, number }).collect();
        lag += log.progress(group, &lanes)?.iter().map(|progress| progress.lag).sum::<u64>();
    }
    Ok(lag)
}

/// One instance: reads from when it is told to until its standard input ends.
pub fn member(broker: &str, input: &str, output: &str, group: &str) -> Result<Times> {
    let watch = Watch::of(u64::MAX);
    watch.go.store(false, Ordering::Relaxed);
    let told = watch.clone();
    thread::spawn(move || {
        for line in std::io::stdin().lines() {
            told.go.store(line.is_ok(), Ordering::Relaxed);
        }
        told.stop.store(true, Ordering::Relaxed);
    });
    let group = GroupConfig { name: group.to_owned(), ..GroupConfig::default() };
    job::described(job::source(broker, input)?, job::sink(broker, output)?, &watch)
        .mode(Mode::Stream)
        .workers(1)
        .stream(|stream| stream.group = Some(group))
        .execute()?;
    let micros = |at: Instant| now_micros() - at.elapsed().as_micros() as u64;
    let first_us = watch.first.get().copied().map(micros);
    Ok(Times { first_us, last_us: watch.last().map(micros) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_formed_when_all_have_the_same() {
        let one = |numbers: &[u32]| OneOf {
            id: String::new(),
            instance: None,
            host: String::new(),
            lanes: numbers.iter().map(|number| ("in".to_owned(), *number)).collect(),
        };
        let all = one(&[0, 1, 2, 3]);
        assert!(is_formed(std::slice::from_ref(&all), "in", 1));
        assert!(!is_formed(&[all.clone(), one(&[])], "in", 2));
        assert!(!is_formed(&[all], "in", 2));
        assert!(is_formed(&[one(&[0, 3]), one(&[1, 2])], "in", 2));
        assert!(!is_formed(&[], "in", 1));
    }
}
