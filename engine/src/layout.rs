//! The layout of a run: from which offset on the watermark had passed a partition.
//!
//! A stream that does not wait for a silent partition, or takes one that it found later, decides by
//! the clock. What it decided is written here, so that batch, and every other run over the same
//! input, can take it as given.

use ouzel_dsl::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// From an offset of a partition on, seen is at least a watermark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Passed {
    /// The input's name in the job.
    pub input: String,
    /// The partition's name.
    pub partition: String,
    /// The offset of the first record that it is for, or one before it.
    pub offset: u64,
    /// The watermark, in microseconds since 1970.
    pub watermark_us: i64,
}

/// All that passed partitions. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Layout(Arc<Partitions>);

/// Offsets and watermarks, both ascending, by input and partition.
type Partitions = BTreeMap<String, BTreeMap<String, Vec<(u64, i64)>>>;

impl Layout {
    /// In any order.
    pub fn new(all: impl IntoIterator<Item = Passed>) -> Layout {
        let mut partitions = Partitions::new();
        for Passed { input, partition, offset, watermark_us } in all {
            let inputs = partitions.entry(input).or_default();
            inputs.entry(partition).or_default().push((offset, watermark_us));
        }
        for passed in partitions.values_mut().flat_map(BTreeMap::values_mut) {
            passed.sort_unstable();
            // What an earlier one says holds from there on as well.
            let mut greatest = i64::MIN;
            passed.iter_mut().for_each(|(_, watermark)| {
                greatest = greatest.max(*watermark);
                *watermark = greatest;
            });
        }
        Layout(Arc::new(partitions))
    }

    /// What a stream has written: one JSON object a line.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read, or a line is not what a stream writes.
    pub fn read(path: &Path) -> Result<Layout> {
        let text = std::fs::read_to_string(path)
            .map_err(|e| Error::io(format!("the layout {}", path.display()), e))?;
        let passed = text.lines().enumerate().map(|(line, text)| {
            serde_json::from_str::<Passed>(text).map_err(|e| {
                Error::Usage(format!(
                    "the layout {}, line {}: {e}\n  give a file that a stream has written as its layout",
                    path.display(),
                    line + 1
                ))
            })
        });
        Ok(Layout::new(passed.collect::<Result<Vec<_>>>()?))
    }

    /// What passed a partition, by offset.
    pub fn of(&self, input: &str, partition: &str) -> &[(u64, i64)] {
        let passed = self.0.get(input).and_then(|partitions| partitions.get(partition));
        passed.map_or(&[], Vec::as_slice)
    }

    /// The inputs and partitions that something passed.
    pub fn partitions(&self) -> impl Iterator<Item = (&str, &str)> {
        let inputs = self.0.iter();
        inputs.flat_map(|(input, all)| all.keys().map(|name| (input.as_str(), name.as_str())))
    }

    /// All of it, in order of input, partition and offset.
    pub fn passed(&self) -> Vec<Passed> {
        let all = self.partitions().flat_map(|(input, partition)| {
            self.of(input, partition).iter().map(|(offset, watermark_us)| Passed {
                input: input.to_owned(),
                partition: partition.to_owned(),
                offset: *offset,
                watermark_us: *watermark_us,
            })
        });
        all.collect()
    }
}

/// The watermark that has passed a partition at an offset.
pub(crate) fn at(passed: &[(u64, i64)], offset: u64) -> i64 {
    let upto = passed.partition_point(|(from, _)| *from <= offset);
    passed[..upto].last().map_or(i64::MIN, |(_, watermark)| *watermark)
}

/// The next offset at which a watermark passes.
pub(crate) fn next(passed: &[(u64, i64)], offset: u64) -> Option<u64> {
    passed.get(passed.partition_point(|(from, _)| *from <= offset)).map(|(from, _)| *from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(partition: &str, offset: u64, watermark_us: i64) -> Passed {
        Passed { input: "in".to_owned(), partition: partition.to_owned(), offset, watermark_us }
    }

    #[test]
    fn a_watermark_holds_from_its_offset_on() {
        let layout = Layout::new([passed("a", 7, 30), passed("a", 3, 50), passed("b", 1, 1)]);
        let a = layout.of("in", "a");
        assert_eq!(
            [0, 2, 3, 6, 7, 9].map(|offset| at(a, offset)),
            [i64::MIN, i64::MIN, 50, 50, 50, 50]
        );
        assert_eq!([0, 3, 7].map(|offset| next(a, offset)), [Some(3), Some(7), None]);
        assert!(layout.of("in", "c").is_empty() && layout.of("other", "a").is_empty());
    }

    #[test]
    fn what_is_written_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("layout.jsonl");
        let line = r#"{"input":"in","partition":"a","offset":7,"watermark_us":30}"#;
        std::fs::write(&path, format!("{line}\n")).unwrap();
        let layout = Layout::read(&path).unwrap();
        assert_eq!(layout.passed(), [passed("a", 7, 30)]);
        assert_eq!(serde_json::to_string(&layout.passed()[0]).unwrap(), line);
        std::fs::write(&path, format!("{line}\n{{\"input\":1}}\n")).unwrap();
        let said = Layout::read(&path).unwrap_err().to_string();
        assert!(said.contains("layout.jsonl, line 2:"), "{said}");
    }
}
