//! Builds a job's plan: what the code that `#[job]` emits calls.

mod handles;
mod keyed;
mod notes;

pub use handles::{KeyedHandle, OutputHandle};
pub use keyed::KeyedSpec;

use crate::output::Output;
use crate::side::{Side, SideHandle};
use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use ouzel_dsl::connector::{Comparator, Comparison, Constant};
use ouzel_dsl::data::Bad;
use ouzel_dsl::plan::*;
use ouzel_dsl::schema::Field;
use ouzel_dsl::stage::{Port, Ports};
use ouzel_dsl::{Data, Error, Key, Params, Record, Result, Row, Span, Tie, Windows, place};
use std::marker::PhantomData;
use std::sync::Arc;

/// A plan in the making.
pub struct Builder {
    plan: Plan,
}

/// What is said of an operator.
pub struct OperatorSpec {
    /// Its id.
    pub id: &'static str,
    /// What kind it is.
    pub kind: &'static str,
    /// Its file.
    pub file: &'static str,
    /// Its line.
    pub line: u32,
    /// Its inputs, by index.
    pub inputs: &'static [usize],
    /// The hash of its code.
    pub fingerprint: u64,
}

impl Builder {
    /// A plan without operators.
    pub fn new(job: &'static str, params: &Params) -> Builder {
        let params = params.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
        Builder {
            plan: Plan {
                job,
                operators: Vec::new(),
                sources: Vec::new(),
                stages: Vec::new(),
                keyed: Vec::new(),
                outputs: Vec::new(),
                ports: Vec::new(),
                sides: Vec::new(),
                params,
            },
        }
    }

    /// Adds an operator.
    pub fn operator(&mut self, spec: OperatorSpec) -> usize {
        let OperatorSpec { id, kind, file, line, inputs, fingerprint } = spec;
        self.plan.operators.push(Operator {
            id: id.to_owned(),
            kind,
            site: Site { file, line, kind },
            inputs: inputs.to_vec(),
            stages: Vec::new(),
            fingerprint,
            note: String::new(),
        });
        self.plan.operators.len() - 1
    }

    /// Says something of an operator.
    pub fn note(&mut self, operator: usize, note: impl Into<String>) {
        let held = &mut self.plan.operators[operator].note;
        if !held.is_empty() {
            held.push_str("; ");
        }
        held.push_str(&note.into());
    }

