//! Faults that an engine could have, put into the plan where it is run with several rows a chunk or by
//! a state, and not into the reference: each must be found.

use crate::{panics, smallest};
use arrow::array::{ArrayRef, BinaryArray, Int64Array, RecordBatch};
use ouzel::dsl::connector::{Chunk, Offsets};
use ouzel::dsl::keyed_node::{Advance, Changes, Emit, KeyedNode, KeyedState, Parallel, Reference};
use ouzel::dsl::plan::{PortKind, StageInput};
use ouzel::dsl::stage::{Moments, Port, Ports, StageContext};
use ouzel::prelude::*;
use ouzel::{Params, Plan, Result};
use ouzel_testkit::{Check, check};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;

#[derive(Clone, Debug, Record)]
struct Event {
    #[record(event_time)]
    at: Timestamp,
    who: String,
    n: i64,
}

/// Two partitions, in which some events are behind, and many have the time of another.
fn events() -> Vec<Vec<Event>> {
    let event = |i: i64| {
        let minute = if i % 7 == 6 { i - 60 } else { i / 2 * 2 };
        let at = Timestamp::from_micros(minutes(minute).micros());
        Event { at, who: ["a", "b"][i as usize % 2].to_owned(), n: i }
    };
    let other = |i: i64| Event { n: -i, ..event(i) };
    vec![(0..30).map(event).collect(), (15..45).map(other).collect()]
}

/// What is said of a fault, of which the first operator that differs is known.
fn found(check: Check, first: &str, records: usize) {
    let said = panics(|| drop(check.input("events", events()).agrees()));
    assert!(said.contains(&format!("the first operator that differs is `{first}`")), "{said}");
    assert!(smallest(&said).len() <= records, "{said}");
}

