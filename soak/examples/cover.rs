//! Writes a few jobs that have all of the grammar between them, for the short run that is a test:
//! `cargo run -p ouzel-soak --example cover > testkit/tests/grammar/jobs.rs`.

#[path = "../src/grammar.rs"]
mod grammar;

use std::collections::BTreeSet;

const JOBS: usize = 12;

/// Where each seed is looked for.
const SEEDS: u64 = 2_000;

/// The operators, windows and aggregates that a job has.
fn words(source: &str) -> BTreeSet<&str> {
    let calls = source.split(|c: char| !(c.is_alphanumeric() || "_(".contains(c)));
    let words = calls.filter_map(|call| call.split_once('(')).map(|(word, _)| word);
    words.filter(|word| !word.is_empty()).collect()
}

fn main() {
    let mut all: BTreeSet<String> = BTreeSet::new();
    let sources: Vec<String> = (0..SEEDS).map(|seed| grammar::job(seed, "job")).collect();
    sources.iter().for_each(|s| all.extend(words(s).into_iter().map(str::to_owned)));
    all.remove("job");
    let mut missing = all.clone();
    let mut left = all.clone();
    println!(
        "//! Jobs that were written at random, and chosen so that they have all operators between"
    );
    println!("//! them. Written by the soak's example `cover`.");
    println!("\nuse crate::model::*;\nuse ouzel::prelude::*;");
    for nth in 0..JOBS {
        // What is new for its length.
        let worth = |source: &str| {
            let new = words(source).into_iter().filter(|word| missing.contains(*word)).count();
            1_000_000 * new / (2_000 + source.len())
        };
        let best = (0..SEEDS).max_by_key(|seed| (worth(&sources[*seed as usize]), !*seed));
        let source = grammar::job(best.unwrap_or_default(), &format!("job_{nth}"));
        left.retain(|word| !words(&source).contains(word.as_str()));
        missing.retain(|word| !words(&source).contains(word.as_str()));
        // All over again, so that each is there more than once.
        if missing.is_empty() {
            missing.clone_from(&all);
        }
        println!("\n{source}");
    }
    assert!(left.is_empty(), "{left:?}");
}
