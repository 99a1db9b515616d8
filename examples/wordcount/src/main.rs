//! How often each word occurs in some texts.

use ouzel::prelude::*;

/// A line of text: what the format `text` gives.
#[derive(Record)]
struct Line {
    line: String,
}

/// How often each word occurs, whatever its case.
///
/// A word is a run of letters, digits and apostrophes; apostrophes around it do not count.
#[job]
fn wordcount(lines: Stream<Line>) -> Table<String, u64> {
    lines.flat_map(|l| words(l.line)).key_by(|word| *word).named("word").aggregate(count())
}

/// The words of a text in lower case.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'')
        .map(|word| word.trim_matches('\'').to_lowercase())
        .filter(|word| !word.is_empty())
}

fn main() -> ExitCode {
    wordcount.main()
}
