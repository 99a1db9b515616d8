//! The families of metrics, and which event counts in which.

use ouzel_hooks::Event;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use std::sync::atomic::AtomicU64;

type Labels = Vec<(&'static str, String)>;

/// Of an operator.
struct Operator {
    records: Counter,
    late: Counter,
    errors: Counter,
}

pub struct Families {
    registry: Registry,
    /// By index in the plan.
    operators: Vec<Operator>,
    read: Counter,
    spilled: Counter,
    commits: Counter,
    checkpoint: Gauge,
    watermark: Gauge<f64, AtomicU64>,
    restored: Family<Labels, Counter>,
}

impl Families {
    pub fn new(job: &str, operators: Vec<String>) -> Families {
        let mut registry = Registry::with_prefix("ouzel");
        registry.register("job", "The job", Info::new(vec![("name", escaped(job))]));
        let (records, late, errors) = by_operator(&mut registry);
        let of = |id: String| {
            let labels: Labels = vec![("operator", escaped(&id))];
            Operator {
                records: records.get_or_create_owned(&labels),
                late: late.get_or_create_owned(&labels),
                errors: errors.get_or_create_owned(&labels),
            }
        };
        let mut families = Families {
            operators: operators.into_iter().map(of).collect(),
            read: Counter::default(),
            spilled: Counter::default(),
            commits: Counter::default(),
            checkpoint: Gauge::default(),
            watermark: Gauge::default(),
            restored: Family::default(),
            registry: Registry::default(),
        };
        let bytes = || Unit::Bytes;
        let Families { read, spilled, commits, checkpoint, watermark, restored, .. } = &families;
        registry.register_with_unit("read", "Input read", bytes(), read.clone());
        registry.register_with_unit(
            "spilled",
            "Keyed state written to disk",
            bytes(),
            spilled.clone(),
        );
        registry.register("commits", "Epochs committed", commits.clone());
        let help = "Written by the last commit";
        registry.register_with_unit("checkpoint", help, bytes(), checkpoint.clone());
        let help = "The least watermark of all inputs, in event time since 1970";
        registry.register_with_unit("watermark", help, Unit::Seconds, watermark.clone());
        let help = "Shards of keyed state taken up, by what they began with";
        registry.register("shards_restored", help, restored.clone());
        families.registry = registry;
        families
    }

    pub fn count(&self, event: &Event<'_>) {
        match event {
            Event::Counted { counts } => {
                for counts in counts.iter() {
                    if let Some(operator) = self.operators.get(counts.operator) {
                        operator.records.inc_by(counts.records_out);
                        operator.late.inc_by(counts.late);
                        operator.errors.inc_by(counts.errors);
                    }
                }
            }
            Event::Split { bytes, .. } => _ = self.read.inc_by(*bytes),
            Event::Spill { bytes } => _ = self.spilled.inc_by(*bytes),
            Event::Commit { bytes, .. } => {
                self.commits.inc();
                self.checkpoint.set(i64::try_from(*bytes).unwrap_or(i64::MAX));
            }
            // At the end of input it is that of no record.
            Event::Watermark { micros } if *micros < i64::MAX => {
                _ = self.watermark.set(*micros as f64 / 1e6);
            }
            Event::Restored { from, .. } => {
                self.restored.get_or_create(&vec![("from", (*from).to_owned())]).inc();
            }
            _ => {}
        }
    }

    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a text cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// A label's value as the format wants it, which the encoder takes for granted: an operator may be called
/// as its author likes.
fn escaped(text: &str) -> String {
    text.replace('\\', r"\\").replace('"', r#"\""#).replace('\n', r"\n")
}

type ByOperator = Family<Labels, Counter>;

fn by_operator(registry: &mut Registry) -> (ByOperator, ByOperator, ByOperator) {
    let mut of = |name: &str, help: &str| {
        let family = ByOperator::default();
        registry.register(name, help, family.clone());
        family
    };
    (
        of("records", "Records that an operator passed on"),
        of("late_records", "Records that were late for an operator, once for each window missed"),
        of("errors", "Records that an operator failed on"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use ouzel_hooks::Counts;

    #[test]
    fn names_cannot_end_their_line() {
        let families = Families::new("j", vec!["a\"} 7\nb\\".to_owned()]);
        let counts = vec![Counts { operator: 0, records_out: 3, late: 0, errors: 0 }];
        families.count(&Event::Counted { counts: counts.into() });
        let text = families.text();
        assert!(text.contains(r#"ouzel_records_total{operator="a\"} 7\nb\\"} 3"#), "{text}");
    }
}
