//! What one run of a peer has measured, and tables of it.

use crate::process::cpu_seconds;
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
        Measured { records, seconds, startup, cpu: cpu_seconds("self"), rss_mb: peak_mb() }
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

/// With commas.
pub fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_commas() {
        assert_eq!(thousands(0.4), "0");
        assert_eq!(thousands(999.0), "999");
        assert_eq!(thousands(1_234_567.4), "1,234,567");
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(Vec::new()).is_nan());
    }
}
