//! Plans made by hand, for the tests of this crate.

use crate::job_main::JobInfo;
use crate::run::Run;
use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use arrow::datatypes::Schema;
use ouzel_dsl::connector::{Comparator, Comparison, Connect, Constant, Listing, Request, Source};
use ouzel_dsl::keyed_node::{KeyedNode, KeyedState, Reference};
use ouzel_dsl::plan::{
    KeyedEntry, Operator, OutputKind, OutputNode, PortKind, Site, SourceNode, StageInput, StageNode,
};
use ouzel_dsl::schema::{Field, Type, Wire};
use ouzel_dsl::stage::Port;
use ouzel_dsl::{ParamInfo, Params, Plan, Result};
use std::any::Any;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// `delays`: a job with one input, one table and one parameter.
pub fn job() -> JobInfo {
    JobInfo {
        name: "delays",
        doc: " Departures and mean delay\n by carrier and hour.\n\n Flights that never left do not count.",
        version: "1.2.3",
        inputs: &["flights"],
        outputs: &["delays"],
        params: || &[ParamInfo { name: "min_delay", ty: "f64" }],
        plan: |params| {
            params.get::<f64>("min_delay")?;
            Ok(Plan { params: owned(params), ..plan() })
        },
    }
}

/// `join`: a job with two inputs, two outputs and no parameter. It has no plan.
pub fn join() -> JobInfo {
    JobInfo {
        name: "join",
        doc: "Flights with their weather.",
        version: "",
        inputs: &["flights", "weather"],
        outputs: &["both", "neither"],
        params: || &[],
        plan: |_| Err(ouzel_dsl::Error::Failed("join has no plan".to_owned())),
    }
}

/// A run of a job that keeps all `flights` as `kept`.
pub fn run() -> Run {
    Run::new(|_| Ok(copying()))
}

