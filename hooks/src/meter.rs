//! The counts behind a progress line: relaxed atomics, read by whoever draws.

use crate::Event;
use crate::text::{bytes, count};
use ouzel_dsl::Timestamp;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};

/// What has happened in a run so far.
#[derive(Debug)]
pub(crate) struct Meter {
    stream: AtomicBool,
    rows: AtomicU64,
    bytes: AtomicU64,
    bytes_total: AtomicU64,
    watermark: AtomicI64,
    epoch: AtomicU64,
    spilled: AtomicU64,
}

impl Default for Meter {
    fn default() -> Self {
        Meter {
            stream: AtomicBool::default(),
            rows: AtomicU64::default(),
            bytes: AtomicU64::default(),
            bytes_total: AtomicU64::default(),
            watermark: AtomicI64::new(i64::MIN),
            epoch: AtomicU64::default(),
            spilled: AtomicU64::default(),
        }
    }
}

impl Meter {
    /// Counts an event. Called from all workers for each chunk, so that it does no more than one
    /// atomic operation.
    pub fn count(&self, event: &Event<'_>) {
        match event {
            Event::Started { mode, bytes_total, .. } => {
                self.stream.store(*mode == "stream", Relaxed);
                self.bytes_total.store(bytes_total.unwrap_or(0), Relaxed);
            }
            Event::Chunk { rows } => drop(self.rows.fetch_add(*rows, Relaxed)),
            Event::Split { bytes, .. } => drop(self.bytes.fetch_add(*bytes, Relaxed)),
            Event::Watermark { micros } => self.watermark.store(*micros, Relaxed),
            Event::Commit { epoch, .. } => self.epoch.store(*epoch, Relaxed),
            Event::Spill { bytes } => drop(self.spilled.fetch_add(*bytes, Relaxed)),
            Event::Counted { .. }
            | Event::Rows { .. }
            | Event::Restored { .. }
            | Event::Missed { .. }
            | Event::Finished { .. } => {}
        }
    }

    /// Rows so far.
    pub fn rows(&self) -> u64 {
        self.rows.load(Relaxed)
    }

    /// What has happened, on one line, at a rate of `rate` rows a second.
    pub fn line(&self, rate: f64) -> String {
        let (read, total) = (self.bytes.load(Relaxed), self.bytes_total.load(Relaxed));
        let mut parts = vec![
            format!("{} rows", count(self.rows())),
            format!("{} rows/s", count(rate as u64)),
            match total {
                0 => bytes(read),
                total => format!("{} of {}", bytes(read.min(total)), bytes(total)),
            },
        ];
        match self.watermark.load(Relaxed) {
            i64::MIN => {}
            _ if !self.stream.load(Relaxed) => {}
            i64::MAX => parts.push("end of input".to_owned()),
            micros => parts.push(format!("watermark {}", Timestamp::from_micros(micros))),
        }
        match self.epoch.load(Relaxed) {
            0 => {}
            epoch => parts.push(format!("epoch {epoch}")),
        }
        match self.spilled.load(Relaxed) {
            0 => {}
            spilled => parts.push(format!("{} on disk", bytes(spilled))),
        }
        parts.join("  ")
    }
}

/// Rows a second of late: what was counted in the last second or so, smoothed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rate {
    last: Option<(f64, u64)>,
    smooth: Option<f64>,
}

impl Rate {
    /// Looks at the count `rows` at a time in seconds since the start.
    pub fn at(&mut self, seconds: f64, rows: u64) -> f64 {
        const SPAN_S: f64 = 0.5;
        let (then, before) = *self.last.get_or_insert((0.0, 0));
        let span = seconds - then;
        if span >= SPAN_S {
            let now = rows.saturating_sub(before) as f64 / span;
            // The weight of what was before halves with each span.
            let weight = 0.5f64.powf(span / SPAN_S);
            self.smooth = Some(self.smooth.map_or(now, |old| old * weight + now * (1.0 - weight)));
            self.last = Some((seconds, rows));
        }
        let first = || if span > 0.0 { rows as f64 / span } else { 0.0 };
        self.smooth.unwrap_or_else(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_shows_how_much_of_the_input_is_read() {
        let meter = Meter::default();
        meter.count(&Event::Started { mode: "batch", job: "j".into(), bytes_total: Some(4_000) });
        meter.count(&Event::Chunk { rows: 8_192 });
        meter.count(&Event::Split { input: "a".into(), bytes: 1_000 });
        meter.count(&Event::Watermark { micros: 5 });
        assert_eq!(meter.line(1e6), "8,192 rows  1,000,000 rows/s  1.00 kB of 4.00 kB");
    }

    #[test]
    fn a_stream_shows_how_much_is_read_and_its_watermark_once_there_is_one() {
        let meter = Meter::default();
        meter.count(&Event::Started { mode: "stream", job: "j".into(), bytes_total: Some(4_000) });
        meter.count(&Event::Split { input: "a".into(), bytes: 1_000 });
        assert_eq!(meter.line(0.0), "0 rows  0 rows/s  1.00 kB of 4.00 kB");
    }

    #[test]
    fn a_stream_shows_watermark_and_epoch() {
        let meter = Meter::default();
        meter.count(&Event::Started { mode: "stream", job: "j".into(), bytes_total: None });
        assert_eq!(meter.line(0.0), "0 rows  0 rows/s  0 B");
        meter.count(&Event::Watermark { micros: 1_357_035_300_000_000 });
        meter.count(&Event::Commit { epoch: 3, bytes: 10 });
        meter.count(&Event::Spill { bytes: 2_000 });
        let line =
            "0 rows  0 rows/s  0 B  watermark 2013-01-01T10:15:00Z  epoch 3  2.00 kB on disk";
        assert_eq!(meter.line(0.0), line);
        meter.count(&Event::Watermark { micros: i64::MAX });
        assert!(meter.line(0.0).contains("end of input"));
    }

    #[test]
    fn the_rate_follows_the_last_seconds() {
        let mut rate = Rate::default();
        assert_eq!(rate.at(0.0, 0), 0.0);
        assert_eq!(rate.at(0.25, 250), 1_000.0);
        assert_eq!(rate.at(1.0, 1_000), 1_000.0);
        let idle = (2..20).map(|s| rate.at(f64::from(s), 1_000)).last();
        assert!(idle.is_some_and(|r| r < 1.0), "{idle:?}");
    }
}
