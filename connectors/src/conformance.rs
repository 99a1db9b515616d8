//! The laws of connectors, as checks for your own: what both executors rely on.
//!
//! Each function panics with the law that is broken, so that a test only has to call it.

use arrow::array::RecordBatch;
use ouzel_dsl::connector::{Chunk, Connect, Demand, Listing, Request, Sink, Source};
use ouzel_dsl::json;
use ouzel_dsl::schema::{Field, Type};
use std::collections::BTreeMap;

/// What was read of one partition.
#[derive(Clone, Debug, Default, PartialEq)]
struct Log {
    /// Offset and row, or why it is none.
    records: Vec<(u64, String)>,
    /// Start and end of each split, or of each part of it between two pauses.
    splits: Vec<(u64, u64)>,
}

/// Checks a bounded source that has at least one partition, and of which `expected` has all rows
/// of all partitions, in order of partition and offset.
///
/// The laws: splits follow each other without gap or overlap, in order of offset, and each gives
/// records of its own range only, in ascending order. Resuming at the end of any split, or
/// where it paused, gives exactly the rest. Neither the size of chunks nor that of splits changes a record or its offset;
/// no chunk has more rows than were asked for. Leaving out columns changes no others.
///
/// # Panics
///
/// If a law is broken, saying which.
pub fn source(connect: &dyn Connect, request: &Request, expected: &[RecordBatch]) {
    let source = open(connect, request);
    assert!(source.bounded(), "{}: only bounded sources are checked", connect.describe());
    let whole = read(source.as_ref(), request, &[], Demand::More);
    let rows: Vec<&String> = whole.values().flat_map(|l| &l.records).map(|(_, r)| r).collect();
    let wanted: Vec<String> = expected.iter().flat_map(shown).collect();
    assert_eq!(rows.len(), wanted.len(), "as many rows as expected");
    for (index, (row, wanted)) in rows.into_iter().zip(&wanted).enumerate() {
        assert_eq!(row, wanted, "row {index} is as expected");
    }
    again(source.as_ref(), request, &whole);
    resumed(source.as_ref(), request, &whole);
    paused(source.as_ref(), request, &whole);
    resized(connect, request, &whole);
    projected(connect, request, &whole);
}

fn open(connect: &dyn Connect, request: &Request) -> Box<dyn Source> {
    match connect.open(request) {
        Ok(source) => source,
        Err(e) => panic!("{} cannot be opened: {e}", connect.describe()),
    }
}

/// The rows of a batch as JSON, with the columns in order of their names.
fn shown(batch: &RecordBatch) -> Vec<String> {
    let schema = batch.schema_ref();
    let mut columns: Vec<usize> = (0..schema.fields().len()).collect();
    columns.sort_by_key(|c| schema.field(*c).name());
    let batch = batch.project(&columns).expect("these columns are there");
    (0..batch.num_rows()).map(|row| json::row(&batch, row)).collect()
}

fn list(source: &dyn Source, from: &[u64]) -> Listing {
    source.splits(from).unwrap_or_else(|e| panic!("splits from {from:?}: {e}"))
}