    /// Adds an input. `read` are the Rust names of the fields that the job reads, or nothing if it
    /// may read all; `prune` are comparisons that every record of interest meets.
    pub fn source<R: Record>(
        &mut self,
        operator: usize,
        input: &'static str,
        _: Tie<R>,
        read: Option<&[&str]>,
        prune: &[(&str, Comparator, Constant)],
        needs: Needs,
    ) -> Result<usize> {
        let index = |name: &str| R::FIELDS.iter().position(|field| *field == name);
        let event_time = R::event_time();
        if needs.time && event_time.is_none() {
            return Err(Error::Usage(format!(
                "{}: `{}` has no event time, and the job has windows or aggregates in order over it\n  mark a `Timestamp` field of `{}` with #[record(event_time)]",
                self.plan.operators[operator].site,
                R::NAME,
                R::NAME
            )));
        }
        let mut fields: Vec<usize> = match read {
            Some(names) => names.iter().filter_map(|name| index(name)).collect(),
            None => (0..R::FIELDS.len()).collect(),
        };
        fields.extend(event_time.filter(|_| needs.time || needs.place));
        fields.sort_unstable();
        fields.dedup();
        let note = match fields.len() {
            n if n == R::FIELDS.len() => "reads all columns".to_owned(),
            0 => "reads no column, only counts rows".to_owned(),
            _ => {
                let names: Vec<_> = fields.iter().map(|i| R::NAMES[*i]).collect();
                format!("reads {}", names.join(", "))
            }
        };
        self.note(operator, note);
        // Other fields are other records, whatever the code says.
        let record = format!("{:?} {:?}", R::fields(), event_time);
        let fingerprint = &mut self.plan.operators[operator].fingerprint;
        *fingerprint = record.bytes().fold(*fingerprint, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3)
        });
        let prune = prune.iter().filter_map(|(name, op, value)| {
            Some(Comparison { field: index(name)?, op: *op, value: value.clone() })
        });
        self.plan.sources.push(SourceNode {
            operator,
            input,
            record: R::NAME,
            fields: R::fields(),
            read: fields,
            prune: prune.collect(),
            event_time,
            needs_seen: needs.seen,
            side: false,
            idle_after: None,
            join_late: false,
            valid_time: None,
            time_max: time_max::<R>,
        });
        Ok(self.plan.sources.len() - 1)
    }

    /// Lets the watermark pass partitions of an input, by index, that have been silent for so long.
    pub fn idle_after(&mut self, source: usize, after: Span) -> Result<()> {
        let operator = self.plan.sources[source].operator;
        if after.micros() <= 0 {
            let site = self.plan.operators[operator].site;
            return Err(Error::Usage(format!(
                "{site}: `idle_after` takes a length of time greater than nothing"
            )));
        }
        self.plan.sources[source].idle_after = Some(after.micros());
        let short = after.short();
        self.note(operator, format!("does not wait for a partition that is silent for {short}"));
        Ok(())
    }

    /// Takes event times of an input, by index, outside of a range to be errors.
    pub fn valid_time(&mut self, source: usize, (from, upto): (i64, i64)) -> Result<()> {
        let operator = self.plan.sources[source].operator;
        if from > upto {
            let site = self.plan.operators[operator].site;
            return Err(Error::Usage(format!("{site}: no time is in the range of `valid_time`")));
        }
        let node = &mut self.plan.sources[source];
        node.valid_time = Some((from, upto));
        // What is skipped could be an error.
        node.prune.clear();
        let time = |micros| match micros {
            i64::MIN | i64::MAX => String::new(),
            micros => ouzel_dsl::Timestamp::from_micros(micros).to_string(),
        };
        self.note(operator, format!("takes event times {}..={}", time(from), time(upto)));
        Ok(())
    }

    /// Lets partitions of an input, by index, be found later.
    pub fn join_late(&mut self, source: usize) {
        self.plan.sources[source].join_late = true;
        let operator = self.plan.sources[source].operator;
        self.note(operator, "takes partitions that are found later");
    }

    /// Notes windows, whoever takes them; refuses those that have no length.
    pub fn windows<W: Windows>(&mut self, operator: usize, windows: W) -> Result<()> {
        let site = self.plan.operators[operator].site;
        windows.check().map_err(|reason| Error::Usage(format!("{site}: {reason}")))?;
        self.note(operator, windows.describe());
        Ok(())
    }

    /// Notes where an operator's errors go.
    pub fn errors(&mut self, operator: usize, of: usize) {
        let handler = self.plan.operators[operator].id.clone();
        self.note(of, format!("its errors go to `{handler}`"));
    }

    /// Notes a lateness; refuses one that is negative.
    pub fn lateness(&mut self, operator: usize, lateness: Span, windowed: bool) -> Result<()> {
        let site = self.plan.operators[operator].site;
        if lateness.micros() < 0 {
            return Err(Error::Usage(format!("{site}: a lateness must not be negative")));
        }
        self.note(operator, notes::lateness(lateness, windowed));
        Ok(())
    }

    /// Adds a table as an output: what the keyed operator with this index gives; or, every so often,
    /// what it holds so far.
    #[allow(clippy::too_many_arguments)] // Generated code calls it, with all that a table has.
    pub fn table<K: Data, V: Data>(
        &mut self,
        operator: usize,
        name: &'static str,
        keyed: usize,
        _: Tie<K>,
        _: Tie<V>,
        (key_names, value_names): (&[&str], &[&str]),
        every: Option<Span>,
    ) -> Result<()> {
        let mut fields = K::columns(key_names);
        let key_columns = fields.len();
        fields.extend(V::columns(value_names));
        self.distinct(operator, &fields)?;
        let kind = match every {
            Some(every) if every.micros() <= 0 => {
                let site = self.plan.operators[operator].site;
                return Err(Error::Usage(format!(
                    "{site}: `early` takes a length of time greater than nothing"
                )));
            }
            Some(every) => {
                let note = format!("every {} of a stream; no part of what agrees", every.short());
                self.note(operator, note);
                OutputKind::Early { keyed, every: every.micros() }
            }
            None => {
                self.plan.keyed[keyed].output = Some(self.plan.outputs.len());
                OutputKind::Table(keyed)
            }
        };
        self.plan.outputs.push(OutputNode {
            operator,
            name,
            kind,
            schema: schema(&fields),
            fields,
            key_columns,
            port: None,
        });
        Ok(())
    }

    /// Adds a stream as an output.
    pub fn output<T: Data>(
        &mut self,
        operator: usize,
        name: &'static str,
        _: Tie<T>,
        names: &[&str],
    ) -> Result<OutputHandle<T>> {
        let fields = T::columns(names);
        self.distinct(operator, &fields)?;
        let schema = schema(&fields);
        self.plan.ports.push(PortKind::Output(self.plan.outputs.len()));
        let made = schema.clone();
        self.plan.outputs.push(OutputNode {
            operator,
            name,
            kind: OutputKind::Stream,
            fields,
            schema,
            key_columns: 0,
            port: Some(Arc::new(move || Box::new(Output::<T>::new(made.clone())) as Box<dyn Port>)),
        });
        Ok(OutputHandle { port: self.plan.ports.len() - 1, types: PhantomData })
    }

    /// No two columns of an output may have one name.
    fn distinct(&self, operator: usize, fields: &[Field]) -> Result<()> {
        for (i, field) in fields.iter().enumerate() {
            if fields[..i].iter().any(|f| f.name == field.name) {
                return Err(Error::Usage(format!(
                    "{}: the output has two columns named `{}`\n  give one another name with `.named(\"..\")`",
                    self.plan.operators[operator].site, field.name
                )));
            }
        }
        Ok(())
    }

    /// Adds a lookup in a table, which is read whole before: what the keyed operator with this index
    /// gives.
    pub fn lookup<K: Key, V: Data>(
        &mut self,
        operator: usize,
        keyed: usize,
        _: Tie<K>,
        _: Tie<V>,
    ) -> SideHandle<K, V> {
        let table = self.plan.operators[self.plan.keyed[keyed].operator].id.clone();
        self.note(operator, format!("finds rows of `{table}`, which is read whole before"));
        let known = self.plan.sides.iter().position(|side| side.keyed == keyed);
        let index = known.unwrap_or(self.plan.sides.len());
        if known.is_none() {
            self.plan.sides.push(SideNode { keyed, begin: Side::<K, V>::begin });
        }
        SideHandle { index, types: PhantomData }
    }

    /// Notes what is read before the other inputs.
    fn read_before(&mut self) {
        let tables: Vec<usize> = self.plan.sides.iter().map(|side| side.keyed).collect();
        for table in tables {
            let entry = self.plan.keyed[table].clone();
            self.note(entry.operator, "a side input: shared by all workers, in memory");
            for keyed in entry.upstream.iter().copied().chain([table]) {
                self.plan.keyed[keyed].side = true;
            }
            for source in entry.sources {
                if !std::mem::replace(&mut self.plan.sources[source].side, true) {
                    let operator = self.plan.sources[source].operator;
                    self.note(operator, "read to its end before the other inputs");
                }
            }
        }
    }

    /// Adds a stage.
    pub fn stage(
        &mut self,
        input: StageInput,
        operators: &[usize],
        code: &'static str,
        run: impl Fn(
            &mut ouzel_dsl::stage::StageContext<'_>,
            &Ports,
            &ouzel_dsl::connector::Chunk,
        ) -> Result<()>
        + Send
        + Sync
        + 'static,
    ) {
        let index = self.plan.stages.len();
        for operator in operators {
            self.plan.operators[*operator].stages.push(index);
        }
        match input {
            StageInput::Source(_) => {}
            StageInput::Rows(keyed) => self.plan.keyed[keyed].rows.push(index),
            StageInput::Changes(keyed) => self.plan.keyed[keyed].changes.push(index),
        }
        self.plan.stages.push(StageNode {
            input,
            operators: operators.to_vec(),
            run: Arc::new(run),
            code,
        });
    }

    /// The plan.
    pub fn finish(mut self) -> Plan {
        self.read_before();
        for (operator, note) in notes::of_stages(&self.plan) {
            self.note(operator, note);
        }
        self.plan
    }
}

