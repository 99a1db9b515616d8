//! A plan with its sources open: what both executors start from.

use crate::config::RunConfig;
use crate::worker::Worker;
use arrow::array::RecordBatch;
use ouzel_dsl::connector::{Request, Source};
use ouzel_dsl::plan::{Site, StageInput, StageNode};
use ouzel_dsl::schema::nearest;
use ouzel_dsl::stage::{OnError, Tally};
use ouzel_dsl::{Error, Plan, Result};
use ouzel_hooks::{Counts, Event};
use std::any::Any;
use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

/// A plan with its sources open.
pub struct Wiring {
    /// The plan.
    pub plan: Arc<Plan>,
    /// What the run was told.
    pub config: RunConfig,
    /// The open sources, in the plan's order.
    pub sources: Vec<Box<dyn Source>>,
    /// Where operators are written, by index.
    pub sites: Vec<Site>,
    /// The error policy of each operator, by index.
    pub on_error: Vec<OnError>,
    /// That of rows that may go again: an error only withholds them.
    pub withholding: Vec<OnError>,
    /// Where state spills to.
    pub spill: PathBuf,
    /// The tables that are looked up, once they were read.
    pub sides: OnceLock<Vec<Arc<dyn Any + Send + Sync>>>,
}

impl Wiring {
    /// Opens the sources, which checks their columns.
    pub fn open(plan: &Arc<Plan>, config: &RunConfig) -> Result<Wiring> {
        let ids: Vec<_> = plan.operators.iter().map(|o| o.id.as_str()).collect();
        known("operator", config.on_error_of.keys(), &ids)?;
        let policy = |id| config.on_error_of.get(id).copied().unwrap_or(config.on_error);
        let on_error = ids.into_iter().map(policy).collect();
        let mut sources = Vec::new();
        for source in &plan.sources {
            let connect = config.inputs.get(source.input).ok_or_else(|| {
                Error::Usage(format!(
                    "the input `{0}` is missing: give it as `--in {0}=URI`",
                    source.input
                ))
            })?;
            sources.push(connect.open(&Request {
                input: source.input.to_owned(),
                fields: source.fields.clone(),
                read: source.read.clone(),
                prune: source.prune.clone(),
                time: source.event_time,
                event_time: source.event_time.filter(|_| source.needs_seen),
                chunk_rows: config.chunk_rows.max(1),
                split_bytes: config.split_bytes.max(1),
                until_now: config.until_now,
                history: config.history,
            })?);
        }
        Ok(Wiring {
            sources,
            sides: OnceLock::new(),
            on_error,
            withholding: vec![OnError::Skip; plan.operators.len()],
            sites: plan.operators.iter().map(|o| o.site).collect(),
            spill: config.spill.clone().unwrap_or_else(std::env::temp_dir),
            plan: plan.clone(),
            config: config.clone(),
        })
    }

    /// A worker with empty ports.
    pub fn worker(&self) -> Worker {
        Worker { ports: self.plan.ports(), tally: Tally::new(self.plan.operators.len()) }
    }

    /// Sees that all that the layout names is there: it is of this input, or of no use.
    pub fn check_layout(&self) -> Result<()> {
        for (input, partition) in self.config.layout.partitions() {
            let source = self.plan.sources.iter().position(|source| source.input == input);
            let Some(source) = source else {
                return Err(Error::Usage(format!(
                    "the layout is of another job: it names the input `{input}`, which this one does not have"
                )));
            };
            if !self.sources[source].partitions().iter().any(|name| name == partition) {
                return Err(Error::Usage(format!(
                    "the layout is of another input: it names the partition `{partition}` of `{input}`, which is not there"
                )));
            }
        }
        Ok(())
    }

    /// Tells observers that a keyed operator gave final rows.
    pub fn gave(&self, keyed: usize, batch: &RecordBatch) {
        let operator = &self.plan.operators[self.plan.keyed[keyed].operator].id;
        self.config
            .observers
            .tell(Event::Rows { operator: operator.into(), batch: Cow::Borrowed(batch) });
    }

    /// Adds what was counted to the totals, and tells observers of it.
    pub fn count(&self, totals: &mut Tally, counted: &mut Tally) {
        let of = |operator: usize| Counts {
            operator,
            records_out: counted.out[operator],
            late: counted.late[operator],
            errors: counted.errors[operator],
        };
        let is_any = |counts: &Counts| counts.records_out + counts.late + counts.errors > 0;
        let counts: Vec<Counts> = (0..counted.out.len()).map(of).filter(is_any).collect();
        if !counts.is_empty() {
            self.config.observers.tell(Event::Counted { counts: counts.into() });
        }
        totals.take_from(counted);
    }

    /// Tells observers that state went to disk, if any did.
    pub fn spilled(&self, bytes: u64) {
        if bytes > 0 {
            self.config.observers.tell(Event::Spill { bytes });
        }
    }

    /// The stages that an input feeds.
    pub fn stages(&self, input: StageInput) -> impl Iterator<Item = (usize, &StageNode)> {
        self.plan.stages.iter().enumerate().filter(move |(_, stage)| stage.input == input)
    }
}

/// Names that were given must exist.
fn known<'a>(what: &str, given: impl Iterator<Item = &'a String>, names: &[&str]) -> Result<()> {
    for name in given {
        if !names.contains(&name.as_str()) {
            let hint = match nearest(name, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it has {}", names.join(", ")),
            };
            return Err(Error::Usage(format!("the job has no {what} `{name}`: {hint}")));
        }
    }
    Ok(())
}
