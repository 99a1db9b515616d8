//! What a stage sees while it runs a chunk: its counters, its errors, its ports.

use crate::connector::Chunk;
use crate::error::{Error, Result};
use crate::plan::{OperatorIndex, Site};
use arrow::array::{AsArray, BinaryArray, Int64Array, RecordBatch};
use arrow::datatypes::Int64Type;
use std::any::Any;
use std::cell::{RefCell, RefMut};
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// What one worker's stages push into: a combiner of a keyed operator, or rows of an output.
pub trait Port: Any + Send {
    /// For the stage, which knows the type.
    fn as_any(&mut self) -> &mut dyn Any;

    /// Told once before each chunk, so that what is remembered of the last one's addresses can be
    /// dropped.
    fn begin(&mut self, _chunk: &RecordBatch) {}

    /// Takes the finished batches of an output; a combiner has none.
    fn take(&mut self, _all: bool) -> Vec<RecordBatch> {
        Vec::new()
    }

    /// About how many bytes of memory it takes.
    fn bytes(&self) -> usize {
        0
    }

    /// Writes what it holds to disk, if it can; how many bytes that was.
    fn spill(&mut self, _dir: &std::path::Path) -> Result<u64> {
        Ok(0)
    }
}

/// One worker's ports, by index in the plan.
pub struct Ports(pub Vec<RefCell<Box<dyn Port>>>);

impl Ports {
    /// The port at an index as the type that the compiler knows it to be. The index and type come
    /// from the same plan, so that a mismatch cannot happen.
    pub fn get<P: Port>(&self, index: usize) -> RefMut<'_, P> {
        RefMut::map(self.0[index].borrow_mut(), |port| match port.as_any().downcast_mut() {
            Some(port) => port,
            None => panic!("port {index} is not a {}", std::any::type_name::<P>()),
        })
    }
}

/// What to do with a record that cannot be decoded or processed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnError {
    /// End the job.
    #[default]
    Fail,
    /// Leave it out and count it.
    Skip,
    /// Leave it out, count it and keep it aside.
    DeadLetter,
}

/// A record that an operator could not process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The operator.
    pub operator: OperatorIndex,
    /// The input's name.
    pub input: String,
    /// The partition's index.
    pub partition: u32,
    /// The record's offset.
    pub offset: u64,
    /// What was wrong.
    pub message: String,
    /// The record: its bytes where it could not be decoded, else its columns as JSON.
    pub record: Vec<u8>,
}

/// What a stage counts and collects on one worker.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Records that each operator passed on.
    pub out: Vec<u64>,
    /// Late records, once for each window missed.
    pub late: Vec<u64>,
    /// Records that each operator failed on.
    pub errors: Vec<u64>,
    /// The failures to keep aside.
    pub dead_letters: Vec<Failure>,
    /// About how many bytes these take.
    pub dead_letter_bytes: usize,
    /// Nanoseconds and chunks of each stage, as far as any has run.
    pub stages: Vec<(u64, u64)>,
}

impl Tally {
    /// An empty tally for so many operators.
    pub fn new(operators: usize) -> Tally {
        let zeros = vec![0; operators];
        Tally {
            out: zeros.clone(),
            late: zeros.clone(),
            errors: zeros,
            dead_letters: Vec::new(),
            dead_letter_bytes: 0,
            stages: Vec::new(),
        }
    }

    /// Adds what a stage counted for one chunk.
    pub fn add(&mut self, out: &[u64], late: &[u64]) {
        self.out.iter_mut().zip(out).for_each(|(a, b)| *a += b);
        self.late.iter_mut().zip(late).for_each(|(a, b)| *a += b);
    }

    /// Takes the failures that were kept aside.
    pub fn take_dead_letters(&mut self) -> Vec<Failure> {
        self.dead_letter_bytes = 0;
        std::mem::take(&mut self.dead_letters)
    }

    /// Adds the time that a stage took for so many chunks.
    pub fn add_time(&mut self, stage: usize, nanos: u64, chunks: u64) {
        if self.stages.len() <= stage {
            self.stages.resize(stage + 1, (0, 0));
        }
        let held = &mut self.stages[stage];
        *held = (held.0 + nanos, held.1 + chunks);
    }

    /// Adds another worker's, and leaves that empty.
    pub fn take_from(&mut self, other: &mut Tally) {
        let pairs = [
            (&mut self.out, &mut other.out),
            (&mut self.late, &mut other.late),
            (&mut self.errors, &mut other.errors),
        ];
        for (into, from) in pairs {
            into.iter_mut().zip(from).for_each(|(a, b)| *a += std::mem::take(b));
        }
        self.dead_letters.append(&mut other.dead_letters);
        self.dead_letter_bytes += std::mem::take(&mut other.dead_letter_bytes);
        for (stage, (nanos, chunks)) in std::mem::take(&mut other.stages).into_iter().enumerate() {
            self.add_time(stage, nanos, chunks);
        }
    }
}