/// What operators downstream need of each source record.
#[derive(Clone, Copy, Debug, Default)]
pub struct Needs {
    /// Its event time.
    pub time: bool,
    /// Its seen.
    pub seen: bool,
    /// Its event time, if it has one.
    pub place: bool,
}

fn schema(fields: &[Field]) -> SchemaRef {
    Arc::new(Schema::new(fields.iter().map(Field::arrow).collect::<Vec<_>>()))
}

/// The greatest event time of the rows of a batch that are no errors.
fn time_max<R: Record>(batch: &RecordBatch, valid: Option<(i64, i64)>) -> Option<i64> {
    let mut bad = Bad::default();
    R::open_batch(batch, &mut bad);
    let times = R::event_times(batch, &mut bad)?;
    if let Some(valid) = valid {
        ouzel_dsl::data::only(&times, valid, &mut bad);
    }
    if bad.is_empty() {
        return times.iter().copied().max();
    }
    times.iter().enumerate().filter(|(row, _)| !bad.contains(*row)).map(|(_, t)| *t).max()
}

/// Opens a chunk of final rows.
pub fn open_finals<K: Key, V: Data>(
    _: Tie<ouzel_dsl::Final<K, V>>,
    batch: &RecordBatch,
    bad: &mut Bad,
) -> ouzel_dsl::FinalColumn<K, V> {
    ouzel_dsl::data::Column::open_row(batch.columns(), bad)
}

