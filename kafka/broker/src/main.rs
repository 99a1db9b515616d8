//! A Kafka broker in the foreground.
//!
//! ```text
//! cargo run -p ouzel-kafka-broker -- --port 9092 --registry
//! ```

use ouzel_kafka_broker::{Broker, Options, Registry};
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;

const USAGE: &str = "usage: ouzel-broker [--port PORT] [--data DIR] [--registry]

Runs a Kafka broker until Ctrl-C.

  --port PORT  where it listens on 127.0.0.1 (9092; 0: wherever it is free)
  --data DIR   keeps topics there; without it they are gone at the end
  --registry   runs a schema registry besides
";

struct Told {
    options: Options,
    registry: bool,
}

fn told() -> Result<Told, String> {
    let mut told = Told { options: Options::new(), registry: false };
    let mut port = 9092;
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{name} needs a value\n{USAGE}"));
        match name.as_str() {
            "--port" => {
                let value = value()?;
                port = value.parse().map_err(|_| format!("--port {value}: not a port\n{USAGE}"))?;
            }
            "--data" => told.options = told.options.data(value()?),
            "--registry" => told.registry = true,
            "--help" | "-h" => return Err(USAGE.to_owned()),
            _ => return Err(format!("{name} is no option\n{USAGE}")),
        }
    }
    if port != 0 {
        told.options = told.options.port(port);
    }
    Ok(told)
}

#[tokio::main]
async fn main() -> ExitCode {
    let told = match told() {
        Ok(told) => told,
        Err(message) => {
            eprint!("{message}");
            return ExitCode::from(2);
        }
    };
    match run(told).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ouzel-broker: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(told: Told) -> Result<(), Box<dyn Error>> {
    eprintln!("starting Kafka; the first time, it is fetched ...");
    let broker = Broker::start(told.options)?;
    let registry = told.registry.then(Registry::start).transpose()?;
    // Until here, signals end this process at once, and the broker with it.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    explain(&broker, registry.as_ref());
    loop {
        tokio::select! {
            _ = interrupt.recv() => break,
            _ = terminate.recv() => break,
            () = sleep(Duration::from_secs(1)) => {
                if !broker.runs()? {
                    return Err("the broker ended of itself".into());
                }
            }
        }
    }
    eprintln!("stopping ...");
    Ok(broker.stop()?)
}

fn explain(broker: &Broker, registry: Option<&Registry>) {
    let bootstrap = broker.bootstrap();
    println!("bootstrap.servers  {bootstrap}");
    if let Some(registry) = registry {
        println!("schema registry    {}", registry.url());
    }
    if let Some(log) = broker.log() {
        println!("log                {}", log.display());
    }
    if let Some(tools) = broker.tools() {
        let words = std::iter::once(tools.get_program()).chain(tools.get_args());
        let words: Vec<_> = words.map(|word| quoted(&word.to_string_lossy())).collect();
        let java = words.join(" ") + " org.apache.kafka.tools";
        println!(
            "\nTopics are not made by using them. To make one, write to it, and read it:\n\n\
             {java}.TopicCommand --bootstrap-server {bootstrap} --create --topic t --partitions 4\n\
             {java}.ConsoleProducer --bootstrap-server {bootstrap} --topic t\n\
             {java}.consumer.ConsoleConsumer --bootstrap-server {bootstrap} --topic t --from-beginning"
        );
    }
    println!("\nTests use it with KAFKA_BROKERS={bootstrap}. Ctrl-C ends it.");
}

/// A word of a command as a shell is to be given it.
fn quoted(word: &str) -> String {
    if word.contains(|c: char| c.is_whitespace() || c == '*') {
        format!("'{word}'")
    } else {
        word.to_owned()
    }
}