/// What a stage sees while it runs one chunk.
pub struct StageContext<'a> {
    /// Counts and failures.
    pub tally: &'a mut Tally,
    /// The error policy of each operator.
    pub on_error: &'a [OnError],
    /// The greatest event time of the partition before this chunk.
    pub seen: i64,
    /// Where operators are written, by index.
    pub sites: &'a [Site],
    /// The input's name.
    pub input: &'a str,
    /// The partition's name.
    pub partition: &'a str,
    /// The address of the partition's log, as part of [`Place`](crate::Place).
    pub log: &'a [u8],
    /// What each row carries, where a keyed operator made them.
    pub moments: Option<&'a Moments>,
    /// How often each row is there: once, or, of a changing table, once less where rows are gone; not
    /// at all where they are only counted.
    pub weight: i64,
    /// The tables that are looked up, by index.
    pub sides: &'a [Arc<dyn Any + Send + Sync>],
    /// The operator at work, so that a panic can be pinned to it.
    pub at: OperatorIndex,
    /// The row at work.
    pub row: usize,
}

/// What the rows of a stream carry that a keyed operator gave.
#[derive(Clone, Debug)]
pub struct Moments {
    times: Int64Array,
    seens: Int64Array,
    addresses: BinaryArray,
}

impl Moments {
    /// The last three columns of a batch, and the batch without them.
    pub fn split(batch: &RecordBatch) -> Option<(RecordBatch, Moments)> {
        let kept = batch.num_columns().checked_sub(3)?;
        let moments = Moments {
            times: batch.column(kept).as_primitive_opt::<Int64Type>()?.clone(),
            seens: batch.column(kept + 1).as_primitive_opt::<Int64Type>()?.clone(),
            addresses: batch.column(kept + 2).as_binary_opt::<i32>()?.clone(),
        };
        let columns: Vec<usize> = (0..kept).collect();
        Some((batch.project(&columns).ok()?, moments))
    }

    /// That of one row alone.
    pub fn only(&self, row: usize) -> Moments {
        Moments {
            times: self.times.slice(row, 1),
            seens: self.seens.slice(row, 1),
            addresses: self.addresses.slice(row, 1),
        }
    }

    /// A row's event time.
    #[inline(always)]
    pub fn time(&self, row: usize) -> i64 {
        self.times.value(row)
    }

    /// A row's seen.
    #[inline(always)]
    pub fn seen(&self, row: usize) -> i64 {
        self.seens.value(row)
    }

    /// A row's address.
    #[inline(always)]
    pub fn address(&self, row: usize) -> &[u8] {
        self.addresses.value(row)
    }
}

