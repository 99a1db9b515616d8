//! What came out, beside what batch makes of the same topic, and beside the topic itself.

use crate::Result;
use crate::job::POISON;
use crate::topic::{Record, Topic};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// How often each row is there.
pub type Rows = BTreeMap<String, i64>;

/// The rows of a file of JSON lines, keys in order.
pub fn of_file(path: &Path) -> Result<Rows> {
    let mut rows = Rows::new();
    if path.exists() {
        for line in std::fs::read_to_string(path)?.lines() {
            *rows.entry(canonical(line)?).or_default() += 1;
        }
    }
    Ok(rows)
}

/// The rows of a topic: all of a stream, the last of each key of a table.
pub fn of_topic(records: &[Record], is_table: bool) -> Result<Rows> {
    let mut rows = Rows::new();
    if !is_table {
        for value in records.iter().filter_map(|record| record.value.as_ref()) {
            *rows.entry(canonical(value)?).or_default() += 1;
        }
        return Ok(rows);
    }
    let mut last = BTreeMap::new();
    for record in records {
        match &record.value {
            Some(value) => last.insert(record.key.as_ref(), value),
            None => last.remove(&record.key.as_ref()),
        };
    }
    for value in last.values() {
        *rows.entry(canonical(value)?).or_default() += 1;
    }
    Ok(rows)
}

fn canonical(json: &str) -> Result<String> {
    Ok(serde_json::from_str::<Value>(json).map_err(|e| format!("{json}: {e}"))?.to_string())
}

/// What of an output differs.
#[derive(Debug, Default)]
pub struct Difference {
    /// Rows that should be there.
    pub lost: Vec<String>,
    /// Rows that should not.
    pub doubled: Vec<String>,
}

impl Difference {
    pub fn of(expected: &Rows, found: &Rows) -> Difference {
        let mut difference = Difference::default();
        for row in expected.keys().chain(found.keys().filter(|row| !expected.contains_key(*row))) {
            let count = |rows: &Rows| rows.get(row).copied().unwrap_or(0);
            let more = count(found) - count(expected);
            let all = if more < 0 { &mut difference.lost } else { &mut difference.doubled };
            all.extend((0..more.abs()).map(|_| row.clone()));
        }
        difference
    }

    pub fn is_empty(&self) -> bool {
        self.lost.is_empty() && self.doubled.is_empty()
    }
}

/// The ids that the stream output must have, by the topic that was fed alone.
pub fn ids_to_keep(input: &Topic) -> Rows {
    let mut ids = Rows::new();
    for record in &input.records {
        let value = record.value.as_deref().unwrap_or_default();
        let Ok(event) = serde_json::from_str::<Value>(value) else { continue };
        if let (Some(id), Some(amount)) = (event["id"].as_u64(), event["amount"].as_i64())
            && amount != POISON
            && id % 10 != 9
        {
            *ids.entry(id.to_string()).or_default() += 1;
        }
    }
    ids
}

/// The ids that the stream output has.
pub fn ids(rows: &Rows) -> Result<Rows> {
    let mut ids = Rows::new();
    for (row, count) in rows {
        *ids.entry(serde_json::from_str::<Value>(row)?["id"].to_string()).or_default() += count;
    }
    Ok(ids)
}
