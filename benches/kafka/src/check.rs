//! Whether a peer's output is what its input gives.

use crate::Result;
use crate::bids::{Bid, PRICE_MIN, WINDOW_MS};
use crate::cluster;
use hashbrown::HashMap;
use rdkafka::Offset;
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use serde_json::Value;
use std::time::Duration;

/// Count and sum by auction and start of the window, in milliseconds.
pub type Windows = HashMap<(u64, u64), (u64, u64)>;

/// What an input gives.
pub fn expected(broker: &str, input: &str) -> Result<Windows> {
    let mut windows = Windows::new();
    each(broker, input, |payload| {
        let bid: Bid<'_> = sonic_rs::from_slice(payload)?;
        if bid.price >= PRICE_MIN {
            let window = bid.date_time / WINDOW_MS * WINDOW_MS;
            let (count, sum) = windows.entry((bid.auction, window)).or_default();
            (*count, *sum) = (*count + 1, *sum + bid.price);
        }
        Ok(())
    })?;
    Ok(windows)
}

/// What is committed in an output: of each group the last that was said of it.
pub fn windows_of(broker: &str, output: &str) -> Result<Windows> {
    let mut windows = Windows::new();
    each(broker, output, |payload| {
        let row: Value = serde_json::from_slice(payload)?;
        let number = |name: &str| row.get(name).and_then(Value::as_u64);
        let window = match row.get("window_start").and_then(Value::as_str) {
            Some(text) => Some(text.parse::<jiff::Timestamp>()?.as_millisecond().unsigned_abs()),
            None => number("window"),
        };
        let sum = number("sum").or_else(|| number("sum_price"));
        let fields = (number("auction"), window, number("count"), sum);
        let (Some(auction), Some(window), Some(count), Some(sum)) = fields else {
            return Err(format!("not a row of the output: {row}").into());
        };
        windows.insert((auction, window), (count, sum));
        Ok(())
    })?;
    Ok(windows)
}

/// Says that they are equal, or fails.
pub fn compare(expected: &Windows, found: &Windows) -> Result<String> {
    let wrong = expected.iter().filter(|(group, value)| found.get(*group) != Some(*value)).count();
    let extra = found.keys().filter(|group| !expected.contains_key(*group)).count();
    let totals = |windows: &Windows| {
        let sums = windows.values().map(|(count, sum)| (*count, *sum));
        sums.fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1))
    };
    let ((count, sum), (found_count, found_sum)) = (totals(expected), totals(found));
    if wrong + extra > 0 {
        return Err(format!(
            "{wrong} of {} groups differ, and {extra} are too many: counts add up to {found_count} rather than {count}, sums to {found_sum} rather than {sum}",
            expected.len()
        )
        .into());
    }
    Ok(format!("{} groups, {count} bids, sum {sum}", expected.len()))
}

/// Reads all that is committed in a topic.
pub fn each(broker: &str, topic: &str, mut each: impl FnMut(&[u8]) -> Result) -> Result {
    let ends = cluster::ends(broker, topic)?.ok_or_else(|| format!("there is no `{topic}`"))?;
    let of: Vec<_> = (0..ends.len()).map(|p| (p as i32, Offset::Beginning)).collect();
    let mut left: Vec<bool> = ends.iter().map(|end| *end > 0).collect();
    let consumer = cluster::consumer(broker, "bench-check", topic, &of)?;
    while left.contains(&true) {
        match consumer.poll(Duration::from_secs(60)) {
            Some(Ok(message)) => {
                if let Some(payload) = message.payload() {
                    each(payload)?;
                }
            }
            Some(Err(KafkaError::PartitionEOF(partition))) => left[partition as usize] = false,
            Some(Err(error)) => return Err(error.into()),
            None => return Err(format!("nothing comes of `{topic}`").into()),
        }
    }
    Ok(())
}