/// Reads all that is left, and checks each split against the laws of order.
fn read(
    source: &dyn Source,
    request: &Request,
    from: &[u64],
    demand: Demand,
) -> BTreeMap<u32, Log> {
    let listing = list(source, from);
    assert!(listing.end, "a bounded source gives all that is left, and says so");
    let partitions = source.partitions().len();
    let mut logs: BTreeMap<u32, Log> = BTreeMap::new();
    for split in listing.splits {
        let (partition, start, end) = (split.partition(), split.start(), split.end());
        assert!((partition as usize) < partitions, "partition {partition} has a name");
        assert!(start <= end, "a split begins before it ends: {start}..{end}");
        let asked = from.get(partition as usize).copied().unwrap_or(0);
        let log = logs.entry(partition).or_default();
        match log.splits.last() {
            Some((_, before)) => assert_eq!(*before, start, "splits have neither gap nor overlap"),
            None => assert!(start >= asked, "nothing before {asked} is read again"),
        }
        let mut records = Vec::new();
        let mut emit = |chunk: Chunk| {
            let rows = chunk.batch.num_rows();
            assert!(rows <= request.chunk_rows, "a chunk has at most chunk_rows rows");
            assert_eq!(chunk.partition, partition, "a chunk is of its split's partition");
            let texts = shown(&chunk.batch);
            let mut these: Vec<(u64, String)> =
                texts.into_iter().enumerate().map(|(i, t)| (chunk.offsets.get(i), t)).collect();
            let sorted = these.is_sorted_by(|a, b| a.0 < b.0);
            assert!(sorted, "rows come in order of offset, each at its own");
            these.extend(chunk.rejects.iter().map(|r| (r.offset, format!("reject: {}", r.reason))));
            these.sort();
            if let (Some((last, _)), Some((first, _))) = (records.last(), these.first()) {
                assert!(last < first, "chunks come in order of offset");
            }
            records.extend(these);
            Ok(demand)
        };
        let (mut next, mut at) = (Some(split), start);
        while let Some(split) = next {
            assert_eq!(split.end(), end, "the rest of a split ends where it did");
            assert_eq!(split.start(), at, "and begins where it paused");
            next = split
                .read(&mut emit)
                .unwrap_or_else(|e| panic!("reading {start}..{end} of partition {partition}: {e}"));
            let from = std::mem::replace(&mut at, next.as_ref().map_or(end, |rest| rest.start()));
            log.splits.push((from, at));
            assert!(
                next.is_none() || demand == Demand::Pause,
                "a split pauses when it is asked to"
            );
        }
        let inside = |offset: u64| (start..end).contains(&offset);
        assert!(
            records.iter().all(|(offset, _)| inside(*offset)),
            "the split {start}..{end} has records of its own range only: {records:?}"
        );
        log.records.extend(records);
    }
    logs
}

fn again(source: &dyn Source, request: &Request, whole: &BTreeMap<u32, Log>) {
    let again = read(source, request, &[], Demand::More);
    assert_eq!(&again, whole, "reading again gives the same");
}

/// Reads with as many pauses as possible.
fn paused(source: &dyn Source, request: &Request, whole: &BTreeMap<u32, Log>) {
    let paused = read(source, request, &[], Demand::Pause);
    for (partition, log) in whole {
        let records = paused.get(partition).map(|l| &l.records);
        assert_eq!(records, Some(&log.records), "pauses change nothing");
    }
    resumed(source, request, &paused);
}

/// Resumes at the end of each split or part.
fn resumed(source: &dyn Source, request: &Request, whole: &BTreeMap<u32, Log>) {
    for (partition, log) in whole {
        // Many splits are sampled.
        let step = log.splits.len().div_ceil(40).max(1);
        for (_, end) in log.splits.iter().step_by(step).chain(log.splits.last()) {
            let mut from = vec![0; source.partitions().len()];
            if let Some(at) = from.get_mut(*partition as usize) {
                *at = *end;
            }
            let rest = read(source, request, &from, Demand::More);
            let rest = rest.get(partition).map(|l| l.records.clone()).unwrap_or_default();
            let wanted: Vec<_> =
                log.records.iter().filter(|(offset, _)| offset >= end).cloned().collect();
            assert_eq!(rest, wanted, "resuming partition {partition} at {end} gives the rest");
        }
    }
}

/// Reads with chunks and splits of other sizes.
fn resized(connect: &dyn Connect, request: &Request, whole: &BTreeMap<u32, Log>) {
    for (chunk_rows, split_bytes) in [(1, 1), (3, 64), (1000, 1000), (7, u64::MAX)] {
        let request = Request { chunk_rows, split_bytes, ..request.clone() };
        let source = open(connect, &request);
        let logs = read(source.as_ref(), &request, &[], Demand::More);
        for (partition, log) in whole {
            let records = logs.get(partition).map(|l| l.records.clone()).unwrap_or_default();
            assert_eq!(
                records, log.records,
                "chunks of {chunk_rows} rows and splits of {split_bytes} bytes change nothing"
            );
        }
    }
}

/// Reads fewer columns.
fn projected(connect: &dyn Connect, request: &Request, whole: &BTreeMap<u32, Log>) {
    for read_only in request.read.iter().map(|i| vec![*i]).chain([Vec::new()]) {
        let request = Request { read: read_only.clone(), ..request.clone() };
        let source = open(connect, &request);
        let logs = read(source.as_ref(), &request, &[], Demand::More);
        for (partition, log) in whole {
            // A record that was rejected for a column that is not read may be none now.
            let rejected = |text: &str| text.starts_with("reject: ");
            let good = |log: &Log| -> Vec<u64> {
                let good = log.records.iter().filter(|(_, text)| !rejected(text));
                good.map(|(offset, _)| *offset).collect()
            };
            let now = logs.get(partition).map(good).unwrap_or_default();
            let before = good(log);
            assert!(
                before.iter().all(|offset| now.contains(offset)),
                "reading only {read_only:?} loses no row of partition {partition}"
            );
        }
    }
}

