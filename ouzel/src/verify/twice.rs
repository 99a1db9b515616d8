//! Runs each stage twice more on each record, on two threads, into ports of no consequence, and
//! compares: code that depends on more than its arguments gives itself away.

use super::difference::Difference;
use super::{lock, rows};
use arrow::array::{ArrayRef, BinaryArray, RecordBatch};
use ouzel_dsl::connector::{Chunk, Offsets, Pruned};
use ouzel_dsl::plan::{OperatorIndex, PortKind, Site, StageInput, StageNode};
use ouzel_dsl::stage::{Moments, OnError, Port, Ports, StageContext, Tally};
use ouzel_dsl::{Error, Plan, Result};
use std::any::Any;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// The first difference that was found, in a few lines.
#[derive(Clone, Default)]
pub(super) struct Found(Arc<Mutex<Option<Difference>>>);

impl Found {
    pub fn take(&self) -> Option<Difference> {
        lock(&self.0).take()
    }
}

/// The plan with stages that look twice, and where they leave what they found.
pub(super) fn twice(plan: &Arc<Plan>) -> (Plan, Found) {
    let found = Found::default();
    let mut looking = Plan::clone(plan);
    for (stage, node) in looking.stages.iter_mut().enumerate() {
        let (plan, found) = (plan.clone(), found.clone());
        node.run = Arc::new(move |context, ports, chunk| {
            let stage = &plan.stages[stage];
            let done = (stage.run)(context, ports, chunk);
            let mut found = lock(&found.0);
            if found.is_none() {
                let around = Around::of(context);
                *found = Look { plan: &plan, stage, around }.at(chunk);
            }
            done
        });
    }
    (looking, found)
}

/// What is the same each time a stage is run on a chunk.
#[derive(Clone, Copy)]
struct Around<'a> {
    on_error: &'a [OnError],
    seen: i64,
    sites: &'a [Site],
    input: &'a str,
    partition: &'a str,
    log: &'a [u8],
    moments: Option<&'a Moments>,
    weight: i64,
    sides: &'a [Arc<dyn Any + Send + Sync>],
}

impl<'a> Around<'a> {
    fn of(context: &'a StageContext<'_>) -> Around<'a> {
        let StageContext { on_error, seen, sites, input, partition, log, .. } = *context;
        let StageContext { moments, weight, sides, .. } = *context;
        Around { on_error, seen, sites, input, partition, log, moments, weight, sides }
    }
}

struct Look<'a> {
    plan: &'a Plan,
    stage: &'a StageNode,
    around: Around<'a>,
}

/// What a stage did with a record.
struct Did {
    end: Result<(), String>,
    tally: Tally,
    /// What went into each port, or why that cannot be read.
    ports: Vec<Result<Vec<RecordBatch>, String>>,
}

/// What two runs of a stage on a record did differently.
struct Differs {
    /// Operators that gave something else, or that took it.
    at: BTreeSet<OperatorIndex>,
    lines: String,
}

impl Look<'_> {
    /// Looks at each record alone: an aggregate over several would hide much of what differs.
    fn at(&self, chunk: &Chunk) -> Option<Difference> {
        let Look { plan, stage, around } = *self;
        let all = move || -> Vec<Did> {
            let (rows, ports) = (0..chunk.batch.num_rows(), plan.ports());
            rows.map(|row| {
                let moments = around.moments.map(|moments| moments.only(row));
                let around = Around { moments: moments.as_ref(), ..around };
                did(plan, stage, around, &ports, &only(chunk, row))
            })
            .collect()
        };
        let (first, second) = std::thread::scope(|scope| {
            let second = scope.spawn(all);
            // What panics outside of the job's code is not what is looked for.
            (all(), second.join().unwrap_or_default())
        });
        let mut both = first.iter().zip(&second).enumerate();
        let (row, differs) =
            both.find_map(|(row, (first, second))| Some((row, self.differs(first, second)?)))?;
        let Around { input, partition, .. } = around;
        let address = match stage.input {
            StageInput::Rows(_) | StageInput::Changes(_) => format!("a row of {input}"),
            StageInput::Source(_) => {
                format!("{input} {partition}, offset {}", chunk.offsets.get(row))
            }
        };
        let suspects = self.suspects(&differs.at);
        let one_of = if suspects.len() == 1 { "" } else { "one of " };
        let lines = format!(
            "  {one_of}{} depends on more than its arguments: run twice on {address}, it gave two results\n    record: {}\n{}",
            suspects.join(", "),
            ouzel_dsl::json::row(&chunk.batch, row),
            differs.lines
        );
        let operator = differs.at.first().map(|first| plan.operators[*first].id.clone());
        Some(Difference { operator, lines })
    }

    fn differs(&self, first: &Did, second: &Did) -> Option<Differs> {
        let (mut at, mut lines) = (BTreeSet::new(), String::new());
        for (port, both) in first.ports.iter().zip(&second.ports).enumerate() {
            if let (Ok(first), Ok(second)) = both
                && first != second
                && let Some(rows) = rows::difference(first, second)
            {
                at.insert(self.behind(port));
                let rows = rows.replace("    missing:", "    first: ");
                lines += &rows.replace("    extra:", "    second:");
            }
        }
        let letters = first.tally.dead_letters.iter().zip(&second.tally.dead_letters);
        for (first, second) in letters.filter(|(first, second)| first != second) {
            at.insert(first.operator);
            lines += &format!("    error: {}, then {}\n", first.message, second.message);
        }
        let counts = |t: &Tally, o: OperatorIndex| (t.out[o], t.late[o], t.errors[o]);
        let counted = |o: &OperatorIndex| counts(&first.tally, *o) != counts(&second.tally, *o);
        at.extend((0..self.plan.operators.len()).filter(counted));
        // What comes after the first operator that differs was given other records.
        if let Some(operator) = at.first().filter(|operator| counted(operator)) {
            let told = |tally| {
                let (out, late, errors) = counts(tally, *operator);
                format!("{out} passed on, {late} late, {errors} failed")
            };
            let id = &self.plan.operators[*operator].id;
            lines += &format!("    {id}: {}\n", told(&first.tally));
            lines += &format!("    then {}\n", told(&second.tally));
        }
        if first.end != second.end {
            let told = |end: &Result<(), String>| match end {
                Ok(()) => "no error".to_owned(),
                Err(error) => error.clone(),
            };
            lines += &format!("    {}\n    then {}\n", told(&first.end), told(&second.end));
        }
        (!lines.is_empty()).then_some(Differs { at, lines })
    }

    /// The operator behind a port.
    fn behind(&self, port: usize) -> OperatorIndex {
        match self.plan.ports[port] {
            PortKind::Keyed(keyed) => self.plan.keyed[keyed].operator,
            PortKind::Output(output) => self.plan.outputs[output].operator,
        }
    }

    /// The operators with code of the job's that the first difference can come from: the first
    /// that differs, and those before it in the stage.
    fn suspects(&self, differ: &BTreeSet<OperatorIndex>) -> Vec<String> {
        let stage = &self.stage.operators;
        let mut wanted: BTreeSet<OperatorIndex> = match differ.first() {
            Some(first) => [*first].into(),
            None => stage.iter().copied().collect(),
        };
        let mut suspects = Vec::new();
        while let Some(operator) = wanted.pop_last() {
            let operator = &self.plan.operators[operator];
            wanted.extend(operator.inputs.iter().filter(|input| stage.contains(input)));
            if !WITHOUT_CODE.contains(&operator.kind) {
                suspects.push(format!("`{}` ({})", operator.id, operator.site));
            }
        }
        suspects.reverse();
        suspects
    }
}

