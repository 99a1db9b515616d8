//! Does memory stay flat? Windows with a lateness, and sessions, over as many events as one likes,
//! which are made as they are read; prints the resident memory as it goes.

use ouzel::connector::{
    Append, Chunk, Connect, Demand, Listing, Offsets, Pruned, Replace, Request, Sink, Source, Split,
};
use ouzel::dsl::arrow::array::{
    ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use ouzel::dsl::arrow::datatypes::SchemaRef;
use ouzel::prelude::*;
use ouzel::{Mode, Result};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

#[derive(Record)]
struct Event {
    #[record(event_time)]
    at: Timestamp,
    key: String,
    n: i64,
}

/// Counts and sums of each key and minute, once each is done with; sessions; the last of each key.
#[job]
fn soak(
    events: Stream<Event>,
) -> (Stream<Final<String, (u64, i64)>>, Stream<Final<String, u64>>, Stream<(Event, Option<Event>)>)
{
    let keyed = events.key_by(|e| e.key);
    let minutely = keyed
        .window(tumbling(minutes(1)))
        .lateness(seconds(5))
        .aggregate((count(), sum(|e| e.n)))
        .finals();
    let sessions =
        keyed.window(session(seconds(30))).lateness(seconds(5)).aggregate(count()).finals();
    let steps = events.filter(|e| e.n == 0).key_by(|e| e.key).lateness(seconds(5)).lag(1);
    (minutely, sessions, steps)
}

/// Events a second of event time.
const RATE: u64 = 1_000;
const KEYS: u64 = 20_000;
const SPLIT: u64 = 200_000;

/// The events: each is a function of its number alone.
struct Made(u64);

impl Connect for Made {
    fn open(&self, request: &Request) -> Result<Box<dyn Source>> {
        Ok(Box::new(Reading { events: self.0, rows: request.chunk_rows as u64 }))
    }

    fn describe(&self) -> String {
        format!("{} events that are made as they are read", self.0)
    }
}

#[derive(Clone)]
struct Reading {
    events: u64,
    rows: u64,
}

impl Source for Reading {
    fn bounded(&self) -> bool {
        true
    }

    fn partitions(&self) -> Arc<Vec<String>> {
        Arc::new(vec!["0".to_owned()])
    }

    fn splits(&self, from: &[u64]) -> Result<Listing> {
        let first = from.first().copied().unwrap_or(0);
        let starts = (first..self.events).step_by(SPLIT as usize);
        let splits = starts.map(|start| {
            let end = (start + SPLIT).min(self.events);
            Box::new(Range { start, end, rows: self.rows }) as Box<dyn Split>
        });
        Ok(Listing { splits: splits.collect(), ended: vec![0], end: true, fetched: false })
    }
}

struct Range {
    start: u64,
    end: u64,
    rows: u64,
}

impl Split for Range {
    fn partition(&self) -> u32 {
        0
    }

    fn start(&self) -> u64 {
        self.start
    }

    fn end(&self) -> u64 {
        self.end
    }

    fn bytes(&self) -> u64 {
        (self.end - self.start) * 32
    }

    fn read(
        mut self: Box<Self>,
        emit: &mut dyn FnMut(Chunk) -> Result<Demand>,
    ) -> Result<Option<Box<dyn Split>>> {
        while self.start < self.end {
            let end = (self.start + self.rows).min(self.end);
            let chunk = Chunk {
                batch: batch(self.start..end),
                partition: 0,
                offsets: Offsets::From(self.start),
                rejects: Vec::new(),
                pruned: Pruned::default(),
            };
            self.start = end;
            if emit(chunk)? == Demand::Pause && self.start < self.end {
                return Ok(Some(self));
            }
        }
        Ok(None)
    }
}

fn batch(numbers: std::ops::Range<u64>) -> RecordBatch {
    // Scattered, but the same each time (splitmix64).
    let draw = |number: u64| {
        let mut z = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z ^ (z >> 27)
    };
    let at = numbers.clone().map(|n| {
        let back = draw(n) % 1_000_000;
        (n * (1_000_000 / RATE)) as i64 - back as i64
    });
    let at = TimestampMicrosecondArray::from_iter_values(at).with_timezone("UTC");
    let keys = numbers.clone().map(|n| format!("key-{}", draw(n ^ 7) % KEYS));
    let keys = StringArray::from_iter_values(keys);
    let ns = Int64Array::from_iter_values(numbers.map(|n| (draw(n ^ 77) % 100) as i64));
    let columns: [(&str, ArrayRef); 3] =
        [("at", Arc::new(at)), ("key", Arc::new(keys)), ("n", Arc::new(ns))];
    match RecordBatch::try_from_iter(columns) {
        Ok(batch) => batch,
        Err(reason) => panic!("columns of one length: {reason}"),
    }
}

/// Counts rows, and lets them go.
#[derive(Clone, Default)]
struct Counted(Arc<AtomicU64>);

impl Replace for Counted {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.0.fetch_add(batch.num_rows() as u64, Ordering::Relaxed);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

impl Append for Counted {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        Replace::write(self, batch)
    }

    fn commit(&mut self) -> Result<String> {
        Ok(String::new())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

impl Sink for Counted {
    fn replace(&self, _: &SchemaRef) -> Result<Box<dyn Replace>> {
        Ok(Box::new(self.clone()))
    }

    fn append(&self, _: &SchemaRef, _: Option<&str>) -> Result<Box<dyn Append>> {
        Ok(Box::new(self.clone()))
    }

    fn describe(&self) -> String {
        "a count".to_owned()
    }
}

/// Runs so many events as a stream; a line of the curve every few seconds.
pub fn run(events: u64) -> Result<()> {
    let counted = Counted::default();
    let done = Arc::new(AtomicBool::new(false));
    let began = Instant::now();
    let watch = std::thread::spawn({
        let (done, counted) = (done.clone(), counted.clone());
        move || {
            println!("seconds,rows,resident_mb");
            while !done.load(Ordering::Relaxed) {
                let rows = counted.0.load(Ordering::Relaxed);
                println!("{:.0},{rows},{}", began.elapsed().as_secs_f64(), resident_mb());
                std::thread::park_timeout(Duration::from_secs(5));
            }
        }
    });
    let input: Arc<dyn Connect> = Arc::new(Made(events));
    let run = ouzel::run::<soak>().mode(Mode::Stream).workers(2).input("events", input);
    let outputs = ["minutely", "sessions", "steps"];
    let sink: Arc<dyn Sink> = Arc::new(counted.clone());
    let run = outputs.into_iter().fold(run, |run, output| run.output(output, sink.clone()));
    let outcome = run.execute();
    done.store(true, Ordering::Relaxed);
    watch.thread().unpark();
    watch.join().ok();
    outcome?;
    let (seconds, rows) = (began.elapsed().as_secs_f64(), counted.0.load(Ordering::Relaxed));
    println!("{events} events in {seconds:.0} s, {rows} rows, at most {} MB", super::peak_mb());
    Ok(())
}

fn resident_mb() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = pages.split(' ').nth(1).and_then(|n| n.parse().ok()).unwrap_or(0);
    pages * 4_096 / 1_000_000
}
