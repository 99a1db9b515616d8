//! What a run did.

use crate::text::{Align, Grid, bytes, count, duration, plural};
use serde::Serialize;
use std::fmt;

/// The totals of a finished run. The operators' counts are the same in both modes.
///
/// Shown with `{}`, it is the closing summary: one line for the run, one for each operator, and
/// what deserves attention.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// The job's name.
    pub job: String,
    /// `batch` or `stream`.
    pub mode: String,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// Bytes of input read.
    pub bytes: u64,
    /// Each operator, in the plan's order.
    pub operators: Vec<OperatorTotals>,
    /// Each stage, in the plan's order, where its time was taken.
    pub stages: Vec<StageTotals>,
    /// Whether the run ended since it was told to, before the end of input.
    pub stopped: bool,
    /// Whether an earlier run had already finished, so that this one did nothing.
    pub already_finished: bool,
    /// Outputs made by more than one version of the code, which batch cannot give again.
    pub incomparable: Vec<String>,
}

/// One operator's totals. Two are equal if all but their times are, which differ from run to run.
#[derive(Clone, Debug, Default, Serialize)]
pub struct OperatorTotals {
    /// Its id.
    pub name: String,
    /// What kind it is.
    pub kind: String,
    /// Where it is written.
    pub site: String,
    /// Records it took.
    #[serde(rename = "in")]
    pub records_in: u64,
    /// Records it gave.
    #[serde(rename = "out")]
    pub records_out: u64,
    /// Late records, once for each window missed.
    pub late: u64,
    /// Records that it failed on.
    pub errors: u64,
    /// Seconds that all workers together spent in the stages that it is part of. The operators of
    /// a stage are fused and share its time: each has the whole of it, so that times of operators
    /// do not add up to that of the run. What an aggregate does after its exchange is in no stage.
    pub time: f64,
}

impl PartialEq for OperatorTotals {
    fn eq(&self, other: &Self) -> bool {
        let texts = [&self.name, &self.kind, &self.site];
        let counts = |t: &Self| [t.records_in, t.records_out, t.late, t.errors];
        texts == [&other.name, &other.kind, &other.site] && counts(self) == counts(other)
    }
}

impl Eq for OperatorTotals {}

/// One stage's totals: its operators are fused, so that their time cannot be told apart.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StageTotals {
    /// The ids of its operators, in order.
    pub operators: Vec<String>,
    /// Seconds spent in it by all workers together.
    pub seconds: f64,
    /// Chunks that went through it.
    pub chunks: u64,
}

/// From this share of late records on, the closing summary warns.
const LATE_SHARE: f64 = 0.01;

impl Summary {
    /// Records that the sources gave.
    pub fn records(&self) -> u64 {
        self.operators.iter().filter(|o| o.kind == "source").map(|o| o.records_out).sum()
    }

    /// The summary as indented JSON: what `--report` writes.
    pub fn to_json(&self) -> String {
        // Numbers, text and lists of them have no form that JSON lacks; a float that is not
        // finite is written as null.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// What deserves attention: late records above one per cent, records that were skipped, and
    /// outputs of changed code.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        for output in &self.incomparable {
            warnings.push(format!(
                "the output `{output}` was made by more than one version of the job: batch cannot give \
                 the same, until it is made anew with another `--state`"
            ));
        }
        for operator in &self.operators {
            let OperatorTotals { name, site, records_in, late, errors, .. } = operator;
            let share = *late as f64 / (*records_in).max(1) as f64;
            if share > LATE_SHARE {
                warnings.push(format!(
                    "{name} ({site}) left out {} late records, {:.1} per cent of what it took; \
                     input that is not in order of event time needs a greater lateness, or none",
                    count(*late),
                    share * 100.0
                ));
            }
            if *errors > 0 {
                let records = if *errors == 1 { "record" } else { "records" };
                let errors = count(*errors);
                warnings.push(format!("{name} ({site}) left out {errors} {records} that failed"));
            }
        }
        warnings
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.already_finished {
            return writeln!(
                f,
                "{}: an earlier run with this state reached the end of input; nothing to do",
                self.job
            );
        }
        let stopped = if self.stopped { "; stopped before the end of input" } else { "" };
        let rate = match self.seconds {
            0.0 => String::new(),
            seconds => format!(" ({} records/s)", count((self.records() as f64 / seconds) as u64)),
        };
        writeln!(
            f,
            "{}, {}: {}, {} in {}{rate}{stopped}",
            self.job,
            self.mode,
            plural(self.records(), "record"),
            bytes(self.bytes),
            duration(self.seconds)
        )?;
        operators(&self.operators).fmt(f)?;
        if !self.stages.is_empty() {
            stages(&self.stages).fmt(f)?;
        }
        self.warnings().iter().try_for_each(|warning| writeln!(f, "warning: {warning}"))
    }
}

