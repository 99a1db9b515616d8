//! Soaks the engine: runs jobs that were written at random, over inputs that are drawn, under the
//! schedules of a seed, and compares each with the reference.
//!
//! ```text
//! OUZEL_SOAK_JOBS=200 OUZEL_SOAK_SEED=7 cargo run -p ouzel-soak -- --inputs 10 --minutes 30
//! ```

mod model;

use ouzel::stage::OnError;
use ouzel_testkit::Check;
use std::process::ExitCode;
use std::time::{Duration, Instant};

include!(concat!(env!("OUT_DIR"), "/jobs.rs"));

/// A job that was written at random.
pub struct Job {
    name: &'static str,
    source: &'static str,
    check: fn() -> Check,
}

/// How many schedules an input is run under, besides the reference.
const SCHEDULES: u64 = 15;

struct Told {
    jobs: usize,
    inputs: u64,
    seed: u64,
    minutes: u64,
    only: Option<String>,
}

fn told() -> Result<Told, String> {
    let mut told = Told { jobs: JOBS.len(), inputs: 5, seed: 0, minutes: 60, only: None };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
        let number = || value.parse::<u64>().map_err(|_| format!("{name} {value}: not a number"));
        match name.as_str() {
            "--jobs" => told.jobs = number()? as usize,
            "--inputs" => told.inputs = number()?,
            "--seed" => told.seed = number()?,
            "--minutes" => told.minutes = number()?,
            "--only" => told.only = Some(value),
            _ => {
                return Err(format!(
                    "{name} is none of --jobs, --inputs, --seed, --minutes, --only"
                ));
            }
        }
    }
    Ok(told)
}

fn main() -> ExitCode {
    match told() {
        Ok(told) => soak(&told),
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

fn soak(told: &Told) -> ExitCode {
    let end = Instant::now() + Duration::from_secs(60 * told.minutes);
    let jobs = JOBS.iter().take(told.jobs);
    let jobs: Vec<_> =
        jobs.filter(|job| told.only.as_ref().is_none_or(|name| job.name == name)).collect();
    let (mut triples, mut failing, mut differ) = (0, 0, std::collections::BTreeSet::new());
    'all: for nth in 0..told.inputs {
        for job in &jobs {
            if Instant::now() >= end {
                break 'all;
            }
            // One divergence of a job is told once.
            if differ.contains(job.name) {
                continue;
            }
            let seed = told.seed.wrapping_add(nth);
            let policy = [OnError::Skip, OnError::DeadLetter, OnError::DeadLetter, OnError::Fail];
            let check = (job.check)().on_error(policy[(seed % 4) as usize]);
            let drawn = check.any_by("a", model::event).any_by("b", model::event);
            match drawn.seed(seed).cases(1).tried(|_| {}) {
                Ok((failures, _)) => failing += failures,
                Err(said) => {
                    differ.insert(job.name);
                    println!("\n{} with seed {seed} differs\n{}\n{said}", job.name, job.source);
                }
            }
            triples += SCHEDULES;
        }
        println!(
            "input {} of {}: {triples} triples, {failing} inputs failed alike, {} jobs differ",
            nth + 1,
            told.inputs,
            differ.len()
        );
    }
    println!("{triples} triples of {} jobs: {} differ", jobs.len(), differ.len());
    if differ.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
