//! The job that `compare.py` times beside its peers: filter, key by a string and a one-minute
//! window, count and sum. Prints one line of JSON: the best of several runs within the process,
//! reading and the whole result included.

mod soak;

use ouzel::hooks::{self, Observer};
use ouzel::prelude::*;
use ouzel::{Mode, Result};
use std::time::Instant;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Record)]
struct Event {
    ok: bool,
    key: String,
    value: f64,
    #[record(event_time)]
    time: Timestamp,
}

/// Count and sum of the good events by key and minute.
#[job]
fn events(events: Stream<Event>) -> Table<Windowed<String>, (u64, f64)> {
    events
        .filter(|e| e.ok)
        .key_by(|e| e.key)
        .window(tumbling(minutes(1)))
        .aggregate((count(), sum(|e| e.value)))
}

#[derive(Record)]
struct Distinct {
    id: i64,
    n: i64,
}

/// How often each of very many ids occurs.
#[job]
fn distinct(rows: Stream<Distinct>) -> Table<i64, (u64, i64)> {
    rows.key_by(|r| r.id).aggregate((count(), sum(|r| r.n)))
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What is printed when the arguments are not these.
const USAGE: &str =
    "FILE batch|stream [runs=N] [memory=BYTES] [out=URI] [hooks=on], or soak EVENTS";

/// Counts what it is told, as metrics would.
#[derive(Default)]
struct Counting(std::sync::atomic::AtomicU64);

impl Observer for Counting {
    fn on(&self, event: &hooks::Event<'_>) {
        if let hooks::Event::Chunk { rows, .. } = event {
            self.0.fetch_add(*rows, std::sync::atomic::Ordering::Relaxed);
        }
    }
}

/// The job is told by the file's name. With `out` the result goes to a file, and is not added up.
fn run(arguments: &[String]) -> Result<()> {
    if let [name, events] = arguments
        && name == "soak"
        && let Ok(events) = events.parse()
    {
        return soak::run(events);
    }
    let [file, mode, options @ ..] = arguments else {
        return Err(ouzel::Error::Usage(USAGE.to_owned()));
    };
    let option = |name: &str| options.iter().find_map(|o| o.strip_prefix(name)?.strip_prefix('='));
    let number = |name: &str| option(name).and_then(|n| n.parse::<usize>().ok());
    let mode = if mode == "stream" { Mode::Stream } else { Mode::Batch };
    let mut best = f64::INFINITY;
    let (mut groups, mut count, mut sum) = (0, 0, 0.0);
    for _ in 0..number("runs").unwrap_or(3) {
        let counted = std::sync::Arc::new(totals::Totals::default());
        let (run, input, output) = match file.contains("distinct") {
            true => (ouzel::run::<distinct>(), "rows", "distinct"),
            false => (ouzel::run::<events>(), "events", "events"),
        };
        let began = Instant::now();
        let run = run
            .mode(mode)
            .workers(2)
            .config(|config| config.memory_bytes = number("memory").unwrap_or(8 << 30))
            .input(input, file.as_str());
        let run = match option("hooks") {
            Some(_) => run.observer(std::sync::Arc::new(Counting::default())),
            None => run,
        };
        match option("out") {
            Some(uri) => run.output(output, uri).execute()?,
            None => run.output(output, counted.clone()).execute()?,
        };
        best = best.min(began.elapsed().as_secs_f64());
        (groups, count, sum) = counted.read();
    }
    let version = env!("CARGO_PKG_VERSION");
    let (name, peak) = (if mode == Mode::Batch { "batch" } else { "stream" }, peak_mb());
    println!(
        r#"{{"peer":"ouzel {name}","version":"{version}","seconds":{best:.3},"groups":{groups},"count":{count},"sum":{sum},"peak_rss_mb":{peak}}}"#
    );
    Ok(())
}

/// The greatest resident memory of the process so far.
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) / 1024
}

mod totals {
    //! Holds the whole result in memory, as the peers do, and adds it up once the clock has
    //! stopped.

    use ouzel::connector::{Append, Replace, Sink};
    use ouzel::dsl::arrow::array::{AsArray, RecordBatch};
    use ouzel::dsl::arrow::datatypes::{DataType, Float64Type, Int64Type, SchemaRef, UInt64Type};
    use ouzel::{Error, Result};
    use std::sync::{Arc, Mutex};

    #[derive(Default)]
    pub struct Totals(Arc<Mutex<Vec<RecordBatch>>>);

    impl Totals {
        pub fn read(&self) -> (u64, u64, f64) {
            let batches = self.0.lock().unwrap_or_else(|e| e.into_inner());
            let (mut groups, mut count, mut sum) = (0, 0, 0.0);
            for batch in batches.iter() {
                groups += batch.num_rows() as u64;
                let last = batch.num_columns() - 1;
                let counts = batch.column(last - 1).as_primitive::<UInt64Type>();
                count += counts.values().iter().sum::<u64>();
                sum += match batch.column(last).data_type() {
                    DataType::Float64 => {
                        batch.column(last).as_primitive::<Float64Type>().values().iter().sum()
                    }
                    _ => {
                        batch.column(last).as_primitive::<Int64Type>().values().iter().sum::<i64>()
                            as f64
                    }
                };
            }
            (groups, count, sum)
        }
    }

    struct Held(Arc<Mutex<Vec<RecordBatch>>>);

    impl Replace for Held {
        fn write(&mut self, batch: &RecordBatch) -> Result<()> {
            self.0.lock().unwrap_or_else(|e| e.into_inner()).push(batch.clone());
            Ok(())
        }

        fn finish(self: Box<Self>) -> Result<()> {
            Ok(())
        }
    }

    impl Sink for Totals {
        fn replace(&self, _: &SchemaRef) -> Result<Box<dyn Replace>> {
            Ok(Box::new(Held(self.0.clone())))
        }

        fn append(&self, _: &SchemaRef, _: Option<&str>) -> Result<Box<dyn Append>> {
            Err(Error::Usage("the totals are of a table".to_owned()))
        }

        fn replaceable(&self) -> bool {
            false
        }

        fn describe(&self) -> String {
            "the totals".to_owned()
        }
    }
}