/// Operators that take no closure.
const WITHOUT_CODE: [&str; 17] = [
    "branch",
    "errors",
    "source",
    "merge",
    "window",
    "lateness",
    "late",
    "finals",
    "between",
    "distinct",
    "latest",
    "table",
    "join",
    "left_join",
    "full_join",
    "semi_join",
    "anti_join",
];

/// Runs a stage into ports, and empties them.
fn did(plan: &Plan, stage: &StageNode, around: Around<'_>, ports: &Ports, chunk: &Chunk) -> Did {
    for port in &ports.0 {
        port.borrow_mut().begin(&chunk.batch);
    }
    let mut tally = Tally::new(plan.operators.len());
    let Around { on_error, seen, sites, input, partition, log, moments, weight, sides } = around;
    let mut context = StageContext {
        tally: &mut tally,
        on_error,
        seen,
        sites,
        input,
        partition,
        log,
        moments,
        weight,
        sides,
        at: 0,
        row: 0,
    };
    let end = (stage.run)(&mut context, ports, chunk).map_err(|e| e.to_string());
    let ports = plan.ports.iter().zip(&ports.0);
    let ports = ports.map(|(kind, port)| {
        contents(plan, *kind, port.borrow_mut().as_mut()).map_err(|error| error.to_string())
    });
    Did { end, ports: ports.collect(), tally }
}

/// The rows that were pushed into a port; those of a keyed operator as far as they can be read.
fn contents(plan: &Plan, kind: PortKind, port: &mut dyn Port) -> Result<Vec<RecordBatch>> {
    let PortKind::Keyed(keyed) = kind else { return Ok(port.take(true)) };
    let here =
        |tasks: Vec<Box<dyn FnOnce() + Send + '_>>| tasks.into_iter().for_each(|task| task());
    let mut state = plan.keyed[keyed].node.state(1, usize::MAX, &std::env::temp_dir());
    state.absorb(&mut [port], &here, None, None)?;
    if plan.keyed[keyed].streams {
        let mut held = Vec::new();
        state.save(&mut held)?;
        return Ok(vec![as_row(&held)?]);
    }
    let rows = Mutex::new(Vec::new());
    state.rows(&here, &|batch| {
        lock(&rows).push(batch);
        Ok(())
    })?;
    Ok(std::mem::take(&mut *lock(&rows)))
}

/// Bytes as a row, to be compared.
fn as_row(bytes: &[u8]) -> Result<RecordBatch> {
    let column: ArrayRef = Arc::new(BinaryArray::from_vec(vec![bytes]));
    RecordBatch::try_from_iter([("held", column)]).map_err(|e| Error::Format(e.to_string()))
}

/// One row of a chunk.
fn only(chunk: &Chunk, row: usize) -> Chunk {
    Chunk {
        batch: chunk.batch.slice(row, 1),
        partition: chunk.partition,
        offsets: Offsets::Each(vec![chunk.offsets.get(row)]),
        rejects: Vec::new(),
        pruned: Pruned::default(),
    }
}