/// Checks a sink into which nothing has been written; `read` gives the rows that are there now, in
/// any order, or none if there is nothing. `batches` are at least two, not empty.
///
/// The laws: what is replaced is unseen until it is finished, takes the place of the old content
/// then, and leaves nothing behind when it is dropped. What is appended and committed stays; going
/// on at a mark cuts off what came after it; without a mark, all.
///
/// # Panics
///
/// If a law is broken, saying which.
pub fn sink(sink: &dyn Sink, batches: &[RecordBatch], read: &dyn Fn() -> Vec<RecordBatch>) {
    let [first, rest @ ..] = batches else { panic!("needs batches to write") };
    assert!(!rest.is_empty(), "needs two batches to write");
    let schema = first.schema();
    let content = || sorted(&read());
    let must = |step: &str, done: ouzel_dsl::Result<()>| {
        done.unwrap_or_else(|e| panic!("{}: {step}: {e}", sink.describe()));
    };
    let replace = |batches: &[RecordBatch], finish: bool| {
        let begun = sink.replace(&schema);
        let mut begun = begun.unwrap_or_else(|e| panic!("{}: replace: {e}", sink.describe()));
        let before = content();
        for batch in batches {
            must("write", begun.write(batch));
            assert_eq!(content(), before, "what is being replaced is unseen");
        }
        match finish {
            true => must("finish", begun.finish()),
            false => drop(begun),
        }
    };
    replace(batches, false);
    assert_eq!(content(), sorted(&[]), "what was dropped leaves nothing");
    replace(batches, true);
    assert_eq!(content(), sorted(batches), "what was finished is there");
    replace(rest, false);
    assert_eq!(content(), sorted(batches), "what was dropped changes nothing");
    replace(std::slice::from_ref(first), true);
    assert_eq!(content(), sorted(std::slice::from_ref(first)), "the old content is gone");
    replace(&[], true);
    assert_eq!(content(), sorted(&[]), "a content may be empty");

    let append = |mark: Option<&str>| {
        let begun = sink.append(&schema, mark);
        begun.unwrap_or_else(|e| panic!("{}: append at {mark:?}: {e}", sink.describe()))
    };
    let commit = |begun: &mut Box<dyn ouzel_dsl::connector::Append>| {
        begun.commit().unwrap_or_else(|e| panic!("{}: commit: {e}", sink.describe()))
    };
    let mut begun = append(None);
    let empty = commit(&mut begun);
    must("write", begun.write(first));
    let one = commit(&mut begun);
    rest.iter().for_each(|batch| must("write", begun.write(batch)));
    let all = commit(&mut begun);
    must("write", begun.write(first));
    drop(begun);
    let mut begun = append(Some(&all));
    assert_eq!(content(), sorted(batches), "what was not committed is cut off");
    assert_eq!(commit(&mut begun), all, "committing nothing changes no mark");
    drop(begun);
    let mut begun = append(Some(&one));
    assert_eq!(content(), sorted(std::slice::from_ref(first)), "an earlier mark cuts off more");
    rest.iter().for_each(|batch| must("write", begun.write(batch)));
    must("finish", begun.finish());
    assert_eq!(content(), sorted(batches), "finishing commits");
    drop(append(Some(&empty)));
    assert_eq!(content(), sorted(&[]), "the first mark is that of nothing");
    let mut begun = append(None);
    must("write", begun.write(first));
    must("finish", begun.finish());
    drop(append(None));
    assert_eq!(content(), sorted(&[]), "without a mark it begins anew");
    let mut begun = append(None);
    batches.iter().for_each(|batch| must("write", begun.write(batch)));
    must("finish", begun.finish());
    assert_eq!(content(), sorted(batches), "a content can be appended after all that");
}

fn sorted(batches: &[RecordBatch]) -> Vec<String> {
    let mut rows: Vec<String> = batches.iter().flat_map(shown).collect();
    rows.sort();
    rows
}

/// A request for all of these fields.
pub fn request(fields: Vec<Field>) -> Request {
    let read = (0..fields.len()).filter(|i| fields.get(*i).is_some_and(|f| f.ty != Type::Unit));
    Request {
        input: "input".to_owned(),
        read: read.collect(),
        fields,
        chunk_rows: 100,
        split_bytes: 4096,
        until_now: false,
        history: false,
        time: None,
        ..Request::default()
    }
}
