//! The least that can be done: two threads that take every message from rdkafka, and look at its
//! length alone.

use crate::Result;
use crate::cluster;
use crate::report::Measured;
use rdkafka::Offset;
use rdkafka::error::KafkaError;
use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

const THREADS: usize = 2;

/// Takes all of a topic.
pub fn run(broker: &str, input: &str) -> Result<Measured> {
    let began = Instant::now();
    let ends = cluster::ends(broker, input)?.ok_or("there is no such input")?;
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            let (broker, input, ends) = (broker.to_owned(), input.to_owned(), ends.clone());
            thread::spawn(move || consume(&broker, &input, &ends, thread))
        })
        .collect();
    let mut times = Vec::new();
    for thread in threads {
        times.push(thread.join().map_err(|_| "a thread panicked")??);
    }
    let first = times.iter().map(|(first, _)| *first).min().unwrap_or(began);
    let last = times.iter().map(|(_, last)| *last).max().unwrap_or(began);
    let records = ends.iter().map(|end| end.unsigned_abs()).sum();
    Ok(Measured::of(records, (first - began).as_secs_f64(), (last - first).as_secs_f64()))
}

fn consume(broker: &str, input: &str, ends: &[i64], thread: usize) -> Result<(Instant, Instant)> {
    let mine = (0..ends.len()).filter(|partition| partition % THREADS == thread);
    let mine: Vec<_> = mine.map(|partition| (partition as i32, Offset::Beginning)).collect();
    let mut left: i64 = mine.iter().map(|(partition, _)| ends[*partition as usize]).sum();
    let consumer = cluster::consumer(broker, "bench", input, &mine)?;
    let (mut first, mut bytes) = (None, 0);
    while left > 0 {
        match consumer.poll(Duration::from_millis(100)) {
            Some(Ok(message)) => {
                first.get_or_insert_with(Instant::now);
                bytes += message.payload_len();
                left -= 1;
            }
            None | Some(Err(KafkaError::PartitionEOF(_))) => {}
            Some(Err(error)) => return Err(error.into()),
        }
    }
    black_box(bytes);
    let last = Instant::now();
    Ok((first.unwrap_or(last), last))
}