impl StageContext<'_> {
    /// Runs `body` for each row. A panic in it is the row's failure, and the next row goes on.
    #[inline(always)]
    pub fn rows(
        &mut self,
        chunk: &Chunk,
        mut body: impl FnMut(&mut Self, usize) -> Result<()>,
    ) -> Result<()> {
        let rows = chunk.batch.num_rows();
        let mut next = 0;
        while next < rows {
            let run = || {
                while next < rows {
                    self.row = next;
                    next += 1;
                    body(self, next - 1)?;
                }
                Ok(())
            };
            match caught(run) {
                Ok(done) => return done,
                Err(panic) => self.panicked(chunk, panic)?,
            }
        }
        Ok(())
    }

    /// Runs what comes after one of several consumers, or one of several records that an operator
    /// made: a panic in it must not keep the others from going on.
    #[inline(always)]
    pub fn branch(
        &mut self,
        chunk: &Chunk,
        body: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        match caught(|| body(self)) {
            Ok(done) => done,
            Err(panic) => self.panicked(chunk, panic),
        }
    }

    /// A closure panicked on the row at work, which is the row's failure; or an aggregate's `add`
    /// did, which fails the job, since what it has added so far cannot be taken back.
    #[cold]
    fn panicked(&mut self, chunk: &Chunk, message: String) -> Result<()> {
        if self.at < self.sites.len() {
            return self.fail(chunk, self.at, message);
        }
        let site = self.sites.get(in_add(self.at)).map(Site::to_string).unwrap_or_default();
        Err(Error::Aggregate { site, message })
    }

    /// An operator failed on the row at work: follows the error policy.
    #[cold]
    pub fn fail(
        &mut self,
        chunk: &Chunk,
        operator: OperatorIndex,
        message: impl Display,
    ) -> Result<()> {
        let row = self.row;
        let record = || crate::json::row(&chunk.batch, row).into_bytes();
        let (offset, message) = (chunk.offsets.get(row), message.to_string());
        self.failure(chunk.partition, offset, operator, message, record)
    }

    /// An operator failed on the row at work, and the job handles its errors: they only count.
    #[cold]
    pub fn handled(&mut self, operator: OperatorIndex) {
        self.tally.errors[operator] += 1;
    }

    /// A row's columns do not fit the record's types.
    #[cold]
    pub fn undecodable(
        &mut self,
        chunk: &Chunk,
        operator: OperatorIndex,
        bad: &crate::data::Bad,
    ) -> Result<()> {
        let reason = bad.reason(self.row).unwrap_or("cannot be decoded");
        self.fail(chunk, operator, reason)
    }

    /// Records of the chunk could not be decoded.
    pub fn reject(&mut self, chunk: &Chunk, operator: OperatorIndex) -> Result<()> {
        for reject in &chunk.rejects {
            let (offset, reason) = (reject.offset, reject.reason.clone());
            self.failure(chunk.partition, offset, operator, reason, || reject.bytes.clone())?;
        }
        Ok(())
    }

    fn failure(
        &mut self,
        partition: u32,
        offset: u64,
        operator: OperatorIndex,
        message: String,
        record: impl FnOnce() -> Vec<u8>,
    ) -> Result<()> {
        match self.on_error.get(operator).copied().unwrap_or_default() {
            OnError::Fail => {
                let site = self.sites.get(operator).map(Site::to_string).unwrap_or_default();
                let record = String::from_utf8_lossy(&record()).into_owned();
                let address = match self.partition {
                    "" => self.input.to_owned(),
                    partition => format!("{} {partition}, offset {offset}", self.input),
                };
                let record = match record.trim_end() {
                    "" => String::new(),
                    text => format!("\n  record: {}", shortened(text)),
                };
                return Err(Error::Record { site, address, record, message });
            }
            OnError::Skip => {}
            OnError::DeadLetter => {
                let (input, record) = (self.input.to_owned(), record());
                self.tally.dead_letter_bytes +=
                    size_of::<Failure>() + input.len() + message.len() + record.len();
                let failure = Failure { operator, input, partition, offset, message, record };
                self.tally.dead_letters.push(failure);
            }
        }
        self.tally.errors[operator] += 1;
        Ok(())
    }
}

/// At most 500 characters of a record.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(500) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// Whether a record is late for an operator that has no windows: its event time plus the lateness is
/// before what its partition had seen.
#[inline(always)]
pub fn is_late(time: i64, lateness: i64, seen: i64) -> bool {
    time.checked_add(lateness).is_some_and(|reach| reach < seen)
}

/// An operator while it adds to an accumulator; applied twice, the operator itself.
#[inline(always)]
pub const fn in_add(operator: OperatorIndex) -> OperatorIndex {
    OperatorIndex::MAX - operator
}

thread_local! {
    /// Whether a panic on this thread is caught, and what the last one said.
    static PANIC: RefCell<(bool, String)> = const { RefCell::new((false, String::new())) };
}

/// Runs a user's code; a panic in it is an error with its message and place, and prints nothing.
/// What it may have left half done must not be used again.
pub fn caught<R>(body: impl FnOnce() -> R) -> Result<R, String> {
    static HOOK: std::sync::Once = std::sync::Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let ours = PANIC.with_borrow_mut(|(quiet, said)| {
                *said = match info.location() {
                    Some(place) => format!(
                        "panicked at {}:{}: {}",
                        place.file(),
                        place.line(),
                        message(info.payload())
                    ),
                    None => format!("panicked: {}", message(info.payload())),
                };
                *quiet
            });
            if !ours {
                before(info);
            }
        }));
    });
    let outer = PANIC.with_borrow_mut(|p| std::mem::replace(&mut p.0, true));
    let result = catch_unwind(AssertUnwindSafe(body));
    PANIC.with_borrow_mut(|p| p.0 = outer);
    result.map_err(|_| PANIC.with_borrow_mut(|p| std::mem::take(&mut p.1)))
}

/// The same for code that can fail, whose error is told.
pub fn tried<R, E: Display>(body: impl FnOnce() -> Result<R, E>) -> Result<R, String> {
    caught(|| body().map_err(|error| error.to_string())).and_then(|done| done)
}

fn message(payload: &dyn Any) -> &str {
    match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "no message",
    }
}

/// Calls a closure: where one cannot be inlined, since it has a `return` or `?` of its own.
#[inline(always)]
pub fn call<A, R>(argument: A, f: impl FnOnce(A) -> R) -> R {
    f(argument)
}