fn owned(params: &Params) -> Vec<(String, String)> {
    params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn flight_fields() -> Vec<Field> {
    let mut scheduled = Field::new("scheduled", Type::Timestamp, false);
    scheduled.wire = Wire::Native;
    let float = Type::Float { bits: 64 };
    vec![
        scheduled,
        Field::new("carrier", Type::Str, false),
        Field::new("delay", float, true),
        Field::new("tail", Type::Str, true),
    ]
}

fn schema(fields: &[Field]) -> Arc<Schema> {
    Arc::new(Schema::new(fields.iter().map(Field::arrow).collect::<Vec<_>>()))
}

fn operator(
    id: &str,
    kind: &'static str,
    line: u32,
    inputs: &[usize],
    stages: &[usize],
) -> Operator {
    Operator {
        id: id.to_owned(),
        kind,
        site: Site { file: "src/main.rs", line, kind },
        inputs: inputs.to_vec(),
        stages: stages.to_vec(),
        fingerprint: 7,
        note: String::new(),
    }
}

/// `delays`: source, filter and aggregate, and a table.
pub fn plan() -> Plan {
    let float = Type::Float { bits: 64 };
    let outputs = vec![
        Field::new("carrier", Type::Str, false),
        Field::new("window_start", Type::Timestamp, false),
        Field::new("window_end", Type::Timestamp, false),
        Field::new("count", Type::Int { bits: 64, signed: false }, false),
        Field::new("delay", float, true),
    ];
    let mut operators = vec![
        operator("flights", "source", 13, &[], &[0]),
        operator("delays.1", "filter", 15, &[0], &[0]),
        operator("delays.3", "aggregate", 18, &[1], &[0]),
    ];
    operators[2].note =
        "tumbling(hours(1)); keeps all windows: grows with \"carrier\" and time".to_owned();
    Plan {
        job: "delays",
        operators,
        sources: vec![SourceNode {
            operator: 0,
            input: "flights",
            record: "Flight",
            fields: flight_fields(),
            read: vec![0, 1, 2],
            prune: vec![Comparison {
                field: 2,
                op: Comparator::GreaterOrEqual,
                value: Constant::Float(3.0),
            }],
            event_time: Some(0),
            needs_seen: false,
            side: false,
            idle_after: None,
            join_late: false,
            valid_time: None,
            time_max: |_, _| None,
        }],
        stages: vec![StageNode {
            input: StageInput::Source(0),
            operators: vec![0, 1, 2],
            run: Arc::new(|_, _, _| Ok(())),
            code: "context . rows (chunk , | c , row | { let f = flight . get (row) ; if f . delay > 3.0 { port . push (f) } Ok (()) })",
        }],
        keyed: vec![KeyedEntry {
            operator: 2,
            node: Arc::new(Nothing),
            sources: vec![0],
            upstream: Vec::new(),
            lateness: Some(3_600_000_000),
            holds: 0,
            streams: false,
            rows: Vec::new(),
            changes: Vec::new(),
            side: false,
            output: Some(0),
            schema: schema(&outputs),
        }],
        outputs: vec![OutputNode {
            operator: 2,
            name: "delays",
            kind: OutputKind::Table(0),
            schema: schema(&outputs),
            fields: outputs,
            key_columns: 3,
            port: None,
        }],
        sides: Vec::new(),
        ports: vec![PortKind::Keyed(0)],
        params: Vec::new(),
    }
}

/// Source `flights` with two columns, all of which goes to the output `kept`.
fn copying() -> Plan {
    let fields = vec![
        Field::new("carrier", Type::Str, false),
        Field::new("delay", Type::Float { bits: 64 }, false),
    ];
    Plan {
        job: "copying",
        operators: vec![
            operator("flights", "source", 1, &[], &[0]),
            operator("kept", "output", 1, &[0], &[0]),
        ],
        sources: vec![SourceNode {
            operator: 0,
            input: "flights",
            record: "Flight",
            fields: fields.clone(),
            read: vec![0, 1],
            prune: Vec::new(),
            event_time: None,
            needs_seen: false,
            side: false,
            idle_after: None,
            join_late: false,
            valid_time: None,
            time_max: |_, _| None,
        }],
        stages: vec![StageNode {
            input: StageInput::Source(0),
            operators: vec![0, 1],
            run: Arc::new(|context, ports, chunk| {
                context.tally.out[0] += chunk.batch.num_rows() as u64;
                context.tally.out[1] += chunk.batch.num_rows() as u64;
                ports.get::<Rows>(0).0.push(chunk.batch.clone());
                Ok(())
            }),
            code: "",
        }],
        keyed: Vec::new(),
        outputs: vec![OutputNode {
            operator: 1,
            name: "kept",
            kind: OutputKind::Stream,
            schema: schema(&fields),
            fields,
            key_columns: 0,
            port: Some(Arc::new(|| Box::new(Rows::default()))),
        }],
        sides: Vec::new(),
        ports: vec![PortKind::Output(0)],
        params: Vec::new(),
    }
}

/// Rows with a `carrier` and a `delay`.
pub fn batch(rows: &[(&str, f64)]) -> RecordBatch {
    let carriers: StringArray = rows.iter().map(|(carrier, _)| Some(*carrier)).collect();
    let delays: Float64Array = rows.iter().map(|(_, delay)| Some(*delay)).collect();
    let columns: [(&str, ArrayRef); 2] =
        [("carrier", Arc::new(carriers)), ("delay", Arc::new(delays))];
    RecordBatch::try_from_iter(columns).unwrap()
}

/// An empty input, which ends unless its name holds `follow`.
pub struct NamedInput {
    pub name: String,
}

impl Connect for NamedInput {
    fn open(&self, _: &Request) -> Result<Box<dyn Source>> {
        Ok(Box::new(NamedInput { name: self.name.clone() }))
    }

    fn describe(&self) -> String {
        self.name.clone()
    }
}

impl Source for NamedInput {
    fn bounded(&self) -> bool {
        !self.name.contains("follow")
    }

    fn partitions(&self) -> Arc<Vec<String>> {
        Arc::new(vec![String::new()])
    }

    fn splits(&self, _: &[u64]) -> Result<Listing> {
        Ok(Listing { ended: vec![0], end: true, ..Listing::default() })
    }
}

#[derive(Default)]
struct Rows(Vec<RecordBatch>);

impl Port for Rows {
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }

    fn take(&mut self, _: bool) -> Vec<RecordBatch> {
        std::mem::take(&mut self.0)
    }
}

/// A keyed operator that holds nothing: plans that have it are shown, never run.
struct Nothing;

impl KeyedNode for Nothing {
    fn combiner(&self) -> Box<dyn Port> {
        Box::new(Rows::default())
    }

    fn state_type(&self) -> String {
        String::new()
    }

    fn state(&self, _: usize, _: usize, _: &Path) -> Box<dyn KeyedState> {
        unreachable!("the plan is never run")
    }

    fn scatter(
        &self,
        _: &mut dyn Port,
        _: usize,
        _: &mut dyn FnMut(usize, &[u8]) -> Result<()>,
    ) -> Result<()> {
        unreachable!("the plan is never run")
    }

    fn gather(&self, _: &mut dyn Read) -> Result<Box<dyn Port>> {
        unreachable!("the plan is never run")
    }

    fn reference(&self) -> Box<dyn Reference> {
        unreachable!("the plan is never run")
    }
}