/// The address of a final row, which says which operator made it, of which window and key.
pub fn final_address<K: Key, V: Data>(
    _: Tie<ouzel_dsl::Final<K, V>>,
    operator: usize,
    row: ouzel_dsl::FinalRef<'_, K, V>,
) -> Vec<u8> {
    place::made_by(operator, |out| {
        K::encode(row.key, out);
        out.extend_from_slice(&place::ordered(row.window.start.micros()));
        out.extend_from_slice(&place::ordered(row.window.end.micros()));
    })
}

/// Opens a chunk of rows that a keyed operator made of a stream.
pub fn open_rows<T: Data>(_: Tie<T>, batch: &RecordBatch, bad: &mut Bad) -> T::Column {
    ouzel_dsl::data::Column::open_row(batch.columns(), bad)
}

/// Opens a chunk of a table's rows.
pub fn open_table<R: Row>(_: Tie<R>, batch: &RecordBatch, bad: &mut Bad) -> R::Columns {
    R::open(batch, bad)
}

/// A row of it.
#[inline(always)]
pub fn table_row<R: Row>(_: Tie<R>, columns: &R::Columns, row: usize) -> R::Parts<'_> {
    R::parts(columns, row)
}

/// The address of a table's row, which says which operator made it, and its key.
pub fn row_address<K: Data>(_: Tie<K>, operator: usize, key: K::View<'_>) -> Vec<u8> {
    place::made_by(operator, |out| K::store(key, out))
}
