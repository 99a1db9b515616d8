//! What one run of a peer has measured, and tables of it.

use serde::{Deserialize, Serialize};
use std::fs;

/// One run of one peer.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Measured {
    pub records: u64,
    /// From the first record that was handed to the job to the last commit.
    pub seconds: f64,
    /// From the start of the process to the first record.
    pub startup: f64,
    /// Of the whole process, its start included.
    pub cpu: f64,
    /// The greatest resident memory.
    pub rss_mb: u64,
}

impl Measured {
    /// Of this process, with what was timed.
    pub fn of(records: u64, startup: f64, seconds: f64) -> Measured {
        Measured { records, seconds, startup, cpu: cpu_seconds(), rss_mb: peak_mb() }
    }

    pub fn rate(&self) -> f64 {
        self.records as f64 / self.seconds
    }
}

fn peak_mb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|l| l.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) / 1024
}

fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // After the name in parentheses: user and system time are the 12th and 13th, in 1/100 s.
    let fields = stat.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2).filter_map(|t| t.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

/// The one in the middle.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        even if even % 2 == 0 => (values[middle - 1] + values[middle]) / 2.0,
        _ => values[middle],
    }
}