type Run = dyn Fn(&mut StageContext<'_>, &Ports, &Chunk) -> Result<()> + Send + Sync;

/// Runs stages otherwise on chunks of several rows, which the reference never has.
fn stages(
    plan: &mut Plan,
    which: impl Fn(StageInput) -> bool,
    otherwise: impl Fn(&Run, &mut StageContext<'_>, &Ports, &Chunk) -> Result<()>
    + Send
    + Sync
    + 'static,
) {
    let otherwise = Arc::new(otherwise);
    for stage in plan.stages.iter_mut().filter(|stage| which(stage.input)) {
        let (run, otherwise) = (stage.run.clone(), otherwise.clone());
        stage.run = Arc::new(move |context, ports, chunk| match chunk.batch.num_rows() {
            0 | 1 => run(context, ports, chunk),
            _ => otherwise(&*run, context, ports, chunk),
        });
    }
}

#[job]
fn hourly(events: Stream<Event>) -> (Table<Windowed<String>, u64>, Stream<Event>) {
    let windows = events.key_by(|e| e.who).window(tumbling(minutes(20))).lateness(minutes(5));
    let late = windows.late();
    let counts = windows.aggregate(count());
    (counts, late)
}

#[test]
fn late_records_that_are_dropped() {
    let drops = |plan: &mut Plan| {
        let ports: Vec<_> =
            plan.ports.iter().map(|kind| matches!(kind, PortKind::Output(_))).collect();
        stages(
            plan,
            |_| true,
            move |run, context, own, chunk| {
                run(context, own, chunk)?;
                for (port, _) in own.0.iter().zip(&ports).filter(|(_, output)| **output) {
                    port.borrow_mut().take(true);
                }
                Ok(())
            },
        );
    };
    found(check(hourly).altered(drops), "late.late", 2);
}

#[job]
fn lasts(events: Stream<Event>) -> Table<Windowed<String>, i64> {
    let windows = events.key_by(|e| e.who).window(tumbling(minutes(2)));
    windows.aggregate(last(|e| e.n).named("n"))
}

#[test]
fn ties_that_are_broken_by_arrival() {
    let breaks = |plan: &mut Plan| {
        stages(
            plan,
            |_| true,
            |run, context, ports, chunk| {
                let offsets = Offsets::Each(vec![0; chunk.batch.num_rows()]);
                context.log = &[];
                run(context, ports, &Chunk { offsets, ..chunk.clone() })
            },
        );
    };
    found(check(lasts).altered(breaks), "lasts.aggregate", 3);
}

/// What has met none keeps what it had seen, whatever has come to its key.
#[job]
fn lonely(events: Stream<Event>) -> (Table<Windowed<String>, u64>, Stream<Event>) {
    let left = events.key_by(|e| e.n).named("left").lateness(hours(9));
    let right = events.filter(|e| e.n < -1_000).key_by(|e| e.n).named("right").lateness(hours(9));
    let alone = left.anti_join(right.between(minutes(0), minutes(1)));
    let windows = alone.key_by(|e| e.who).window(tumbling(minutes(20))).lateness(minutes(5));
    let late = windows.late();
    let counts = windows.aggregate(count());
    (counts, late)
}

#[test]
fn lateness_that_is_told_anew_after_a_shuffle() {
    let anew = |plan: &mut Plan| {
        stages(
            plan,
            |input| matches!(input, StageInput::Rows(_)),
            |run, context, ports, chunk| {
                let Some(moments) = context.moments else { return run(context, ports, chunk) };
                let rows = 0..chunk.batch.num_rows();
                let times: Vec<i64> = rows.clone().map(|row| moments.time(row)).collect();
                let mut seen = i64::MIN;
                let seens = times.iter().map(|time| {
                    seen = seen.max(*time);
                    seen
                });
                let seens: Int64Array = seens.collect::<Vec<_>>().into();
                let addresses = rows.map(|row| Some(moments.address(row))).collect::<BinaryArray>();
                let mut columns = chunk.batch.columns().to_vec();
                let carried: [ArrayRef; 3] =
                    [Arc::new(Int64Array::from(times)), Arc::new(seens), Arc::new(addresses)];
                columns.extend(carried);
                let names = (0..columns.len()).map(|column| column.to_string());
                let batch =
                    RecordBatch::try_from_iter(names.zip(columns)).expect("columns of one length");
                let (_, moments) = Moments::split(&batch).expect("they are carried");
                let mut context = StageContext {
                    tally: &mut *context.tally,
                    moments: Some(&moments),
                    ..*context
                };
                run(&mut context, ports, chunk)
            },
        );
    };
    found(check(lonely).altered(anew), "windows.lateness", 4);
}

/// A keyed operator whose state is another's, or forgets.
struct Faulty {
    meant: Arc<dyn KeyedNode>,
    done: Arc<dyn KeyedNode>,
    forgets: bool,
}

impl KeyedNode for Faulty {
    fn combiner(&self) -> Box<dyn Port> {
        self.done.combiner()
    }

    fn state_type(&self) -> String {
        self.done.state_type()
    }

    fn removes(&self) -> bool {
        self.done.removes()
    }

    fn state(&self, shards: usize, memory_bytes: usize, spill: &Path) -> Box<dyn KeyedState> {
        let state = self.done.state(shards, memory_bytes, spill);
        if self.forgets { Box::new(Forgets(state)) } else { state }
    }

    fn scatter(
        &self,
        combiner: &mut dyn Port,
        parts: usize,
        each: &mut dyn FnMut(usize, &[u8]) -> Result<()>,
    ) -> Result<()> {
        self.done.scatter(combiner, parts, each)
    }

    fn gather(&self, entries: &mut dyn Read) -> Result<Box<dyn Port>> {
        self.done.gather(entries)
    }

    fn reference(&self) -> Box<dyn Reference> {
        self.meant.reference()
    }
}

/// Loses what it held when it is read back.
struct Forgets(Box<dyn KeyedState>);

impl KeyedState for Forgets {
    fn absorb(
        &mut self,
        combiners: &mut [&mut dyn Port],
        parallel: Parallel<'_>,
        changes: Option<Changes<'_>>,
        log: Option<&mut dyn Write>,
    ) -> Result<u64> {
        self.0.absorb(combiners, parallel, changes, log)
    }

    fn close(&mut self, to: Advance<'_>, parallel: Parallel<'_>, emit: Emit<'_>) -> Result<u64> {
        self.0.close(to, parallel, emit)
    }

    fn rows(&mut self, parallel: Parallel<'_>, emit: Emit<'_>) -> Result<u64> {
        self.0.rows(parallel, emit)
    }

    fn save(&mut self, log: &mut dyn Write) -> Result<()> {
        self.0.save(log)
    }

    fn load(&mut self, _: &mut dyn Read, closed: Option<i64>) -> Result<()> {
        self.0.load(&mut &[][..], closed)
    }
}

#[job]
fn visits(events: Stream<Event>, gap: i64) -> Table<Windowed<String>, u64> {
    events.key_by(|e| e.who).window(session(minutes(gap))).aggregate(count())
}

#[test]
fn sessions_that_are_merged_although_they_are_apart() {
    let other = <visits as Job>::plan(&Params::new().with("gap", 4)).expect("a plan");
    let merges = move |plan: &mut Plan| {
        let (meant, done) = (plan.keyed[0].node.clone(), other.keyed[0].node.clone());
        plan.keyed[0].node = Arc::new(Faulty { meant, done, forgets: false });
    };
    found(check(visits).param("gap", 3).altered(merges), "visits.aggregate", 2);
}

#[job]
fn silences(events: Stream<Event>) -> Stream<i64> {
    let keyed = events.key_by(|e| e.who).lateness(minutes(0));
    let silent = keyed.process(0i64, |cx| match cx.record() {
        Some(_) => {
            let then = cx.time().micros() + 20 * 60_000_000;
            cx.set_timer("silent", Timestamp::from_micros(then));
        }
        None => cx.emit(cx.time().micros()),
    });
    silent.named("silent")
}

#[test]
fn timers_that_are_lost_on_a_restart() {
    let loses = |plan: &mut Plan| {
        let node = plan.keyed[0].node.clone();
        plan.keyed[0].node = Arc::new(Faulty { meant: node.clone(), done: node, forgets: true });
    };
    found(check(silences).altered(loses), "silent", 2);
}
