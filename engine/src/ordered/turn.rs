//! A key's turn: its records and timers, one after the other.

use super::{InOrder, Ordered, Waiting};
use crate::bag::Bag;
use crate::given::Given;
use crate::held::damaged;
use crate::stream_node::Group;
use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use ouzel_dsl::data::Builder;
use ouzel_dsl::keyed_node::{Advance, Fault};
use ouzel_dsl::schema::Field;
use ouzel_dsl::stage::caught;
use ouzel_dsl::{Data, Key, Result, json, place};
use std::sync::Arc;

/// A key's turn.
pub struct Turn<'a, 'g, K: Key, L: InOrder<K>> {
    pub ordered: &'a Ordered<K, L>,
    pub key: &'a K,
    pub group: Group<'a>,
    pub to: Advance<'a>,
    /// In canonical order.
    pub bag: &'a Bag,
    pub out: Option<&'a mut Given<'g, L::Out>>,
    state: L::State,
    /// What the state was before the steps: where one fails, it is to be as before that one.
    base: Vec<u8>,
    steps: Vec<Step>,
}

/// What a state goes through.
#[derive(Clone)]
enum Step {
    /// A record, by its number.
    Record(usize),
    /// A timer: its event time and name.
    Timer(i64, String),
}

impl<'a, 'g, K: Key, L: InOrder<K>> Turn<'a, 'g, K, L> {
    /// With what was kept of the key.
    pub fn new(
        ordered: &'a Ordered<K, L>,
        (key, group): (&'a K, Group<'a>),
        (kept, bag): (&[u8], &'a Bag),
        to: Advance<'a>,
        out: Option<&'a mut Given<'g, L::Out>>,
    ) -> Result<Self> {
        let state = ordered.logic.load(kept).ok_or_else(damaged)?;
        Ok(Turn {
            ordered,
            key,
            group,
            to,
            bag,
            out,
            state,
            base: kept.to_vec(),
            steps: Vec::new(),
        })
    }

    /// Lets all see and fire that have their turn; how many records that was.
    pub fn run(&mut self) -> Result<usize> {
        let mut seen = 0;
        loop {
            let record = (seen < self.bag.len()).then(|| self.bag.get(seen).time);
            let record = record.filter(|time| self.ordered.turn(*time) <= self.to.watermark);
            match (record, self.timer()) {
                (Some(record), timer) if timer.as_ref().is_none_or(|t| record <= t.0) => {
                    self.step(Step::Record(seen))?;
                    seen += 1;
                }
                (_, Some((time, name))) => self.step(Step::Timer(time, name))?,
                _ => break,
            }
        }
        if self.to.watermark == i64::MAX {
            self.last_timers()?;
        }
        Ok(seen)
    }

    /// The next timer, if it has its turn. At the end of input those fire as always that the records
    /// of the operator's logs have reached.
    fn timer(&self) -> Option<(i64, String)> {
        let has_turn = |time: i64| match self.to.watermark {
            i64::MAX => time <= self.to.greatest,
            watermark => self.ordered.turn(time) <= watermark,
        };
        self.ordered.logic.timer(&self.state).filter(|(time, _)| has_turn(*time))
    }

    /// After that, timers that are set fire once, and those that they set do not.
    fn last_timers(&mut self) -> Result<()> {
        let mut pending = Vec::new();
        while let Some((time, name)) = self.ordered.logic.timer(&self.state) {
            self.ordered.logic.unset(&mut self.state, &name);
            pending.push((time, name));
        }
        for (time, name) in pending {
            self.step(Step::Timer(time, name))?;
        }
        Ok(())
    }

    fn step(&mut self, step: Step) -> Result<()> {
        let (time, seen, address) = match &step {
            Step::Record(record) => {
                let record = self.bag.get(*record);
                (record.time, record.seen, record.address.to_vec())
            }
            Step::Timer(time, name) => (*time, *time, self.timer_address(*time, name)),
        };
        let Turn { ordered, key, bag, out, state, .. } = self;
        let (mut number, mut failed) = (0, None);
        let done = caught(|| {
            take(&ordered.logic, state, key, bag, &step, &mut |row| {
                if let Some(out) = out.as_deref_mut().filter(|_| failed.is_none()) {
                    let write = |out: &mut Vec<u8>| place::write_made(&address, number, out);
                    failed = out.push(row, (time, seen), address.len(), write).err();
                }
                number += 1;
            })
        });
        if let Some(error) = failed {
            return Err(error);
        }
        match done.unwrap_or_else(Err) {
            Ok(()) => self.steps.push(step),
            Err(message) => {
                self.restore()?;
                if self.out.is_some() {
                    let record = self.shown(&step);
                    (self.to.fail)(Fault { address, record, message })?;
                }
                // A timer that failed has fired.
                if let Step::Timer(_, name) = &step {
                    self.ordered.logic.unset(&mut self.state, name);
                }
            }
        }
        Ok(())
    }

    /// Makes the state what it was before a step that failed.
    fn restore(&mut self) -> Result<()> {
        self.state = self.ordered.logic.load(&self.base).ok_or_else(damaged)?;
        for step in std::mem::take(&mut self.steps) {
            let logic = &self.ordered.logic;
            take(logic, &mut self.state, self.key, self.bag, &step, &mut |_| {}).ok();
        }
        self.base.clear();
        self.ordered.logic.save(&self.state, &mut self.base);
        Ok(())
    }

    fn timer_address(&self, time: i64, name: &str) -> Vec<u8> {
        place::made_by(self.ordered.operator, |out| {
            out.extend_from_slice(self.group.place.get(8..).unwrap_or_default());
            out.extend_from_slice(&place::ordered(time));
            out.extend_from_slice(name.as_bytes());
        })
    }

    /// A record as JSON, or a timer's name.
    fn shown(&self, step: &Step) -> Vec<u8> {
        let record = match step {
            Step::Timer(_, name) => return format!("timer `{name}`").into_bytes(),
            Step::Record(record) => self.bag.get(*record),
        };
        record.view::<L::In>().map(shown::<L::In>).unwrap_or_default()
    }

    /// What is to be kept of the key.
    pub fn finish(self) -> Waiting {
        let logic = &self.ordered.logic;
        let mut kept = Waiting::default();
        logic.save(&self.state, &mut kept.state);
        if !kept.state.is_empty() {
            kept.timer = logic.timer(&self.state).map(|(time, _)| time);
            kept.useless = logic.useless_after(&self.state);
        }
        kept
    }
}

/// Takes a state through a step.
fn take<K: Key, L: InOrder<K>>(
    logic: &L,
    state: &mut L::State,
    key: &K,
    bag: &Bag,
    step: &Step,
    give: super::Give<'_, L::Out>,
) -> Result<(), String> {
    match step {
        Step::Record(record) => {
            let record = bag.get(*record);
            match record.view::<L::In>() {
                Some(view) => logic.see(state, key.view(), view, record.time, give),
                None => Err("the record cannot be read back".to_owned()),
            }
        }
        Step::Timer(time, name) => {
            logic.fire(state, key.view(), (*time, name), give);
            Ok(())
        }
    }
}

/// A record as JSON.
pub fn shown<T: Data>(view: T::View<'_>) -> Vec<u8> {
    let mut builder = T::Builder::default();
    builder.push(view);
    let mut columns = Vec::new();
    builder.finish_row(&mut columns);
    let fields = T::columns(&[]).iter().map(Field::arrow).collect::<Vec<_>>();
    match RecordBatch::try_new(Arc::new(Schema::new(fields)), columns) {
        Ok(batch) => json::row(&batch, 0).into_bytes(),
        Err(_) => Vec::new(),
    }
}
