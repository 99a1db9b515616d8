//! Prints what a topic that holds a table has for each key: the value of its last record. That of a
//! table whose rows are removed in time is not understood.
//!
//! ```text
//! cargo run --release -p replay --bin settled -- kafka://127.0.0.1:9092/delays
//! ```

use ouzel::Mode;
use ouzel::prelude::*;

#[derive(Record)]
struct Message {
    #[record(meta = "key")]
    key: String,
    value: String,
}

/// The last value of each key.
#[job]
fn settled(messages: Stream<Message>) -> Table<String, String> {
    messages.key_by(|m| m.key).latest().map(|(_, m)| m.value).named("value")
}

fn main() -> ExitCode {
    let Some(topic) = std::env::args().nth(1) else {
        eprintln!("usage: settled kafka://HOST:PORT/TOPIC");
        return ExitCode::from(2);
    };
    let run = ouzel::run::<settled>().mode(Mode::Batch);
    match run.input("messages", format!("{topic}?format=raw").as_str()).execute() {
        Ok(outcome) => {
            let value = |line: &String| {
                let row: serde_json::Value = serde_json::from_str(line).ok()?;
                Some(row.get("value")?.as_str()?.to_owned())
            };
            let mut values: Vec<_> = outcome.lines("settled").iter().filter_map(value).collect();
            values.sort_unstable();
            values.iter().for_each(|value| println!("{value}"));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("settled: {error}");
            ExitCode::FAILURE
        }
    }
}
