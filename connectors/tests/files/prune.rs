//! Row groups that are left out by their statistics.

use crate::support::*;
use arrow::array::TimestampMillisecondArray;
use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, UInt64Array};
use ouzel_dsl::connector::{Comparator, Comparison, Constant, Request};
use ouzel_dsl::schema::{Field, Type};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use std::fs::File;
use std::sync::Arc;

/// Writes four row groups of ten rows.
fn parquet(path: &str, properties: Option<EnabledStatistics>) -> Vec<Field> {
    let n: Vec<i64> = (0..40).collect();
    let floats = n.iter().map(|n| if n % 10 == 3 { f64::NAN } else { *n as f64 });
    let texts = n.iter().map(|n| format!("{}{n:02}", "long ".repeat(30)));
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("n", Arc::new(Int64Array::from(n.clone()))),
        ("u", Arc::new(UInt64Array::from_iter_values(n.iter().map(|n| u64::MAX - *n as u64)))),
        ("f", Arc::new(Float64Array::from_iter_values(floats))),
        ("text", Arc::new(StringArray::from_iter_values(texts))),
        ("null", Arc::new(Int64Array::from_iter(n.iter().map(|n| (*n >= 10).then_some(*n))))),
        ("time", Arc::new(TimestampMillisecondArray::from(n).with_timezone("UTC"))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let statistics = properties.unwrap_or(EnabledStatistics::Page);
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(10))
        .set_statistics_enabled(statistics)
        .build();
    let file = File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    vec![
        Field::new("n", Type::Int { bits: 64, signed: true }, false),
        Field::new("u", Type::Int { bits: 64, signed: false }, false),
        Field::new("f", Type::Float { bits: 64 }, false),
        Field::new("text", Type::Str, false),
        Field::new("null", Type::Int { bits: 64, signed: true }, true),
        Field::new("time", Type::Timestamp, false),
    ]
}

/// How many rows are left out.
fn pruned(path: &str, fields: &[Field], field: usize, op: Comparator, value: Constant) -> u64 {
    let prune = vec![Comparison { field, op, value }];
    let request = Request { prune, read: vec![0], ..request(fields) };
    let read = read_from(open(path, &request).unwrap().as_ref(), &[]).unwrap();
    assert_eq!(read.rows.len() as u64 + read.pruned, 40, "every row is read or left out");
    read.pruned
}

#[test]
fn only_groups_without_a_record_of_interest_are_left_out() {
    use Comparator::*;
    let (_folder, path) = folder();
    let fields = parquet(&path("a.parquet"), None);
    let check = |field, op, value, expected| {
        let found = pruned(&path("a.parquet"), &fields, field, op, value);
        assert_eq!(found, expected, "column {field} {op:?}");
    };
    check(0, Less, Constant::Int(10), 30);
    check(0, LessOrEqual, Constant::Int(10), 20);
    check(0, Equal, Constant::Int(39), 30);
    check(0, Equal, Constant::Int(i128::MAX), 40);
    check(0, GreaterOrEqual, Constant::Int(29), 20);
    check(0, Greater, Constant::Int(29), 30);
    check(0, Greater, Constant::Float(29.0), 0);
    check(1, Greater, Constant::Int(u64::MAX as i128 - 10), 30);
    check(2, Greater, Constant::Float(29.5), 30);
    check(2, Less, Constant::Float(f64::NAN), 0);
    let long = |n: &str| Constant::Text(format!("{}{n}", "long ".repeat(30)));
    check(3, Less, long("00"), 0);
    check(3, Equal, Constant::Text("lonh".to_owned()), 40);
    check(3, Greater, Constant::Text("long".to_owned()), 0);
    check(4, Less, Constant::Int(0), 40);
    check(4, Less, Constant::Int(20), 30);
    check(5, Less, Constant::Int(10_000), 30);
    check(5, GreaterOrEqual, Constant::Int(39_001), 40);
}

#[test]
fn the_greatest_time_of_what_is_left_out_is_told() {
    let (_folder, path) = folder();
    let fields = parquet(&path("a.parquet"), None);
    let prune = vec![Comparison { field: 0, op: Comparator::Greater, value: Constant::Int(19) }];
    let wanted = Request { prune, event_time: Some(5), read: vec![0], ..request(&fields) };
    let read = read_from(open(&path("a.parquet"), &wanted).unwrap().as_ref(), &[]).unwrap();
    assert_eq!((read.pruned, read.pruned_time), (20, Some(19_000)));
    assert_eq!(read.rows.len(), 20);
    // The groups' offsets are their rows all the same.
    assert_eq!(read.offsets[0], (0, 20));
    let middle = read_from(open(&path("a.parquet"), &wanted).unwrap().as_ref(), &[15]).unwrap();
    assert_eq!(middle.rows.len(), 25, "of a group in the middle of which reading begins, nothing");
    parquet(&path("a.parquet"), Some(EnabledStatistics::None));
    let read = read_from(open(&path("a.parquet"), &wanted).unwrap().as_ref(), &[]).unwrap();
    assert_eq!(read.pruned, 0, "without statistics nothing can be left out");
}

#[test]
fn what_could_have_failed_is_read() {
    let (_folder, path) = folder();
    let mut fields = parquet(&path("a.parquet"), None);
    let prune = || vec![Comparison { field: 0, op: Comparator::Greater, value: Constant::Int(19) }];
    fields[4].nullable = false;
    let wanted = Request { prune: prune(), read: vec![0, 4], ..request(&fields) };
    let read = read_from(open(&path("a.parquet"), &wanted).unwrap().as_ref(), &[]).unwrap();
    assert_eq!(read.pruned, 10, "the first group has nulls where none may be");
    fields[3].ty = Type::Enum(&["a"]);
    let wanted = Request { prune: prune(), read: vec![0, 3], ..request(&fields) };
    let read = read_from(open(&path("a.parquet"), &wanted).unwrap().as_ref(), &[]).unwrap();
    assert_eq!(read.pruned, 0, "names of an enum are checked when they are read");
}