fn operators(operators: &[OperatorTotals]) -> Grid {
    use Align::{Left, Right};
    let mut grid = Grid::new([Left, Left, Left, Right, Right, Right, Right]).indented(2);
    grid.row(["operator", "kind", "site", "in", "out", "late", "errors"]);
    for o in operators {
        // The site ends in the kind, which has a column of its own.
        let site = o.site.strip_suffix(o.kind.as_str()).unwrap_or(&o.site).trim_end();
        let mut cells = vec![o.name.clone(), o.kind.clone(), site.to_owned()];
        cells.extend([o.records_in, o.records_out, o.late, o.errors].map(count));
        grid.row(cells);
    }
    grid
}

fn stages(stages: &[StageTotals]) -> Grid {
    let mut grid = Grid::new([Align::Left, Align::Right, Align::Right]).indented(2);
    grid.row(["stage", "chunks", "time"]);
    for s in stages {
        let ends = match s.operators.as_slice() {
            [first, .., last] => format!("{first} to {last}"),
            one => one.concat(),
        };
        grid.row([ends, count(s.chunks), duration(s.seconds)]);
    }
    grid
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operator(name: &str, kind: &str, numbers: [u64; 4]) -> OperatorTotals {
        let [records_in, records_out, late, errors] = numbers;
        let site = format!("src/main.rs:14 {kind}");
        let (name, kind) = (name.to_owned(), kind.to_owned());
        OperatorTotals { name, kind, site, records_in, records_out, late, errors, time: 0.25 }
    }

    fn summary() -> Summary {
        Summary {
            job: "delays".to_owned(),
            mode: "batch".to_owned(),
            seconds: 0.5,
            bytes: 4_200_000,
            operators: vec![
                operator("flights", "source", [0, 336_776, 0, 0]),
                operator("delays.1", "filter", [336_776, 328_521, 0, 2]),
                operator("delays.3", "aggregate", [328_521, 69_000, 4_000, 0]),
            ],
            stages: vec![StageTotals {
                operators: vec!["flights".to_owned(), "delays.1".to_owned()],
                seconds: 0.25,
                chunks: 42,
            }],
            ..Summary::default()
        }
    }

    #[test]
    fn the_closing_summary_is_aligned_and_warns() {
        let expected = "\
delays, batch: 336,776 records, 4.20 MB in 0.500 s (673,552 records/s)
  operator  kind       site                 in      out   late  errors
  flights   source     src/main.rs:14        0  336,776      0       0
  delays.1  filter     src/main.rs:14  336,776  328,521      0       2
  delays.3  aggregate  src/main.rs:14  328,521   69,000  4,000       0
  stage                chunks     time
  flights to delays.1      42  0.250 s
warning: delays.1 (src/main.rs:14 filter) left out 2 records that failed
warning: delays.3 (src/main.rs:14 aggregate) left out 4,000 late records, 1.2 per cent of what it took; input that is not in order of event time needs a greater lateness, or none
";
        assert_eq!(summary().to_string(), expected);
    }

    #[test]
    fn one_per_cent_of_late_records_is_no_warning() {
        let mut summary = summary();
        summary.operators = vec![operator("a", "aggregate", [100, 1, 1, 0])];
        assert!(summary.warnings().is_empty());
    }

    #[test]
    fn an_empty_summary_has_no_rate() {
        assert!(!Summary::default().to_string().contains("records/s"));
    }

    #[test]
    fn totals_are_equal_whatever_the_time() {
        let one = operator("a", "map", [3, 2, 1, 0]);
        assert_eq!(one, OperatorTotals { time: 7.0, ..one.clone() });
        assert_ne!(one, OperatorTotals { late: 7, ..one.clone() });
        assert_ne!(one, OperatorTotals { name: "b".to_owned(), ..one.clone() });
    }

    #[test]
    fn the_report_names_in_out_and_time() {
        let report: serde_json::Value = serde_json::from_str(&summary().to_json()).unwrap();
        assert_eq!(report["operators"][1]["in"], 336_776);
        assert_eq!(report["operators"][1]["out"], 328_521);
        assert_eq!(report["operators"][1]["site"], "src/main.rs:14 filter");
        assert_eq!(report["operators"][1]["time"], 0.25);
        assert_eq!(report["seconds"], 0.5);
        assert_eq!(report["stages"][0]["chunks"], 42);
    }
}
